-- The journal of one house, in a database of its own. Made by `auction journal start`; doing it again changes nothing.
create table if not exists journal_house (
  one boolean primary key default true check (one),
  house text not null
);
create table if not exists journal (
  seq bigint primary key check (seq > 0),
  -- The page before it: no page stands after a gap. None for the first, and for the first that is kept.
  follows bigint references journal (seq) on delete set null,
  token bytea not null check (length(token) = 16),
  hash bytea not null check (length(hash) = 32),
  page bytea not null,
  at timestamptz not null default clock_timestamp()
);

-- The newest copy of the database, in parts of a mebibyte; it holds all pages up to seq.
create table if not exists journal_snapshot (
  seq bigint primary key,
  at timestamptz not null default clock_timestamp()
);
create table if not exists journal_snapshot_part (
  seq bigint not null references journal_snapshot (seq) on delete cascade,
  n bigint not null,
  bytes bytea not null,
  primary key (seq, n)
);

-- The files of pictures, in here before the page of their listing; machines fetch and keep them.
create table if not exists journal_picture (
  file text primary key,
  bytes bytea not null
);

-- Written to see a commit acknowledged.
create table if not exists journal_touch (
  one boolean primary key default true check (one),
  n bigint not null default 0
);

-- The machines that follow.
create table if not exists journal_node (
  name text primary key,
  through bigint not null,
  version text not null,
  seen_at timestamptz not null default clock_timestamp()
);

create or replace function journal_tell() returns trigger language plpgsql as $$
begin
  perform pg_notify('auction_journal', new.seq::text);
  return null;
end $$;
create or replace trigger journal_told after insert on journal for each row execute function journal_tell();
