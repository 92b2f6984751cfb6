-- The schema after migration 12, printed from a database. Changed by a migration only.

CREATE TABLE house (
  key text primary key,
  value text not null
) strict, without rowid;

CREATE TABLE purse (
  id integer primary key,
  balance integer not null default 0,
  held integer not null default 0 check (held >= 0),
  credit_limit integer not null default 0 check (credit_limit >= 0)
) strict;

CREATE TABLE account (
  id integer primary key references purse (id),
  email text unique,
  name text not null check (length(name) between 1 and 40),
  password_hash text,
  is_admin integer not null default 0 check (is_admin in (0, 1)),
  state text not null check (state in ('active', 'pending', 'suspended', 'closed')),
  why text,
  created_at integer not null
, language text check (language in ('en', 'ko')), mail_kinds integer not null default 2015 check (mail_kinds between 0 and 2047), phone text check (length(phone) between 3 and 40), push_kinds integer not null default 2047 check (push_kinds between 0 and 2047), name_key text, name_look text, verified_at integer, terms_version integer) strict;

CREATE TABLE session (
  token_hash blob primary key check (length(token_hash) = 32),
  account_id integer not null references account (id),
  created_at integer not null,
  expires_at integer not null
, by_pin integer not null default 0 check (by_pin in (0, 1)), device text check (length(device) <= 80), seen_at integer) strict, without rowid;

CREATE TABLE listing (
  id integer primary key,
  seller_id integer not null references account (id),
  title text not null check (length(title) between 1 and 120),
  description text not null check (length(description) <= 10000),
  opening integer not null check (opening between 1 and 1000000000000000),
  reserve integer check (reserve between opening and 1000000000000000),
  reserve_salt blob not null check (length(reserve_salt) = 16),
  buy_now integer check (buy_now >= max(opening, coalesce(reserve, 0)) and buy_now <= 1000000000000000),
  increment integer check (increment between 1 and 1000000000000000),
  first_closes_at integer not null,
  window_s integer check (window_s > 0),
  extension_s integer check (extension_s > 0),
  cap_s integer check (cap_s > 0),
  premium_bps integer not null check (premium_bps between 0 and 10000),
  commission_bps integer not null check (commission_bps between 0 and 10000),
  outage_s integer check (outage_s between 1 and 86400),
  picture text,
  created_at integer not null, category text check (length(category) between 1 and 40),
  check ((window_s is null) = (extension_s is null) and (window_s is null) = (cap_s is null))
) strict;

CREATE INDEX listing_seller on listing (seller_id, id);

CREATE TABLE standing (
  listing_id integer primary key references listing (id),
  state text not null default 'open' check (state in ('open', 'sold', 'unsold', 'cancelled')),
  closes_at integer not null,
  price integer check (price > 0),
  leader_id integer references account (id),
  leader_max integer check (leader_max >= price),
  held integer not null default 0 check (held >= 0),
  n_bids integer not null default 0 check (n_bids >= 0),
  head blob not null check (length(head) = 32), seller_id integer references account (id), category_id integer references category (id), opening integer, asked integer as (coalesce(price, opening)), tie integer as (listing_id), sale_id integer references sale (id), opens_at integer, paused_at integer check (paused_at is null or state = 'open'), cap_from integer,
  check ((leader_id is null) = (price is null) and (leader_id is null) = (leader_max is null)),
  check (state = 'open' or held = 0)
) strict;

CREATE TABLE participation (
  bidder_id integer not null references account (id),
  listing_id integer not null references listing (id),
  primary key (bidder_id, listing_id)
) strict, without rowid;

CREATE TABLE watched (
  account_id integer not null references account (id),
  listing_id integer not null references listing (id),
  primary key (account_id, listing_id)
) strict, without rowid;

