//! The terms of the house, and their acceptance by the caller.

use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Shows the newest version, or the one that the query names. Refuses `not_found` where there is none.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    Reply::json(200, &app.house.terms(version(request)?)?)
}

/// The version that the query names. Refuses `bad_request` for what is no version.
pub fn version(request: &Request) -> Outcome<Option<i64>> {
    let Some(text) = request.query("version").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let version = text.parse().ok().filter(|version: &i64| *version > 0);
    version.map(Some).ok_or_else(|| Problem::bad_request("version must be a whole number from 1 on."))
}

/// Accepts the newest version for the caller.
pub fn accept(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let version = input.needed_whole("version");
    input.done()?;
    app.house.accept_terms(person.id, version)?;
    Ok(Reply::empty(204))
}
