-- name: add_log
insert into log (at, who, what, account_id, listing_id, sale_id, why, detail)
values (:at, :who, :what, :account_id, :listing_id, :sale_id, :why, :detail);

-- name: newest_log
select g.id, g.at, g.who, g.what, g.account_id, a.email, a.name, g.listing_id, s.code, g.why, g.detail
from log g left join account a on a.id = g.account_id left join sale s on s.id = g.sale_id
where g.at >= :since
order by g.id desc
limit :limit;

-- name: newest_log_of_account
select g.id, g.at, g.who, g.what, g.account_id, a.email, a.name, g.listing_id, s.code, g.why, g.detail
from log g left join account a on a.id = g.account_id left join sale s on s.id = g.sale_id
where g.account_id = :account_id and g.at >= :since
order by g.id desc
limit :limit;

-- name: newest_log_of_listing
select g.id, g.at, g.who, g.what, g.account_id, a.email, a.name, g.listing_id, s.code, g.why, g.detail
from log g left join account a on a.id = g.account_id left join sale s on s.id = g.sale_id
where g.listing_id = :listing_id and g.at >= :since
order by g.id desc
limit :limit;

-- name: newest_log_of_sale
select g.id, g.at, g.who, g.what, g.account_id, a.email, a.name, g.listing_id, s.code, g.why, g.detail
from log g left join account a on a.id = g.account_id left join sale s on s.id = g.sale_id
where g.sale_id = :sale_id and g.at >= :since
order by g.id desc
limit :limit;
