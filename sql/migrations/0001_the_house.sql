-- Money is in minor units of the house's currency, times are milliseconds of Unix time (UTC), rates are basis points.
-- What changes with each bid (standing, purse) is kept narrow, apart from what does not (listing, account).

create table house (
  key text primary key,
  value text not null
) strict, without rowid;

-- A person's purse has the person's account id; 0 is the house itself, -1 everything outside the house.
create table purse (
  id integer primary key,
  balance integer not null default 0,
  held integer not null default 0 check (held >= 0),
  credit_limit integer not null default 0 check (credit_limit >= 0)
) strict;

insert into purse (id) values (-1), (0);

create table account (
  id integer primary key references purse (id),
  email text not null unique,
  name text not null check (length(name) between 1 and 40),
  password_hash text,
  is_admin integer not null default 0 check (is_admin in (0, 1)),
  state text not null check (state in ('active', 'pending', 'suspended')),
  why text,
  created_at integer not null
) strict;

create table session (
  token_hash blob primary key check (length(token_hash) = 32),
  account_id integer not null references account (id),
  created_at integer not null,
  expires_at integer not null
) strict, without rowid;

create table listing (
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
  created_at integer not null,
  check ((window_s is null) = (extension_s is null) and (window_s is null) = (cap_s is null))
) strict;

create index listing_seller on listing (seller_id, id);

-- Where a listing stands: its price, its leader, and what is held for the lead.
create table standing (
  listing_id integer primary key references listing (id),
  state text not null default 'open' check (state in ('open', 'sold', 'unsold', 'cancelled')),
  closes_at integer not null,
  price integer check (price > 0),
  leader_id integer references account (id),
  leader_max integer check (leader_max >= price),
  held integer not null default 0 check (held >= 0),
  n_bids integer not null default 0 check (n_bids >= 0),
  head blob not null check (length(head) = 32),
  check ((leader_id is null) = (price is null) and (leader_id is null) = (leader_max is null)),
  check (state = 'open' or held = 0)
) strict;

create index standing_open on standing (closes_at, listing_id) where state = 'open';
create index standing_closes_at on standing (closes_at, listing_id);

create table bid (
  listing_id integer not null references listing (id),
  seq integer not null check (seq > 0),
  kind text not null check (kind in ('bid', 'raise', 'automatic')),
  bidder_id integer not null references account (id),
  amount integer not null check (amount > 0),
  max integer not null check (max >= amount or kind = 'raise'),
  price integer not null check (price > 0),
  closes_at integer not null,
  at integer not null,
  message text not null check (length(message) <= 200),
  salt blob not null check (length(salt) = 16),
  hash blob not null check (length(hash) = 32),
  primary key (listing_id, seq)
) strict, without rowid;

create trigger bid_is_next before insert on bid
when new.seq <> 1 + coalesce((select max(b.seq) from bid b where b.listing_id = new.listing_id), 0)
begin
  select raise(abort, 'bids are numbered in order, without a gap');
end;

create trigger bid_is_kept before update on bid begin select raise(abort, 'a bid is never changed'); end;
create trigger bid_stays before delete on bid begin select raise(abort, 'a bid is never deleted'); end;

-- A close moved because no server ran before it: a link of the listing's chain, after bid after_seq (0: before the first).
create table prolongation (
  listing_id integer not null references listing (id),
  after_seq integer not null check (after_seq >= 0),
  closes_at integer not null,
  outage_from integer not null,
  outage_until integer not null check (outage_until > outage_from),
  at integer not null check (at >= outage_until),
  hash blob not null check (length(hash) = 32),
  primary key (listing_id, closes_at)
) strict, without rowid;

create trigger prolongation_is_once before insert on prolongation
when exists (select 1 from prolongation p
  where p.listing_id = new.listing_id and (p.outage_until > new.outage_from or p.closes_at >= new.closes_at))
begin
  select raise(abort, 'an outage prolongs a listing once');
end;

