-- A part with a name in braces stands once, and is put wherever it is named.

-- name: {api_token}
  t.id, t.account_id, t.name, t.may, t.token_hash, t.made_at, t.ends_at, t.revoked_at, t.used_at

-- name: add_api_token
insert into api_token (account_id, name, may, token_hash, made_at, ends_at)
values (:account_id, :name, :may, :token_hash, :made_at, :ends_at);

-- name: api_token
select {api_token} from api_token t where t.id = :id;

-- name: api_tokens_of
select {api_token} from api_token t where t.account_id = :account_id order by t.id;

-- name: person_of_api_token
select a.id, a.email, a.name, a.state, a.verified_at is not null, a.terms_version, a.is_admin,
  t.id, t.may, t.made_at, t.ends_at, t.used_at
from api_token t join account a on a.id = t.account_id
where t.token_hash = :token_hash and t.revoked_at is null and (t.ends_at is null or t.ends_at > :now)
  and a.state <> 'closed';

-- name: last_revoked_at
select max(revoked_at) from api_token where revoked_at is not null;

-- name: revoke_api_token
update api_token set revoked_at = :now where id = :id and revoked_at is null;

-- name: revoke_api_tokens_of
update api_token set revoked_at = :now where account_id = :account_id and revoked_at is null;

-- name: revoke_all_api_tokens
update api_token set revoked_at = :now where revoked_at is null;

-- name: shut_passes_of_api_token
update pass set shut_at = :now where api_token_id = :id and shut_at is null;

-- name: shut_passes_of_api_tokens_of
update pass set shut_at = :now
where shut_at is null and api_token_id in (select id from api_token where account_id = :account_id);

-- name: forget_revoked_api_tokens_of
delete from api_token
where account_id = :account_id and revoked_at is not null and revoked_at < :before
  and not exists (select 1 from pass where api_token_id = api_token.id);

-- name: keep_use_of_api_token
update api_token set used_at = :used_at where id = :id;

-- name: pass_of_api_token
select id from pass where api_token_id = :id and sale_id = :sale_id order by id desc limit 1;

-- name: name_of_pass_is_taken
select 1 from pass where name = :name and (api_token_id is not :id or sale_id <> :sale_id);

-- name: add_pass_of_api_token
insert into pass (name, sale_id, may, code_hash, made_at, ends_at, token_hash, bound_at, api_token_id)
values (:name, :sale_id, :may, :code_hash, :now, :ends_at, :token_hash, :now, :id);
