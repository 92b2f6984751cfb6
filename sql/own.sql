-- name: keep_earlier_name
insert into earlier_name (account_id, name, until) values (:account_id, :name, :until)
on conflict (account_id, name) do update set until = excluded.until;

-- name: earlier_names
select name, until from earlier_name where account_id = :account_id order by until;

-- name: sessions_of
select token_hash, device, created_at, seen_at
from session
where account_id = :account_id and expires_at > :now
order by coalesce(seen_at, created_at) desc, token_hash;

-- name: see_session
update session set seen_at = :at where token_hash = :token_hash and coalesce(seen_at, 0) < :at;

-- name: new_email
select l.email
from link l join account a on a.id = l.account_id
where l.account_id = :account_id and l.kind = 'verify' and l.email is not a.email
  and (l.ends_at is null or l.ends_at > :now);
