//! Shows the checkout: the field for a number, the guests that a name finds, or a bill. A scanned number card and a scanned
//! label of a lot are typed into the same field.

use crate::house::desk::sale::LotAsked;
use crate::house::{Answer, Fault};
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use crate::web::app::App;
use crate::web::pages::desk;
use crate::web::pages::desk::checkout::view::{Asking, BillPart, Checkout, Found, Paid};
use crate::web::pages::desk::forms::Scanned;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::pages::parts::sentences;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The most characters of what was typed that are shown again.
const MAX_TYPED: usize = 80;

/// What the field, or a link, asks for.
enum Wanted {
    Nothing,
    Number(i64),
    Lot(LotAsked),
    /// A lot of this code, if there is one; else guests of this name.
    Either(String),
    Name(String),
    OfOtherSale,
}

/// Shows the page for `?number=`, which takes a number, a name, the code of a lot and anything scanned; for `?name=`; or for
/// `?lot=`.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let frame = DeskFrame::of(app, request)?;
    let typed = ["number", "name", "lot"].into_iter().find_map(|name| request.query(name));
    let typed: String = typed.unwrap_or_default().trim().chars().take(MAX_TYPED).collect();
    match wanted(request, pass) {
        Wanted::Nothing => Reply::page(200, &Checkout::empty(frame)),
        Wanted::Number(number) => match app.house.bill_at_desk(pass, number) {
            Ok(bill) => Reply::page(200, &Checkout::bill(frame, arrival(request, bill, None))),
            Err(fault) => not_found(frame, typed, fault.into()),
        },
        Wanted::Lot(lot) => of_lot(app, request, pass, frame, &lot, typed),
        Wanted::Either(code) => match app.house.buyer_at_desk(pass, &LotAsked::Code(code.clone())) {
            Err(Fault::Refused(Refusal::NotFound(_))) => of_name(app, pass, frame, code),
            _ => of_lot(app, request, pass, frame, &LotAsked::Code(code), typed),
        },
        Wanted::Name(name) => of_name(app, pass, frame, name),
        Wanted::OfOtherSale => {
            let sentence = frame.t("checkout-other-sale");
            Reply::page(404, &Checkout { typed, amiss: Some(sentence), ..Checkout::empty(frame) })
        }
    }
}

/// Leads to what was scanned while another field had the focus.
pub fn to_scanned(text: &str) -> Option<Reply> {
    let is_typed = matches!(Scanned::read(text), Scanned::Typed(_));
    let path = || format!("/desk/checkout?number={}", percent_encoded(text.trim()));
    (!is_typed).then(|| Reply::see_other(path()))
}

fn wanted(request: &Request, pass: &Pass) -> Wanted {
    let value = |name: &str| request.query(name).map(str::trim).filter(|value| !value.is_empty());
    if let Some(code) = value("lot").filter(|_| value("number").is_none()) {
        return Wanted::Lot(LotAsked::Code(code.to_owned()));
    }
    if let Some(name) = value("name") {
        return Wanted::Name(name.to_owned());
    }
    let Some(text) = value("number") else {
        return Wanted::Nothing;
    };
    if is_of_other_sale(text, &pass.sale_code) {
        return Wanted::OfOtherSale;
    }
    match (Scanned::number(text), Scanned::read(text)) {
        (Some(number), _) | (None, Scanned::Number(number)) => Wanted::Number(number),
        (None, Scanned::Listing(listing)) => Wanted::Lot(LotAsked::Listing(ListingId(listing))),
        (None, Scanned::Lot(code)) => Wanted::Lot(LotAsked::Code(code)),
        (None, Scanned::Typed(text)) => Wanted::Either(text),
    }
}

/// Whether a scanned address names another sale: as `sale=` on a number card, or in its path. The same number is somebody
/// else there.
fn is_of_other_sale(text: &str, sale: &str) -> bool {
    if matches!(Scanned::read(text), Scanned::Typed(_)) {
        return false;
    }
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let by_query = query.split(['&', '#']).find_map(|pair| pair.strip_prefix("sale="));
    let by_path = path.rsplit_once("/sales/").map(|(_, code)| code.trim_end_matches('/'));
    by_query.or(by_path).is_some_and(|named| !named.eq_ignore_ascii_case(sale))
}

