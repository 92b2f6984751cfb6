-- name: place
insert into bid (listing_id, seq, kind, bidder_id, amount, max, price, closes_at, at, message, salt, hash, pass_id, source,
  terms_version)
values (:listing_id, :seq, :kind, :bidder_id, :amount, :max, :price, :closes_at, :at, :message, :salt, :hash, :pass_id,
  :source, :terms_version);

-- name: participate
insert into participation (bidder_id, listing_id) values (:bidder_id, :listing_id) on conflict do nothing;

-- name: bids_after
select b.seq, b.kind, b.bidder_id, a.name, b.amount, b.max, b.price, b.closes_at, b.at, b.message, b.salt, b.hash,
  d.name, b.source, b.terms_version, t.hash
from bid b
join account a on a.id = b.bidder_id
left join pass d on d.id = b.pass_id
left join terms t on t.version = b.terms_version
where b.listing_id = :listing_id and b.seq > :after
order by b.seq
limit :limit;

-- name: bids_before
select b.seq, b.kind, b.bidder_id, a.name, b.amount, b.max, b.price, b.closes_at, b.at, b.message, b.salt, b.hash,
  d.name, b.source, b.terms_version, t.hash
from bid b
join account a on a.id = b.bidder_id
left join pass d on d.id = b.pass_id
left join terms t on t.version = b.terms_version
where b.listing_id = :listing_id and b.seq < :before
order by b.seq desc
limit :limit;

-- name: bidders_named
select b.bidder_id
from bid b join account a on a.id = b.bidder_id
where b.listing_id = :listing_id
  and (a.name = :name or exists (select 1 from earlier_name e where e.account_id = a.id and e.name = :name))
union
select t.buyer_id
from settlement t join account a on a.id = t.buyer_id
where t.listing_id = :listing_id
  and (a.name = :name or exists (select 1 from earlier_name e where e.account_id = a.id and e.name = :name))
limit 2;

-- name: answer
select request_hash, body from answer where account_id = :account_id and key = :key;

-- name: keep_answer
insert into answer (account_id, key, request_hash, body, at) values (:account_id, :key, :request_hash, :body, :at);

-- name: prune_answers
delete from answer where at < :before;
