-- name: add_log
insert into log (at, who, what, account_id, listing_id, sale_id, why, detail)
values (:at, :who, :what, :account_id, :listing_id, :sale_id, :why, :detail);
