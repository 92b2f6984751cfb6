-- name: concerned
select s.listing_id
from standing s join listing l on l.id = s.listing_id
where s.state = 'open' and s.paused_at is null and s.closes_at > :from and s.closes_at - 1000 * l.outage_s < :until
order by s.closes_at, s.listing_id;

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
