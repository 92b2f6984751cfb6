-- name: listings
select l.id, s.state, coalesce(a.email, a.id), a.name, l.title, l.description, l.category, l.opening, l.reserve,
  l.buy_now, l.increment, s.closes_at, l.window_s, l.extension_s, l.cap_s,
  concat_ws('|', 'pictures/' || l.picture || '.jpg',
    (select group_concat('pictures/' || q.name || '.jpg', '|')
    from (select p.name from picture p where p.listing_id = l.id order by p.nth) q)),
  l.premium_bps, l.commission_bps,
  l.created_at, l.first_closes_at, s.price, coalesce(b.email, b.id), b.name, s.n_bids, v.code, x.code,
  x.section, v.opens_at, n.number
from listing l
cross join standing s on s.listing_id = l.id
cross join account a on a.id = l.seller_id
left join account b on b.id = s.leader_id
left join lot x on x.listing_id = l.id
left join sale v on v.id = x.sale_id
left join registration n on n.sale_id = x.sale_id and n.account_id = s.leader_id
where l.created_at >= :since
order by l.id;

-- name: bids
select b.listing_id, b.seq, b.kind, coalesce(a.email, a.id), a.name, b.amount, b.max, b.price, b.closes_at, b.at,
  b.message, lower(hex(b.salt)), lower(hex(b.hash)), k.name, b.source, n.number,
  b.terms_version
from bid b
cross join account a on a.id = b.bidder_id
left join pass k on k.id = b.pass_id
left join lot x on x.listing_id = b.listing_id
left join registration n on n.sale_id = x.sale_id and n.account_id = b.bidder_id
where b.at >= :since
order by b.listing_id, b.seq;

-- name: ledger
select p.transfer_id, t.at, t.cause, t.settlement_id, s.listing_id,
  case p.purse_id when 0 then 'house' when -1 then 'outside' else coalesce(a.email, a.id) end, a.name, p.amount,
  t.why,
  coalesce(t.method, v.method), case when t.method is not null or t.voids is not null then coalesce(k.name, 'cli') end
from posting p
cross join transfer t on t.id = p.transfer_id
left join transfer v on v.id = t.voids
left join pass k on k.id = t.pass_id
left join settlement s on s.id = t.settlement_id
left join account a on a.id = p.purse_id
where t.at >= :since
order by p.transfer_id, p.purse_id;

-- name: settlements
select t.id, t.listing_id, l.title, t.outcome, t.reason, coalesce(b.email, b.id), b.name, coalesce(a.email, a.id),
  a.name, t.hammer, t.premium, t.commission, t.closes_at, t.settled_at, r.at, lower(hex(t.hash)), h.at, w.who, n.number
from settlement t
cross join listing l on l.id = t.listing_id
cross join account a on a.id = l.seller_id
left join account b on b.id = t.buyer_id
left join transfer r on r.settlement_id = t.id and r.cause = 'reversal'
left join reversal w on w.settlement_id = t.id
left join handover h on h.settlement_id = t.id
left join lot x on x.listing_id = t.listing_id
left join registration n on n.sale_id = x.sale_id and n.account_id = t.buyer_id
where t.settled_at >= :since
order by t.id;

-- name: log
select g.id, g.at, g.who, g.what, coalesce(a.email, a.id), a.name, g.listing_id, s.code, g.why, g.detail
from log g
left join account a on a.id = g.account_id
left join sale s on s.id = g.sale_id
where g.at >= :since
order by g.id;

-- name: terms
select version, lower(hex(hash)), at, text from terms where at >= :since order by version;

-- name: acceptances
select coalesce(a.email, a.id), a.name, c.version, lower(hex(t.hash)), c.at
from terms_acceptance c
cross join terms t on t.version = c.version
cross join account a on a.id = c.account_id
where c.at >= :since
order by c.account_id, c.version;
