-- The shelf of the house on which a thing stands; no term of the listing, so that its chain does not hold it.
alter table listing add column category text check (length(category) between 1 and 40);

create index listing_category on listing (category collate nocase) where category is not null;

-- The pictures of a listing after its first, which stands with the listing itself.
create table picture (
  listing_id integer not null references listing (id),
  nth integer not null check (nth between 2 and 8),
  name text not null check (length(name) = 32),
  primary key (listing_id, nth)
) strict, without rowid;
