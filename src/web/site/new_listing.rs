//! `/listings/new`: the form, checked in the page and here; what was typed stays when something is wrong.

use super::entry::filled_again;
use super::frame::{Basis, with_done};
use crate::web::api::listings::list;
use crate::web::app::App;
use crate::web::input::{Input, Writing};
use crate::web::pages::filled::Filled;
use crate::web::pages::new_listing::NewListing;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    page(app, request, 200, Filled::default())
}

fn page(app: &App, request: &Request, status: u16, filled: Filled) -> Outcome<Reply> {
    let frame = Basis::of(request).frame(app, 0)?;
    let commission_bps = app.settings().terms().commission_bps;
    Reply::page(status, &NewListing { frame, filled, commission_bps })
}

pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let current = app.current();
    let people = Writing::People { currency: current.currency, zone: current.zone };
    let mut input = Input::of_form(request, people)?;
    let draft = input.draft(app.house.now());
    let listed = input.done().and_then(|()| list(app, person, draft, input.picture.as_deref()));
    match listed {
        Ok(listing) => {
            Ok(Reply::see_other(with_done(&format!("/listings/{}", listing.listing.id), "listed")))
        }
        Err(problem) => again(app, request, &input, &problem),
    }
}

fn again(app: &App, request: &Request, input: &Input, problem: &Problem) -> Outcome<Reply> {
    let frame = Basis::of(request).frame(app, 0)?;
    page(app, request, problem.status(), filled_again(&frame, input, problem))
}
