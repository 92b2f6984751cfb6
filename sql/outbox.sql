-- name: is_to_be_notified
select 1
from way w join account a on a.id = :account_id
where (w.name = 'webhook'
    or w.name = 'mail' and a.mail_kinds & :bit <> 0
    or w.name = 'push' and a.push_kinds & :bit <> 0)
  and not exists (
    select 1 from notice n
    where n.way = w.name and n.account_id = a.id and n.about = :about and n.kind = :kind)
limit 1;

-- name: notify
insert into notice (way, account_id, about, kind, at)
select w.name, a.id, :about, :kind, :at
from way w join account a on a.id = :account_id
where w.name = 'webhook'
  or w.name = 'mail' and a.email is not null and a.mail_kinds & :bit <> 0
  or w.name = 'push' and a.push_kinds & :bit <> 0
    and exists (select 1 from push_subscription s where s.account_id = a.id)
on conflict (way, account_id, about, kind) do nothing;

-- name: channels
select name, n_faults, rests_until, fault from way order by name;

-- name: open_channel
insert into way (name) values (:way) on conflict (name) do nothing;

-- name: forget_notices
delete from notice where way = :way;

-- name: close_channel
delete from way where name = :way;

-- name: park_all
update delivery set state = 'parked', fault = :fault where way = :way and state = 'waiting';

-- name: rest
update way
set n_faults = n_faults + 1, rests_until = :rests_until, fault = :fault
where name = :way;

-- name: go_on
update way set n_faults = 0, rests_until = 0, fault = null where name = :way and n_faults > 0;

-- name: people_due
select n.account_id
from notice n
where n.way = 'mail'
  and n.account_id not in (
    select d.account_id from delivery d where d.way = 'mail' and d.state = 'waiting' and d.email is null)
group by n.account_id
having min(n.at) <= :until
  -- What somebody asked for, which has an address of its own, counts for nothing here.
  and not exists (
    select 1 from delivery d
    where d.account_id = n.account_id and d.way = 'mail' and d.made_at > :rested_since and d.email is null)
  -- A tenth is kept for what has ended.
  and :cap - :cap / 10 * (max(n.kind in ('won', 'sold', 'unsold', 'cancelled', 'bill')) = 0)
    > (select count(*) from delivery d
      where d.account_id = n.account_id and d.way = 'mail' and d.made_at > :day_ago and d.email is null)
order by min(n.at)
limit :limit;

-- name: notices_of
select account_id, about, kind, at
from notice
where way = 'mail' and account_id = :account_id
order by at, about
limit :limit;

-- name: notices_for_webhook
select account_id, about, kind, at
from notice
where way = 'webhook'
order by at, about, account_id
limit :limit;

-- name: forget_notice
delete from notice
where way = :way and account_id = :account_id and about = :about and kind = :kind;

-- name: make_delivery
insert into delivery (key, way, account_id, email, subject, body, html, link, subscription_id, n_notices, since, made_at,
  next_at)
values (:key, :way, :account_id, :email, :subject, :body, :html, :link, :subscription_id, :n_notices, :since, :now, :now);

-- name: next_delivery
select d.id, d.key, d.way, d.account_id, coalesce(d.email, a.email), d.subject, d.body, d.n_notices, d.since, d.made_at, d.state, d.n_tries,
  d.next_at, d.fault, d.html, d.link, d.subscription_id, d.email is not null
from delivery d left join account a on a.id = d.account_id
where d.way = :way and d.state = 'waiting' and d.next_at <= :now and (:with_links or d.link is null)
order by d.next_at, d.id
limit 1;

-- name: next_asked
select d.id, d.key, d.way, d.account_id, d.email, d.subject, d.body, d.n_notices, d.since, d.made_at, d.state, d.n_tries,
  d.next_at, d.fault, d.html, d.link, d.subscription_id, d.email is not null
from delivery d
where d.state = 'waiting' and d.email is not null and d.next_at <= :now and (:with_links or d.link is null)
order by d.next_at, d.id
limit 1;

-- name: deliveries
select d.id, d.key, d.way, d.account_id, coalesce(d.email, a.email), d.subject, d.body, d.n_notices, d.since, d.made_at, d.state, d.n_tries,
  d.next_at, d.fault, d.html, d.link, d.subscription_id, d.email is not null
from delivery d left join account a on a.id = d.account_id
where :state is null or d.state = :state
order by d.id desc
limit :limit;

-- name: set_delivery
update delivery
set state = :state, n_tries = n_tries + 1, next_at = :next_at, fault = :fault
where id = :id and state = 'waiting';

-- name: retry_parked
update delivery
set state = 'waiting', next_at = :now, made_at = :now, n_tries = 0
where state = 'parked' and (:id is null or id = :id);

-- name: n_waiting
select count(*) from delivery where way = :way and state = 'waiting';

-- name: outbox
select
  (select count(*) from notice) + (select count(*) from letter) + (select coalesce(sum(n_notices), 0) from delivery where state = 'waiting'),
  (select min(at) from (
    select min(n.at) as at from notice n
    where n.way <> 'mail'
      or :cap > (select count(*) from delivery d
        where d.account_id = n.account_id and d.way = 'mail' and d.made_at > :day_ago and d.email is null)
    union all select min(at) from letter
    union all select min(since) from delivery where state = 'waiting')),
  (select count(*) from delivery where state = 'parked');

-- name: prune_deliveries
delete from delivery
where id in (
  select id from delivery
  where made_at < :sent_before and (state = 'sent' or made_at < :parked_before and state = 'parked')
  limit :limit);

-- name: preferences
select a.language, a.mail_kinds, a.push_kinds, exists (select 1 from push_subscription s where s.account_id = a.id)
from account a where a.id = :id;

-- name: set_preferences
update account set language = :language, mail_kinds = :mail_kinds, push_kinds = :push_kinds where id = :id;

-- name: bidders_of
select p.bidder_id from participation p where p.listing_id = :listing_id limit :limit;
