//! The caller's tokens for programs: list, add, revoke. No token reaches this itself.

use crate::house::people::log_in::{Device, Named};
use crate::house::people::tokens::{AddedToken, By, TokenAsked};
use crate::rules::refusal::Refusal;
use crate::store::api_tokens::ApiToken;
use crate::store::sessions::Person;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::time::Instant;

/// How old a log-in may be that still shows who asks, in seconds.
pub const FRESH_S: i64 = 15 * 60;

/// Lists the tokens that are not revoked, the oldest first.
pub fn list(app: &App, request: &Request) -> Outcome<Reply> {
    let tokens = app.house.api_tokens(request.signed_in()?.id)?;
    Reply::json(200, &json!({"tokens": tokens.iter().map(view).collect::<Value>()}))
}

/// A token as programs read it.
pub fn view(token: &ApiToken) -> Value {
    json!({
        "name": token.name, "may": token.may, "made_at": token.made_at, "ends_at": token.ends_at,
        "used_at": token.used_at,
    })
}

/// Adds a token, and answers with its text, which no other answer shows.
pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    request.signed_in()?;
    let mut input = Input::of_api(request, false)?;
    let added = add_sent(app, request, &mut input)?;
    let mut body = view(&added.token);
    body["token"] = added.text.into();
    Ok(Reply::json(201, &body)?.unkept())
}

/// Reads `name`, `may`, `until` and `password`, and adds the token. Refuses as [`prove`] does, and as the house.
pub fn add_sent(app: &App, request: &Request, input: &mut Input) -> Outcome<AddedToken> {
    let person = request.signed_in()?;
    let name = input.needed_text("name");
    let (may, ends_at) = (input.needed_scopes(), input.time("until", app.house.now()));
    let password = input.text("password");
    input.done()?;
    let asked = TokenAsked { name, may: may.expect("a fault was noted otherwise"), ends_at };
    prove(app, request, person, password.as_deref())?;
    Ok(app.house.add_api_token(person.id, asked, By::Owner)?)
}

/// Refuses `invalid` unless the caller has shown who they are: by a log-in of the last 15 minutes, but not one by a
/// number and a PIN, or by the password, whose wrong tries count as failed log-ins.
pub fn prove(app: &App, request: &Request, person: &Person, password: Option<&str>) -> Outcome<()> {
    let Some(password) = password else {
        return if is_fresh(app, request)? { Ok(()) } else { Err(Refusal::LogInTooOld.into()) };
    };
    let called = person.email.clone().unwrap_or_else(|| format!("account {}", person.id));
    let named = Named::Email(&called);
    let is_home = |network| app.house.knows_device(named, Device::Network(network));
    let tried = app.log_in_limits.begin(named, request.client.address, None, Instant::now(), is_home)?;
    if app.house.is_password_of(person.id, password)? {
        app.log_in_limits.succeeded(tried, Instant::now());
        return Ok(());
    }
    app.log_in_limits.failed(tried, Instant::now())?;
    Err(Refusal::WrongPassword("password").into())
}

/// Whether the log-in alone shows who asks.
pub fn is_fresh(app: &App, request: &Request) -> Outcome<bool> {
    let (person, token) =
        (request.signed_in()?, request.token.as_ref().ok_or_else(Problem::unauthenticated)?);
    let is_old = person.logged_in_at.plus_s(FRESH_S) <= app.house.now();
    Ok(!is_old && !app.house.is_by_pin(&token.text)?)
}

/// Revokes the token of this name; its streams end.
pub fn revoke(app: &App, request: &Request, name: &str) -> Outcome<Reply> {
    request.signed_in()?;
    Input::nothing(request)?;
    let name = percent_decode_str(name).decode_utf8().map_err(|_| Problem::not_found("token"))?;
    end(app, request, &name)?;
    Ok(Reply::empty(204))
}

/// Revokes a token of the caller, and ends its streams. Refuses `not_found`.
pub fn end(app: &App, request: &Request, name: &str) -> Outcome<()> {
    let person = request.signed_in()?;
    if let Some(token) = app.house.revoke_api_token(person.id, name, By::Owner)? {
        app.hub.log_out(token.hash);
    }
    Ok(())
}
