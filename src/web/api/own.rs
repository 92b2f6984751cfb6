//! The caller's own account: change it, its sessions, all that the house holds of it, and its end.

use crate::house::people::own::Changes;
use crate::house::people::own_sessions::session_id;
use crate::web::api::me;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::own_hand::{self, owner, present};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::session_cookie;
use serde_json::{Value, json};

/// Changes the name, the address or the language, and shows the account as it is then.
pub fn change(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let changes =
        Changes { name: input.text("name"), email: input.text("email"), language: input.text("language") };
    let typed = input.text("password");
    input.done()?;
    if changes.email.is_some() {
        count_address(app, request)?;
    }
    own_hand::change(app, request, changes, typed.as_deref())?;
    me::show(app, request)
}

/// Counts a new address at the rate of sign-ups: like those, the answer tells whether somebody has it. Refuses
/// `rate_limited`.
pub fn count_address(app: &App, request: &Request) -> Outcome<()> {
    Ok(app.limits.sign_up(request.client.address)?)
}

/// Lists the caller's sessions, those used last first.
pub fn sessions(app: &App, request: &Request) -> Outcome<Reply> {
    let (person, present) = (request.signed_in()?, present(request));
    let sessions = app.house.sessions_of(person.id)?.into_iter().map(|session| {
        json!({
            "id": session_id(&session.token), "device": session.device, "at": session.at,
            "seen_at": session.seen_at, "current": Some(session.token) == present,
        })
    });
    Reply::json(200, &json!({"sessions": sessions.collect::<Vec<Value>>()}))
}

/// Ends one of the caller's sessions, and its streams.
pub fn end_session(app: &App, request: &Request, id: &str) -> Outcome<Reply> {
    request.signed_in()?;
    Input::nothing(request)?;
    let is_present = own_hand::end_session(app, request, id)?;
    let reply = Reply::empty(204);
    Ok(if is_present { session_cookie::end(reply, request.cookie_scope()) } else { reply })
}

/// Shows all that the house holds of the caller, to be kept as a file.
pub fn export(app: &App, request: &Request) -> Outcome<Reply> {
    let person = owner(request)?;
    let reply = Reply::json(200, &app.house.own_data(person.id)?)?;
    Ok(reply.with("Content-Disposition", "attachment; filename=\"account.json\""))
}

/// Closes the caller's account.
pub fn close(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let typed = input.text("password");
    input.done()?;
    own_hand::close(app, request, typed.as_deref())?;
    Ok(session_cookie::end(Reply::empty(204), request.cookie_scope()))
}
