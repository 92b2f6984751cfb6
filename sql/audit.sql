-- name: sums_of_postings
select purse_id, sum(amount) from posting group by purse_id;

-- name: unbalanced_transfers
select t.id from transfer t
where t.id not in (select transfer_id from balanced)
  or 0 <> (select coalesce(sum(p.amount), 1) from posting p where p.transfer_id = t.id);

-- name: sums_of_holds
select leader_id, sum(held) from standing where state = 'open' and leader_id is not null group by leader_id;
