//! Bids: placed on the writer's queue and answered when they are decided; and the history.

use super::proof::after;
use crate::house::Answer;
use crate::house::bidding::place_bid::{self, Accepted, Key};
use crate::rules::listing::ListingId;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Response;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const USUAL_PAGE: i64 = 100;
const MAX_PAGE: i64 = 1_000;

/// Places a bid; the reply follows when the bid is on the disk. Refuses `invalid` and `rate_limited` at once.
pub fn place(app: &Arc<App>, request: &Request, listing: ListingId) -> Outcome<Response> {
    let person = request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let bid = place_bid::Request {
        listing,
        bidder: person.id,
        amount: input.needed_amount("amount"),
        max: input.amount("max"),
        rises: false,
        message: input.text("message").unwrap_or_default(),
        key: request.idempotency_key.as_ref().map(|key| key_of(key, listing, &request.body)),
        desk: None,
    };
    input.done()?;
    app.limits.bid(person.id)?;
    Ok(Response::Bid(bid, Box::new(accepted)))
}

/// Makes the key of an `Idempotency-Key`, bound to this body on this listing.
pub fn key_of(key: &str, listing: ListingId, body: &[u8]) -> Key {
    let request = Sha256::new().chain_update(listing.0.to_be_bytes()).chain_update(body).finalize().into();
    Key { key: key.to_owned(), request }
}

fn accepted(app: &Arc<App>, answer: Answer<Accepted>) -> Outcome<Reply> {
    Ok(Reply::new(201, "application/json", app.house.shown_answer(&answer?)?))
}

/// Shows the bids of a listing, a page at a time.
pub fn history(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let (bids, next) = app.house.bids(id, after(request)?, request.limit(USUAL_PAGE, MAX_PAGE)?)?;
    Reply::json(200, &json!({"bids": bids, "next": next}))
}
