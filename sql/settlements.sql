-- name: record
insert into settlement (listing_id, outcome, reason, buyer_id, hammer, premium, commission, closes_at, settled_at, hash)
values (:listing_id, :outcome, :reason, :buyer_id, :hammer, :premium, :commission, :closes_at, :settled_at, :hash);

-- name: settlement_of
select t.id, t.listing_id, t.outcome, t.reason, t.buyer_id, b.name, t.hammer, t.premium, t.commission,
  l.seller_id, s.name, t.closes_at, t.settled_at, t.hash, r.at, r.why, v.who
from settlement t
join listing l on l.id = t.listing_id
join account s on s.id = l.seller_id
left join account b on b.id = t.buyer_id
left join transfer r on r.settlement_id = t.id and r.cause = 'reversal'
left join reversal v on v.settlement_id = t.id
where t.listing_id = :listing_id;

-- name: reversed_at
select r.at
from settlement t join transfer r on r.settlement_id = t.id and r.cause = 'reversal'
where t.listing_id = :listing_id;

-- name: reversal
select r.at, r.why, v.who, v.hash
from reversal v join transfer r on r.settlement_id = v.settlement_id and r.cause = 'reversal'
where v.settlement_id = :settlement_id and v.hash is not null;

-- name: add_reversal
insert into reversal (settlement_id, who, hash) values (:settlement_id, :who, :hash);

-- name: reversed_head
update standing set head = :head where listing_id = :listing_id and state = 'sold';

-- name: listing_of_settlement
select listing_id from settlement where id = :id;

-- name: raised_after
select coalesce(max(r.id), :after),
  coalesce(sum(case r.cause when 'sale' then t.hammer when 'reversal' then -t.hammer end), 0)
from transfer r left join settlement t on t.id = r.settlement_id
where r.id > :after;

-- name: lateness
select settled_at - closes_at
from settlement
where outcome <> 'cancelled' and reason is not 'buy_now'
order by id desc
limit :limit;
