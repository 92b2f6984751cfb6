-- name: open_transfer
insert into transfer (cause, settlement_id, why, at) values (:cause, :settlement_id, :why, :at);

-- name: post
insert into posting (transfer_id, purse_id, amount) values (:transfer_id, :purse_id, :amount);

-- name: balance
insert into balanced (transfer_id) values (:transfer_id);

-- name: statement_after
select t.id, t.at, t.cause, t.settlement_id, s.listing_id, t.why, p.amount, r.at
from posting p
join transfer t on t.id = p.transfer_id
left join settlement s on s.id = t.settlement_id
left join transfer r on r.settlement_id = t.settlement_id and r.cause = 'reversal' and t.cause = 'sale'
where p.purse_id = :purse_id and p.transfer_id > :after
order by p.transfer_id
limit :limit;

-- name: statement_newest
select t.id, t.at, t.cause, t.settlement_id, s.listing_id, t.why, p.amount, r.at
from posting p
join transfer t on t.id = p.transfer_id
left join settlement s on s.id = t.settlement_id
left join transfer r on r.settlement_id = t.settlement_id and r.cause = 'reversal' and t.cause = 'sale'
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
