-- What people are told outside the pages: what each wants to hear of and in which language, the ways that lead out of the
-- house, what is to be told, and what is on its way.

alter table account add column language text check (language in ('en', 'ko'));

-- A bit a kind of notice: outbid 1, won 2, sold 4, unsold 8, cancelled 16, extended 32, funds 64.
alter table account add column mail_kinds integer not null default 95 check (mail_kinds between 0 and 127);

create table way (
  name text primary key check (name in ('mail', 'webhook')),
  n_faults integer not null default 0 check (n_faults >= 0),
  rests_until integer not null default 0,
  fault text
) strict, without rowid;

-- listing_id is 0 for what is about no listing.
create table notice (
  way text not null references way (name),
  account_id integer not null references account (id),
  listing_id integer not null check (listing_id >= 0),
  kind text not null check (kind in ('outbid', 'won', 'sold', 'unsold', 'cancelled', 'extended', 'funds')),
  at integer not null,
  primary key (way, account_id, listing_id, kind),
  check ((kind = 'funds') = (listing_id = 0))
) strict, without rowid;

create table delivery (
  id integer primary key,
  key text not null unique check (length(key) = 32),
  way text not null check (way in ('mail', 'webhook')),
  account_id integer references account (id),
  subject text not null,
  body text not null,
  n_notices integer not null check (n_notices > 0),
  since integer not null,
  made_at integer not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'parked')),
  n_tries integer not null default 0 check (n_tries >= 0),
  next_at integer not null,
  fault text,
  check ((way = 'mail') = (account_id is not null)),
  check (state <> 'parked' or fault is not null)
) strict;

create index delivery_waiting on delivery (way, next_at, id) where state = 'waiting';

create index delivery_parked on delivery (id) where state = 'parked';

create index delivery_account on delivery (account_id, made_at) where account_id is not null;

create index delivery_made_at on delivery (made_at);
