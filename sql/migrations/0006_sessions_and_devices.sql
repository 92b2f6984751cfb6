-- Whose sessions are the oldest, without a look at everybody's.
create index session_account on session (account_id, created_at);

-- From where the owner of an account has logged in: a stranger's failures elsewhere do not lock them out there. Of the
-- address only a hash is kept.
create table known_device (
  account_id integer not null references account (id),
  hash blob not null check (length(hash) = 32),
  seen_at integer not null,
  primary key (account_id, hash)
) strict, without rowid;

create index known_device_seen_at on known_device (seen_at);
