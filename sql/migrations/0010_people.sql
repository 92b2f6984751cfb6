-- People: unique names, verified addresses, links by mail, terms, sign-on from outside, tokens for programs, what people
-- are told, the house's own pages, and the log of what its staff did. Constraints of four tables are only loosened, as in
-- migration 9.
pragma writable_schema = on;

update sqlite_schema set sql = replace(replace(replace(sql,
  'mail_kinds between 0 and 127', 'mail_kinds between 0 and 2047'), 'default 95', 'default 2015'),
  '''pending'', ''suspended''', '''pending'', ''suspended'', ''closed''')
where type = 'table' and name = 'account';

update sqlite_schema set sql = replace(sql, '''mail'', ''webhook''', '''mail'', ''webhook'', ''push''')
where type = 'table' and name in ('way', 'delivery');

update sqlite_schema set sql = replace(sql,
  '(way = ''mail'') = (account_id is not null)', '(way = ''webhook'') = (account_id is null)')
where type = 'table' and name = 'delivery';

pragma writable_schema = reset;

-- Who had chosen nothing, or everything, is told of the new kinds, too.
update account set mail_kinds = mail_kinds | 1920 where mail_kinds in (95, 127);

-- Which notices are pushed to the person's browsers.
alter table account add column push_kinds integer not null default 2047 check (push_kinds between 0 and 2047);

-- What names are compared by, and what they look like: see rules::names. Filled by the program.
alter table account add column name_key text;

alter table account add column name_look text;

create index account_name_key on account (name_key);

create index account_name_look on account (name_look);

-- When a link that was mailed to the address was opened.
alter table account add column verified_at integer;

-- What a person was called before: past events name them so. Forgotten when the account is closed.
create table earlier_name (
  account_id integer not null references account (id),
  name text not null,
  until integer not null,
  primary key (account_id, name)
) strict, without rowid;

create index account_closed on account (id) where state = 'closed';

create index account_waits on account (id) where state = 'pending';

-- The newest version of the terms that the person has accepted.
alter table account add column terms_version integer;

create index account_admins on account (id) where is_admin = 1;

-- What the person logged in with, in words, and when it was last used.
alter table session add column device text check (length(device) <= 80);

alter table session add column seen_at integer;

-- A mail that somebody asked for, or must have, until it is made a delivery.
create table letter (
  account_id integer not null references account (id),
  kind text not null check (kind in ('reset', 'verify', 'invitation', 'address_changed', 'approved')),
  email text not null,
  at integer not null,
  primary key (account_id, kind)
) strict, without rowid;

-- A link of such a mail. Its token is made when the mail is sent, and only its hash is kept.
create table link (
  account_id integer not null references account (id),
  kind text not null check (kind in ('reset', 'verify', 'invitation')),
  -- Whoever opens the link has this address.
  email text not null,
  asked_at integer not null,
  token_hash blob unique check (length(token_hash) = 32),
  ends_at integer,
  primary key (account_id, kind),
  check ((token_hash is null) = (ends_at is null))
) strict, without rowid;

-- An address, as it was typed, whose password was forgotten, until it is looked up: what asks is answered before anybody
-- knows whose it is.
create table forgotten (
  email text primary key check (length(email) <= 254),
  at integer not null
) strict, without rowid;

alter table delivery add column html text;

-- Where a mail goes, if not to the address of the account.
alter table delivery add column email text;

-- The kind of the link that is put into it when it is sent.
alter table delivery add column link text check (link in ('reset', 'verify', 'invitation'));

-- Mails that somebody waits for go first.
create index delivery_asked on delivery (next_at, id) where state = 'waiting' and email is not null;

create table push_subscription (
  id integer primary key,
  account_id integer not null references account (id),
  -- The session in which it was made: it ends with that, unless the session has only expired; then it is null.
  session_hash blob check (length(session_hash) = 32),
  endpoint text not null unique check (length(endpoint) between 1 and 1000),
  p256dh blob not null check (length(p256dh) = 65),
  auth blob not null check (length(auth) = 16),
  made_at integer not null
) strict;

create index push_subscription_account on push_subscription (account_id);

create index push_subscription_session on push_subscription (session_hash) where session_hash is not null;

-- The browser that a delivery by push is for.
alter table delivery add column subscription_id integer check ((subscription_id is not null) = (way = 'push'));

create index delivery_subscription on delivery (subscription_id) where subscription_id is not null;

-- What a notice is about: a listing, a sale (opens, bill), an account (pending), or nothing (funds).
create table notice_anew (
  way text not null references way (name),
  account_id integer not null references account (id),
  about integer not null check (about >= 0),
  kind text not null check (kind in ('outbid', 'won', 'sold', 'unsold', 'cancelled', 'extended', 'funds', 'ending', 'opens',
    'bill', 'pending')),
  at integer not null,
  primary key (way, account_id, about, kind),
  check ((kind = 'funds') = (about = 0))
) strict, without rowid;

insert into notice_anew (way, account_id, about, kind, at) select way, account_id, listing_id, kind, at from notice;

drop table notice;

alter table notice_anew rename to notice;

create trigger session_ends_its_push after delete on session
begin delete from push_subscription where session_hash = old.token_hash; end;

-- The way `push` is open exactly while a browser has subscribed.
create trigger first_push_subscription after insert on push_subscription
begin insert or ignore into way (name) values ('push'); end;

