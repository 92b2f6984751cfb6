-- name: ask_letter
insert into letter (account_id, kind, email, at) values (:account_id, :kind, :email, :at)
on conflict (account_id, kind) do update set email = excluded.email, at = excluded.at;

-- name: letters
select l.account_id, l.kind, l.email, l.at, a.name, a.language, a.email
from letter l join account a on a.id = l.account_id
order by l.account_id, l.kind
limit :limit;

-- name: forget_letter
delete from letter where account_id = :account_id and kind = :kind;

-- name: forget_letters
delete from letter;

-- name: has_letters
select exists (select 1 from letter limit 1) or exists (select 1 from forgotten limit 1);

-- name: drop_delivery
delete from delivery where id = :id;

-- name: sent_of_link
select count(*), min(made_at) from delivery where account_id = :account_id and link = :kind and made_at > :since;

-- name: put_link
insert into link (account_id, kind, email, asked_at) values (:account_id, :kind, :email, :now)
on conflict (account_id, kind) do update
set email = excluded.email, asked_at = excluded.asked_at, token_hash = null, ends_at = null;

-- name: link
select account_id, kind, email, asked_at, ends_at from link where account_id = :account_id and kind = :kind;

-- name: link_of_token
select account_id, kind, email, asked_at, ends_at from link where token_hash = :token_hash;

-- name: arm_link
update link set token_hash = :token_hash, ends_at = :ends_at where account_id = :account_id and kind = :kind;

-- name: end_link
delete from link where account_id = :account_id and kind = :kind;

-- name: end_all_links
delete from link;

-- name: prune_links
delete from link where coalesce(ends_at, asked_at + :longest_ms) < :now;

-- name: note_forgotten
insert into forgotten (email, at) values (:email, :at) on conflict (email) do nothing;

-- name: forgotten
select email from forgotten order by email limit :limit;

-- name: done_forgotten
delete from forgotten where email = :email;

-- name: forget_forgotten
delete from forgotten;
