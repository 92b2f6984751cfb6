-- name: setting
select value from house where key = :key;

-- name: settings
select key, value from house where key not in ('clock_mark', 'push_key') order by key;

-- name: put_setting
insert into house (key, value) values (:key, :value)
on conflict (key) do update set value = excluded.value;

-- name: beat
insert into heartbeat (of, at) values (:of, :at)
on conflict (of) do update set at = excluded.at;

-- name: heartbeat
select at from heartbeat where of = :of;
