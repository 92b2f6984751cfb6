-- name: open_purse
insert into purse (credit_limit) values (:credit_limit);

-- name: open_account
insert into account (id, email, name, password_hash, is_admin, state, created_at, phone, name_key, name_look)
values (:id, :email, :name, :password_hash, :is_admin, :state, :created_at, :phone, :name_key, :name_look);

-- name: account
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account where id = :id;

-- name: account_by_email
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account where email = :email;

-- name: accounts
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account order by id;

-- name: accounts_named
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account where name_key = :name_key
union
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account where name_look = :name_look;

-- name: clear_password
update account set password_hash = null where id = :id;

-- name: waiting_accounts
select id, email, name, password_hash, is_admin, state, why, created_at, phone, verified_at, terms_version
from account where state = 'pending' order by id;

-- name: n_waiting_accounts
select count(*) from account where state = 'pending';

-- name: set_name
update account set name = :name, name_key = :name_key, name_look = :name_look where id = :id;

-- name: set_email
update account set email = :email, verified_at = :verified_at where id = :id;

-- name: set_admin
update account set is_admin = :is_admin where id = :id;

-- name: admins
select id from account where is_admin = 1 and state = 'active' order by id;

-- name: purse
select balance, held, credit_limit from purse where id = :id;

-- name: purses
select id, balance, held, credit_limit from purse order by id;

-- name: bidder
select a.name, a.state, p.balance, p.held, p.credit_limit, a.email is null or a.verified_at is not null, a.terms_version,
  t.version, t.hash
from account a
join purse p on p.id = a.id
left join terms t on t.version = (select max(version) from terms)
where a.id = :id;

-- name: hold
update purse set held = held + :amount where id = :id;

-- name: set_credit_limit
update purse set credit_limit = :credit_limit where id = :id;

-- name: set_password
update account set password_hash = :password_hash where id = :id;

-- name: set_account_state
update account set state = :state, why = :why where id = :id;

-- name: open_session
insert into session (token_hash, account_id, created_at, expires_at, by_pin, device, seen_at)
values (:token_hash, :account_id, :created_at, :expires_at, :by_pin, :device, :created_at);

-- name: session
select a.id, a.email, a.name, a.is_admin and not s.by_pin, a.state, s.created_at, s.seen_at, a.verified_at is not null,
  a.terms_version, s.by_pin
from session s join account a on a.id = s.account_id
where s.token_hash = :token_hash and s.expires_at > :now;

-- name: end_session
delete from session where token_hash = :token_hash;

-- name: end_sessions_of
delete from session where account_id = :account_id;

-- name: end_sessions_but
delete from session where account_id = :account_id and token_hash is not :kept returning token_hash;

-- name: end_pin_sessions_of
delete from session where account_id = :account_id and by_pin = 1;

-- name: part_pushes_from_sessions
update push_subscription
set session_hash = null
where session_hash is not null
  and (:now is null or session_hash in (select token_hash from session where expires_at <= :now));

-- name: end_all_sessions
delete from session;

-- name: end_oldest_sessions
delete from session
where token_hash in (
  select token_hash from session
  where account_id = :account_id
  order by created_at desc
  limit -1 offset :kept)
returning token_hash;

-- name: prune_sessions
delete from session where expires_at <= :now;

-- name: knows_device
select 1 from known_device where account_id = :account_id and hash = :hash;

-- name: know_device
insert into known_device (account_id, hash, seen_at) values (:account_id, :hash, :now)
on conflict (account_id, hash) do update set seen_at = excluded.seen_at;

-- name: forget_oldest_devices
delete from known_device
where account_id = :account_id and hash in (
  select hash from known_device
  where account_id = :account_id
  order by seen_at desc
  limit -1 offset :kept);

-- name: forget_devices_of
delete from known_device where account_id = :account_id;

-- name: prune_devices
delete from known_device where seen_at < :seen_before;
