-- Sales: their terms, their lots, and the lots of drafts, which are no listings yet.
create table sale (
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

create index sale_published on sale (published_at, id) where published_at is not null;

create trigger sale_terms_are_kept
before update of code, opens_at, closes_at, every_s, premium_bps, commission_bps, window_s, extension_s, cap_s on sale
when old.state <> 'draft'
begin select raise(abort, 'the terms of a published sale are never changed'); end;

create trigger sale_stays before delete on sale begin select raise(abort, 'a sale is never deleted'); end;

create table lot (
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

create trigger lot_is_kept before update on lot when old.listing_id is not null
begin select raise(abort, 'a published lot is never changed'); end;

create trigger lot_stays before delete on lot when old.listing_id is not null
begin select raise(abort, 'a published lot is never deleted'); end;

create table draft_lot (
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

create table draft_picture (
  lot_id integer not null references draft_lot (lot_id),
  nth integer not null check (nth between 1 and 8),
  name text not null check (length(name) = 32),
  primary key (lot_id, nth)
) strict, without rowid;

-- What a listing's sale makes of its standing. A paused listing is open, and neither takes bids nor is settled. The cap of
-- a soft close counts from the first close, or from `cap_from` once a postponement or a resume has set it.
alter table standing add column sale_id integer references sale (id);
alter table standing add column opens_at integer;
alter table standing add column paused_at integer check (paused_at is null or state = 'open');
alter table standing add column cap_from integer;

create index standing_of_sale on standing (sale_id, state, closes_at, listing_id) where sale_id is not null;

-- What takes no bids yet, or none for now: passed over, found and counted apart from what does.
create index sale_opening on sale (opens_at) where published_at is not null and opens_at is not null;
create index lot_of_section on lot (sale_id, section, nth) where section is not null;
create index standing_upcoming on standing (category_id, opens_at)
where state = 'open' and opens_at is not null and paused_at is null;
create index standing_paused on standing (category_id, closes_at) where paused_at is not null;

drop index standing_open;
create index standing_running on standing (closes_at, listing_id) where state = 'open' and paused_at is null;

-- All links of a chain that change when its listing closes, numbered in their order: prolongations, which had a table of
-- their own, and a sale's postponements, pauses and resumes.
create table timing (
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

insert into timing (listing_id, nth, kind, after_seq, closes_at, outage_from, outage_until, at, hash)
select listing_id, row_number() over (partition by listing_id order by closes_at), 'prolongation', after_seq, closes_at,
  outage_from, outage_until, at, hash
from prolongation order by 1, 2;

-- With its triggers.
drop table prolongation;

create trigger prolongation_is_once before insert on timing
when new.kind = 'prolongation' and exists (select 1 from timing p
  where p.listing_id = new.listing_id and p.kind = 'prolongation'
    and (p.outage_until > new.outage_from or p.closes_at >= new.closes_at))
begin
  select raise(abort, 'an outage prolongs a listing once');
end;

create trigger timing_is_kept before update on timing begin select raise(abort, 'a timing is never changed'); end;
create trigger timing_stays before delete on timing begin select raise(abort, 'a timing is never deleted'); end;
