-- The desk: bidder numbers, passes, payments and handovers; guests without an email address; reversals as links of the
-- chain. The constraints of two tables are only loosened, which no row on the disk notices: SQLite's manual
-- (lang_altertable, 7) has this done in the text of the schema. What follows tells other connections of it.
pragma writable_schema = on;

update sqlite_schema set sql = replace(sql, 'email text not null unique', 'email text unique')
where type = 'table' and name = 'account';

update sqlite_schema set sql = replace(sql,
  'cause in (''credit'', ''debit'', ''sale'', ''reversal'')',
  'cause in (''credit'', ''debit'', ''sale'', ''reversal'', ''void'')')
where type = 'table' and name = 'transfer';

pragma writable_schema = reset;

alter table account add column phone text check (length(phone) between 3 and 40);

-- A session that was opened with a number and a PIN.
alter table session add column by_pin integer not null default 0 check (by_pin in (0, 1));

-- What lets a member of staff work at the desk of one sale.
create table pass (
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
  bound_at integer,
  check ((token_hash is null) = (bound_at is null))
) strict;

create index pass_of_sale on pass (sale_id);

create trigger pass_is_kept before update of id, name, sale_id, may, most_limit, code_hash, made_at, ends_at on pass
begin select raise(abort, 'a pass is never changed'); end;

create trigger pass_is_bound_once before update of token_hash on pass when old.token_hash is not null
begin select raise(abort, 'a pass is bound once'); end;

create trigger pass_stays before delete on pass begin select raise(abort, 'a pass is never deleted'); end;

-- A bidder number: one a person and sale.
create table registration (
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

create index registration_account on registration (account_id);

create trigger registration_is_kept before update of sale_id, number, account_id, at, pass_id on registration
begin select raise(abort, 'a registration is never changed'); end;

create trigger registration_stays before delete on registration
begin select raise(abort, 'a registration is never deleted'); end;

-- A payment is a credit with a method; a void undoes one payment.
alter table transfer add column method text check (method is null
  or (cause = 'credit' and method in ('cash', 'card', 'bank', 'other')));

alter table transfer add column reference text check (reference is null
  or (method is not null and length(reference) between 1 and 80));

-- The pass of the till that took the payment, or voided it; null: an admin at the command line.
alter table transfer add column pass_id integer references pass (id) check (pass_id is null
  or method is not null or cause = 'void');

alter table transfer add column voids integer references transfer (id) check ((voids is not null) = (cause = 'void'));

create unique index transfer_voids on transfer (voids) where voids is not null;

create index transfer_of_pass on transfer (pass_id) where pass_id is not null;

-- The last link of a listing whose sale is reversed; when and why stand in the reversal's transfer. A reversal from before
-- there were such links has no hash, and nothing says who made it.
create table reversal (
  settlement_id integer primary key references settlement (id),
  who text check (length(who) between 1 and 40),
  hash blob check (length(hash) = 32),
  check ((who is null) = (hash is null))
) strict;

insert into reversal (settlement_id) select settlement_id from transfer where cause = 'reversal';

create trigger reversal_is_linked before insert on reversal when new.hash is null
begin select raise(abort, 'a reversal is a link of its chain'); end;

create trigger reversal_is_kept before update on reversal
begin select raise(abort, 'a reversal is never changed'); end;

create trigger reversal_stays before delete on reversal
begin select raise(abort, 'a reversal is never deleted'); end;

-- A lot that its buyer has taken along.
create table handover (
  settlement_id integer primary key references settlement (id),
  at integer not null,
  pass_id integer references pass (id),
  -- Why it was handed over before it was paid.
  why text check (length(why) between 1 and 200)
) strict;

create trigger handover_is_kept before update on handover
begin select raise(abort, 'a handover is never changed'); end;

create trigger handover_stays before delete on handover
begin select raise(abort, 'a handover is never deleted'); end;

-- A bid from the desk: the pass that entered it, and where it came from.
alter table bid add column pass_id integer references pass (id);

alter table bid add column source text check ((source is null) = (pass_id is null) and (source is null
  or (kind <> 'automatic' and (source = 'paper' or source = 'phone' or source = 'absentee' or source = 'room'))));

-- The answers that a pass has been given, by their Idempotency-Key.
create table desk_answer (
  pass_id integer not null references pass (id),
  key text not null check (length(key) between 1 and 200),
  request_hash blob not null check (length(request_hash) = 32),
  body text not null,
  at integer not null,
  primary key (pass_id, key)
) strict, without rowid;

create index desk_answer_at on desk_answer (at);