CREATE TABLE settlement (
  id integer primary key,
  listing_id integer not null unique references listing (id),
  outcome text not null check (outcome in ('sold', 'unsold', 'cancelled')),
  reason text,
  buyer_id integer references account (id),
  hammer integer check (hammer > 0),
  premium integer check (premium >= 0),
  commission integer check (commission >= 0),
  closes_at integer not null,
  settled_at integer not null,
  hash blob not null check (length(hash) = 32),
  check (case outcome when 'sold' then reason is null or reason = 'buy_now' else reason is not null end),
  check ((outcome = 'sold') = (buyer_id is not null)),
  check ((buyer_id is null) = (hammer is null)
    and (buyer_id is null) = (premium is null) and (buyer_id is null) = (commission is null))
) strict;

CREATE INDEX settlement_buyer on settlement (buyer_id, id) where buyer_id is not null;

CREATE TRIGGER settlement_is_kept before update on settlement
begin select raise(abort, 'a settlement is never changed'); end;

CREATE TRIGGER settlement_stays before delete on settlement
begin select raise(abort, 'a settlement is never deleted'); end;

CREATE TABLE transfer (
  id integer primary key references balanced (transfer_id) deferrable initially deferred,
  cause text not null check (cause in ('credit', 'debit', 'sale', 'reversal', 'void')),
  settlement_id integer references settlement (id),
  why text not null,
  at integer not null, method text check (method is null
  or (cause = 'credit' and method in ('cash', 'card', 'bank', 'other'))), reference text check (reference is null
  or (method is not null and length(reference) between 1 and 80)), pass_id integer references pass (id) check (pass_id is null
  or method is not null or cause = 'void'), voids integer references transfer (id) check ((voids is not null) = (cause = 'void')),
  check ((settlement_id is not null) = (cause in ('sale', 'reversal')))
) strict;

CREATE UNIQUE INDEX transfer_settlement on transfer (settlement_id, cause) where settlement_id is not null;

CREATE TABLE posting (
  transfer_id integer not null references transfer (id),
  purse_id integer not null references purse (id),
  amount integer not null check (amount <> 0),
  primary key (transfer_id, purse_id)
) strict, without rowid;

CREATE INDEX posting_purse on posting (purse_id, transfer_id);

CREATE TABLE balanced (
  transfer_id integer primary key references transfer (id)
) strict;

CREATE TRIGGER balanced_sums_to_zero before insert on balanced
when (select coalesce(sum(p.amount), 1) from posting p where p.transfer_id = new.transfer_id) <> 0
begin
  select raise(abort, 'the postings of a transfer sum to zero');
end;

CREATE TRIGGER posting_in_time before insert on posting
when exists (select 1 from balanced b where b.transfer_id = new.transfer_id)
begin
  select raise(abort, 'a balanced transfer takes no more postings');
end;

CREATE TRIGGER posting_moves_the_balance after insert on posting
begin
  update purse set balance = balance + new.amount where id = new.purse_id;
end;

CREATE TRIGGER posting_is_kept before update on posting begin select raise(abort, 'a posting is never changed'); end;

CREATE TRIGGER posting_stays before delete on posting begin select raise(abort, 'a posting is never deleted'); end;

CREATE TRIGGER transfer_is_kept before update on transfer begin select raise(abort, 'a transfer is never changed'); end;

CREATE TRIGGER transfer_stays before delete on transfer begin select raise(abort, 'a transfer is never deleted'); end;

CREATE TRIGGER balanced_stays before delete on balanced begin select raise(abort, 'a transfer stays balanced'); end;

CREATE TABLE event (
  id integer primary key,
  at integer not null,
  kind text not null,
  listing_id integer references listing (id),
  account_id integer references account (id),
  data text not null
) strict;

CREATE TABLE answer (
  account_id integer not null references account (id),
  key text not null check (length(key) between 1 and 200),
  request_hash blob not null check (length(request_hash) = 32),
  body text not null,
  at integer not null,
  primary key (account_id, key)
) strict, without rowid;

CREATE INDEX answer_at on answer (at);

CREATE TABLE entry (
  listing_id integer primary key references listing (id),
  fires_at integer not null,
  armed integer not null check (armed in (0, 1))
) strict;

