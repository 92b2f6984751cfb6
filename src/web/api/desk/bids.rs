//! Bids that the desk enters for guests: placed on the writer's queue, as those of the guests themselves are.

use crate::house::Answer;
use crate::house::bidding::place_bid::Accepted;
use crate::house::desk::bids::DeskBid;
use crate::rules::desk::{SOURCE_WORDS, Source};
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Response;
use crate::web::write_key;
use std::sync::Arc;

/// Places a bid for a guest; the reply follows when it is on the disk, and is that of a bid. Its `max` is the one that
/// was sent: a bid on a lot that the guest leads raises it, and shows no more.
pub fn place(app: &Arc<App>, request: &Request) -> Outcome<Response> {
    let (pass, _) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    let mut input = Input::of_api(request, false)?;
    let (lot, number) = (input.needed_text("lot"), input.needed_bidder_number("number"));
    let (amount, max) = (input.needed_amount("amount"), input.amount("max"));
    let source = input.needed_word("source", Source::of, SOURCE_WORDS);
    input.done()?;
    let source = source.expect("a fault was noted otherwise");
    let bid = app.house.bid_at_desk(pass, key, DeskBid { lot, number, amount, max, source })?;
    app.limits.bid(bid.bidder)?;
    // The desk sees the leader by name and number, whatever everyone sees.
    let reply = |app: &Arc<App>, answer: Answer<Accepted>| {
        Ok(Reply::new(201, "application/json", app.house.for_staff().shown_answer(&answer?)?))
    };
    Ok(Response::Bid(bid, Box::new(reply)))
}
