-- name: add_event
insert into event (at, kind, listing_id, account_id, data) values (:at, :kind, :listing_id, :account_id, :data);

-- name: last_event
select id, max(at, coalesce((select at from terms order by version desc limit 1), 0)) from event
order by id desc
limit 1;

-- name: first_event
select id from event order by id limit 1;

-- name: events_after
select id, kind, listing_id, account_id, data from event where id > :after order by id limit :limit;

-- name: event_by_id
select id, kind, listing_id, account_id, data from event where id = :id;

-- name: event_scopes
select id, listing_id, account_id from event where id > :after and id <= :through order by id limit :limit;

-- name: prune_events
delete from event where id <= :through;

-- name: add_reset
insert into event (id, at, kind, data) values (:id, :at, 'reset', '{}');