CREATE TABLE heartbeat (
  of text primary key check (of in ('server', 'sweep', 'canary', 'proven', 'backup')),
  at integer not null
) strict, without rowid;

CREATE TABLE way (
  name text primary key check (name in ('mail', 'webhook', 'push')),
  n_faults integer not null default 0 check (n_faults >= 0),
  rests_until integer not null default 0,
  fault text
) strict, without rowid;

CREATE TABLE delivery (
  id integer primary key,
  key text not null unique check (length(key) = 32),
  way text not null check (way in ('mail', 'webhook', 'push')),
  account_id integer references account (id),
  subject text not null,
  body text not null,
  n_notices integer not null check (n_notices > 0),
  since integer not null,
  made_at integer not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'parked')),
  n_tries integer not null default 0 check (n_tries >= 0),
  next_at integer not null,
  fault text, html text, email text, link text check (link in ('reset', 'verify', 'invitation')), subscription_id integer check ((subscription_id is not null) = (way = 'push')),
  check ((way = 'webhook') = (account_id is null)),
  check (state <> 'parked' or fault is not null)
) strict;

CREATE INDEX delivery_waiting on delivery (way, next_at, id) where state = 'waiting';

CREATE INDEX delivery_parked on delivery (id) where state = 'parked';

CREATE INDEX delivery_account on delivery (account_id, made_at) where account_id is not null;

CREATE INDEX delivery_made_at on delivery (made_at);

CREATE TABLE picture (
  listing_id integer not null references listing (id),
  nth integer not null check (nth between 2 and 8),
  name text not null check (length(name) = 32),
  primary key (listing_id, nth)
) strict, without rowid;

CREATE TABLE bid (
  listing_id integer not null references listing (id),
  seq integer not null check (seq > 0),
  kind text not null check (kind = 'bid' or kind = 'raise' or kind = 'automatic'),
  bidder_id integer not null references account (id),
  amount integer not null check (amount > 0),
  max integer not null check (max >= amount or kind = 'raise'),
  price integer not null check (price > 0),
  closes_at integer not null,
  at integer not null,
  message text not null check (length(message) <= 200),
  salt blob not null check (length(salt) = 16),
  hash blob not null check (length(hash) = 32),
  -- Numbered in order, without a gap: the first follows none.
  follows integer as (nullif(seq - 1, 0)), pass_id integer references pass (id), source text check ((source is null) = (pass_id is null) and (source is null
  or (kind <> 'automatic' and (source = 'paper' or source = 'phone' or source = 'absentee' or source = 'room')))), terms_version integer references terms (version),
  primary key (listing_id, seq),
  foreign key (listing_id, follows) references bid (listing_id, seq)
) strict, without rowid;

CREATE TRIGGER bid_is_kept before update on bid begin select raise(abort, 'a bid is never changed'); end;

CREATE TRIGGER bid_stays before delete on bid begin select raise(abort, 'a bid is never deleted'); end;

CREATE INDEX standing_of_seller on standing (seller_id, closes_at, listing_id) where state = 'open';

CREATE INDEX session_account on session (account_id, created_at);

CREATE TABLE known_device (
  account_id integer not null references account (id),
  hash blob not null check (length(hash) = 32),
  seen_at integer not null,
  primary key (account_id, hash)
) strict, without rowid;

CREATE INDEX known_device_seen_at on known_device (seen_at);

CREATE TABLE search_text (
  listing_id integer primary key references listing (id),
  folded text not null
) strict;

CREATE VIRTUAL TABLE search_part using fts5 (
  parts, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);

CREATE TABLE 'search_part_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_part_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE 'search_part_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'search_part_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE category (
  id integer primary key,
  folded text not null unique,
  name text not null check (length(name) between 1 and 40),
  n_open integer not null default 0 check (n_open >= 0)
) strict;

CREATE INDEX category_open on category (folded) where n_open > 0;

CREATE INDEX standing_by_id on standing (state, tie, category_id);

CREATE INDEX standing_by_closes_at on standing (state, closes_at, tie, category_id);

CREATE INDEX standing_by_asked on standing (state, asked, tie, category_id);

