//! The watchlist by form: for an account it is stored in the house, for a guest in a cookie.

use crate::rules::listing::{AccountId, ListingId};
use crate::web::app::App;
use crate::web::pages::parts::context::with_done;
use crate::web::pages::parts::form;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::{MAX_WATCHED, Request, WATCHED_COOKIE};

/// How long a guest's watchlist is kept, in seconds.
const COOKIE_LIFE_S: i64 = 365 * 86_400;

/// Adds the listing to the watchlist with `on=yes`, and removes it otherwise.
pub fn set(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let on = form::read(app, request)?.text("on").as_deref() == Some("yes");
    let said = if on { "watched" } else { "unwatched" };
    let back = Reply::see_other(with_done(&format!("/listings/{id}"), said));
    if let Some(person) = &request.person {
        app.house.watch(person.id, id, on)?;
        return Ok(back);
    }
    app.house.show(id)?;
    let mut watched: Vec<ListingId> = request.watched.iter().copied().filter(|known| *known != id).collect();
    if on {
        watched.insert(0, id);
        watched.truncate(MAX_WATCHED);
    }
    Ok(back.with("Set-Cookie", cookie(request, &watched)))
}

/// Moves a guest's watchlist into the account that they log in to. If that fails, the log-in still succeeds, and the
/// list stays in the cookie.
pub fn bring_along(app: &App, request: &Request, reply: Reply, account: AccountId) -> Outcome<Reply> {
    if request.watched.is_empty() {
        return Ok(reply);
    }
    if let Err(fault) = app.house.watch_all(account, request.watched.clone()) {
        let problem = Problem::from(fault);
        tracing::warn!(?account, code = problem.code, "a guest's watchlist was not moved into the account");
        return Ok(reply);
    }
    Ok(reply.with("Set-Cookie", cookie(request, &[])))
}

/// Whether a person, or a guest by their cookie, watches a listing.
pub fn is_watched(
    app: &App,
    request_watched: &[ListingId],
    person: Option<AccountId>,
    id: ListingId,
) -> Outcome<bool> {
    match person {
        Some(person) => Ok(app.house.read(|snapshot| snapshot.is_watched(person, id))?),
        None => Ok(request_watched.contains(&id)),
    }
}

fn cookie(request: &Request, watched: &[ListingId]) -> String {
    let ids: Vec<String> = watched.iter().map(ToString::to_string).collect();
    let life_s = if ids.is_empty() { 0 } else { COOKIE_LIFE_S };
    let (ids, path) = (ids.join("."), request.cookie_scope().path());
    format!("{WATCHED_COOKIE}={ids}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Lax")
}
