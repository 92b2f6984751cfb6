-- name: account
select a.id, a.email, a.name, a.phone, a.state, a.why, a.is_admin as admin, a.created_at, a.verified_at, a.language, a.mail_kinds,
  a.push_kinds, a.terms_version, p.balance, p.held, p.credit_limit, a.password_hash is not null as has_password
from account a join purse p on p.id = a.id
where a.id = :account_id and :limit > 0;

-- name: earlier_names
select name, until as until_at from earlier_name where account_id = :account_id order by until desc limit :limit;

-- name: sessions
select substr(lower(hex(token_hash)), 1, 16) as id, device, created_at, seen_at, expires_at, by_pin
from session where account_id = :account_id order by created_at desc limit :limit;

-- name: known_devices
select seen_at from known_device where account_id = :account_id order by seen_at desc limit :limit;

-- name: identities
select issuer, subject, at from identity where account_id = :account_id order by at desc limit :limit;

-- name: tokens
select name, may, made_at, ends_at, revoked_at, used_at
from api_token where account_id = :account_id order by id desc limit :limit;

-- name: push_subscriptions
select substr(endpoint, 1, instr(substr(endpoint || '/', 9), '/') + 7) as host, made_at
from push_subscription where account_id = :account_id order by id desc limit :limit;

-- name: terms_accepted
select version, at from terms_acceptance where account_id = :account_id order by version desc limit :limit;

-- name: registrations
select v.code as sale, r.number, r.at, r.pin_hash is not null as has_pin
from registration r join sale v on v.id = r.sale_id
where r.account_id = :account_id order by r.at desc limit :limit;

-- name: watched
select w.listing_id as listing, l.title
from watched w join listing l on l.id = w.listing_id
where w.account_id = :account_id order by w.listing_id desc limit :limit;

-- name: listings
select l.id, l.title, l.description, l.category, l.opening, l.reserve, l.reserve_salt, l.buy_now, l.increment, l.premium_bps,
  l.commission_bps, l.created_at, s.state, s.closes_at, s.price, s.n_bids,
  concat_ws(',', l.picture, (select group_concat(p.name, ',') from picture p where p.listing_id = l.id)) as pictures
from listing l join standing s on s.listing_id = l.id
where l.seller_id = :account_id order by l.id desc limit :limit;

-- name: drafts
select v.code as sale, x.code as lot, d.title, d.description, d.opening, d.reserve, d.buy_now, d.increment, d.category
from draft_lot d join lot x on x.id = d.lot_id join sale v on v.id = x.sale_id
where d.seller_id = :account_id order by d.lot_id desc limit :limit;

-- name: bids
select b.listing_id as listing, b.seq, b.kind, b.amount, b.max, b.price, b.closes_at, b.at, b.message, b.salt, b.hash, b.source,
  b.terms_version
from participation q cross join bid b on b.listing_id = q.listing_id and b.bidder_id = q.bidder_id
where q.bidder_id = :account_id order by q.listing_id desc, b.seq desc limit :limit;

-- name: leading
select s.listing_id as listing, s.price, s.leader_max as max, s.held, s.closes_at
from participation q cross join standing s on s.listing_id = q.listing_id
where q.bidder_id = :account_id and s.state = 'open' and s.leader_id = :account_id
order by q.listing_id desc limit :limit;

-- name: bought
select t.id, t.listing_id as listing, l.title, t.hammer, t.premium, t.closes_at, t.settled_at, t.hash, h.at as handed_over_at,
  h.why as handed_over_why
from settlement t join listing l on l.id = t.listing_id left join handover h on h.settlement_id = t.id
where t.buyer_id = :account_id order by t.id desc limit :limit;

-- name: sold
select t.id, t.listing_id as listing, l.title, t.outcome, t.reason, t.hammer, t.premium, t.commission, t.closes_at, t.settled_at,
  t.hash, v.who as reversed_by
from listing l join settlement t on t.listing_id = l.id left join reversal v on v.settlement_id = t.id
where l.seller_id = :account_id order by l.id desc limit :limit;

-- name: movements
select t.id, t.at, t.cause, t.settlement_id as settlement, p.amount, t.why, t.method, t.reference, t.voids
from posting p join transfer t on t.id = p.transfer_id
where p.purse_id = :account_id order by p.transfer_id desc limit :limit;

-- name: mails
select d.way, coalesce(d.email, iif(d.way = 'mail', a.email, null)) as email, d.subject, d.body, d.state, d.made_at, d.fault
from delivery d join account a on a.id = d.account_id
where d.account_id = :account_id order by d.made_at desc limit :limit;

-- name: letters
select kind, email, at from letter where account_id = :account_id order by at desc limit :limit;

-- name: links
select kind, email, asked_at, ends_at from link where account_id = :account_id order by asked_at desc limit :limit;

-- name: notices
select n.way, n.kind, n.about, n.at
from way w cross join notice n on n.way = w.name and n.account_id = :account_id
order by n.at desc limit :limit;

-- name: kept_answers
select key, body, at from answer where account_id = :account_id order by at desc limit :limit;

-- name: log
select at, who, what, listing_id as listing, sale_id as sale, why, detail
from log where account_id = :account_id order by id desc limit :limit;
