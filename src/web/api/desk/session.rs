//! The token of a pass, for the code that `auction desk open` printed.

use crate::web::app::App;
use crate::web::desk_entry::enter;
use crate::web::input::Input;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// Binds a pass to the caller, and answers with its token and what it may do. Refuses as [`enter`] does.
pub fn open(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_api(request, false)?;
    let code = input.needed_text("code");
    input.done()?;
    let entered = enter(app, request, &code)?;
    let pass = &entered.pass;
    let body = json!({
        "token": entered.token, "name": pass.name, "sale": pass.sale_code, "may": pass.may, "until": pass.ends_at,
    });
    Reply::json(201, &body)
}
