//! The browsers in which the caller is notified by push.

use crate::house::notices::subscribe::{MAX_SUBSCRIPTIONS, Subscribing};
use crate::house::people::log_in::token_hash;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::{Value, json};

/// Shows the key that browsers subscribe with, and the browsers that have.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let subscriptions = app.house.subscriptions(person.id)?;
    let listed: Vec<Value> = subscriptions
        .iter()
        .map(|held| json!({"endpoint": held.endpoint, "made_at": held.made_at}))
        .collect();
    let body = json!({
        "public_key": app.house.push_key()?.public(), "n": listed.len(), "most": MAX_SUBSCRIPTIONS,
        "subscriptions": listed,
    });
    Reply::json(200, &body)
}

/// Notifies the caller in a browser from now on, until the session ends in which it subscribed: 201, or 204 where it was so
/// before.
pub fn subscribe(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let token = request.token.as_ref().ok_or_else(Problem::unauthenticated)?;
    app.limits.push(person.id)?;
    let mut input = Input::of_api(request, false)?;
    let subscribing = Subscribing {
        endpoint: input.needed_text("endpoint"),
        p256dh: input.needed_text("keys.p256dh"),
        auth: input.needed_text("keys.auth"),
    };
    // Browsers send it along; push services say themselves when a subscription has ended.
    input.note("expirationTime");
    input.done()?;
    match app.house.subscribe(person.id, token_hash(&token.text), &subscribing)? {
        true => Reply::json(201, &json!({"endpoint": subscribing.endpoint})),
        false => Ok(Reply::empty(204)),
    }
}

/// Notifies the caller no longer in the browser with this endpoint. The rest of what browsers call a subscription may
/// stand beside it, as when they subscribe.
pub fn unsubscribe(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    app.limits.push(person.id)?;
    let mut input = Input::of_api(request, false)?;
    let endpoint = input.needed_text("endpoint");
    ["keys", "expirationTime"].into_iter().for_each(|name| input.note(name));
    input.done()?;
    app.house.unsubscribe(person.id, &endpoint)?;
    Ok(Reply::empty(204))
}