CREATE INDEX standing_by_bids on standing (state, n_bids, tie, category_id);

CREATE INDEX standing_of_category on standing (category_id, state, closes_at, tie) where category_id is not null;

CREATE TRIGGER category_gains after insert on standing when new.state = 'open' and new.category_id is not null
begin
  update category set n_open = n_open + 1 where id = new.category_id;
end;

CREATE TRIGGER category_loses after update of state on standing
when old.state = 'open' and new.state <> 'open' and new.category_id is not null
begin
  update category set n_open = n_open - 1 where id = new.category_id;
end;

CREATE TABLE sale (
  id integer primary key,
  code text not null unique check (length(code) between 1 and 40),
  name text not null check (length(name) between 1 and 120),
  description text not null check (length(description) <= 10000),
  pickup text not null check (length(pickup) <= 1000),
  opens_at integer check (opens_at < closes_at),
  closes_at integer not null,
  every_s integer not null check (every_s between 0 and 86400),
  premium_bps integer not null check (premium_bps between 0 and 10000),
  commission_bps integer not null check (commission_bps between 0 and 10000),
  window_s integer check (window_s > 0),
  extension_s integer check (extension_s > 0),
  cap_s integer check (cap_s > 0),
  state text not null default 'draft' check (state in ('draft', 'published', 'cancelled')),
  why text,
  created_at integer not null,
  published_at integer,
  check ((window_s is null) = (extension_s is null) and (window_s is null) = (cap_s is null)),
  check (state <> 'published' or published_at is not null),
  check ((state = 'cancelled') = (why is not null))
) strict;

CREATE INDEX sale_published on sale (published_at, id) where published_at is not null;

CREATE TRIGGER sale_terms_are_kept
before update of code, opens_at, closes_at, every_s, premium_bps, commission_bps, window_s, extension_s, cap_s on sale
when old.state <> 'draft'
begin select raise(abort, 'the terms of a published sale are never changed'); end;

CREATE TRIGGER sale_stays before delete on sale begin select raise(abort, 'a sale is never deleted'); end;

CREATE TABLE lot (
  id integer primary key,
  sale_id integer not null references sale (id),
  -- Its place in the sale, from 0.
  nth integer not null check (nth >= 0),
  code text not null check (length(code) between 1 and 12),
  -- The code in small letters: codes are compared without case.
  folded text not null,
  section text check (length(section) between 1 and 40),
  -- A close of its own instead of the one that follows from its place.
  closes_at integer,
  -- Null while it is a draft.
  listing_id integer unique references listing (id),
  unique (sale_id, nth),
  unique (sale_id, folded)
) strict;

CREATE TRIGGER lot_is_kept before update on lot when old.listing_id is not null
begin select raise(abort, 'a published lot is never changed'); end;

CREATE TRIGGER lot_stays before delete on lot when old.listing_id is not null
begin select raise(abort, 'a published lot is never deleted'); end;

CREATE TABLE draft_lot (
  lot_id integer primary key references lot (id),
  seller_id integer not null references account (id),
  title text not null,
  description text not null,
  opening integer not null,
  reserve integer,
  buy_now integer,
  increment integer,
  category text
) strict;

CREATE TABLE draft_picture (
  lot_id integer not null references draft_lot (lot_id),
  nth integer not null check (nth between 1 and 8),
  name text not null check (length(name) = 32),
  primary key (lot_id, nth)
) strict, without rowid;

CREATE INDEX standing_of_sale on standing (sale_id, state, closes_at, listing_id) where sale_id is not null;

CREATE INDEX sale_opening on sale (opens_at) where published_at is not null and opens_at is not null;

CREATE INDEX lot_of_section on lot (sale_id, section, nth) where section is not null;

CREATE INDEX standing_upcoming on standing (category_id, opens_at)
where state = 'open' and opens_at is not null and paused_at is null;

CREATE INDEX standing_paused on standing (category_id, closes_at) where paused_at is not null;

CREATE INDEX standing_running on standing (closes_at, listing_id) where state = 'open' and paused_at is null;

