-- name: account_of_identity
select i.account_id from identity i join account a on a.id = i.account_id
where i.issuer = :issuer and i.subject = :subject and a.state <> 'closed';

-- name: has_identity
select exists (select 1 from identity where account_id = :account_id);

-- name: add_identity
insert or replace into identity (issuer, subject, account_id, at) values (:issuer, :subject, :account_id, :now);
