-- A part with a name in braces stands once, and is put wherever it is named.

-- name: {sale}
  v.id, v.code, v.name, v.description, v.pickup, v.opens_at, v.closes_at, v.every_s, v.premium_bps, v.commission_bps,
  v.window_s, v.extension_s, v.cap_s, v.state, v.why, v.created_at, v.published_at

-- name: sale
select {sale} from sale v where v.code = :code;

-- name: sale_by_id
select {sale} from sale v where v.id = :id;

-- name: all_sales
select {sale} from sale v order by v.closes_at desc, v.id desc;

-- name: published_sales
select {sale} from sale v where v.published_at is not null order by v.closes_at desc, v.id desc limit :limit;

-- name: add_sale
insert into sale (code, name, description, pickup, opens_at, closes_at, every_s, premium_bps, commission_bps, window_s,
  extension_s, cap_s, created_at)
values (:code, :name, :description, :pickup, :opens_at, :closes_at, :every_s, :premium_bps, :commission_bps, :window_s,
  :extension_s, :cap_s, :created_at);

-- name: set_sale_text
update sale set name = :name, description = :description, pickup = :pickup where id = :id;

-- name: set_sale_terms
update sale set opens_at = :opens_at, closes_at = :closes_at, every_s = :every_s, premium_bps = :premium_bps,
  commission_bps = :commission_bps, window_s = :window_s, extension_s = :extension_s, cap_s = :cap_s
where id = :id;

-- name: publish_sale
update sale set state = 'published', published_at = :now where id = :id and state = 'draft';

-- name: cancel_sale
update sale set state = 'cancelled', why = :why where id = :id and state <> 'cancelled';

-- name: lots
select x.id, x.nth, x.code, x.section, x.closes_at, x.listing_id
from lot x
where x.sale_id = :sale_id
order by x.nth;

-- name: lot_by_code
select x.id, x.nth, x.code, x.section, x.closes_at, x.listing_id
from lot x
where x.sale_id = :sale_id and x.folded = :folded;

-- name: next_nth
select coalesce(max(x.nth), -1) + 1 from lot x where x.sale_id = :sale_id;

-- name: add_lot
insert into lot (sale_id, nth, code, folded, section, closes_at)
values (:sale_id, :nth, :code, :folded, :section, :closes_at);

-- name: add_draft_lot
insert into draft_lot (lot_id, seller_id, title, description, opening, reserve, buy_now, increment, category)
values (:lot_id, :seller_id, :title, :description, :opening, :reserve, :buy_now, :increment, :category);

-- name: add_draft_picture
insert into draft_picture (lot_id, nth, name) values (:lot_id, :nth, :name);

-- name: draft_lots
select x.id, x.nth, x.code, x.section, x.closes_at, x.listing_id, d.seller_id, d.title, d.description, d.opening,
  d.reserve, d.buy_now, d.increment, d.category,
  coalesce(
    (select group_concat(q.name, ',')
     from (select p.name from draft_picture p where p.lot_id = x.id order by p.nth) q), '')
from lot x join draft_lot d on d.lot_id = x.id
where x.sale_id = :sale_id
order by x.nth;

-- name: list_lot
update lot set listing_id = :listing_id where id = :lot_id and listing_id is null;

-- name: drop_draft_pictures
delete from draft_picture where lot_id = :lot_id;

-- name: drop_draft_lot
delete from draft_lot where lot_id = :lot_id;

-- name: drop_pictures_of_draft
delete from draft_picture where lot_id in (select x.id from lot x where x.sale_id = :sale_id and x.listing_id is null);

-- name: drop_lots_of_draft
delete from draft_lot where lot_id in (select x.id from lot x where x.sale_id = :sale_id and x.listing_id is null);

-- name: drop_places_of_draft
delete from lot where sale_id = :sale_id and listing_id is null;

-- name: open_listings
select s.listing_id
from lot x join standing s on s.listing_id = x.listing_id
where x.sale_id = :sale_id and s.state = 'open' and (:section is null or x.section = :section)
order by x.nth;

-- name: sale_counts
select count(*), count(*) filter (where s.state = 'open'), count(*) filter (where s.paused_at is not null),
  coalesce(
    min(s.closes_at) filter (where s.state <> 'cancelled' and t.reason is not 'buy_now'), min(s.closes_at)),
  coalesce(
    max(s.closes_at) filter (where s.state <> 'cancelled' and t.reason is not 'buy_now'), max(s.closes_at)),
  coalesce(sum(t.hammer), 0)
from lot x join standing s on s.listing_id = x.listing_id
  left join settlement t on t.listing_id = x.listing_id
where x.sale_id = :sale_id;

