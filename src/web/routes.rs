//! Which path leads where, and which methods it takes.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::reply::Reply;
use super::request::{Method, Request, listing_id};
use super::{api, metrics, origin, site};
use crate::house::Answer;
use crate::house::place_bid::{self, Accepted};
use matchit::{Match, Router};
use std::sync::{Arc, OnceLock};

/// What a handler decided: an answer now, or one that comes when the bid is on the disk.
pub enum Next {
    Reply(Reply),
    Bid(place_bid::Request, AfterBid),
}

/// Makes the answer of a bid once it is decided.
pub type AfterBid = Box<dyn FnOnce(&Arc<App>, Answer<Accepted>) -> Outcome<Reply> + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Accounts,
    Sessions,
    CurrentSession,
    Me,
    MyBids,
    MyWon,
    MyListings,
    MyWatched,
    ApiListings,
    ApiListing,
    ApiBids,
    ApiBuy,
    ApiSettlement,
    ApiProof,
    ApiWatch,
    Time,
    OpenApi,
    Events,
    Healthz,
    Readyz,
    Metrics,
    Home,
    Listing,
    Proof,
    Bids,
    Buy,
    Cancel,
    Watch,
    Sheet,
    Invoice,
    NewListing,
    Join,
    LogIn,
    LogOut,
    Account,
    ChooseMails,
    Board,
    Help,
    HelpPage,
    Picture,
    Asset,
    Favicon,
}

const PLACES: &[(&str, Place)] = &[
    ("/api/v1/accounts", Place::Accounts),
    ("/api/v1/sessions", Place::Sessions),
    ("/api/v1/sessions/current", Place::CurrentSession),
    ("/api/v1/me", Place::Me),
    ("/api/v1/me/bids", Place::MyBids),
    ("/api/v1/me/won", Place::MyWon),
    ("/api/v1/me/listings", Place::MyListings),
    ("/api/v1/me/watched", Place::MyWatched),
    ("/api/v1/listings", Place::ApiListings),
    ("/api/v1/listings/{id}", Place::ApiListing),
    ("/api/v1/listings/{id}/bids", Place::ApiBids),
    ("/api/v1/listings/{id}/buy", Place::ApiBuy),
    ("/api/v1/listings/{id}/settlement", Place::ApiSettlement),
    ("/api/v1/listings/{id}/proof", Place::ApiProof),
    ("/api/v1/listings/{id}/watch", Place::ApiWatch),
    ("/api/v1/time", Place::Time),
    ("/api/v1/openapi.json", Place::OpenApi),
    ("/events", Place::Events),
    ("/healthz", Place::Healthz),
    ("/readyz", Place::Readyz),
    ("/metrics", Place::Metrics),
    ("/", Place::Home),
    ("/listings/new", Place::NewListing),
    ("/listings/{id}", Place::Listing),
    ("/listings/{id}/proof", Place::Proof),
    ("/listings/{id}/bids", Place::Bids),
    ("/listings/{id}/buy", Place::Buy),
    ("/listings/{id}/cancel", Place::Cancel),
    ("/listings/{id}/watch", Place::Watch),
    ("/listings/{id}/sheet", Place::Sheet),
    ("/account/won/{id}", Place::Invoice),
    ("/join", Place::Join),
    ("/login", Place::LogIn),
    ("/logout", Place::LogOut),
    ("/account", Place::Account),
    ("/account/mail", Place::ChooseMails),
    ("/board", Place::Board),
    ("/help", Place::Help),
    ("/help/{page}", Place::HelpPage),
    ("/pictures/{file}", Place::Picture),
    ("/assets/{file}", Place::Asset),
    ("/favicon.ico", Place::Favicon),
];

fn router() -> &'static Router<&'static (&'static str, Place)> {
    static ROUTER: OnceLock<Router<&'static (&'static str, Place)>> = OnceLock::new();
    ROUTER.get_or_init(|| {
        let mut router = Router::new();
        for entry in PLACES {
            router.insert(entry.0, entry).expect("the paths do not contradict each other");
        }
        router
    })
}

