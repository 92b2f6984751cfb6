-- name: terms_mark
select version, hash from terms order by version desc limit 1;

-- name: newest_terms
select version, hash, at, text from terms order by version desc limit 1;

-- name: terms
select version, hash, at, text from terms where version = :version;

-- name: versions
select version, hash, at from terms order by version desc limit :limit;

-- name: publish
insert into terms (version, hash, at, text)
values ((select coalesce(max(version), 0) + 1 from terms), :hash, :at, :text);

-- name: accept
insert into terms_acceptance (account_id, version, at) values (:account_id, :version, :at);

-- name: set_accepted
update account set terms_version = :version where id = :account_id;

-- name: acceptances
select t.version, t.hash, a.at
from terms_acceptance a
join terms t on t.version = a.version
where a.account_id = :account_id
order by t.version
limit :limit;

-- name: accepted_at
select at from terms_acceptance where account_id = :account_id and version = :version;