CREATE TABLE timing (
  listing_id integer not null references listing (id),
  nth integer not null check (nth > 0),
  kind text not null check (kind in ('prolongation', 'postponement', 'pause', 'resume')),
  after_seq integer not null check (after_seq >= 0),
  closes_at integer not null,
  outage_from integer,
  outage_until integer check (outage_until > outage_from),
  by_s integer check (by_s > 0),
  at integer not null check (at >= outage_until),
  who text check (length(who) between 1 and 40),
  why text check (length(why) between 1 and 200),
  hash blob not null check (length(hash) = 32),
  -- Numbered in order, without a gap: the first follows none.
  follows integer as (nullif(nth - 1, 0)),
  primary key (listing_id, nth),
  foreign key (listing_id, follows) references timing (listing_id, nth),
  check ((kind = 'prolongation') = (outage_from is not null)),
  check ((kind = 'prolongation') = (outage_until is not null)),
  check ((kind = 'prolongation') = (who is null)),
  check ((kind = 'postponement') = (by_s is not null)),
  check ((kind in ('postponement', 'pause')) = (why is not null))
) strict, without rowid;

CREATE TRIGGER prolongation_is_once before insert on timing
when new.kind = 'prolongation' and exists (select 1 from timing p
  where p.listing_id = new.listing_id and p.kind = 'prolongation'
    and (p.outage_until > new.outage_from or p.closes_at >= new.closes_at))
begin
  select raise(abort, 'an outage prolongs a listing once');
end;

CREATE TRIGGER timing_is_kept before update on timing begin select raise(abort, 'a timing is never changed'); end;

CREATE TRIGGER timing_stays before delete on timing begin select raise(abort, 'a timing is never deleted'); end;

CREATE TABLE pass (
  id integer primary key,
  name text not null check (length(name) between 1 and 40),
  sale_id integer not null references sale (id),
  -- Its rights, in this order, joined by commas: checkin, bid, checkout.
  may text not null check (length(may) between 3 and 20),
  -- The highest bidding limit that it may give; null: any.
  most_limit integer check (most_limit between 0 and 1000000000000000),
  code_hash blob not null unique check (length(code_hash) = 32),
  made_at integer not null,
  ends_at integer not null check (ends_at > made_at),
  shut_at integer,
  -- Of the one browser or program that it is bound to.
  token_hash blob unique check (length(token_hash) = 32),
  bound_at integer, api_token_id integer references api_token (id),
  check ((token_hash is null) = (bound_at is null))
) strict;

CREATE INDEX pass_of_sale on pass (sale_id);

CREATE TRIGGER pass_is_kept before update of id, name, sale_id, may, most_limit, code_hash, made_at, ends_at on pass
begin select raise(abort, 'a pass is never changed'); end;

CREATE TRIGGER pass_is_bound_once before update of token_hash on pass when old.token_hash is not null
begin select raise(abort, 'a pass is bound once'); end;

CREATE TRIGGER pass_stays before delete on pass begin select raise(abort, 'a pass is never deleted'); end;

CREATE TABLE registration (
  sale_id integer not null references sale (id),
  number integer not null check (number between 1 and 99999),
  account_id integer not null references account (id),
  at integer not null,
  -- Who gave it; null: an admin at the command line.
  pass_id integer references pass (id),
  pin_hash text,
  -- Who gave a new PIN last; null: whoever gave the number, or an admin.
  pin_pass_id integer references pass (id),
  primary key (sale_id, number),
  unique (sale_id, account_id)
) strict, without rowid;

CREATE INDEX registration_account on registration (account_id);

CREATE TRIGGER registration_is_kept before update of sale_id, number, account_id, at, pass_id on registration
begin select raise(abort, 'a registration is never changed'); end;

CREATE TRIGGER registration_stays before delete on registration
begin select raise(abort, 'a registration is never deleted'); end;

CREATE UNIQUE INDEX transfer_voids on transfer (voids) where voids is not null;

