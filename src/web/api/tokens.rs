//! The caller's tokens for programs: list, add, revoke. No token reaches this itself.

use crate::house::people::tokens::{AddedToken, By, TokenAsked};
use crate::store::api_tokens::ApiToken;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::own_hand::prove;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

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
    prove(app, request, password.as_deref())?;
    Ok(app.house.add_api_token(person.id, asked, By::Owner)?)
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
