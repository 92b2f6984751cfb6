//! Enters a bid: the form, a page to confirm, then the bid and its slip. The form shows what is known of a lot and of a
//! number once they are there.

use crate::house::desk::bids::DeskBid;
use crate::house::{Answer, unless_refused};
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::desk::bid::typed::{LotAndNumber, TypedBid};
use crate::web::pages::desk::bid::view::{About, BidConfirm, BidPage};
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::sentences;
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Response;
use crate::web::write_key;
use std::sync::Arc;

/// Shows the form: with the lot, the number, the amount and the source of the query, and the slip of the bid with the key `receipt`.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let slip = request.query("receipt").map(|key| app.house.bid_slip(pass, key)).transpose()?;
    let (lot, number) =
        (request.query("lot").unwrap_or_default(), request.query("number").unwrap_or_default());
    let about = about(app, pass, lot, number)?;
    let mut filled = Filled::default();
    let code = about.lot.as_ref().and_then(|lot| lot.lot.clone());
    filled.keep("lot", code.unwrap_or_else(|| lot.to_owned()));
    filled.keep("number", about.guest.as_ref().map_or(number.to_owned(), |(number, _)| number.to_string()));
    for field in ["amount", "source"] {
        filled.keep(field, request.query(field).unwrap_or_default());
    }
    let frame = DeskFrame::of(app, request)?;
    Reply::page(200, &BidPage { frame, filled, about, slip, way_on: None })
}

fn about(app: &App, pass: &Pass, lot: &str, number: &str) -> Outcome<About> {
    let fields = LotAndNumber::read(lot, number);
    let asked = fields.lot.as_ref();
    let lot = asked.map_or(Ok(None), |lot| unless_refused(app.house.lot_at_desk(pass, lot)))?;
    let guest = fields.number.map_or(Ok(None), |number| unless_refused(app.house.guest(pass, number)))?;
    Ok(About {
        no_lot: asked.is_some() && lot.is_none(),
        no_guest: fields.number.is_some() && guest.is_none(),
        lot: lot.as_ref().map(card),
        guest: guest.map(|guest| (guest.number, guest.name)),
    })
}

/// Places a bid for a guest once it is confirmed, then shows its slip.
pub fn place(app: &Arc<App>, request: &Request) -> Outcome<Response> {
    let (pass, _) = request.at_desk()?;
    let context = PageContext::of(request);
    let mut input = form::read(app, request)?;
    let key = write_key::of_form(&mut input)?;
    let typed = match TypedBid::read(app, pass, &mut input) {
        Ok(typed) => typed,
        Err(problem) => return refused(app, &context, pass, &key, &input, problem).map(Response::Reply),
    };
    let asked = DeskBid {
        lot: typed.lot.lot.clone().unwrap_or_default(),
        number: typed.number,
        amount: typed.amount,
        max: typed.max,
        source: typed.source,
    };
    let bid = app.house.bid_at_desk(pass, write_key::bound(request, &key), asked)?;
    if let Err(refusal) = bid.check() {
        return refused(app, &context, pass, &key, &input, refusal.into()).map(Response::Reply);
    }
    if input.text("confirm").as_deref() != Some("yes") {
        return match app.house.weigh_bid(&bid).map_err(Problem::from) {
            Err(problem) if !tells_secrets(&problem) => refused(app, &context, pass, &key, &input, problem),
            _ => ask(app, &context, pass, &key, &typed),
        }
        .map(Response::Reply);
    }
    app.limits.bid(bid.bidder)?;
    let pass = pass.clone();
    let after = move |app: &Arc<App>, answer: Answer<_>| match answer {
        Ok(_) => Ok(Reply::see_other(format!("/desk/bid?receipt={}", percent_encoded(&key)))),
        Err(fault) => refused(app, &context, &pass, &key, &input, fault.into()),
    };
    Ok(Response::Bid(bid, Box::new(after)))
}

/// Whether a refusal depends on a maximum or on what somebody has available. The question before a bid leaves no trace,
/// so that asking again and again would find either out: only a bid itself may be refused so.
fn tells_secrets(problem: &Problem) -> bool {
    let secrets = [Some("already_leading"), Some("insufficient_funds")];
    secrets.contains(&problem.refusal.as_deref().map(Refusal::code))
}

fn ask(app: &App, context: &PageContext, pass: &Pass, key: &str, typed: &TypedBid) -> Outcome<Reply> {
    let guest = app.house.guest(pass, typed.number)?;
    let leads = typed.lot.leader_id == Some(guest.account);
    let premium_bps = app.house.premium_bps(typed.lot.id)?;
    let frame = DeskFrame::new(app, context)?.with_key(key);
    Reply::page(200, &BidConfirm::of(frame, card(&typed.lot), guest.name, typed, leads, premium_bps))
}

/// Shows the form again, with the typed values and what is wrong with them.
fn refused(
    app: &App,
    context: &PageContext,
    pass: &Pass,
    key: &str,
    input: &Input,
    problem: Problem,
) -> Outcome<Reply> {
    if problem.status() >= 500 || problem.code == "unauthenticated" {
        return Err(problem);
    }
    let frame = DeskFrame::new(app, context)?;
    let mut filled = sentences::filled(&frame, input, &problem);
    if filled.error("amount").is_some() && filled.value("amount").is_empty() && filled.value("max").is_empty()
    {
        filled.wrong("amount", frame.t("desk-need-amount"));
    }
    let sent_already = problem.fields().any(|(field, _)| field == "Idempotency-Key");
    let way_on = sent_already
        .then(|| (format!("/desk/bid?receipt={}", percent_encoded(key)), frame.t("desk-show-slip")));
    let about = about(app, pass, filled.value("lot"), filled.value("number"))?;
    // Nothing was booked under the key of a form that is refused: the corrected one may use it.
    let frame = if sent_already { frame } else { frame.with_key(key) };
    let page = BidPage { frame, filled, about, slip: None, way_on };
    Ok(problem.dress(Reply::page(problem.status(), &page)?))
}
