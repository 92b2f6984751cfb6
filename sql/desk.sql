-- A part with a name in braces stands once, and is put wherever it is named.

-- name: {pass}
  k.id, k.name, k.sale_id, v.code, k.may, k.most_limit, k.made_at, k.ends_at, k.shut_at, k.bound_at

-- name: passes
select {pass} from pass k join sale v on v.id = k.sale_id order by k.id;

-- name: pass
select {pass} from pass k join sale v on v.id = k.sale_id where k.id = :id;

-- name: pass_by_code
select {pass} from pass k join sale v on v.id = k.sale_id where k.code_hash = :code_hash;

-- name: pass_by_token
select {pass} from pass k join sale v on v.id = k.sale_id where k.token_hash = :token_hash;

-- name: add_pass
insert into pass (name, sale_id, may, most_limit, code_hash, made_at, ends_at)
values (:name, :sale_id, :may, :most_limit, :code_hash, :made_at, :ends_at);

-- name: bind_pass
update pass set token_hash = :token_hash, bound_at = :now where id = :id and token_hash is null;

-- name: shut_pass
update pass set shut_at = :now where name = :name and shut_at is null;

-- name: shut_all_passes
update pass set shut_at = :now where shut_at is null;

-- name: desk_answer
select request_hash, body from desk_answer where pass_id = :pass_id and key = :key;

-- name: keep_desk_answer
insert into desk_answer (pass_id, key, request_hash, body, at) values (:pass_id, :key, :request_hash, :body, :at);

-- name: prune_desk_answers
delete from desk_answer
where at < :before and pass_id in (select id from pass where coalesce(shut_at, ends_at) < :before);

-- name: {registration}
  r.number, a.id, a.name, a.email, a.phone, u.credit_limit, r.at, k.name, r.pin_hash is not null

-- name: registration
select {registration}
from registration r
join account a on a.id = r.account_id
join purse u on u.id = a.id
left join pass k on k.id = r.pass_id
where r.sale_id = :sale_id and r.number = :number;

-- name: registrations
select {registration}
from registration r
join account a on a.id = r.account_id
join purse u on u.id = a.id
left join pass k on k.id = r.pass_id
where r.sale_id = :sale_id and r.number > :after
order by r.number
limit :limit;

-- name: n_registrations
select count(*) from registration where sale_id = :sale_id;

-- name: number_of
select number from registration where sale_id = :sale_id and account_id = :account_id;

-- name: known_guests
select r.number, a.id, a.name, a.phone
from registration r
join account a on a.id = r.account_id
where r.sale_id = :sale_id
order by r.number;

-- name: pin_of
select account_id, pin_hash from registration where sale_id = :sale_id and number = :number;

-- name: bidder_number
select r.number
from lot x join registration r on r.sale_id = x.sale_id and r.account_id = :account_id
where x.listing_id = :listing_id;

-- name: number_since
select r.number
from registration r join sale v on v.id = r.sale_id
where r.account_id = :account_id and v.state = 'published' and v.closes_at > :since
order by r.at desc, r.sale_id desc
limit 1;

-- name: sales_of_number
select v.code
from sale v join registration r on r.sale_id = v.id and r.number = :number
order by v.id;

-- name: next_number
select case
  when not exists (select 1 from registration where sale_id = :sale_id and number = 1) then 1
  else (
    select r.number + 1
    from registration r
    where r.sale_id = :sale_id
      and not exists (select 1 from registration s where s.sale_id = :sale_id and s.number = r.number + 1)
    order by r.number
    limit 1)
  end;

-- name: register
insert into registration (sale_id, number, account_id, at, pass_id, pin_hash)
values (:sale_id, :number, :account_id, :at, :pass_id, :pin_hash);

-- name: set_pin
update registration set pin_hash = :pin_hash, pin_pass_id = :pass_id where sale_id = :sale_id and number = :number;

-- name: set_phone
update account set phone = :phone where id = :id and phone is null;

-- name: sold_lot
select t.id, t.buyer_id
from lot x join settlement t on t.listing_id = x.listing_id
where x.sale_id = :sale_id and x.folded = :folded and t.buyer_id is not null;

-- name: handed_over_at
select at from handover where settlement_id = :settlement_id;

-- name: hand_over
insert into handover (settlement_id, at, pass_id, why) values (:settlement_id, :at, :pass_id, :why);

-- name: till
-- What it took; what it gave back for payments that it voided; and of those it took, what an admin voided.
select m.method, sum(m.n), sum(m.amount)
from (
  select t.method, not exists (select 1 from transfer v where v.voids = t.id) as n, -o.amount as amount
  from pass k
  join transfer t on t.pass_id = k.id and t.method is not null
  join posting o on o.transfer_id = t.id and o.purse_id = -1
  where k.sale_id = :sale_id and k.name = :name
  union all
  select t.method, 0, -o.amount
  from pass k
  join transfer v on v.pass_id = k.id and v.voids is not null
  join transfer t on t.id = v.voids
  join posting o on o.transfer_id = v.id and o.purse_id = -1
  where k.sale_id = :sale_id and k.name = :name
  union all
  select t.method, 0, -o.amount
  from pass k
  join transfer t on t.pass_id = k.id and t.method is not null
  join transfer v on v.voids = t.id and v.pass_id is null
  join posting o on o.transfer_id = v.id and o.purse_id = -1
  where k.sale_id = :sale_id and k.name = :name) m
group by m.method;

-- name: till_since
select min(made_at) from pass where sale_id = :sale_id and name = :name;
