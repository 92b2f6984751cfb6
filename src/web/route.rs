//! A route: a path with a method, its handler, and everything else the server must know of it. The routes of the house
//! are in [`routes`](super::routes).

use super::app::App;
use super::problem::Outcome;
use super::reply::Reply;
use super::request::{MAX_BODY_BYTES, Method, Request};
use super::stats::Kind;
use crate::gate::config::WorkerPool;
use crate::house::Answer;
use crate::house::bidding::place_bid::{self, Accepted};
use crate::house::listings::pictures::MAX_PICTURE_BYTES;
use crate::rules::desk::Right;
use crate::rules::listing::ListingId;
use crate::rules::scope::Scope;
use std::sync::Arc;

/// The largest form with pictures, in bytes: four of the largest pictures or eight as phones take them, and a little
/// for the other fields.
pub const MAX_FORM_BYTES: usize = 4 * MAX_PICTURE_BYTES + 256 * 1_024;

/// One path and method of the house. A route for `GET` also answers `HEAD`.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: Method,
    /// As `matchit` reads it: a part in braces matches any one segment.
    pub path: &'static str,
    pub access: Access,
    /// What a program's token must be for; none: no token reaches it, only a session.
    pub scope: Option<Scope>,
    pub handler: Handler,
    pub pool: PoolChoice,
    pub body: BodyLimit,
    /// What the metrics count its requests as.
    pub kind: Kind,
}

/// The function that answers a route, by what it takes from the path.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Takes nothing from the path.
    Plain(fn(&App, &Request) -> Outcome<Reply>),
    /// Takes the id of a listing; a segment that is no id is refused as `not_found` before the handler is called.
    OfListing(fn(&App, &Request, ListingId) -> Outcome<Reply>),
    /// Takes the segment in braces as it is.
    Named(fn(&App, &Request, &str) -> Outcome<Reply>),
    /// Takes the id of a listing to place a bid on.
    OfBid(fn(&Arc<App>, &Request, ListingId) -> Outcome<Response>),
    /// Takes nothing from the path, and places a bid for a guest.
    OfDeskBid(fn(&Arc<App>, &Request) -> Outcome<Response>),
}

/// What a handler decides: a reply now, or one that follows when the bid is on the disk.
pub enum Response {
    Reply(Reply),
    Bid(place_bid::Request, AfterBid),
}

/// Makes the reply to a bid once it is decided.
pub type AfterBid = Box<dyn FnOnce(&Arc<App>, Answer<Accepted>) -> Outcome<Reply> + Send>;

/// The callers that a route is open to. Its handler checks them; a test calls each route as a guest and compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Guests too. What they are shown may still be less than what a session is shown.
    Anyone,
    /// A session, by cookie or bearer token. A guest is answered 401 by the API, and sent to log in by a page.
    Session,
    /// A pass with this right, by the desk's cookie or a bearer token; any pass, if there is none. Without one, the API
    /// answers 401, and a page leads to where a code is given.
    Desk(Option<Right>),
}

/// Which worker pool answers a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolChoice {
    Always(WorkerPool),
    /// For a list of listings: `Searches` where the query narrows it, `Quick` where it does not. An index knows which
    /// listings close next; for anything else all of them may be looked at.
    ByQuery,
}

/// The largest body that a route takes; a larger one is refused as `too_large`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLimit {
    /// [`MAX_BODY_BYTES`].
    Small,
    /// [`MAX_FORM_BYTES`].
    WithPictures,
}

/// A route that reads: quick unless it says otherwise.
pub const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
    let pool = PoolChoice::Always(WorkerPool::Quick);
    let (scope, body) = (Some(Scope::Read), BodyLimit::Small);
    Route { method: Method::Get, path, access, scope, handler, pool, body, kind: Kind::Read }
}

/// A route that writes.
pub const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
    let pool = PoolChoice::Always(WorkerPool::Writes);
    let body = BodyLimit::Small;
    Route { method: Method::Post, path, access, scope: None, handler, pool, body, kind: Kind::Write }
}

/// A route that changes a part of something.
pub const fn patch(path: &'static str, access: Access, handler: Handler) -> Route {
    Route { method: Method::Patch, ..post(path, access, handler) }
}

/// A route that ends or withdraws something.
pub const fn delete(path: &'static str, access: Access, handler: Handler) -> Route {
    Route { method: Method::Delete, ..post(path, access, handler) }
}

/// A route that places a bid.
pub const fn bid(
    path: &'static str,
    place: fn(&Arc<App>, &Request, ListingId) -> Outcome<Response>,
) -> Route {
    let route = post(path, Access::Session, Handler::OfBid(place)).pool(WorkerPool::Bids).scope(Scope::Bid);
    Route { kind: Kind::Bid, ..route }
}

/// A route that places a bid for a guest.
pub const fn desk_bid(path: &'static str, place: fn(&Arc<App>, &Request) -> Outcome<Response>) -> Route {
    let desk = Access::Desk(Some(Right::Bid));
    let route = post(path, desk, Handler::OfDeskBid(place)).pool(WorkerPool::Bids).scope(Scope::Desk);
    Route { kind: Kind::Bid, ..route }
}

impl Route {
    /// The same route, answered by another pool.
    pub const fn pool(self, pool: WorkerPool) -> Route {
        Route { pool: PoolChoice::Always(pool), ..self }
    }

    /// The same route, open to tokens with this scope.
    pub const fn scope(self, scope: Scope) -> Route {
        Route { scope: Some(scope), ..self }
    }

    /// The same route, which no token reaches.
    pub const fn without_scope(self) -> Route {
        Route { scope: None, ..self }
    }

    /// The same route, whose pool depends on the query.
    pub const fn pool_by_query(self) -> Route {
        Route { pool: PoolChoice::ByQuery, ..self }
    }

    /// The same route, with room for pictures in its body.
    pub const fn with_pictures(self) -> Route {
        Route { body: BodyLimit::WithPictures, ..self }
    }
}

impl PoolChoice {
    /// The pool for a request with this query; empty for none.
    pub fn pool(self, query: &str) -> WorkerPool {
        match self {
            PoolChoice::Always(pool) => pool,
            PoolChoice::ByQuery if narrows(query) => WorkerPool::Searches,
            PoolChoice::ByQuery => WorkerPool::Quick,
        }
    }
}

/// Whether a query asks a list for anything but the listings that close next.
fn narrows(query: &str) -> bool {
    let keys = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    keys.into_iter().any(|key| !matches!(key, "" | "lang" | "limit" | "after" | "done"))
}

impl BodyLimit {
    pub fn bytes(self) -> usize {
        match self {
            BodyLimit::Small => MAX_BODY_BYTES,
            BodyLimit::WithPictures => MAX_FORM_BYTES,
        }
    }
}
