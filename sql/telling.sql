-- name: closing_soon
select s.listing_id, s.closes_at, e.closes_at, e.at, e.before_at, e.told_through
from standing s indexed by standing_running left join ending e on e.listing_id = s.listing_id
where s.state = 'open' and s.paused_at is null and (s.closes_at, s.listing_id) > (:closes_at, :listing_id)
  and s.closes_at <= :until
order by s.closes_at, s.listing_id
limit :limit;

-- name: bids_made
select b.at, b.bidder_id, b.kind, b.max, b.closes_at from bid b where b.listing_id = :listing_id order by b.seq;

-- name: close_changes
select t.at, t.closes_at, t.kind from timing t where t.listing_id = :listing_id order by t.nth;

-- name: watchers_and_bidders
select w.account_id from watched w where w.listing_id = :listing_id and w.account_id > :after
union
select p.bidder_id from participation p where p.listing_id = :listing_id and p.bidder_id > :after
order by 1;

-- name: begin_ending
insert into ending (listing_id, closes_at, at, told_through) values (:listing_id, :closes_at, :now, :through)
on conflict (listing_id) do update
set closes_at = excluded.closes_at, before_at = at, at = excluded.at, told_through = excluded.told_through;

-- name: go_on_ending
update ending set told_through = :through where listing_id = :listing_id and told_through is :from;

-- name: prune_endings
delete from ending
where listing_id in (
  select e.listing_id from ending e cross join standing s on s.listing_id = e.listing_id
  where s.state <> 'open'
  limit :limit);

-- name: notify_all
insert into notice (way, account_id, about, kind, at)
select w.name, a.id, :about, :kind, :at
from json_each(:ids) picked cross join account a on a.id = picked.value cross join way w
where a.state <> 'closed'
  and (w.name = 'webhook'
    or w.name = 'mail' and a.email is not null and a.mail_kinds & :bit <> 0
    or w.name = 'push' and a.push_kinds & :bit <> 0
      and exists (select 1 from push_subscription s where s.account_id = a.id))
on conflict (way, account_id, about, kind) do nothing;

-- name: plan_to_tell
insert into sale_told (sale_id, kind)
select v.id, 'bill' from sale v where v.id = :sale_id
union all
select v.id, 'opens' from sale v where v.id = :sale_id and v.opens_at is not null;

-- name: sales_to_tell
select t.sale_id, t.kind, t.told_through, exists (select 1 from standing s where s.sale_id = t.sale_id and s.state = 'open')
from sale_told t indexed by sale_told_due
where t.told_through is not null
  and case t.kind
    when 'bill' then not exists (select 1 from standing s where s.sale_id = t.sale_id and s.state = 'open')
    else exists (select 1 from sale v where v.id = t.sale_id and v.opens_at <= :now)
      and (not exists (select 1 from standing s where s.sale_id = t.sale_id and s.state = 'open')
        or exists (select 1 from standing s where s.sale_id = t.sale_id and s.state = 'open' and s.paused_at is null))
  end
order by t.kind, t.sale_id
limit :limit;

-- name: watchers_of_sale
select distinct w.account_id
from lot x join watched w on w.listing_id = x.listing_id
where x.sale_id = :sale_id and w.account_id > :after
order by w.account_id;

-- name: go_on_telling
update sale_told set at = coalesce(at, :now), told_through = :through
where sale_id = :sale_id and kind = :kind and told_through is :from;
