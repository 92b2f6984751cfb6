-- name: logo
select png from logo where form = :form;

-- name: put_logo
insert into logo (form, png) values (:form, :png)
on conflict (form) do update set png = excluded.png;

-- name: remove_logo
delete from logo;
