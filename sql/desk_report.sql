-- name: sold_lots
select x.code, s.id, s.listing_id, l.title, s.buyer_id, r.number, a.name, s.hammer + s.premium, h.at, v.at
from lot x
join settlement s on s.listing_id = x.listing_id
join listing l on l.id = s.listing_id
join account a on a.id = s.buyer_id
left join registration r on r.sale_id = x.sale_id and r.account_id = s.buyer_id
left join handover h on h.settlement_id = s.id
left join transfer v on v.settlement_id = s.id and v.cause = 'reversal'
where x.sale_id = :sale_id
order by x.nth;

-- name: tills
select k.name, max(instr(k.may, 'checkout') > 0)
from pass k
where k.sale_id = :sale_id
group by k.name
order by min(k.id);

-- name: voids
select coalesce(d.name, k.name), t.id, c.amount, t.method, v.why, d.name, v.at, r.number, a.name
from pass k
join transfer t on t.pass_id = k.id and t.method is not null
join transfer v on v.voids = t.id
join posting c on c.transfer_id = t.id and c.purse_id > 0
join account a on a.id = c.purse_id
left join pass d on d.id = v.pass_id
left join registration r on r.sale_id = k.sale_id and r.account_id = a.id
where k.sale_id = :sale_id
order by v.id;

-- name: taken_by_ledger
select coalesce(sum(c.amount), 0)
from pass k
join transfer t on t.pass_id = k.id and t.method is not null
join transfer m on m.id = t.id or m.voids = t.id
join posting c on c.transfer_id = m.id and c.purse_id > 0
where k.sale_id = :sale_id;
