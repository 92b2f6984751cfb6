-- name: concerned
select s.listing_id
from standing s join listing l on l.id = s.listing_id
where s.state = 'open' and s.closes_at > :from and s.closes_at - 1000 * l.outage_s < :until
order by s.closes_at, s.listing_id;

-- name: prolong
insert into prolongation (listing_id, after_seq, closes_at, outage_from, outage_until, at, hash)
values (:listing_id, :after_seq, :closes_at, :outage_from, :outage_until, :at, :hash);

-- name: move_close
update standing set closes_at = :closes_at, head = :head where listing_id = :listing_id and state = 'open';

-- name: prolongations
select after_seq, closes_at, outage_from, outage_until, at, hash
from prolongation where listing_id = :listing_id
order by closes_at;

-- name: last_outage
select outage_from, outage_until
from prolongation where listing_id = :listing_id
order by closes_at desc
limit 1;
