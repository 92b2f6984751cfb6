-- name: journal_head
select through, hash, is_stopped from journal;

-- name: set_journal_head
update journal set through = :through, hash = :hash;

-- name: journal_is_stopped
update journal set is_stopped = 1;

-- name: journal_house
select house, is_stopped from journal;

-- name: begin_journal
insert into journal (one, house, through, hash) values (1, :house, :through, :hash);

-- name: end_journal
delete from journal;

-- name: forget_entries_of_another
delete from entry;

-- name: forget_beats_of_another
delete from heartbeat where of in ('sweep', 'canary', 'proven');

-- name: forget_clock_of_another
delete from house where key = 'clock_mark';
