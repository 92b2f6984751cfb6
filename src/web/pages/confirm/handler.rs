//! Bidding by form: a page to confirm, then the bid, then back to the listing. A refusal shows the listing again, with
//! the typed values and what is wrong with them. The form names a maximum, of which the least that is needed is bid; a
//! paddle names its amount. Buying works the same way.

use crate::house::bidding::place_bid;
use crate::house::{Answer, Fault, unless_refused};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::web::api::bids::key_of;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::confirm::view::{Bid, Confirm};
use crate::web::pages::listing::handler;
use crate::web::pages::parts::context::{PageContext, with_done};
use crate::web::pages::parts::form;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Response;
use std::sync::Arc;

/// Places a bid once it is confirmed. A guest is sent to log in, and comes back with the amount.
pub fn place(app: &Arc<App>, request: &Request, id: ListingId) -> Outcome<Response> {
    let context = PageContext::of(request);
    let mut input = form::read(app, request)?;
    let Some(person) = &request.person else {
        let typed = ["max", "amount"].map(|name| input.text(name).unwrap_or_default());
        let typed = typed.into_iter().find(|text| !text.trim().is_empty());
        return Ok(Response::Reply(Reply::see_other(handler::after_login(id, &typed.unwrap_or_default()))));
    };
    let key = input.text("key").unwrap_or_default();
    let max_first = input.text("amount").is_none_or(|amount| amount.trim().is_empty());
    let (amount, max, rises) = match max_first {
        true => least_up_to(app, id, person.id, input.needed_amount("max"))?,
        false => (input.needed_amount("amount"), input.amount("max"), false),
    };
    let bid = place_bid::Request {
        listing: id,
        bidder: person.id,
        amount,
        max,
        rises,
        message: input.text("message").unwrap_or_default(),
        key: (!key.is_empty()).then(|| key_of(&key, id, &request.body)),
        desk: None,
    };
    let good = input.done().and_then(|()| Ok(bid.check()?));
    if let Err(problem) = good {
        return refused(app, &context, id, &input, problem).map(Response::Reply);
    }
    if input.text("confirm").as_deref() != Some("yes") {
        // A bid that would be refused needs no confirmation.
        return match app.house.weigh_bid(&bid) {
            Ok(()) => ask(app, &context, id, &bid, max_first),
            Err(fault) => refused(app, &context, id, &input, fault.into()),
        }
        .map(Response::Reply);
    }
    app.limits.bid(person.id)?;
    let after = move |app: &Arc<App>, answer| answered(app, &context, id, &input, answer);
    Ok(Response::Bid(bid, Box::new(after)))
}

/// The least that who names a maximum has to bid now, and the maximum if it is higher: the minimum, or the price for the
/// leader, who raises. A maximum below the minimum is the bid itself, which is refused as too low. A bid that comes before
/// this one raises it, as far as the maximum reaches; a raise never becomes a bid against another.
fn least_up_to(
    app: &App,
    id: ListingId,
    bidder: AccountId,
    max: Money,
) -> Outcome<(Money, Option<Money>, bool)> {
    let listing = app.house.show(id)?.listing;
    let is_raise = listing.leader_id == Some(bidder);
    let least = if is_raise { listing.price } else { listing.minimum };
    let amount = least.unwrap_or(max).min(max);
    Ok((amount, Some(max).filter(|max| is_raise || *max > amount), !is_raise))
}

fn ask(
    app: &App,
    context: &PageContext,
    id: ListingId,
    bid: &place_bid::Request,
    max_first: bool,
) -> Outcome<Reply> {
    let listing = app.house.show(id)?;
    let key = fresh_key()?;
    let view = Bid {
        amount: bid.amount,
        max: bid.max,
        max_first,
        is_raise: listing.listing.leader_id == Some(bid.bidder),
        awaits_reserve: listing.listing.reserve_met == Some(false),
        premium_bps: app.house.premium_bps(id)?,
        message: &bid.message,
        key: &key,
    };
    let frame = context.frame(app, listing.cursor)?;
    Reply::page(200, &Confirm::bid(frame, id.0, &listing.listing.title, view))
}

/// Returns a random key, by which a second press of the button is the same bid.
fn fresh_key() -> Outcome<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(anyhow::Error::from)?;
    Ok(crate::rules::hash::hex(&bytes))
}

fn answered(
    app: &Arc<App>,
    context: &PageContext,
    id: ListingId,
    input: &Input,
    answer: Answer<place_bid::Accepted>,
) -> Outcome<Reply> {
    match answer {
        Ok(accepted) => {
            let word = if accepted.leading() { "bid-leading" } else { "bid-outbid" };
            Ok(Reply::see_other(with_done(&format!("/listings/{id}"), word)))
        }
        Err(fault) => refused(app, context, id, input, fault.into()),
    }
}

/// Shows the listing again, with the typed values and what is wrong with them.
fn refused(
    app: &App,
    context: &PageContext,
    id: ListingId,
    input: &Input,
    problem: Problem,
) -> Outcome<Reply> {
    if problem.code == "not_found" || problem.status() >= 500 {
        return Err(problem);
    }
    let page = handler::page(app, context, id, problem.status(), |frame| {
        form::filled_again(frame, input, &problem)
    })?;
    Ok(problem.dress(page))
}

/// Asks for confirmation, then buys at the buy-now price. Pressing the button twice buys once.
pub fn buy(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let mut input = form::read(app, request)?;
    if input.text("confirm").as_deref() == Some("yes") {
        match app.house.buy(id, person.id) {
            Err(Fault::Refused(Refusal::ListingClosed)) if has_bought(app, person.id, id)? => {}
            bought => drop(bought?),
        }
        return Ok(Reply::see_other(with_done(&format!("/listings/{id}"), "bought")));
    }
    let price = app.house.weigh_buy(id, person.id)?;
    let listing = app.house.show(id)?;
    let frame = PageContext::of(request).frame(app, listing.cursor)?;
    let premium_bps = app.house.premium_bps(id)?;
    Reply::page(200, &Confirm::buy(frame, id.0, &listing.listing.title, price, premium_bps))
}

fn has_bought(app: &App, person: AccountId, id: ListingId) -> Outcome<bool> {
    let settlement = unless_refused(app.house.settlement(id))?;
    let sale = settlement.as_ref().and_then(|settlement| settlement.sale());
    Ok(sale.is_some_and(|sale| sale.buy_now && sale.buyer == person))
}
