-- What a seller has open is counted, and shared out among sellers in the scheduler, without reading the listings themselves.
alter table standing add column seller_id integer references account (id);

update standing set seller_id = (select l.seller_id from listing l where l.id = standing.listing_id);

create index standing_of_seller on standing (seller_id, closes_at, listing_id) where state = 'open';
