-- name: leads
select 1
from participation p join standing s on s.listing_id = p.listing_id
where p.bidder_id = :account_id and s.state = 'open' and s.leader_id = :account_id
limit 1;

-- name: sells
select 1 from standing where seller_id = :account_id and state = 'open'
union all
select 1
from draft_lot d join lot x on x.id = d.lot_id join sale v on v.id = x.sale_id
where d.seller_id = :account_id and v.state = 'draft'
limit 1;

-- name: n_closed
select count(*) from account where state = 'closed';

-- name: close_account
update account
set email = null, phone = null, password_hash = null, state = 'closed', why = null, is_admin = 0, language = null,
  mail_kinds = 0, push_kinds = 0, verified_at = null
where id = :account_id;

-- name: forget_pins
update registration set pin_hash = null where account_id = :account_id and pin_hash is not null;

-- name: shut_token_passes
update pass set api_token_id = null, shut_at = coalesce(shut_at, :now)
where api_token_id in (select id from api_token where account_id = :account_id);

-- name: forget_sessions
delete from session where account_id = :account_id;

-- name: forget_devices
delete from known_device where account_id = :account_id;

-- name: forget_links
delete from link where account_id = :account_id;

-- name: forget_letters_of
delete from letter where account_id = :account_id;

-- name: forget_tokens
delete from api_token where account_id = :account_id;

-- name: forget_identities
delete from identity where account_id = :account_id;

-- name: forget_subscriptions
delete from push_subscription where account_id = :account_id;

-- name: forget_watched
delete from watched where account_id = :account_id;

-- name: forget_answers
delete from answer where account_id = :account_id;

-- name: forget_notices_of
delete from notice where account_id = :account_id or kind = 'pending' and about = :account_id;

-- name: forget_deliveries
delete from delivery where account_id = :account_id;

-- name: forget_asked
delete from forgotten where email = (select email from account where id = :account_id);

-- name: forget_names
delete from earlier_name where account_id = :account_id;

-- name: events_with
with text (value) as materialized (select value from json_each(:texts))
select id from event
where id > :after and exists (select 1 from text where instr(event.data, text.value) > 0);

-- name: answers_with
with text (value) as materialized (select value from json_each(:texts))
select account_id, key, body from answer
where at >= :since and account_id <> :account_id
  and exists (select 1 from text where instr(answer.body, text.value) > 0);

-- name: answer_to
select account_id, key, body from answer where account_id = :account_id and key = :key;

-- name: desk_answers_with
with text (value) as materialized (select value from json_each(:texts))
select pass_id, key, body from desk_answer
where at >= :since and exists (select 1 from text where instr(desk_answer.body, text.value) > 0);

-- name: desk_answer_to
select pass_id, key, body from desk_answer where pass_id = :pass_id and key = :key;

-- name: deliveries_with
with text (value) as materialized (select value from json_each(:texts))
select id, way, state, subject, body, fault
from delivery
where made_at >= :since and account_id is not :account_id
  and exists (select 1 from text
    where instr(subject, text.value) > 0 or instr(body, text.value) > 0 or instr(html, text.value) > 0
      or instr(fault, text.value) > 0);

-- name: held_delivery
select id, way, state, subject, body, fault from delivery where id = :id;

-- name: known_emails
select email from delivery where account_id = :account_id and email is not null
union select email from link where account_id = :account_id
union select email from letter where account_id = :account_id;

-- name: set_event
update event set data = :data where id = :id;

-- name: set_answer
update answer set body = :body where account_id = :account_id and key = :key;

-- name: set_desk_answer
update desk_answer set body = :body where pass_id = :pass_id and key = :key;

-- name: set_delivery_texts
update delivery set subject = :subject, body = :body, html = null, fault = :fault where id = :id;

-- name: clear_fault
update way set fault = 'a fault that named a former member' where instr(fault, :text) > 0;
