//! Entering the desk with the code of a pass: by the page that a link opens, and by the API.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::request::Request;
use crate::house::desk::passes::EnteredDesk;
use std::time::Instant;

/// Binds the pass of a code to the caller, who keeps the token that they hold already. Refuses `unauthenticated` (a wrong
/// code, or a pass that has ended), `in_use` (bound to another browser or program) and `rate_limited` (after five wrong
/// codes in a minute from one address).
pub fn enter(app: &App, request: &Request, code: &str) -> Outcome<EnteredDesk> {
    let known =
        app.wrong_codes.check(request.client.address, Instant::now(), || app.house.knows_code(code))?;
    let held = request.token.as_ref().map(|token| token.text.as_str());
    let entered = if known { app.house.enter_desk(code, held)? } else { None };
    entered.ok_or_else(|| Problem::new("unauthenticated", "No pass has this code.").because("wrong_code"))
}
