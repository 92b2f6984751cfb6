-- How far this copy of the house has come, where the house has a journal on many machines. One row, or none.
create table journal (
  one integer primary key check (one = 1),
  -- Which house's journal: what the journal's first page says.
  house text not null,
  -- The number of the last page that is in this copy, and its hash.
  through integer not null check (through >= 0),
  hash blob not null check (length(hash) = 32),
  -- Whether the last page ended the journal.
  is_stopped integer not null default 0 check (is_stopped in (0, 1))
) strict;