create trigger prolongation_is_kept before update on prolongation
begin select raise(abort, 'a prolongation is never changed'); end;
create trigger prolongation_stays before delete on prolongation
begin select raise(abort, 'a prolongation is never deleted'); end;

-- Who has bid on what: for each person's own lists.
create table participation (
  bidder_id integer not null references account (id),
  listing_id integer not null references listing (id),
  primary key (bidder_id, listing_id)
) strict, without rowid;

-- Which listings a person wants to keep an eye on.
create table watched (
  account_id integer not null references account (id),
  listing_id integer not null references listing (id),
  primary key (account_id, listing_id)
) strict, without rowid;

create table settlement (
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

create index settlement_buyer on settlement (buyer_id, id) where buyer_id is not null;

create trigger settlement_is_kept before update on settlement
begin select raise(abort, 'a settlement is never changed'); end;
create trigger settlement_stays before delete on settlement
begin select raise(abort, 'a settlement is never deleted'); end;

-- Double entry. A transfer can be committed only once it is balanced, and takes no posting afterwards.
create table transfer (
  id integer primary key references balanced (transfer_id) deferrable initially deferred,
  cause text not null check (cause in ('credit', 'debit', 'sale', 'reversal')),
  settlement_id integer references settlement (id),
  why text not null,
  at integer not null,
  check ((settlement_id is not null) = (cause in ('sale', 'reversal')))
) strict;

-- A sale moves money once, and is reversed at most once.
create unique index transfer_settlement on transfer (settlement_id, cause) where settlement_id is not null;

create table posting (
  transfer_id integer not null references transfer (id),
  purse_id integer not null references purse (id),
  amount integer not null check (amount <> 0),
  primary key (transfer_id, purse_id)
) strict, without rowid;

create index posting_purse on posting (purse_id, transfer_id);

create table balanced (
  transfer_id integer primary key references transfer (id)
) strict;

create trigger balanced_sums_to_zero before insert on balanced
when (select coalesce(sum(p.amount), 1) from posting p where p.transfer_id = new.transfer_id) <> 0
begin
  select raise(abort, 'the postings of a transfer sum to zero');
end;

create trigger posting_in_time before insert on posting
when exists (select 1 from balanced b where b.transfer_id = new.transfer_id)
begin
  select raise(abort, 'a balanced transfer takes no more postings');
end;

create trigger posting_moves_the_balance after insert on posting
begin
  update purse set balance = balance + new.amount where id = new.purse_id;
end;

create trigger posting_is_kept before update on posting begin select raise(abort, 'a posting is never changed'); end;
create trigger posting_stays before delete on posting begin select raise(abort, 'a posting is never deleted'); end;
create trigger transfer_is_kept before update on transfer begin select raise(abort, 'a transfer is never changed'); end;
create trigger transfer_stays before delete on transfer begin select raise(abort, 'a transfer is never deleted'); end;
create trigger balanced_stays before delete on balanced begin select raise(abort, 'a transfer stays balanced'); end;

-- What the world is told, in the order in which it happened. account_id: for that person only.
create table event (
  id integer primary key,
  at integer not null,
  kind text not null,
  listing_id integer references listing (id),
  account_id integer references account (id),
  data text not null
) strict;

-- What was answered under an Idempotency-Key.
create table answer (
  account_id integer not null references account (id),
  key text not null check (length(key) between 1 and 200),
  request_hash blob not null check (length(request_hash) = 32),
  body text not null,
  at integer not null,
  primary key (account_id, key)
) strict, without rowid;

create index answer_at on answer (at);

-- The operating system's entries as this house last saw them. Pending: no row, or armed = 0.
create table entry (
  listing_id integer primary key references listing (id),
  fires_at integer not null,
  armed integer not null check (armed in (0, 1))
) strict;

create table heartbeat (
  of text primary key check (of in ('server', 'sweep', 'canary', 'proven')),
  at integer not null
) strict, without rowid;
