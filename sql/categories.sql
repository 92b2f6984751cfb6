-- name: category_alike
select id, name from category where folded = :folded;

-- name: add_category
insert into category (folded, name) values (:folded, :name);

-- name: open_categories
select name, n
from (
  select c.name, c.folded, c.n_open
    - (select count(*) from standing s where s.category_id = c.id and s.state = 'open' and s.closes_at <= :now)
    - (select count(*) from standing s indexed by standing_upcoming
       where s.category_id = c.id and s.state = 'open' and s.opens_at > :now and s.paused_at is null)
    - (select count(*) from standing s indexed by standing_paused
       where s.category_id = c.id and s.paused_at is not null and s.closes_at > :now) as n
  from category c indexed by category_open
  where c.n_open > 0
)
where n > 0
order by folded
limit :limit;