create trigger last_push_subscription after delete on push_subscription
begin
  delete from delivery where subscription_id = old.id and state <> 'sent';
  delete from notice
  where way = 'push' and account_id = old.account_id
    and not exists (select 1 from push_subscription s where s.account_id = old.account_id);
  delete from notice where way = 'push' and not exists (select 1 from push_subscription);
  delete from way where name = 'push' and not exists (select 1 from push_subscription);
end;

-- Which close of a listing people have been told of beforehand, and how far that has come.
create table ending (
  listing_id integer primary key references listing (id),
  closes_at integer not null,
  at integer not null,
  -- When the close before that was told of.
  before_at integer,
  -- The account up to which all have been told; null: all have.
  told_through integer
) strict;

-- What people are told of a sale, once each: that it has opened, and of their bills. Written when it is published.
create table sale_told (
  sale_id integer not null references sale (id),
  kind text not null check (kind in ('opens', 'bill')),
  -- When that began; null: not yet.
  at integer,
  -- The account up to which all have been told; null: all have.
  told_through integer default 0,
  primary key (sale_id, kind)
) strict, without rowid;

create index sale_told_due on sale_told (kind, sale_id) where told_through is not null;

-- Of what is over already, nobody is told.
insert into sale_told (sale_id, kind)
select v.id, 'opens' from sale v where v.published_at is not null and v.opens_at > 1000 * unixepoch()
union all
select v.id, 'bill' from sale v
where v.published_at is not null and exists (select 1 from standing s where s.sale_id = v.id and s.state = 'open');

-- Who is told of a listing that closes soon.
create index watched_listing on watched (listing_id, account_id);

create index participation_listing on participation (listing_id, bidder_id);

-- The terms of the house, by version; never changed.
create table terms (
  version integer primary key check (version > 0),
  -- SHA-256 of the text. It stands before the text, so that a bid reads it without the text.
  hash blob not null check (length(hash) = 32),
  at integer not null,
  text text not null check (length(text) between 1 and 200000)
) strict;

create trigger terms_are_kept before update on terms begin select raise(abort, 'terms are never changed'); end;

create trigger terms_stay before delete on terms begin select raise(abort, 'terms are never deleted'); end;

create table terms_acceptance (
  account_id integer not null references account (id),
  version integer not null references terms (version),
  at integer not null,
  primary key (account_id, version)
) strict, without rowid;

create trigger terms_acceptance_is_kept before update on terms_acceptance
begin select raise(abort, 'an acceptance is never changed'); end;

create trigger terms_acceptance_stays before delete on terms_acceptance
begin select raise(abort, 'an acceptance is never deleted'); end;

-- The version of the terms that the bidder had accepted; null for an automatic bid, one from the desk, or without terms.
alter table bid add column terms_version integer references terms (version);

-- The pages that the house writes itself, in Markdown.
create table page (
  name text primary key check (name in ('about', 'contact', 'privacy')),
  text text not null check (length(text) between 1 and 200000),
  at integer not null
) strict, without rowid;

-- The logo of the house as the pages and browsers show it.
create table logo (
  form text primary key check (form in ('banner', 'icon_32', 'icon_180', 'icon_192', 'icon_512')),
  png blob not null
) strict, without rowid;

-- Who logs in by way of a single sign-on.
create table identity (
  issuer text not null,
  subject text not null,
  account_id integer not null references account (id),
  at integer not null,
  primary key (issuer, subject)
) strict, without rowid;

create index identity_account on identity (account_id);

-- A token by which a program acts for a person.
create table api_token (
  id integer primary key,
  account_id integer not null references account (id),
  name text not null check (length(name) between 1 and 40),
  -- Its scopes, in this order, joined by commas: read, bid, list, desk.
  may text not null check (length(may) between 3 and 20),
  token_hash blob not null unique check (length(token_hash) = 32),
  made_at integer not null,
  ends_at integer check (ends_at > made_at),
  revoked_at integer,
  used_at integer
) strict;

create unique index api_token_named on api_token (account_id, name) where revoked_at is null;

create index api_token_revoked on api_token (revoked_at) where revoked_at is not null;

create index api_token_account on api_token (account_id);

-- The pass that a token with the scope desk acts by, in one sale.
alter table pass add column api_token_id integer references api_token (id);

create index pass_of_api_token on pass (api_token_id, sale_id) where api_token_id is not null;

-- What staff changed: who, what, on whom or what, why. Names and addresses stay out of it, and secrets. Append-only.
create table log (
  id integer primary key,
  at integer not null,
  -- user:NAME of the operating system, pass:NAME, account:ID.
  who text not null check (length(who) between 1 and 80),
  what text not null check (length(what) between 1 and 40),
  account_id integer references account (id),
  listing_id integer references listing (id),
  sale_id integer references sale (id),
  why text,
  -- The figures of the change, as a JSON object.
  detail text
) strict;

create index log_account on log (account_id, id) where account_id is not null;

create index log_listing on log (listing_id, id) where listing_id is not null;

create index log_sale on log (sale_id, id) where sale_id is not null;

create trigger log_is_kept before update on log begin select raise(abort, 'the log is never changed'); end;

create trigger log_stays before delete on log begin select raise(abort, 'the log is never deleted'); end;
