-- name: sums_of_postings
select purse_id, sum(amount) from posting group by purse_id;

-- name: unbalanced_transfers
select t.id from transfer t
where t.id not in (select transfer_id from balanced)
  or 0 <> (select coalesce(sum(p.amount), 1) from posting p where p.transfer_id = t.id);

-- name: unplaced_listing
select l.id from listing l where not exists (select 1 from standing s where s.listing_id = l.id) limit 1;

-- name: baseless_transfers
select t.id from transfer t
where case
  when t.cause in ('credit', 'debit') then t.settlement_id is not null
    or 2 <> (select count(*) from posting p where p.transfer_id = t.id)
    or not exists (select 1 from posting p where p.transfer_id = t.id and p.purse_id > 0)
    or not exists (
      select 1 from posting p
      where p.transfer_id = t.id and p.purse_id = -1 and (p.amount < 0) = (t.cause = 'credit'))
  else not exists (
    select 1 from settlement s where s.id = t.settlement_id and s.outcome = 'sold')
end
limit 1;

-- name: sums_of_holds
select leader_id, sum(held) from standing where state = 'open' and leader_id is not null group by leader_id;

-- name: misnamed
with told as (
  select kind, listing_id, iif(json_valid(data), data, '{}') as data from event where kind in ('bid', 'settled'))
select a.id
from told t
join bid b on b.listing_id = t.listing_id and b.seq = t.data ->> '$.seq'
join account a on a.id = b.bidder_id
where t.kind = 'bid' and t.data ->> '$.bidder' <> a.name
union all
select a.id
from told t
join settlement s on s.listing_id = t.listing_id
join account a on a.id = s.buyer_id
where t.kind = 'settled' and t.data ->> '$.winner' <> a.name
limit 1;

-- name: counts
select 'accounts', count(*) from account
union all select 'listings ' || state, count(*) from standing group by state
union all select 'bids', count(*) from bid
union all select 'settlements', count(*) from settlement
union all select 'prolongations', count(*) from timing where kind = 'prolongation'
union all select 'postponements', count(*) from timing where kind = 'postponement'
union all select 'pauses', count(*) from timing where kind = 'pause'
union all select 'sales ' || state, count(*) from sale group by state
union all select 'lots', count(*) from lot
union all select 'transfers', count(*) from transfer
union all select 'postings', count(*) from posting
union all select 'events', count(*) from event
union all select 'entries', count(*) from entry;

-- name: miscounted_category
select c.name from category c
where c.n_open <> (select count(*) from standing s where s.category_id = c.id and s.state = 'open')
limit 1;

-- name: misplaced_listing
select l.id
from listing l join standing s on s.listing_id = l.id left join category c on c.id = s.category_id
where s.opening is not l.opening or c.name is not l.category
limit 1;

-- name: searched_texts
select l.id, l.title, l.description, l.category, t.folded, d.sz
from listing l
left join search_text t on t.listing_id = l.id
left join search_part_docsize d on d.id = l.id;

-- name: n_searched
select (select count(*) from search_text), (select count(*) from search_part_docsize), (select count(*) from listing);