CREATE INDEX transfer_of_pass on transfer (pass_id) where pass_id is not null;

CREATE TABLE reversal (
  settlement_id integer primary key references settlement (id),
  who text check (length(who) between 1 and 40),
  hash blob check (length(hash) = 32),
  check ((who is null) = (hash is null))
) strict;

CREATE TRIGGER reversal_is_linked before insert on reversal when new.hash is null
begin select raise(abort, 'a reversal is a link of its chain'); end;

CREATE TRIGGER reversal_is_kept before update on reversal
begin select raise(abort, 'a reversal is never changed'); end;

CREATE TRIGGER reversal_stays before delete on reversal
begin select raise(abort, 'a reversal is never deleted'); end;

CREATE TABLE handover (
  settlement_id integer primary key references settlement (id),
  at integer not null,
  pass_id integer references pass (id),
  -- Why it was handed over before it was paid.
  why text check (length(why) between 1 and 200)
) strict;

CREATE TRIGGER handover_is_kept before update on handover
begin select raise(abort, 'a handover is never changed'); end;

CREATE TRIGGER handover_stays before delete on handover
begin select raise(abort, 'a handover is never deleted'); end;

CREATE TABLE desk_answer (
  pass_id integer not null references pass (id),
  key text not null check (length(key) between 1 and 200),
  request_hash blob not null check (length(request_hash) = 32),
  body text not null,
  at integer not null,
  primary key (pass_id, key)
) strict, without rowid;

CREATE INDEX desk_answer_at on desk_answer (at);

CREATE INDEX account_name_key on account (name_key);

CREATE INDEX account_name_look on account (name_look);

CREATE TABLE earlier_name (
  account_id integer not null references account (id),
  name text not null,
  until integer not null,
  primary key (account_id, name)
) strict, without rowid;

CREATE INDEX account_closed on account (id) where state = 'closed';

CREATE INDEX account_waits on account (id) where state = 'pending';

CREATE INDEX account_admins on account (id) where is_admin = 1;

CREATE TABLE letter (
  account_id integer not null references account (id),
  kind text not null check (kind in ('reset', 'verify', 'invitation', 'address_changed', 'approved')),
  email text not null,
  at integer not null,
  primary key (account_id, kind)
) strict, without rowid;

