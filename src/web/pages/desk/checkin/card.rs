//! Shows a number card, and gives a guest a new PIN.

use crate::web::app::App;
use crate::web::pages::desk::checkin::view::CardPage;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::form;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::pages::parts::qr_code::QrCode;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::write_key;

/// Shows the card of the guest who was registered, or given a new PIN, by the form with this `key`.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, token) = request.at_desk()?;
    let card = app.house.number_card(pass, token, request.query("key").unwrap_or_default())?;
    let address = request.public_address(&app.settings());
    // Without the PIN: an address that logs in by itself would stay in the history of a phone that is passed around.
    let code =
        format!("{address}/login?number={}&sale={}", card.guest.number, percent_encoded(&pass.sale_code));
    let bare = address.trim_start_matches("https://").trim_start_matches("http://");
    let in_groups = |pin: String| {
        let (first, last) = pin.split_at(pin.len() / 2);
        format!("{first} {last}")
    };
    let page = CardPage {
        frame: DeskFrame::of(app, request)?,
        sale: app.house.sale_name_at_desk(pass)?,
        pin: card.pin.map(in_groups),
        code: QrCode::of(code),
        short_address: format!("{bare}/login"),
        guest: card.guest,
    };
    // The PIN stands beside what an address can choose.
    Ok(Reply::page(200, &page)?.plain())
}

/// Gives a guest a new PIN in place of the one before, then shows the new card.
pub fn new_pin(app: &App, request: &Request) -> Outcome<Reply> {
    let (pass, token) = request.at_desk()?;
    let mut input = form::read(app, request)?;
    let key = write_key::of_form(&mut input)?;
    let number = input.needed_bidder_number("number");
    input.done()?;
    match app
        .house
        .new_pin_at_desk(pass, token, write_key::bound(request, &key), number)
        .map_err(Problem::from)
    {
        Ok(_) => Ok(Reply::see_other(format!("/desk/checkin/card?key={}", percent_encoded(&key)))),
        Err(problem) => Err(problem),
    }
}