/// What may be told of a target's path: the path itself where it leads somewhere and all that varies in it are numbers, else
/// its pattern; for somebody's secret may stand in it by mistake.
pub fn told_path(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    let Ok(Match { value: (pattern, _), params }) = router().at(path) else {
        return "(nowhere)";
    };
    let is_number = |text: &str| text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    if params.iter().all(|(_, value)| is_number(value)) { path } else { pattern }
}

/// The methods that a place takes, as `Allow` names them.
fn allow(place: Place) -> &'static str {
    match place {
        Place::Accounts
        | Place::Sessions
        | Place::ApiBuy
        | Place::Bids
        | Place::Buy
        | Place::Cancel
        | Place::Watch
        | Place::ChooseMails
        | Place::LogOut => "POST",
        Place::CurrentSession => "DELETE",
        Place::ApiWatch => "POST, DELETE",
        Place::ApiListings | Place::ApiBids | Place::NewListing | Place::Join | Place::LogIn => {
            "GET, HEAD, POST"
        }
        Place::ApiListing => "GET, HEAD, DELETE",
        _ => "GET, HEAD",
    }
}

/// From the bare base path, which the gate leaves as it is, to the house's first page.
fn into_the_house(request: &Request) -> Reply {
    let query = request.target.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    Reply::empty(308).with("Location", format!("/{query}"))
}

