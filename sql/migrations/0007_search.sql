-- What the search reads, kept in the transaction that lists a thing: its words without case and accents, and their parts of one,
-- two and three letters. What older listings have of all this the program writes in the transaction of this migration.
create table search_text (
  listing_id integer primary key references listing (id),
  folded text not null
) strict;

create virtual table search_part using fts5 (
  parts, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);

-- Categories that differ by case, accents or normal form are one, with the name that was written first.
create table category (
  id integer primary key,
  folded text not null unique,
  name text not null check (length(name) between 1 and 40),
  n_open integer not null default 0 check (n_open >= 0)
) strict;

create index category_open on category (folded) where n_open > 0;

alter table standing add column category_id integer references category (id);
alter table standing add column opening integer;
-- The price as it stands, or the opening while nobody has bid.
alter table standing add column asked integer as (coalesce(price, opening));
-- The listing's id, as a column: SQLite seeks to a pair in an index only if both stand in it by name.
alter table standing add column tie integer as (listing_id);

-- An index for each order; by its category a listing is passed over without being read.
create index standing_by_id on standing (state, tie, category_id);
create index standing_by_closes_at on standing (state, closes_at, tie, category_id);
create index standing_by_asked on standing (state, asked, tie, category_id);
create index standing_by_bids on standing (state, n_bids, tie, category_id);
create index standing_of_category on standing (category_id, state, closes_at, tie) where category_id is not null;

drop index standing_closes_at;
drop index listing_category;

create trigger category_gains after insert on standing when new.state = 'open' and new.category_id is not null
begin
  update category set n_open = n_open + 1 where id = new.category_id;
end;

create trigger category_loses after update of state on standing
when old.state = 'open' and new.state <> 'open' and new.category_id is not null
begin
  update category set n_open = n_open - 1 where id = new.category_id;
end;
