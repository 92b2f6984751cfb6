//! Shows a payment's receipt, or a bill before anything is paid. The field for the next number is above it and has the
//! focus.

use crate::rules::desk::Right;
use crate::web::app::App;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::receipt::view::ReceiptPage;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the receipt of a payment in the sale of the pass. Refuses `not_found`.
pub fn receipt(app: &App, request: &Request, payment: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk(Some(Right::Checkout))?;
    let receipt = app.house.receipt_at_desk(pass, id(payment, "payment")?)?;
    let frame = DeskFrame::of(app, request)?;
    let is_new = request.query("new").is_some();
    Reply::page(200, &ReceiptPage { frame, bill: receipt.bill, payment: Some(receipt.payment), is_new })
}

/// Shows the bill of a number, to print it. Refuses `not_found`.
pub fn bill(app: &App, request: &Request, number: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk(Some(Right::Checkout))?;
    let bill = app.house.bill_at_desk(pass, id(number, "bidder")?)?;
    Reply::page(200, &ReceiptPage { frame: DeskFrame::of(app, request)?, bill, payment: None, is_new: false })
}

fn id(text: &str, what: &'static str) -> Outcome<i64> {
    text.parse().map_err(|_| Problem::not_found(what))
}
