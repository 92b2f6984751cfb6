-- name: open_transfer
insert into transfer (cause, settlement_id, why, at, method, reference, pass_id, voids)
values (:cause, :settlement_id, :why, :at, :method, :reference, :pass_id, :voids);

-- name: post
insert into posting (transfer_id, purse_id, amount) values (:transfer_id, :purse_id, :amount);

-- name: balance
insert into balanced (transfer_id) values (:transfer_id);

-- A part with a name in braces stands once, and is put wherever it is named.

-- name: {movement}
  t.id, t.at, t.cause, t.settlement_id, s.listing_id, t.why, p.amount, r.at, t.voids, t.method, t.reference, k.name, v.at

-- name: statement_after
select {movement}
from posting p
join transfer t on t.id = p.transfer_id
left join settlement s on s.id = t.settlement_id
left join transfer r on r.settlement_id = t.settlement_id and r.cause = 'reversal' and t.cause = 'sale'
left join pass k on k.id = t.pass_id
left join transfer v on v.voids = t.id
where p.purse_id = :purse_id and p.transfer_id > :after
order by p.transfer_id
limit :limit;

-- name: statement_newest
select {movement}
from posting p
join transfer t on t.id = p.transfer_id
left join settlement s on s.id = t.settlement_id
left join transfer r on r.settlement_id = t.settlement_id and r.cause = 'reversal' and t.cause = 'sale'
left join pass k on k.id = t.pass_id
left join transfer v on v.voids = t.id
where p.purse_id = :purse_id
order by p.transfer_id desc
limit :limit;

-- name: charges_newest
select t.settlement_id, -p.amount
from posting p
join transfer t on t.id = p.transfer_id
where p.purse_id = :purse_id and p.amount < 0 and t.cause = 'sale'
  and not exists (select 1 from transfer r where r.settlement_id = t.settlement_id and r.cause = 'reversal')
order by p.transfer_id desc;

-- name: postings_of_settlement
select p.purse_id, p.amount
from transfer t join posting p on p.transfer_id = t.id
where t.settlement_id = :settlement_id and t.cause = :cause
order by p.purse_id;

-- name: purchases_newest
select s.id, s.listing_id, x.code, l.title, s.hammer, s.premium, r.at, h.at, s.settled_at, x.sale_id
from settlement s
join listing l on l.id = s.listing_id
left join lot x on x.listing_id = s.listing_id
left join transfer r on r.settlement_id = s.id and r.cause = 'reversal'
left join handover h on h.settlement_id = s.id
where s.buyer_id = :account_id
order by s.id desc;

-- name: payments_newest
select t.id, t.at, t.method, c.amount, t.reference, p.name, p.sale_id, v.why
from posting c
join transfer t on t.id = c.transfer_id
left join pass p on p.id = t.pass_id
left join transfer v on v.voids = t.id
where c.purse_id = :account_id
order by c.transfer_id desc;

-- name: payment
select c.purse_id, c.amount, p.sale_id, v.at
from transfer t
join posting c on c.transfer_id = t.id and c.purse_id > 0
left join pass p on p.id = t.pass_id
left join transfer v on v.voids = t.id
where t.id = :id and t.method is not null;

-- name: sales_of_buyer
select distinct x.sale_id
from settlement s join lot x on x.listing_id = s.listing_id
where s.buyer_id = :account_id
order by x.sale_id desc;

-- name: buyers_after
select distinct buyer_id
from settlement
where buyer_id > :after
order by buyer_id
limit :limit;

-- name: buyers_of_sale
select distinct s.buyer_id
from lot x join settlement s on s.listing_id = x.listing_id
where x.sale_id = :sale_id and s.buyer_id is not null
order by s.buyer_id;