CREATE TABLE link (
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

CREATE TABLE forgotten (
  email text primary key check (length(email) <= 254),
  at integer not null
) strict, without rowid;

CREATE INDEX delivery_asked on delivery (next_at, id) where state = 'waiting' and email is not null;

CREATE TABLE push_subscription (
  id integer primary key,
  account_id integer not null references account (id),
  -- The session in which it was made: it ends with that, unless the session has only expired; then it is null.
  session_hash blob check (length(session_hash) = 32),
  endpoint text not null unique check (length(endpoint) between 1 and 1000),
  p256dh blob not null check (length(p256dh) = 65),
  auth blob not null check (length(auth) = 16),
  made_at integer not null
) strict;

CREATE INDEX push_subscription_account on push_subscription (account_id);

CREATE INDEX push_subscription_session on push_subscription (session_hash) where session_hash is not null;

CREATE INDEX delivery_subscription on delivery (subscription_id) where subscription_id is not null;

CREATE TABLE "notice" (
  way text not null references way (name),
  account_id integer not null references account (id),
  about integer not null check (about >= 0),
  kind text not null check (kind in ('outbid', 'won', 'sold', 'unsold', 'cancelled', 'extended', 'funds', 'ending', 'opens',
    'bill', 'pending')),
  at integer not null,
  primary key (way, account_id, about, kind),
  check ((kind = 'funds') = (about = 0))
) strict, without rowid;

CREATE TRIGGER session_ends_its_push after delete on session
begin delete from push_subscription where session_hash = old.token_hash; end;

CREATE TRIGGER first_push_subscription after insert on push_subscription
begin insert or ignore into way (name) values ('push'); end;

CREATE TRIGGER last_push_subscription after delete on push_subscription
begin
  delete from delivery where subscription_id = old.id and state <> 'sent';
  delete from notice
  where way = 'push' and account_id = old.account_id
    and not exists (select 1 from push_subscription s where s.account_id = old.account_id);
  delete from notice where way = 'push' and not exists (select 1 from push_subscription);
  delete from way where name = 'push' and not exists (select 1 from push_subscription);
end;

CREATE TABLE ending (
  listing_id integer primary key references listing (id),
  closes_at integer not null,
  at integer not null,
  -- When the close before that was told of.
  before_at integer,
  -- The account up to which all have been told; null: all have.
  told_through integer
) strict;

CREATE TABLE sale_told (
  sale_id integer not null references sale (id),
  kind text not null check (kind in ('opens', 'bill')),
  -- When that began; null: not yet.
  at integer,
  -- The account up to which all have been told; null: all have.
  told_through integer default 0,
  primary key (sale_id, kind)
) strict, without rowid;

CREATE INDEX sale_told_due on sale_told (kind, sale_id) where told_through is not null;

CREATE INDEX watched_listing on watched (listing_id, account_id);

CREATE INDEX participation_listing on participation (listing_id, bidder_id);

CREATE TABLE terms (
  version integer primary key check (version > 0),
  -- SHA-256 of the text. It stands before the text, so that a bid reads it without the text.
  hash blob not null check (length(hash) = 32),
  at integer not null,
  text text not null check (length(text) between 1 and 200000)
) strict;

CREATE TRIGGER terms_are_kept before update on terms begin select raise(abort, 'terms are never changed'); end;

CREATE TRIGGER terms_stay before delete on terms begin select raise(abort, 'terms are never deleted'); end;

CREATE TABLE terms_acceptance (
  account_id integer not null references account (id),
  version integer not null references terms (version),
  at integer not null,
  primary key (account_id, version)
) strict, without rowid;

CREATE TRIGGER terms_acceptance_is_kept before update on terms_acceptance
begin select raise(abort, 'an acceptance is never changed'); end;

CREATE TRIGGER terms_acceptance_stays before delete on terms_acceptance
begin select raise(abort, 'an acceptance is never deleted'); end;

CREATE TABLE page (
  name text primary key check (name in ('about', 'contact', 'privacy', 'payment', 'pickup')),
  text text not null check (length(text) between 1 and 200000),
  at integer not null
) strict, without rowid;

CREATE TABLE logo (
  form text primary key check (form in ('banner', 'icon_32', 'icon_180', 'icon_192', 'icon_512')),
  png blob not null
) strict, without rowid;

CREATE TABLE identity (
  issuer text not null,
  subject text not null,
  account_id integer not null references account (id),
  at integer not null,
  primary key (issuer, subject)
) strict, without rowid;

CREATE INDEX identity_account on identity (account_id);

CREATE TABLE api_token (
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

CREATE UNIQUE INDEX api_token_named on api_token (account_id, name) where revoked_at is null;

CREATE INDEX api_token_revoked on api_token (revoked_at) where revoked_at is not null;

CREATE INDEX api_token_account on api_token (account_id);

CREATE INDEX pass_of_api_token on pass (api_token_id, sale_id) where api_token_id is not null;

CREATE TABLE log (
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

CREATE INDEX log_account on log (account_id, id) where account_id is not null;

CREATE INDEX log_listing on log (listing_id, id) where listing_id is not null;

CREATE INDEX log_sale on log (sale_id, id) where sale_id is not null;

CREATE TRIGGER log_is_kept before update on log begin select raise(abort, 'the log is never changed'); end;

CREATE TRIGGER log_stays before delete on log begin select raise(abort, 'the log is never deleted'); end;

CREATE TABLE journal (
  one integer primary key check (one = 1),
  -- Which house's journal: what the journal's first page says.
  house text not null,
  -- The number of the last page that is in this copy, and its hash.
  through integer not null check (through >= 0),
  hash blob not null check (length(hash) = 32),
  -- Whether the last page ended the journal.
  is_stopped integer not null default 0 check (is_stopped in (0, 1))
) strict;
