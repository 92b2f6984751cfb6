//! Passwords, forgotten and changed, and the mail that verifies an address.

use crate::house::people::log_in::token_hash;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::store::sessions::TokenHash;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::own_hand::within_limits;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Has a link that sets a new password mailed to an address, if it has an account. The answer and its time are the same
/// for every address, for what is none, and in a house without passwords.
pub fn forgotten(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_api(request, false)?;
    let email = input.needed_text("email");
    input.done()?;
    match forget(app, request, &email) {
        Err(problem) if !is_of_no_use(&problem) => Err(problem),
        _ => Ok(Reply::empty(204)),
    }
}

fn is_of_no_use(problem: &Problem) -> bool {
    matches!(problem.refusal.as_deref(), Some(Refusal::Invalid(_) | Refusal::SignOnOnly))
}

/// Notes a forgotten password, at the rate of the request's address.
pub fn forget(app: &App, request: &Request, email: &str) -> Outcome<()> {
    app.limits.forgotten(request.client.address)?;
    Ok(app.house.forget_password(email)?)
}

/// Sets a new password by a link from a mail.
pub fn reset(app: &App, request: &Request) -> Outcome<Reply> {
    let mut input = Input::of_api(request, false)?;
    let (token, password) = (input.needed_text("token"), input.needed_text("password"));
    input.done()?;
    set_by_link(app, &token, &password)?;
    Ok(Reply::empty(204))
}

/// Sets a new password by a link from a mail, and ends the sessions and streams of its account.
pub fn set_by_link(app: &App, token: &str, password: &str) -> Outcome<()> {
    end_streams(app, &app.house.reset_password(token, LinkKind::Reset, password)?);
    Ok(())
}

/// Changes the caller's password. Their other sessions end.
pub fn change(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let (old, new) = (input.needed_text("old"), input.needed_text("new"));
    input.done()?;
    set(app, request, &old, &new)?;
    Ok(Reply::empty(204))
}

/// Changes the caller's password, within the limits of failed log-ins. Refuses `invalid`, and `rate_limited`.
pub fn set(app: &App, request: &Request, old: &str, new: &str) -> Outcome<()> {
    let person = request.signed_in()?;
    let kept = request.token.as_ref().map(|token| token_hash(&token.text));
    let change = || app.house.change_password(person.id, old, new, kept);
    end_streams(app, &within_limits(app, request, person, change)?);
    Ok(())
}

/// Mails the caller the link that verifies their address, again.
pub fn send_verification(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    Input::nothing(request)?;
    app.house.ask_verification(person.id)?;
    Ok(Reply::empty(204))
}

fn end_streams(app: &App, ended: &[TokenHash]) {
    ended.iter().for_each(|token| app.hub.log_out(*token));
}