/// Leads a request to its handler.
pub fn lead(app: &Arc<App>, request: &Request) -> Outcome<Next> {
    let Ok(found) = router().at(&request.path) else {
        if !request.base.is_empty() && request.path == *request.base {
            return Ok(Next::Reply(into_the_house(request)));
        }
        return Err(Problem::not_found("page"));
    };
    let Match { value: (_, place), params } = found;
    origin::check(app, request)?;
    let id = || listing_id(params.get("id").unwrap_or_default());
    let file = params.get("file").unwrap_or_default();
    let reply = match (request.method, *place) {
        (Method::Post, Place::ApiBids) => return api::bids::place(app, request, id()?),
        (Method::Post, Place::Bids) => return site::bid::place(app, request, id()?),
        (Method::Post, Place::Accounts) => api::people::join(app, request),
        (Method::Post, Place::Sessions) => api::people::log_in(app, request),
        (Method::Delete, Place::CurrentSession) => api::people::log_out(app, request),
        (Method::Get, Place::Me) => api::me::show(app, request),
        (Method::Get, Place::MyBids) => api::me::bids(app, request),
        (Method::Get, Place::MyWon) => api::me::won(app, request),
        (Method::Get, Place::MyListings) => api::me::listings(app, request),
        (Method::Get, Place::MyWatched) => api::me::watched(app, request),
        (Method::Post, Place::ApiWatch) => api::listings::watch(app, request, id()?, true),
        (Method::Delete, Place::ApiWatch) => api::listings::watch(app, request, id()?, false),
        (Method::Get, Place::ApiListings) => api::listings::search(app, request),
        (Method::Post, Place::ApiListings) => api::listings::add(app, request),
        (Method::Get, Place::ApiListing) => api::listings::show(app, request, id()?),
        (Method::Delete, Place::ApiListing) => api::listings::cancel(app, request, id()?),
        (Method::Get, Place::ApiBids) => api::bids::history(app, request, id()?),
        (Method::Post, Place::ApiBuy) => api::listings::buy(app, request, id()?),
        (Method::Get, Place::ApiSettlement) => api::listings::settlement(app, id()?),
        (Method::Get, Place::ApiProof) => api::proof::show(app, request, id()?),
        (Method::Get, Place::Time) => api::status::time(app),
        (Method::Get, Place::OpenApi) => api::status::openapi(request),
        (Method::Get, Place::Events) => api::events::watch(app, request),
        (Method::Get, Place::Healthz) => api::status::health(),
        (Method::Get, Place::Readyz) => api::status::ready(app),
        (Method::Get, Place::Metrics) => metrics::show(app),
        (Method::Get, Place::Home) => site::home::show(app, request),
        (Method::Get, Place::Listing) => site::listing::show(app, request, id()?),
        (Method::Get, Place::Proof) => site::proof::show(app, request, id()?),
        (Method::Post, Place::Buy) => site::bid::buy(app, request, id()?),
        (Method::Post, Place::Cancel) => site::listing::cancel(app, request, id()?),
        (Method::Post, Place::Watch) => site::watch::set(app, request, id()?),
        (Method::Get, Place::Sheet) => site::paper::sheet(app, request, id()?),
        (Method::Get, Place::Invoice) => {
            site::paper::invoice(app, request, params.get("id").unwrap_or_default())
        }
        (Method::Get, Place::NewListing) => site::new_listing::show(app, request),
        (Method::Post, Place::NewListing) => site::new_listing::add(app, request),
        (Method::Get, Place::Join) => site::entry::show_join(app, request),
        (Method::Post, Place::Join) => site::entry::join(app, request),
        (Method::Get, Place::LogIn) => site::entry::show_log_in(app, request),
        (Method::Post, Place::LogIn) => site::entry::log_in(app, request),
        (Method::Post, Place::LogOut) => site::entry::log_out(app, request),
        (Method::Get, Place::Account) => site::account::show(app, request),
        (Method::Post, Place::ChooseMails) => site::account::choose(app, request),
        (Method::Get, Place::Board) => site::home::board(app, request),
        (Method::Get, Place::Help) => site::help::index(app, request),
        (Method::Get, Place::HelpPage) => {
            site::help::show(app, request, params.get("page").unwrap_or_default())
        }
        (Method::Get, Place::Picture) => site::files::picture(app, request, file),
        (Method::Get, Place::Asset | Place::Favicon) => site::files::asset(request),
        _ => Err(Problem::method_not_allowed(allow(*place))),
    };
    reply.map(Next::Reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn of_a_path_only_what_the_house_would_write_is_told() {
        for (target, told) in [
            ("/?q=lamp", "/"),
            ("/listings/42?lang=ko&token=s3cret", "/listings/42"),
            ("/api/v1/listings/7/bids", "/api/v1/listings/7/bids"),
            ("/listings/s3cret", "/listings/{id}"),
            ("/listings/12345678901234567890", "/listings/{id}"),
            ("/pictures/0123abcd.jpg", "/pictures/{file}"),
            ("/reset/s3cret", "(nowhere)"),
            ("*", "(nowhere)"),
        ] {
            assert_eq!(told_path(target), told, "{target}");
        }
    }

    /// Else a proxy that takes the base path off could not be told from one that passes it on.
    #[test]
    fn no_base_path_begins_as_a_path_of_the_house_does() {
        let mut first: Vec<&str> = PLACES.iter().filter_map(|(path, _)| path.split('/').nth(1)).collect();
        first.retain(|part| !part.is_empty());
        first.sort_unstable();
        first.dedup();
        assert_eq!(first, crate::house::public_url::OWN);
    }

    /// The paths of the API, and those beside it that programs ask for.
    #[test]
    fn the_document_has_every_path_for_programs_and_every_method_that_it_takes() {
        let document: Value = serde_json::from_slice(include_bytes!("openapi.json")).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let told = |path: &str| -> Vec<String> {
            let methods = paths.get(path).and_then(Value::as_object).into_iter().flatten();
            let mut methods: Vec<_> =
                methods.map(|(m, _)| m.to_uppercase()).filter(|m| m != "PARAMETERS").collect();
            methods.sort();
            methods
        };
        let for_programs = |path: &str| {
            path.starts_with("/api/") || ["/events", "/healthz", "/readyz", "/metrics"].contains(&path)
        };
        for (path, place) in PLACES.iter().filter(|(path, _)| for_programs(path)) {
            let mut taken: Vec<_> = allow(*place).split(", ").filter(|m| *m != "HEAD").collect();
            taken.sort_unstable();
            assert_eq!(told(path), taken, "{path}");
        }
        for path in paths.keys() {
            assert!(PLACES.iter().any(|(known, _)| known == path), "{path} leads nowhere");
        }
    }
}
