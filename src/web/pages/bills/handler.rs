//! `/account/bills`: a person's bills, one for each sale and one for what they bought outside of sales.

use crate::house::money::bill::Bill;
use crate::rules::sale::SaleText;
use crate::web::app::App;
use crate::web::pages::bills::view::{BillPage, BillRow, Bills, OUTSIDE_SALES};
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Lists the bills of the person who asks.
pub fn list(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let mut bills = Vec::new();
    for bill in app.house.bills(person.id)? {
        let sale = sale_text(app, &bill)?.map(|text| text.name);
        bills.push(BillRow { bill, sale });
    }
    Reply::page(200, &Bills { frame: frame(app, request)?, bills })
}

/// Shows a bill to the person whose it is; for anyone else it does not exist.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let (bill, sale) = if code == OUTSIDE_SALES {
        let bill = app.house.bill_outside_sales(person.id)?;
        if bill.lines.is_empty() {
            return Err(Problem::not_found("bill"));
        }
        (bill, None)
    } else {
        let (bill, sale) = app.house.own_bill(person.id, code)?;
        (bill, Some(sale.text))
    };
    let pickup = sale.as_ref().map(|sale| sale.pickup.clone()).unwrap_or_default();
    let page = BillPage {
        frame: frame(app, request)?,
        email: person.email.clone().unwrap_or_default(),
        what_now: WhatNow::of(&app.own_texts(), bill.due > 0, &pickup),
        pickup,
        sale: sale.map(|sale| sale.name),
        bill,
    };
    Reply::page(200, &page)
}

/// The texts of a bill's sale; none for what was bought outside of sales.
pub fn sale_text(app: &App, bill: &Bill) -> Outcome<Option<SaleText>> {
    let Some(code) = &bill.sale else { return Ok(None) };
    Ok(app.house.read(|snapshot| snapshot.sale(code))?.map(|sale| sale.text))
}

fn frame(app: &App, request: &Request) -> Outcome<Frame> {
    let cursor = app.house.read(|snapshot| snapshot.last_event())?.id;
    PageContext::of(request).frame(app, cursor)
}
