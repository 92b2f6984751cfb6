-- name: push_subscriptions_of
select id, endpoint, p256dh, auth, made_at from push_subscription where account_id = :account_id order by id;

-- name: n_push_subscriptions
select count(*) from push_subscription;

-- name: take_push_subscription
delete from push_subscription where endpoint = :endpoint and account_id <> :account_id;

-- name: subscribe_to_push
insert into push_subscription (account_id, session_hash, endpoint, p256dh, auth, made_at)
values (:account_id, :session_hash, :endpoint, :p256dh, :auth, :now)
on conflict (endpoint) do update
set session_hash = excluded.session_hash, p256dh = excluded.p256dh, auth = excluded.auth;

-- name: unsubscribe_from_push
delete from push_subscription where endpoint = :endpoint and account_id = :account_id;

-- name: forget_push_subscription
delete from push_subscription where id = :id;

-- name: forget_push_subscriptions_of
delete from push_subscription where account_id = :account_id;

-- name: forget_push_subscriptions_but
delete from push_subscription
where account_id = :account_id and (session_hash is null or session_hash is not :kept);

-- name: people_to_push
select distinct account_id from notice where way = 'push' order by account_id limit :limit;

-- name: notices_to_push
select account_id, about, kind, at
from notice
where way = 'push' and account_id = :account_id
order by at, about
limit :limit;

-- name: pushed_to
select language, push_kinds from account where id = :id;

-- name: replace_push
delete from delivery where subscription_id = :subscription_id and state = 'waiting' and subject = :tag;

-- name: drop_oldest_pushes
delete from delivery
where id in (
  select id from delivery
  where subscription_id = :subscription_id and state = 'waiting'
  order by id desc
  limit -1 offset :kept);

-- name: n_pushes_due
select count(*) from (
  select 1 from delivery where way = 'push' and state = 'waiting' and next_at <= :now limit :most);

-- name: pushes_due
select d.id, d.subject, d.body, d.n_notices, d.made_at, d.n_tries, s.id, s.endpoint, s.p256dh, s.auth, s.made_at
from delivery d join push_subscription s on s.id = d.subscription_id
where d.way = 'push' and d.state = 'waiting' and d.next_at <= :now
order by d.next_at, d.id
limit :limit;

-- name: drop_push
delete from delivery where id = :id and state = 'waiting';

-- name: drop_all_pushes
delete from delivery where way = 'push' and state = 'waiting';

-- name: put_push_off
update delivery set next_at = :next_at where id = :id and state = 'waiting';
