//! Shows a payment's receipt, or a bill before anything is paid. The field for the next number is above it and has the
//! focus.

use crate::web::app::App;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::receipt::view::ReceiptPage;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::{Request, id_of};

/// Shows the receipt of a payment in the sale of the pass. Refuses `not_found`.
pub fn receipt(app: &App, request: &Request, payment: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let receipt = app.house.receipt_at_desk(pass, id_of(payment, "payment")?)?;
    let frame = DeskFrame::of(app, request)?;
    let is_new = request.query("new").is_some();
    Reply::page(200, &ReceiptPage { frame, bill: receipt.bill, payment: Some(receipt.payment), is_new })
}

/// Shows the bill of a number, to print it. Refuses `not_found`.
pub fn bill(app: &App, request: &Request, number: &str) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let bill = app.house.bill_at_desk(pass, id_of(number, "bidder")?)?;
    Reply::page(200, &ReceiptPage { frame: DeskFrame::of(app, request)?, bill, payment: None, is_new: false })
}
