-- name: add_listing
insert into listing (seller_id, title, description, opening, reserve, reserve_salt, buy_now, increment, first_closes_at,
  window_s, extension_s, cap_s, premium_bps, commission_bps, outage_s, category, picture, created_at)
values (:seller_id, :title, :description, :opening, :reserve, :reserve_salt, :buy_now, :increment, :first_closes_at,
  :window_s, :extension_s, :cap_s, :premium_bps, :commission_bps, :outage_s, :category, :picture, :created_at);

-- name: add_picture
insert into picture (listing_id, nth, name) values (:listing_id, :nth, :name);

-- name: add_standing
insert into standing (listing_id, seller_id, category_id, opening, closes_at, head, sale_id, opens_at)
values (:listing_id, :seller_id, :category_id, :opening, :closes_at, :head, :sale_id, :opens_at);

-- name: n_open_of_seller
select count(*)
from (select 1 from standing s where s.seller_id = :seller_id and s.state = 'open' limit :limit);

-- name: listing
select l.id, l.seller_id, a.name, l.title, l.description, l.opening, l.reserve, l.buy_now, l.increment,
  l.first_closes_at, l.window_s, l.extension_s, l.cap_s, l.premium_bps, l.commission_bps, l.outage_s,
  concat_ws(',', l.picture,
    (select group_concat(q.name, ',') from (select p.name from picture p where p.listing_id = l.id order by p.nth) q)),
  l.created_at, l.reserve_salt, l.category, v.code, x.code, x.section, v.opens_at
from listing l join account a on a.id = l.seller_id
  left join lot x on x.listing_id = l.id left join sale v on v.id = x.sale_id
where l.id = :id;

-- name: standing
select s.state, s.closes_at, s.price, s.leader_id, a.name, s.leader_max, s.held, s.n_bids, s.head, s.paused_at, s.cap_from
from standing s left join account a on a.id = s.leader_id
where s.listing_id = :listing_id;

-- name: move
update standing
set price = :price, leader_id = :leader_id, leader_max = :leader_max, held = :held, n_bids = :n_bids, head = :head
where listing_id = :listing_id;

-- name: extend
update standing set closes_at = :closes_at where listing_id = :listing_id;

-- name: close
update standing set state = :state, held = 0, head = :head, paused_at = null
where listing_id = :listing_id and state = 'open';

-- name: buy
update standing
set price = :price, leader_id = :leader_id, leader_max = :price, held = 0, closes_at = :closes_at
where listing_id = :listing_id and state = 'open';

-- name: due
select s.listing_id
from standing s indexed by standing_running join listing l on l.id = s.listing_id
where s.state = 'open' and s.paused_at is null and s.closes_at <= :now and (s.closes_at <= :served_until or l.outage_s is null)
order by s.closes_at, s.listing_id
limit :limit;

-- name: waiting
select s.listing_id
from standing s indexed by standing_running join listing l on l.id = s.listing_id
where s.state = 'open' and s.paused_at is null and s.closes_at <= :now and s.closes_at > :served_until and l.outage_s is not null
order by s.closes_at, s.listing_id
limit :limit;

-- name: next_close
select min(closes_at) from standing indexed by standing_running where state = 'open' and paused_at is null;

-- name: n_paused
select count(*) from (select 1 from standing s where s.paused_at is not null limit :limit);

-- name: open_deadlines
with ahead as (
  select s.listing_id, s.closes_at,
    row_number() over (partition by s.seller_id order by s.closes_at, s.listing_id) as turn
  from standing s
  where s.state = 'open' and s.paused_at is null and s.closes_at > :now
)
select c.listing_id, c.closes_at, e.fires_at, coalesce(e.armed, 0), c.turn
from (
  select * from (select * from ahead order by closes_at, listing_id limit :limit)
  union
  select * from (select * from ahead order by turn, closes_at, listing_id limit :limit)
) c left join entry e on e.listing_id = c.listing_id
order by c.closes_at, c.listing_id;

-- name: nearest_deadlines
select s.listing_id, s.closes_at, e.fires_at, coalesce(e.armed, 0), 1
from standing s indexed by standing_running left join entry e on e.listing_id = s.listing_id
where s.state = 'open' and s.paused_at is null and s.closes_at > :now
order by s.closes_at, s.listing_id
limit :limit;

-- name: put_entry
insert into entry (listing_id, fires_at, armed)
select s.listing_id, :fires_at, :armed
from standing s
where s.listing_id = :listing_id and s.state = 'open'
on conflict (listing_id) do update set fires_at = excluded.fires_at, armed = excluded.armed
where fires_at <> excluded.fires_at or armed <> excluded.armed;

-- name: disarm_all
update entry set armed = 0 where armed = 1;

-- name: forget_entry
delete from entry where listing_id = :listing_id;

-- name: entry
select fires_at, armed from entry where listing_id = :listing_id;

-- name: listings_of_seller
select l.id, l.id from listing l where l.seller_id = :account_id and l.id < :before order by l.id desc limit :limit;

-- name: listings_bid_on
select p.listing_id, p.listing_id
from participation p
where p.bidder_id = :account_id and p.listing_id < :before
order by p.listing_id desc
limit :limit;

-- name: listings_bidding
select p.listing_id, p.listing_id
from participation p join standing s on s.listing_id = p.listing_id
where p.bidder_id = :account_id and p.listing_id < :before and s.state = 'open'
order by p.listing_id desc
limit :limit;

-- name: outbid_of
select mine.listing_id, l.title, s.price
from (select q.listing_id from participation q where q.bidder_id = :account_id order by q.listing_id desc limit :newest) mine
  cross join standing s on s.listing_id = mine.listing_id
  cross join listing l on l.id = mine.listing_id
where s.state = 'open' and s.closes_at > :now and s.leader_id is not :account_id
order by (select b.at from bid b where b.listing_id = mine.listing_id order by b.seq desc limit 1) desc,
  mine.listing_id desc
limit :limit;

-- name: listings_won
select t.listing_id, t.id from settlement t where t.buyer_id = :account_id and t.id < :before order by t.id desc limit :limit;

-- name: all_listings
select id from listing order by id;

-- name: pictures
select picture as name from listing where picture is not null
union
select name from picture
union
select name from draft_picture
order by name;

-- name: watch_listing
insert into watched (account_id, listing_id) values (:account_id, :listing_id) on conflict do nothing;

-- name: unwatch_listing
delete from watched where account_id = :account_id and listing_id = :listing_id;

-- name: is_watched
select exists (select 1 from watched w where w.account_id = :account_id and w.listing_id = :listing_id);

-- name: n_watched
select count(*) from watched w where w.account_id = :account_id;

-- name: listings_watched
select w.listing_id, w.listing_id
from watched w
where w.account_id = :account_id and w.listing_id < :before
order by w.listing_id desc
limit :limit;