/// A bill as a link leads to it: maybe after a payment that was just taken, maybe with a lot that was scanned.
fn arrival(request: &Request, bill: crate::house::money::bill::Bill, marked: Option<i64>) -> BillPart {
    let number = |name| request.query(name).and_then(|text| text.parse::<i64>().ok());
    let paid = number("paid").and_then(|id| {
        let payment = bill.payments.iter().find(|payment| payment.id == id && !payment.voided)?;
        Some(Paid { payment: payment.clone(), change: number("change").filter(|change| *change > 0) })
    });
    let done = request.query("done").filter(|done| ["handed-over", "voided"].contains(done));
    BillPart {
        done: done.map(|done| format!("checkout-{done}")),
        paid,
        marked,
        is_in_advance: request.query("advance").is_some(),
        ..BillPart::of(bill)
    }
}

fn of_lot(
    app: &App,
    request: &Request,
    pass: &Pass,
    frame: DeskFrame,
    lot: &LotAsked,
    typed: String,
) -> Outcome<Reply> {
    let bought = match app.house.buyer_at_desk(pass, lot) {
        Ok(bought) => bought,
        Err(fault) => return not_found(frame, typed, fault.into()),
    };
    let Some(number) = bought.number else {
        let sentence = frame.words.t1("checkout-no-number", "name", bought.buyer.as_str());
        return Reply::page(404, &Checkout { typed, amiss: Some(sentence), ..Checkout::empty(frame) });
    };
    let bill = app.house.bill_at_desk(pass, number)?;
    Reply::page(200, &Checkout::bill(frame, arrival(request, bill, Some(bought.settlement))))
}

fn of_name(app: &App, pass: &Pass, frame: DeskFrame, name: String) -> Outcome<Reply> {
    let guests = app.house.find_guests(pass, &name)?;
    let status = if guests.is_empty() { 404 } else { 200 };
    let found = Some(Found { name, guests });
    Reply::page(status, &Checkout { found, ..Checkout::empty(frame) })
}

/// The field again, with what was typed and why it found nothing.
fn not_found(frame: DeskFrame, typed: String, problem: Problem) -> Outcome<Reply> {
    let sentence = match problem.refusal.as_deref() {
        Some(Refusal::NotFound("bidder")) => frame.t("desk-no-number"),
        Some(Refusal::NotFound("lot")) => frame.t("desk-no-lot"),
        Some(refusal) => sentences::refusal(&frame, refusal),
        None => return Err(problem),
    };
    Reply::page(problem.status(), &Checkout { typed, amiss: Some(sentence), ..Checkout::empty(frame) })
}

/// The bill of a number again, after a write that was refused: with what is asked, or what is wrong with the typed values.
pub fn again(
    app: &App,
    request: &Request,
    number: i64,
    problem: Problem,
    asking: Asking,
    filled: Filled,
) -> Outcome<Reply> {
    let (pass, _) = request.at_desk()?;
    let bill: Answer<_> = app.house.bill_at_desk(pass, number);
    let Ok(bill) = bill else { return Err(problem) };
    let frame = DeskFrame::of(app, request)?;
    let said = match asking {
        Asking::Nothing if !filled.has_errors() => Some(desk::sentences::problem(&frame, &problem)),
        _ => filled.error("").map(str::to_owned),
    };
    let part = BillPart { refused: said, asking, filled, ..BillPart::of(bill) };
    Ok(problem.dress(Reply::page(problem.status(), &Checkout::bill(frame, part))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_of_another_sale_is_told_apart() {
        for (text, is_other) in [
            ("17", false),
            ("https://lots.example/login?sale=spring&number=17", false),
            ("https://lots.example/login?number=17&sale=SPRING", false),
            ("https://lots.example/login?number=17&sale=autumn", true),
            ("https://lots.example/sales/autumn?lot=a1", true),
            ("https://lots.example/sales/spring?lot=a1", false),
            ("https://lots.example/listings/4", false),
            ("https://lots.example/login?number=17", false),
        ] {
            assert_eq!(is_of_other_sale(text, "spring"), is_other, "{text}");
        }
    }
}
