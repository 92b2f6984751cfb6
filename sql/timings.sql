-- name: concerned
select q.listing_id
from (
  select s.listing_id, s.closes_at
  from standing s indexed by standing_running join listing l on l.id = s.listing_id
  where s.state = 'open' and s.paused_at is null and s.closes_at > :from and s.closes_at - 1000 * l.outage_s < :until
  union all
  select s.listing_id, s.closes_at
  from sale v cross join standing s on s.sale_id = v.id join listing l on l.id = s.listing_id
  where v.published_at is not null and s.state = 'open' and s.paused_at > :from and s.closes_at > :from
    and s.closes_at - 1000 * l.outage_s < min(s.paused_at, :until)
) q
order by q.closes_at, q.listing_id;

-- name: pause_beside
select t.who, t.why
from lot x join standing s on s.sale_id = x.sale_id join timing t on t.listing_id = s.listing_id
where x.listing_id = :listing_id and s.state = 'open' and s.paused_at is not null and t.kind = 'pause'
  and t.at = s.paused_at
limit 1;

-- name: paused_sales
select v.code, count(*), min(s.paused_at)
from sale v cross join standing s on s.sale_id = v.id
where v.published_at is not null and s.state = 'open' and s.paused_at is not null
group by v.id
order by min(s.paused_at), v.id;

-- name: add_timing
insert into timing (listing_id, nth, kind, after_seq, closes_at, outage_from, outage_until, by_s, at, who, why, hash)
select :listing_id, coalesce(max(t.nth), 0) + 1, :kind, :after_seq, :closes_at, :outage_from, :outage_until, :by_s, :at,
  :who, :why, :hash
from timing t where t.listing_id = :listing_id;

-- name: retime
update standing set closes_at = :closes_at, paused_at = :paused_at, cap_from = :cap_from, head = :head
where listing_id = :listing_id and state = 'open';

-- name: timings
select nth, kind, after_seq, closes_at, outage_from, outage_until, by_s, at, who, why, hash
from timing where listing_id = :listing_id
order by nth;

-- name: last_outage
select outage_from, outage_until
from timing where listing_id = :listing_id and kind = 'prolongation'
order by nth desc
limit 1;