-- name: lot_changes
select x.listing_id,
  s.n_bids + (s.state <> 'open') + (select count(*) from timing t where t.listing_id = x.listing_id),
  max(l.created_at,
    ifnull((select b.at from bid b where b.listing_id = x.listing_id order by b.seq desc limit 1), 0),
    ifnull((select t.at from timing t where t.listing_id = x.listing_id order by t.nth desc limit 1), 0),
    ifnull((select e.settled_at from settlement e where e.listing_id = x.listing_id), 0))
from lot x join listing l on l.id = x.listing_id join standing s on s.listing_id = x.listing_id
where x.sale_id = :sale_id
order by x.nth;

-- name: lots_now
select s.state, s.closes_at, s.price, s.leader_id, a.name, s.leader_max, s.held, s.n_bids, s.head, s.paused_at, s.cap_from,
  s.listing_id, t.hammer, r.at
from json_each(:ids) picked cross join standing s on s.listing_id = picked.value
  left join account a on a.id = s.leader_id
  left join settlement t on t.listing_id = s.listing_id
  left join transfer r on r.settlement_id = t.id and r.cause = 'reversal'
order by picked.key;

-- name: cancelled_sale_of
select v.why
from lot x join sale v on v.id = x.sale_id
where x.listing_id = :listing_id and v.state = 'cancelled';

-- name: next_lots
select s.listing_id
from standing s
where s.sale_id = :sale_id and s.state = 'open' and (s.closes_at > :now or s.paused_at is not null)
order by s.closes_at, s.listing_id
limit :limit;

-- name: own_lots
select q.listing_id, max(q.has_bid)
from (
  select p.listing_id, 1 as has_bid from participation p where p.bidder_id = :account_id
  union all
  select t.listing_id, 1 from settlement t where t.buyer_id = :account_id
  union all
  select w.listing_id, 0 from watched w where w.account_id = :account_id
) q join lot x on x.listing_id = q.listing_id
where x.sale_id = :sale_id
group by q.listing_id
order by q.listing_id desc
limit :limit;

-- name: own_among
select picked.value,
  exists (select 1 from participation p where p.bidder_id = :account_id and p.listing_id = picked.value)
    or exists (select 1 from settlement t where t.listing_id = picked.value and t.buyer_id = :account_id),
  exists (select 1 from watched w where w.account_id = :account_id and w.listing_id = picked.value)
from json_each(:ids) picked;

-- name: current_sale
select {sale}
from sale v
where v.state = 'published' and exists (select 1 from standing s where s.sale_id = v.id and s.state = 'open')
order by max(coalesce(v.opens_at, 0), :now), v.closes_at, v.id
limit 1;

-- name: ended_sale
-- A month (2,592,000,000 ms) is more than a pause or prolongations move a close: of older sales no lot is looked at.
select {sale}
from sale v
where v.state = 'published' and v.closes_at > :since - 2592000000
  and not exists (select 1 from standing s where s.sale_id = v.id and s.state = 'open')
  and exists (
    select 1
    from standing s
    where s.sale_id = v.id and s.state in ('sold', 'unsold') and s.closes_at > :since)
order by v.closes_at desc, v.id desc
limit 1;

-- name: has_sales
select exists (select 1 from sale v where v.published_at is not null);

-- name: neighbours
select
  (select b.listing_id from lot b where b.sale_id = x.sale_id and b.nth < x.nth order by b.nth desc limit 1),
  (select b.listing_id from lot b where b.sale_id = x.sale_id and b.nth > x.nth order by b.nth limit 1)
from lot x
where x.listing_id = :listing_id;

-- name: sale_figures
select count(*), coalesce(sum(s.n_bids), 0), count(*) filter (where s.state = 'sold'),
  count(*) filter (where s.state = 'unsold'), coalesce(sum(t.hammer), 0), coalesce(sum(t.premium), 0), max(t.hammer),
  max(t.settled_at - t.closes_at) filter (where t.reason is not 'buy_now' and t.outcome <> 'cancelled')
from lot x left join standing s on s.listing_id = x.listing_id
  left join settlement t on t.listing_id = x.listing_id
where x.sale_id = :sale_id;

-- name: sale_changes
select t.kind, t.at, t.by_s, t.who, t.why, count(*),
  case when count(x.section) = count(*) and min(x.section) = max(x.section) then min(x.section) end
from lot x join timing t on t.listing_id = x.listing_id
where x.sale_id = :sale_id and t.kind <> 'prolongation'
group by t.at, t.kind, t.by_s, t.who, t.why
order by t.at, min(t.nth);

-- name: sale_end
select exists (select 1 from standing s where s.sale_id = :sale_id and s.state = 'open'), (
  select max(m) from (
    select max(s.closes_at) as m from standing s where s.sale_id = :sale_id and s.state = 'open'
    union all
    select max(s.closes_at) from standing s where s.sale_id = :sale_id and s.state = 'sold'
    union all
    select max(s.closes_at) from standing s where s.sale_id = :sale_id and s.state = 'unsold'
    union all
    select max(s.closes_at) from standing s where s.sale_id = :sale_id and s.state = 'cancelled'));
