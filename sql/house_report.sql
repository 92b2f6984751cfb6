-- name: house_counts
select count(*) filter (where s.state = 'open' or t.settled_at >= :since), count(*) filter (where s.state = 'open'),
  count(*) filter (where s.state = 'sold' and t.settled_at >= :since),
  count(*) filter (where s.state = 'unsold' and t.settled_at >= :since),
  count(*) filter (where s.state = 'cancelled' and t.settled_at >= :since)
from standing s left join settlement t on t.listing_id = s.listing_id
where :sale_id is null or s.sale_id = :sale_id;

-- name: sold_listings
select s.id, s.listing_id, s.hammer, s.premium, l.title, v.code, x.code, a.id, a.name, a.email, r.number, h.at, w.at
from settlement s
join listing l on l.id = s.listing_id
join account a on a.id = s.buyer_id
left join lot x on x.listing_id = s.listing_id
left join sale v on v.id = x.sale_id
left join registration r on r.sale_id = x.sale_id and r.account_id = s.buyer_id
left join handover h on h.settlement_id = s.id
left join transfer w on w.settlement_id = s.id and w.cause = 'reversal'
where s.outcome = 'sold' and s.settled_at >= :since and (:sale_id is null or x.sale_id = :sale_id)
order by v.id, x.nth, s.listing_id;
