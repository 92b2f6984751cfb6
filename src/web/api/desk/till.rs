//! The till: bills, payments, voids and handovers, and what a till has taken.

use crate::house::desk::till::DeskPayment;
use crate::rules::desk::{METHOD_WORDS, Method};
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::{Request, id_of};
use crate::web::write_key;
use serde_json::json;

/// Shows the bill of a number.
pub fn bill(app: &App, request: &Request, segment: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    Reply::json(200, &app.house.bill_at_desk(pass, id_of(segment, "bidder")?)?)
}

/// Takes a payment.
pub fn pay(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    let mut input = Input::of_api(request, false)?;
    let (number, amount) = (input.needed_bidder_number("number"), input.needed_amount("amount"));
    let method = input.needed_word("method", Method::of, METHOD_WORDS);
    let reference = input.text("reference");
    input.done()?;
    let method = method.expect("a fault was noted otherwise");
    // More than is due stays to the guest's good: a program has asked before.
    let payment = DeskPayment { number, amount, method, reference, anyway: true };
    Ok(made(app.house.pay_at_desk(pass, key, payment)?.json))
}

/// Voids a payment of the sale.
pub fn void(app: &App, request: &Request, segment: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    let mut input = Input::of_api(request, false)?;
    let why = input.needed_text("why");
    input.done()?;
    Ok(made(app.house.void_at_desk(pass, key, id_of(segment, "payment")?, &why)?))
}

/// Hands a lot over to its buyer.
pub fn hand_over(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let key = write_key::of_program(request)?;
    let mut input = Input::of_api(request, false)?;
    let (lot, why) = (input.needed_text("lot"), input.text("why"));
    input.done()?;
    Ok(made(app.house.hand_over_at_desk(pass, key, &lot, why.as_deref())?))
}

/// Shows what the till of the pass has taken.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let till = app.house.till(pass)?;
    let body = json!({
        "name": pass.name, "taken": till.taken, "n_payments": till.n_payments, "since": till.since,
    });
    Reply::json(200, &body)
}

fn made(json: String) -> Reply {
    Reply::new(201, "application/json", json)
}
