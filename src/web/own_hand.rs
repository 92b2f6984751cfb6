//! What people may do to their own accounts only by themselves: with the password, or soon after a log-in with it. A
//! number and a PIN are not enough, for a card is lost easily.

use crate::house::people::log_in::{Named, token_hash};
use crate::house::people::own::Changes;
use crate::house::people::own_sessions::session_id;
use crate::house::{Answer, Fault};
use crate::rules::refusal::Refusal;
use crate::store::sessions::{Person, TokenHash};
use crate::web::api::people::begin;
use crate::web::app::App;
use crate::web::problem::{Outcome, Problem};
use crate::web::request::Request;
use std::time::Instant;

/// The person of a session that a password or a sign-on has opened. Refuses `unauthenticated` and `forbidden`.
pub fn owner(request: &Request) -> Outcome<&Person> {
    let person = request.signed_in()?;
    match person.by_pin {
        true => {
            Err(Problem::new("forbidden", "Log in with your email and password for this.").because("by_pin"))
        }
        false => Ok(person),
    }
}

/// Refuses `invalid` unless the caller has shown who they are: by a log-in of the last
/// [`FRESH_S`](crate::house::people::own::FRESH_S), but not one by a number and a PIN, or by the password beside the
/// request, which is looked at whenever one is sent. Refuses `rate_limited` as [`within_limits`] does.
pub fn prove(app: &App, request: &Request, typed: Option<&str>) -> Outcome<()> {
    let person = request.signed_in()?;
    let Some(typed) = typed else {
        return if app.house.is_fresh(person) { Ok(()) } else { Err(Refusal::LogInTooOld.into()) };
    };
    within_limits(app, request, person, || match app.house.is_password_of(person.id, typed)? {
        true => Ok(()),
        false => Err(Refusal::WrongPassword("password").into()),
    })
}

/// Runs what asks for the password, within the limits of log-ins: a stolen session guesses no faster than a stranger.
/// Refuses `rate_limited`.
pub fn within_limits<T>(
    app: &App,
    request: &Request,
    person: &Person,
    f: impl FnOnce() -> Answer<T>,
) -> Outcome<T> {
    let name = person.email.clone().unwrap_or_else(|| format!("account {}", person.id));
    let tried = begin(app, request, Named::Email(&name))?;
    let answer = f();
    match &answer {
        Err(Fault::Refused(Refusal::WrongPassword(_))) => app.log_in_limits.failed(tried, Instant::now())?,
        Ok(_) => app.log_in_limits.succeeded(tried, Instant::now()),
        // It says nothing of the password.
        Err(_) => {}
    }
    Ok(answer?)
}

/// Changes the account. A new address takes a fresh log-in or the password. Refuses as
/// [`House::change_own`](crate::house::House::change_own) does, and `invalid` for the password.
pub fn change(app: &App, request: &Request, changes: Changes, typed: Option<&str>) -> Outcome<()> {
    let person = request.signed_in()?;
    if changes.name.is_some() || changes.email.is_some() {
        owner(request)?;
    }
    if changes.email.is_some() {
        prove(app, request, typed)?;
    }
    Ok(app.house.change_own(person.id, changes)?)
}

/// Ends one of the person's sessions, and its streams. Refuses `not_found`; and with a number and a PIN any session but
/// the present one.
pub fn end_session(app: &App, request: &Request, id: &str) -> Outcome<bool> {
    let is_present = present(request).is_some_and(|token| session_id(&token) == id);
    let person = if is_present { request.signed_in()? } else { owner(request)? };
    let token = app.house.end_session_called(person.id, id)?;
    app.hub.log_out(token);
    Ok(is_present)
}

/// Closes the account, with the password that it has. Refuses as
/// [`House::close_own`](crate::house::House::close_own) does; without a password, the log-in must be fresh.
pub fn close(app: &App, request: &Request, typed: Option<&str>) -> Outcome<()> {
    let person = owner(request)?;
    let has_password = app.house.own_account(person.id)?.has_password;
    let ended: Vec<TokenHash> = match has_password {
        true => within_limits(app, request, person, || app.house.close_own(person.id, typed))?,
        false => {
            prove(app, request, None)?;
            app.house.close_own(person.id, None)?
        }
    };
    ended.into_iter().for_each(|token| app.hub.log_out(token));
    Ok(())
}

/// The hash of the session that the request came with.
pub fn present(request: &Request) -> Option<TokenHash> {
    request.token.as_ref().map(|token| token_hash(&token.text))
}
