-- name: pages
select name, at from page where name in ('about', 'contact', 'privacy', 'payment', 'pickup') order by name;

-- name: page
select text, at from page where name = :name;

-- name: put_page
insert into page (name, text, at) values (:name, :text, :at)
on conflict (name) do update set text = excluded.text, at = excluded.at;

-- name: remove_page
delete from page where name = :name;
