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
  when t.cause = 'void' then t.settlement_id is not null or t.voids is null
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
  and not exists (select 1 from earlier_name e where e.account_id = a.id and e.name = t.data ->> '$.bidder')
union all
select a.id
from told t
join settlement s on s.listing_id = t.listing_id
join account a on a.id = s.buyer_id
where t.kind = 'settled' and t.data ->> '$.winner' <> a.name
  and not exists (select 1 from earlier_name e where e.account_id = a.id and e.name = t.data ->> '$.winner')
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
union all select 'passes', count(*) from pass
union all select 'bidder numbers', count(*) from registration
union all select 'handovers', count(*) from handover
union all select 'terms', count(*) from terms
union all select 'acceptances', count(*) from terms_acceptance
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

-- name: {audited_lot}
select x.nth, x.code, x.folded, x.closes_at, x.listing_id,
  exists (select 1 from draft_lot d where d.lot_id = x.id),
  l.created_at, l.first_closes_at, l.premium_bps, l.commission_bps, l.window_s, l.extension_s, l.cap_s, s.sale_id,
  s.opens_at
from lot x left join listing l on l.id = x.listing_id left join standing s on s.listing_id = x.listing_id

-- name: audited_lots
{audited_lot} where x.sale_id = :sale_id order by x.nth;

-- name: audited_lot
{audited_lot} where x.listing_id = :listing_id;

-- name: stray_lot
select s.listing_id
from standing s left join lot x on x.listing_id = s.listing_id
where s.sale_id is not x.sale_id or s.opens_at is not null and s.sale_id is null
limit 1;

-- name: stray_draft
select x.code from draft_picture p join lot x on x.id = p.lot_id
where x.sale_id = :sale_id
group by p.lot_id
having count(*) <> max(p.nth)
limit 1;

-- name: missed_change
-- The lots that a change of their sale left out: open at its time, and in its section if all that it changed are in one.
-- A pause leaves out what is paused; a pause and a postponement what has closed; a resume all but what is paused.
with change as materialized (
  select t.kind, t.at, t.by_s, t.who, t.why,
    iif(count(distinct coalesce(x.section, '')) = 1, max(x.section), null) as section
  from lot x join timing t on t.listing_id = x.listing_id
  where x.sale_id = :sale_id and t.kind <> 'prolongation'
  group by t.kind, t.at, t.by_s, t.who, t.why
),
missed as (
  select x.code, x.listing_id, l.first_closes_at, c.kind, c.at,
    coalesce((
      select t.kind = 'pause' from timing t
      where t.listing_id = x.listing_id and t.kind in ('pause', 'resume') and t.at < c.at
      order by t.nth desc limit 1), 0) as was_paused
  from change c
    cross join lot x on x.sale_id = :sale_id
    join listing l on l.id = x.listing_id and l.created_at < c.at
    left join settlement e on e.listing_id = x.listing_id
  where (e.settled_at is null or e.settled_at > c.at)
    and (c.kind <> 'postponement' or c.section is null or x.section = c.section)
    and not exists (
      select 1 from timing t
      where t.listing_id = x.listing_id and t.kind = c.kind and t.at = c.at and t.by_s is c.by_s and t.who = c.who
        and t.why is c.why)
)
select m.code, m.kind, m.at
from missed m
where m.was_paused and m.kind <> 'pause'
  or not m.was_paused and m.kind <> 'resume' and m.at < max(
    m.first_closes_at,
    coalesce((select max(b.closes_at) from bid b where b.listing_id = m.listing_id and b.at < m.at), 0),
    coalesce((select max(t.closes_at) from timing t where t.listing_id = m.listing_id and t.at < m.at), 0))
limit 1;

-- name: cancelled_at
select max(e.settled_at)
from lot x join settlement e on e.listing_id = x.listing_id
where x.sale_id = :sale_id and e.outcome = 'cancelled' and e.reason = :why;

-- name: uncancelled_lot
select x.code
from lot x join standing s on s.listing_id = x.listing_id
where x.sale_id = :sale_id and s.state = 'open' and (s.closes_at > :at or s.paused_at is not null)
limit 1;

-- name: stray_reversal
-- Each reversal is a transfer and a row, and both are made at once.
select v.settlement_id from reversal v
where not exists (select 1 from transfer t where t.settlement_id = v.settlement_id and t.cause = 'reversal')
union all
select t.settlement_id from transfer t
where t.cause = 'reversal' and not exists (select 1 from reversal v where v.settlement_id = t.settlement_id)
limit 1;

-- name: unlinked_reversal
-- Without a link, though a transfer came before it that only a house has whose reversals are links.
select v.settlement_id
from reversal v join transfer t on t.settlement_id = v.settlement_id and t.cause = 'reversal'
where v.hash is null and t.id > (
  select min(n.id) from transfer n
  where n.method is not null or n.cause = 'void'
    or n.cause = 'reversal' and (select w.hash is not null from reversal w where w.settlement_id = n.settlement_id))
limit 1;

-- name: audited_registrations
select v.code, r.number, r.sale_id, r.at, r.pass_id
from registration r join sale v on v.id = r.sale_id
where r.pass_id is not null
order by r.sale_id, r.number;

-- name: audited_payments
-- Those of a till, with when their payers got a number in its sale.
select t.id, t.at, t.pass_id, r.at
from transfer t
join pass k on k.id = t.pass_id
left join posting p on p.transfer_id = t.id and p.purse_id > 0
left join registration r on r.sale_id = k.sale_id and r.account_id = p.purse_id
where t.method is not null
order by t.id;

-- name: audited_voids
select v.id, v.at, v.pass_id, t.id, t.at, t.method is not null, k.sale_id,
  2 = (select count(*) from posting p where p.transfer_id = v.id)
    and 2 = (
      select count(*)
      from posting p join posting o on o.transfer_id = t.id and o.purse_id = p.purse_id and o.amount = -p.amount
      where p.transfer_id = v.id),
  1 < (select count(*) from transfer w where w.voids = t.id)
from transfer v
join transfer t on t.id = v.voids
left join pass k on k.id = t.pass_id
where v.voids is not null
order by v.id;

-- name: audited_handovers
select h.settlement_id, h.at, h.pass_id, t.outcome = 'sold', t.settled_at, r.at, x.sale_id, v.code, x.code
from handover h
join settlement t on t.id = h.settlement_id
left join transfer r on r.settlement_id = t.id and r.cause = 'reversal'
left join lot x on x.listing_id = t.listing_id
left join sale v on v.id = x.sale_id
order by h.settlement_id;

-- name: audited_desk_bids
select b.seq, b.at, b.pass_id, x.sale_id, r.at
from bid b
left join lot x on x.listing_id = b.listing_id
left join registration r on r.sale_id = x.sale_id and r.account_id = b.bidder_id
where b.listing_id = :listing_id and b.pass_id is not null
order by b.seq;

-- name: audited_terms
select version, hash, at, text from terms order by version;

-- name: early_acceptance
select c.account_id, c.version
from terms_acceptance c
join terms t on t.version = c.version
where c.at < t.at
limit 1;

-- name: misaccepted
select a.id, a.terms_version, max(c.version)
from account a
left join terms_acceptance c on c.account_id = a.id
group by a.id
having a.terms_version is not max(c.version)
limit 1;
