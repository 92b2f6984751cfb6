-- A page of listings is found in one of two ways. If few listings meet one of the conditions, each of them is looked
-- at (found_…, then picked). If not, an index is walked in the order of the page until the page is full (walk_…).
--
-- A part with a name in braces stands once, and is put wherever it is named. A plus keeps a bound from the index that
-- is walked: the place after which the walk begins is the better bound.

-- name: found_by_parts
select f.rowid from search_part f where f.search_part match :parts limit :limit;

-- name: found_by_category
select s.listing_id
from standing s
where s.category_id = :category_id and (:state is null or s.state = :state)
limit :limit;

-- name: found_by_closes_at
select s.listing_id
from standing s indexed by standing_by_closes_at
where s.state = :state and s.closes_at > :from and s.closes_at <= :until
limit :limit;

-- name: found_by_asked
select s.listing_id
from standing s indexed by standing_by_asked
where s.state = :state and s.asked >= :price_from and s.asked <= :price_to
limit :limit;

-- name: found_by_bids
select s.listing_id
from standing s indexed by standing_by_bids
where s.state = :state and s.n_bids <= :n_bids
limit :limit;

-- name: found_by_watching
select w.listing_id from watched w where w.account_id = :watched_by limit :limit;

-- name: found_by_taking_part
select * from (select l.id from listing l where l.seller_id = :mine limit :limit)
union all
select * from (select p.listing_id from participation p where p.bidder_id = :mine limit :limit);

-- name: found_by_sale
select x.listing_id from lot x where x.sale_id = :sale_id and x.listing_id is not null limit :limit;

-- name: found_by_opening
select s.listing_id
from sale v indexed by sale_opening cross join standing s indexed by standing_of_sale on s.sale_id = v.id
where v.published_at is not null and v.opens_at > :opens_from and s.state = 'open'
limit :limit;

-- name: found_by_pause
select s.listing_id from standing s indexed by standing_paused where s.paused_at is not null limit :limit;

-- name: sale_of_code
select v.id from sale v where v.code = :code;

-- name: {close}
  +s.closes_at > :from and s.closes_at <= :until
  and ifnull(s.opens_at, 0) > :opens_from and ifnull(s.opens_at, 0) <= :opens_until
  and (:paused is null or (s.paused_at is not null) = :paused)

-- name: {filter}
  +s.n_bids <= :n_bids
  and (:category_id is null or s.category_id = :category_id)
  and (:sale_id is null or s.sale_id = :sale_id)
  and (:section is null
    or exists (select 1 from lot x where x.listing_id = s.listing_id and x.section = :section))
  and (:mine is null or s.seller_id = :mine
    or exists (select 1 from participation p where p.bidder_id = :mine and p.listing_id = s.listing_id))
  and (:watched_by is null
    or exists (select 1 from watched w where w.account_id = :watched_by and w.listing_id = s.listing_id))
  and s.listing_id <> :except

-- name: {price}
  s.asked >= :price_from and s.asked <= :price_to

-- name: {words}
  iif(:has_words, (select t.folded from search_text t where t.listing_id = s.listing_id), '')

-- name: picked
select s.listing_id, s.closes_at, s.asked, s.n_bids
from json_each(:ids) picked cross join standing s on s.listing_id = picked.value
where (:state is null or s.state = :state) and {close} and {price} and {filter};

-- name: text
select t.folded from search_text t where t.listing_id = :listing_id;

-- name: walk_by_closes_at
select s.listing_id, s.closes_at, {words}
from standing s indexed by standing_by_closes_at
where s.state = :state and (s.closes_at, s.tie) > (:after_key, :after_id)
  and {close} and {price} and {filter}
order by s.closes_at, s.tie;

-- name: walk_category
select s.listing_id, s.closes_at, {words}
from standing s indexed by standing_of_category
where s.category_id = :category_id and s.state = :state
  and (s.closes_at, s.tie) > (:after_key, :after_id)
  and {close} and {price} and {filter}
order by s.closes_at, s.tie;

-- name: walk_sale
select s.listing_id, s.closes_at, {words}
from standing s indexed by standing_of_sale
where s.sale_id = :sale_id and s.state = :state and (s.closes_at, s.listing_id) > (:after_key, :after_id)
  and {close} and {price} and {filter}
order by s.closes_at, s.listing_id;

-- name: walk_lots
select s.listing_id, x.nth, {words}
from lot x cross join standing s on s.listing_id = x.listing_id
where x.sale_id = :sale_id and x.nth > :after_key and (:state is null or s.state = :state)
  and {close} and {price} and {filter}
order by x.nth;

-- name: walk_section
select s.listing_id, x.nth, {words}
from lot x indexed by lot_of_section cross join standing s on s.listing_id = x.listing_id
where x.sale_id = :sale_id and x.section = :section and x.nth > :after_key and (:state is null or s.state = :state)
  and {close} and {price} and {filter}
order by x.nth;

-- name: walk_by_newest
select s.listing_id, s.listing_id, {words}
from standing s indexed by standing_by_id
where s.state = :state and s.tie < :after_key
  and {close} and {price} and {filter}
order by s.tie desc;

-- name: walk_by_price
select s.listing_id, s.asked, {words}
from standing s indexed by standing_by_asked
where s.state = :state and (s.asked, s.tie) > (:after_key, :after_id) and s.asked <= :price_to
  and {close} and {filter}
order by s.asked, s.tie;

-- name: walk_by_price_desc
select s.listing_id, s.asked, {words}
from standing s indexed by standing_by_asked
where s.state = :state and (s.asked, s.tie) < (:after_key, :after_id) and s.asked >= :price_from
  and {close} and {filter}
order by s.asked desc, s.tie desc;

-- name: walk_by_bids
select s.listing_id, s.n_bids, {words}
from standing s indexed by standing_by_bids
where s.state = :state and (s.n_bids, s.tie) < (:after_key, :after_id)
  and {close} and {price} and {filter}
order by s.n_bids desc, s.tie desc;

-- name: add_text
insert into search_text (listing_id, folded) values (:listing_id, :folded)
on conflict (listing_id) do update set folded = excluded.folded;

-- name: add_parts
insert into search_part (rowid, parts) values (:listing_id, :parts);

-- name: keep_category
update listing set category = :name where id = :listing_id and category <> :name;

-- name: place_in_category
update standing set category_id = :category_id where listing_id = :listing_id;

-- name: count_open
update category set n_open = (select count(*) from standing s where s.category_id = category.id and s.state = 'open');

-- name: copy_openings
update standing set opening = (select l.opening from listing l where l.id = standing.listing_id);

-- name: unplace_all
update standing set category_id = null where category_id is not null;

-- name: forget_categories
delete from category;

-- name: forget_texts
delete from search_text;

-- name: forget_parts
insert into search_part (search_part) values ('delete-all');
