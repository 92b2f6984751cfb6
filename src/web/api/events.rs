//! `GET /events`: reads what a watcher wants and from which event on. The hub sends the stream.

use crate::house::people::log_in::token_hash;
use crate::rules::listing::ListingId;
use crate::web::app::App;
use crate::web::live::{MAX_LISTINGS, Wanted, Watching};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use std::collections::BTreeSet;

/// Lets a watcher in; the gate opens the stream. Refuses `bad_request`.
pub fn watch(app: &App, request: &Request) -> Outcome<Reply> {
    let wanted = wanted(request.query("listings"))?;
    // Without a cursor the stream begins now: fixed here, because a bid may come before the hub hears of the watcher.
    let cursor = match cursor(request)? {
        Some(cursor) => cursor,
        None => app.house.read(|snapshot| snapshot.last_event())?.id,
    };
    let person = match (&request.person, &request.token) {
        (Some(person), Some(token)) => Some((person.id, token_hash(&token.text))),
        _ => None,
    };
    let by_token = request.person.as_ref().and_then(|person| person.by_token.as_ref());
    let ends_at = by_token.and_then(|token| token.ends_at);
    let ticket = app.hub.admit(Watching { wanted, person, ends_at, cursor });
    Ok(Reply::new(200, "text/event-stream", Vec::new())
        .with("X-Accel-Buffering", "no")
        .with("X-Watch", ticket.to_string()))
}

fn wanted(listings: Option<&str>) -> Outcome<Wanted> {
    let Some(text) = listings else {
        return Err(Problem::bad_request("Name the listings: listings=1,2 or listings=all."));
    };
    if text == "all" {
        return Ok(Wanted::All);
    }
    let ids: Option<BTreeSet<ListingId>> =
        text.split(',').filter(|id| !id.is_empty()).map(|id| id.trim().parse().ok().map(ListingId)).collect();
    let ids = ids.ok_or_else(|| Problem::bad_request("listings must be a list of ids, or all."))?;
    if ids.len() > MAX_LISTINGS {
        return Err(Problem::bad_request(format!("At most {MAX_LISTINGS} listings can be named; or all.")));
    }
    Ok(Wanted::Listings(ids))
}

/// Returns the cursor, if any. `Last-Event-ID` goes before `after`, because a browser that comes back knows more than
/// the page it came from. A number too large for an id counts as newer than every event.
fn cursor(request: &Request) -> Outcome<Option<i64>> {
    let header = request.last_event_id.as_deref().filter(|id| !id.is_empty());
    let text = header.or(request.query("after").filter(|after| !after.is_empty()));
    let Some(text) = text.map(str::trim) else {
        return Ok(None);
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::bad_request("A cursor must be the id of an event."));
    }
    Ok(Some(text.parse().unwrap_or(i64::MAX)))
}
