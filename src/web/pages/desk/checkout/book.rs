//! Books what the checkout's forms post: payments, their voids, handovers. Each leads to a page that shows the result; a
//! refusal shows the bill again, with what is wrong or what is asked.

use crate::house::desk::till::DeskPayment;
use crate::rules::desk::{METHOD_WORDS, Method};
use crate::rules::refusal::Refusal;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::pages::desk::checkout::handler::{again, to_scanned};
use crate::web::pages::desk::checkout::view::{Asking, More};
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::sentences;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::write_key;

/// The most lots that are handed over by one press.
const MAX_LOTS: usize = 1_000;

/// Takes a payment. An amount above what is due is asked once more, but for cash: of that the change is given back.
pub fn pay(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let mut input = form::read(app, request)?;
    let key = write_key::bound(request, &write_key::of_form(&mut input)?);
    // A card or label that was scanned while the amount had the focus.
    if let Some(found) = input.text("amount").and_then(|typed| to_scanned(&typed)) {
        return Ok(found);
    }
    let number = number(&mut input)?;
    let method = input.text("method").as_deref().and_then(Method::of);
    let given = DeskPayment {
        number,
        amount: input.needed_amount("amount"),
        method: method.unwrap_or(Method::Cash),
        reference: input.text("reference"),
        anyway: input.text("anyway").as_deref() == Some("yes"),
    };
    input.faults.when(method.is_none(), "method", METHOD_WORDS);
    let taken = input.done().and_then(|()| Ok(app.house.pay_at_desk(pass, key, given.clone())?));
    match taken {
        Ok(taken) => {
            let change = if taken.change > 0 { format!("&change={}", taken.change) } else { String::new() };
            Ok(Reply::see_other(format!("/desk/checkout?number={number}&paid={}{change}", taken.payment)))
        }
        Err(problem) => {
            let asking = match problem.refusal.as_deref() {
                Some(Refusal::AboveDue { due }) => Asking::More(More { given, due: *due }),
                _ => Asking::Nothing,
            };
            refused(app, request, number, &input, problem, asking)
        }
    }
}

/// Voids a payment, for a reason.
pub fn void(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let mut input = form::read(app, request)?;
    let key = write_key::bound(request, &write_key::of_form(&mut input)?);
    let number = number(&mut input)?;
    let payment = id(&mut input, "payment")?;
    let why = input.text("why").unwrap_or_default();
    match app.house.void_at_desk(pass, key, payment, &why) {
        Ok(_) => Ok(Reply::see_other(format!("/desk/checkout?number={number}&done=voided"))),
        Err(fault) => {
            let problem = Problem::from(fault);
            let is_asked = problem.fields().any(|(field, _)| field == "why");
            let asking = if is_asked { Asking::Void(payment) } else { Asking::Nothing };
            refused(app, request, number, &input, problem, asking)
        }
    }
}

/// Hands over the lots that are paid, or one lot, which needs a reason where it is not paid. After a payment its receipt
/// follows.
pub fn hand_over(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let mut input = form::read(app, request)?;
    let key = write_key::bound(request, &write_key::of_form(&mut input)?);
    let number = number(&mut input)?;
    let paid = input.text("paid").and_then(|id| id.parse::<i64>().ok());
    if let Some(lots) = input.text("lots") {
        let ids: Option<Vec<i64>> = lots.split(' ').map(|id| id.parse().ok()).collect();
        let ids = ids.filter(|ids| ids.len() <= MAX_LOTS);
        let ids = ids.ok_or_else(|| Problem::bad_request("The form is unreadable."))?;
        return match app.house.hand_over_lots_at_desk(pass, key, number, ids) {
            Ok(_) => Ok(Reply::see_other(after_handover(number, paid))),
            Err(fault) => refused(app, request, number, &input, fault.into(), Asking::Nothing),
        };
    }
    let (lot, why) = (input.text("lot").unwrap_or_default(), input.text("why"));
    match app.house.hand_over_at_desk(pass, key, &lot, why.as_deref()) {
        Ok(_) => {
            let paid = paid.map_or(String::new(), |payment| format!("&paid={payment}"));
            Ok(Reply::see_other(format!("/desk/checkout?number={number}&done=handed-over{paid}")))
        }
        Err(fault) => {
            let problem = Problem::from(fault);
            let is_asked = problem.code == "not_covered" || problem.fields().any(|(field, _)| field == "why");
            let asking = if is_asked { Asking::Why(lot) } else { Asking::Nothing };
            refused(app, request, number, &input, problem, asking)
        }
    }
}

fn after_handover(number: i64, paid: Option<i64>) -> String {
    match paid {
        Some(payment) => format!("/desk/receipts/{payment}?new=1"),
        None => format!("/desk/checkout?number={number}&done=handed-over"),
    }
}

/// The number whose bill the form stands on; the page itself has put it there.
fn number(input: &mut Input) -> Outcome<i64> {
    id(input, "number")
}

fn id(input: &mut Input, name: &'static str) -> Outcome<i64> {
    let id = input.text(name).and_then(|text| text.trim().parse().ok());
    id.ok_or_else(|| Problem::bad_request("The form is unreadable."))
}

fn refused(
    app: &App,
    request: &Request,
    number: i64,
    input: &Input,
    problem: Problem,
    asking: Asking,
) -> Outcome<Reply> {
    if problem.status() >= 500 || problem.code == "unauthenticated" {
        return Err(problem);
    }
    let frame = DeskFrame::of(app, request)?;
    let filled = match asking {
        Asking::More(_) => Filled::default(),
        _ => sentences::filled(&frame, input, &problem),
    };
    again(app, request, number, problem, asking, filled)
}
