//! The table of routes. The gate's limits, the worker pools, the metrics, the access log, `Allow` and the check of the
//! API's document are read from it; nothing else tells requests apart by their path.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::reply::Reply;
use super::request::{Method, Request, listing_id};
use super::route::Access::{Anyone, Desk, Session};
use super::route::Handler::{Named, OfListing, Plain};
use super::route::{BodyLimit, Handler, Response, Route, bid, delete, desk_bid, get, patch, post};
use super::stats::Kind;
use super::{api, feeds, files, metrics, origin, pages, preview, program_access, robots};
use crate::gate::config::WorkerPool::{self, Outside, Passwords, Pictures, Searches, Streams};
use crate::rules::desk::Right::{Bid, Checkin, Checkout};
use crate::rules::scope::Scope::{self, List};
use matchit::{Match, Router};
use std::sync::{Arc, OnceLock};

/// Every route of the house: for programs, then for people, then the files of the pages.
///
/// A `get` is answered by the quick pool and a `post` or `delete` by the pool of writes; a line says so where it is
/// another.
pub const ROUTES: &[Route] = &[
    post("/api/v1/accounts", Anyone, Plain(api::people::join)).pool(Passwords),
    post("/api/v1/sessions", Anyone, Plain(api::people::log_in)).pool(Passwords),
    delete("/api/v1/sessions/current", Session, Plain(api::people::log_out)),
    post("/api/v1/passwords/forgotten", Anyone, Plain(api::passwords::forgotten)),
    post("/api/v1/passwords/reset", Anyone, Plain(api::passwords::reset)).pool(Passwords),
    post("/api/v1/me/password", Session, Plain(api::passwords::change)).pool(Passwords),
    post("/api/v1/me/verification", Session, Plain(api::passwords::send_verification)),
    get("/api/v1/me", Session, Plain(api::me::show)),
    patch("/api/v1/me", Session, Plain(api::own::change)).pool(Passwords),
    delete("/api/v1/me", Session, Plain(api::own::close)).pool(Passwords),
    get("/api/v1/me/sessions", Session, Plain(api::own::sessions)).without_scope(),
    delete("/api/v1/me/sessions/{id}", Session, Named(api::own::end_session)),
    get("/api/v1/me/export", Session, Plain(api::own::export)).pool(Searches).without_scope(),
    get("/api/v1/me/bids", Session, Plain(api::me::bids)),
    get("/api/v1/me/won", Session, Plain(api::me::won)),
    get("/api/v1/me/bills", Session, Plain(api::me::bills)),
    get("/api/v1/me/bills/{code}", Session, Named(api::me::bill)),
    get("/api/v1/me/listings", Session, Plain(api::me::listings)),
    get("/api/v1/me/watched", Session, Plain(api::me::watched)),
    get("/api/v1/me/tokens", Session, Plain(api::tokens::list)).without_scope(),
    post("/api/v1/me/tokens", Session, Plain(api::tokens::add)).pool(Passwords),
    delete("/api/v1/me/tokens/{name}", Session, Named(api::tokens::revoke)),
    get("/api/v1/me/push", Session, Plain(api::push::show)).without_scope(),
    post("/api/v1/me/push", Session, Plain(api::push::subscribe)),
    delete("/api/v1/me/push", Session, Plain(api::push::unsubscribe)),
    get("/api/v1/listings", Anyone, Plain(api::listings::search)).pool_by_query(),
    post("/api/v1/listings", Session, Plain(api::listings::add)).pool(Pictures).with_pictures().scope(List),
    get("/api/v1/listings/{id}", Anyone, OfListing(api::listings::show)),
    delete("/api/v1/listings/{id}", Session, OfListing(api::listings::cancel)).scope(List),
    get("/api/v1/listings/{id}/bids", Anyone, OfListing(api::bids::history)),
    bid("/api/v1/listings/{id}/bids", api::bids::place),
    post("/api/v1/listings/{id}/buy", Session, OfListing(api::listings::buy)).scope(Scope::Bid),
    get("/api/v1/listings/{id}/settlement", Anyone, OfListing(api::listings::settlement)),
    get("/api/v1/listings/{id}/proof", Anyone, OfListing(api::proof::show)).pool(Searches),
    post("/api/v1/listings/{id}/watch", Session, OfListing(api::listings::watch)).scope(Scope::Bid),
    delete("/api/v1/listings/{id}/watch", Session, OfListing(api::listings::unwatch)).scope(Scope::Bid),
    get("/api/v1/terms", Anyone, Plain(api::terms::show)).pool(Searches),
    post("/api/v1/me/terms", Session, Plain(api::terms::accept)),
    get("/api/v1/sales", Anyone, Plain(api::sales::list)),
    get("/api/v1/sales/{code}", Anyone, Named(api::sales::show)),
    post("/api/v1/desk/sessions", Anyone, Plain(api::desk::session::open)),
    get("/api/v1/desk/bidders", Desk(Some(Checkin)), Plain(api::desk::bidders::find)).scope(Scope::Desk),
    post("/api/v1/desk/bidders", Desk(Some(Checkin)), Plain(api::desk::bidders::register))
        .pool(Passwords)
        .scope(Scope::Desk),
    post("/api/v1/desk/bidders/{number}/pin", Desk(Some(Checkin)), Named(api::desk::bidders::new_pin))
        .pool(Passwords)
        .scope(Scope::Desk),
    desk_bid("/api/v1/desk/bids", api::desk::bids::place),
    get("/api/v1/desk/bills/{number}", Desk(Some(Checkout)), Named(api::desk::till::bill)).scope(Scope::Desk),
    post("/api/v1/desk/payments", Desk(Some(Checkout)), Plain(api::desk::till::pay)).scope(Scope::Desk),
    post("/api/v1/desk/payments/{id}/void", Desk(Some(Checkout)), Named(api::desk::till::void))
        .scope(Scope::Desk),
    post("/api/v1/desk/handovers", Desk(Some(Checkout)), Plain(api::desk::till::hand_over))
        .scope(Scope::Desk),
    get("/api/v1/desk/till", Desk(None), Plain(api::desk::till::show)).scope(Scope::Desk),
    get("/api/v1/time", Anyone, Plain(api::status::time)),
    get("/api/v1/openapi.json", Anyone, Plain(api::status::openapi)),
    get("/events", Anyone, Plain(api::events::watch)).pool(Streams),
    get("/healthz", Anyone, Plain(api::status::health)),
    get("/readyz", Anyone, Plain(api::status::ready)),
    get("/metrics", Anyone, Plain(metrics::show)),
    get("/", Anyone, Plain(pages::home::handler::show)).pool_by_query(),
    get("/listings/new", Session, Plain(pages::new_listing::handler::show)),
    post("/listings/new", Session, Plain(pages::new_listing::handler::add)).pool(Pictures).with_pictures(),
    post("/listings/new/pictures", Session, Plain(pages::new_listing::pictures::stage))
        .pool(Pictures)
        .with_pictures(),
    get("/listings/{id}", Anyone, OfListing(pages::listing::handler::show)),
    get("/listings/{id}/proof", Anyone, OfListing(pages::proof::handler::show)).pool(Searches),
    bid("/listings/{id}/bids", pages::confirm::handler::place).without_scope(),
    post("/listings/{id}/buy", Session, OfListing(pages::confirm::handler::buy)),
    post("/listings/{id}/cancel", Session, OfListing(pages::listing::handler::cancel)),
    post("/listings/{id}/watch", Anyone, OfListing(pages::listing::watch::set)),
    get("/listings/{id}/sheet", Anyone, OfListing(pages::paper::handler::sheet)),
    get("/listings/{id}/preview.png", Anyone, OfListing(preview::show)).pool(Searches),
    get("/sales/{code}.ics", Anyone, Named(feeds::calendar::show)).pool(Searches),
    get("/sales/{code}.atom", Anyone, Named(feeds::atom::show)).pool(Searches),
    get("/sales", Anyone, Plain(pages::sales::handler::show)).pool(Searches),
    get("/sales/{code}", Anyone, Named(pages::sale::handler::show)).pool(Searches),
    get("/account/won/{id}", Session, Named(pages::paper::handler::invoice)),
    get("/join", Anyone, Plain(pages::entry::handler::show_join)),
    post("/join", Anyone, Plain(pages::entry::handler::join)).pool(Passwords),
    get("/login", Anyone, Plain(pages::entry::handler::show_log_in)),
    post("/login", Anyone, Plain(pages::entry::handler::log_in)).pool(Passwords),
    get("/login/sso", Anyone, Plain(pages::sign_on::handler::begin)).pool(Outside).without_scope(),
    get("/login/sso/callback", Anyone, Plain(pages::sign_on::handler::end)).pool(Outside).without_scope(),
    post("/logout", Anyone, Plain(pages::entry::handler::log_out)),
    get("/forgotten", Anyone, Plain(pages::passwords::forgotten::show)),
    post("/forgotten", Anyone, Plain(pages::passwords::forgotten::ask)),
    get("/reset", Anyone, Plain(pages::passwords::links::show_reset)),
    post("/reset", Anyone, Plain(pages::passwords::links::reset)).pool(Passwords),
    get("/invitation", Anyone, Plain(pages::invitation::handler::show)),
    post("/invitation", Anyone, Plain(pages::invitation::handler::accept)).pool(Passwords),
    get("/verify", Anyone, Plain(pages::passwords::links::show_verify)),
    post("/verify", Anyone, Plain(pages::passwords::links::verify)),
    get("/account/password", Session, Plain(pages::passwords::change::show)).without_scope(),
    post("/account/password", Session, Plain(pages::passwords::change::change)).pool(Passwords),
    post("/account/verification", Session, Plain(pages::passwords::change::send_verification)),
    get("/account", Session, Plain(pages::account::handler::show)),
    get("/account/profile", Session, Plain(pages::own::handler::profile)).without_scope(),
    post("/account/profile/name", Session, Plain(pages::own::handler::rename)),
    post("/account/profile/email", Session, Plain(pages::own::handler::move_to)).pool(Passwords),
    post("/account/profile/language", Session, Plain(pages::own::handler::speak)),
    get("/account/sessions", Session, Plain(pages::own::handler::sessions)).without_scope(),
    post("/account/sessions/{id}", Session, Named(pages::own::handler::end_session)),
    get("/account/close", Session, Plain(pages::own::handler::show_close)).without_scope(),
    post("/account/close", Session, Plain(pages::own::handler::close)).pool(Passwords),
    get("/account/bills", Session, Plain(pages::bills::handler::list)),
    get("/account/bills/{code}", Session, Named(pages::bills::handler::show)),
    post("/account/mail", Session, Plain(pages::account::choices::choose)),
    get("/account/tokens", Session, Plain(pages::tokens::handler::show)).without_scope(),
    post("/account/tokens", Session, Plain(pages::tokens::handler::add)).pool(Passwords),
    post("/account/tokens/revoke", Session, Plain(pages::tokens::handler::revoke)),
    get("/terms", Anyone, Plain(pages::terms::handler::show)).pool(Searches),
    post("/account/terms", Session, Plain(pages::terms::handler::accept)),
    get("/about", Anyone, Plain(pages::own_page::handler::about)),
    get("/contact", Anyone, Plain(pages::own_page::handler::contact)),
    get("/privacy", Anyone, Plain(pages::own_page::handler::privacy)),
    get("/payment", Anyone, Plain(pages::own_page::handler::payment)),
    get("/pickup", Anyone, Plain(pages::own_page::handler::pickup)),
    post("/account/push", Session, Plain(pages::account::push::test)),
    get("/offline", Anyone, Plain(pages::offline::handler::show)),
    get("/sw.js", Anyone, Plain(pages::offline::handler::worker)),
    get("/board", Anyone, Plain(pages::home::handler::board)),
    get("/sales/{code}/board", Anyone, Named(pages::sale_board::handler::show)).pool(Searches),
    get("/sales/{code}/print", Anyone, Named(pages::sale_print::handler::show)).pool(Searches),
    get("/desk", Desk(None), Plain(pages::desk::start::handler::show)).without_scope(),
    get("/desk/checkout", Desk(Some(Checkout)), Plain(pages::desk::checkout::handler::show)).without_scope(),
    post("/desk/checkout/payments", Desk(Some(Checkout)), Plain(pages::desk::checkout::book::pay)),
    post("/desk/checkout/voids", Desk(Some(Checkout)), Plain(pages::desk::checkout::book::void)),
    post("/desk/checkout/handovers", Desk(Some(Checkout)), Plain(pages::desk::checkout::book::hand_over)),
    get("/desk/receipts/{id}", Desk(Some(Checkout)), Named(pages::desk::receipt::handler::receipt))
        .without_scope(),
    get("/desk/bills/{number}", Desk(Some(Checkout)), Named(pages::desk::receipt::handler::bill))
        .without_scope(),
    get("/desk/till", Desk(Some(Checkout)), Plain(pages::desk::till::handler::sheet)).without_scope(),
    get("/desk/open", Anyone, Plain(pages::desk::open::handler::show)).without_scope(),
    post("/desk/open", Anyone, Plain(pages::desk::open::handler::open)),
    get("/desk/checkin", Desk(Some(Checkin)), Plain(pages::desk::checkin::handler::show)).without_scope(),
    post("/desk/checkin", Desk(Some(Checkin)), Plain(pages::desk::checkin::handler::register))
        .pool(Passwords),
    post("/desk/checkin/pin", Desk(Some(Checkin)), Plain(pages::desk::checkin::card::new_pin))
        .pool(Passwords),
    get("/desk/checkin/card", Desk(Some(Checkin)), Plain(pages::desk::checkin::card::show))
        .pool(Passwords)
        .without_scope(),
    get("/desk/bid", Desk(Some(Bid)), Plain(pages::desk::bid::handler::show)).without_scope(),
    desk_bid("/desk/bid", pages::desk::bid::handler::place).without_scope(),
    get("/help", Anyone, Plain(pages::help::handler::index)),
    get("/help/{page}", Anyone, Named(pages::help::handler::show)),
    get("/pictures/{file}", Anyone, Named(files::picture)),
    get("/assets/{file}", Anyone, Plain(files::asset)),
    get("/logo/{file}", Anyone, Named(files::logo)),
    get("/favicon.ico", Anyone, Plain(files::favicon)),
    get("/robots.txt", Anyone, Plain(robots::show)),
];

/// Paths for programs begin so, known or not: they are refused in JSON, all others with a page.
const FOR_PROGRAMS: [&str; 5] = ["/api/", "/events", "/healthz", "/readyz", "/metrics"];

/// What the server knows of a request by its method and target alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The path of its route, with names in braces; none where no route has this path.
    pub pattern: Option<&'static str>,
    pub pool: WorkerPool,
    pub body_limit_bytes: usize,
    pub kind: Kind,
    pub is_for_programs: bool,
}

/// Tells requests apart before they are read. What no route takes is refused, which costs little.
pub fn classify(method: &str, target: &str) -> Class {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let method = Method::named(method);
    let known = router().at(path).ok().map(|found| found.value);
    let (pool, body, kind) = match known.and_then(|path| path.route(method)) {
        Some(route) => (route.pool.pool(query), route.body, route.kind),
        None if method == Method::Get => (WorkerPool::Quick, BodyLimit::Small, Kind::Read),
        None => (WorkerPool::Writes, BodyLimit::Small, Kind::Write),
    };
    let is_for_programs = FOR_PROGRAMS.iter().any(|prefix| path.starts_with(prefix));
    let pattern = known.map(|path| path.pattern);
    Class { pattern, pool, body_limit_bytes: body.bytes(), kind, is_for_programs }
}

/// Calls the handler of a request's route. Refuses `not_found` where no route has its path, `forbidden` for a form of
/// another site, then `method_not_allowed` with the methods that the path does take, then `forbidden` for what a
/// program's token may not do.
pub fn dispatch(app: &Arc<App>, request: &mut Request) -> Outcome<Response> {
    let Ok(Match { value: path, params }) = router().at(&request.path) else {
        if !request.base.is_empty() && request.path == *request.base {
            return Ok(Response::Reply(to_first_page(request)));
        }
        return Err(Problem::not_found("page"));
    };
    origin::check(app, request)?;
    let route = path.route(request.method).ok_or_else(|| Problem::method_not_allowed(&path.allow))?;
    let segment = params.iter().next().map_or_else(String::new, |(_, segment)| segment.to_owned());
    program_access::admit(app, request, route)?;
    let request = &*request;
    if let Desk(right) = route.access {
        let (pass, _) = request.at_desk()?;
        right.map_or(Ok(()), |right| pass.require(right))?;
    }
    let segment = segment.as_str();
    let reply = match route.handler {
        Handler::Plain(handle) => handle(app, request),
        Handler::OfListing(handle) => handle(app, request, listing_id(segment)?),
        Handler::Named(handle) => handle(app, request, segment),
        Handler::OfBid(place) => return place(app, request, listing_id(segment)?),
        Handler::OfDeskBid(place) => return place(app, request),
    };
    reply.map(Response::Reply)
}

/// From the bare base path, which the gate leaves as it is, to the first page.
fn to_first_page(request: &Request) -> Reply {
    let query = request.target.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    Reply::empty(308).with("Location", format!("/{query}"))
}

/// The routes of one path.
struct Path {
    pattern: &'static str,
    routes: Vec<&'static Route>,
    /// The methods that the path takes, as the header `Allow` names them.
    allow: String,
}

impl Path {
    fn of(pattern: &'static str) -> Path {
        let routes: Vec<&Route> = ROUTES.iter().filter(|route| route.path == pattern).collect();
        let methods = routes.iter().map(|route| match route.method {
            Method::Get => "GET, HEAD",
            method => method.name(),
        });
        Path { pattern, allow: methods.collect::<Vec<_>>().join(", "), routes }
    }

    fn route(&self, method: Method) -> Option<&'static Route> {
        self.routes.iter().find(|route| route.method == method).copied()
    }
}

fn router() -> &'static Router<Path> {
    static ROUTER: OnceLock<Router<Path>> = OnceLock::new();
    ROUTER.get_or_init(|| {
        let mut router = Router::new();
        for (at, route) in ROUTES.iter().enumerate() {
            if !ROUTES[..at].iter().any(|earlier| earlier.path == route.path) {
                router.insert(route.path, Path::of(route.path)).expect("no two paths match the same");
            }
        }
        router
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::access_log::shown_path;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn no_two_routes_answer_the_same_path_and_method() {
        let mut seen = BTreeSet::new();
        for route in ROUTES {
            let (path, method) = (route.path, route.method.name());
            assert!(route.method != Method::Other && seen.insert((path, method)), "{method} {path}");
            let taken = usize::from(!matches!(route.handler, Plain(_) | Handler::OfDeskBid(_)));
            assert!((taken..=1).contains(&path.matches('{').count()), "{path}: the handler takes {taken}");
        }
        let n_paths = ROUTES.iter().map(|route| route.path).collect::<BTreeSet<_>>().len();
        let reached = ROUTES.iter().filter_map(|route| classify("GET", route.path).pattern);
        assert_eq!(reached.collect::<BTreeSet<_>>().len(), n_paths, "each path leads to its own routes");
    }

    #[test]
    fn a_sale_s_page_its_calendar_and_its_feed_have_paths_of_their_own() {
        let mut router = Router::new();
        let patterns = ["/sales/{code}", "/sales/{code}.ics", "/sales/{code}.atom", "/sales/{code}/board"];
        patterns.iter().for_each(|pattern| router.insert(*pattern, *pattern).unwrap());
        for (path, expected, code) in [
            ("/sales/autumn-1", "/sales/{code}", "autumn-1"),
            ("/sales/autumn-1.ics", "/sales/{code}.ics", "autumn-1"),
            ("/sales/autumn-1.atom", "/sales/{code}.atom", "autumn-1"),
            ("/sales/autumn-1.txt", "/sales/{code}", "autumn-1.txt"),
            ("/sales/autumn-1/board", "/sales/{code}/board", "autumn-1"),
            ("/sales/ics.ics", "/sales/{code}.ics", "ics"),
            ("/sales/ics", "/sales/{code}", "ics"),
        ] {
            let found = router.at(path).unwrap();
            assert_eq!((*found.value, found.params.get("code")), (expected, Some(code)), "{path}");
        }
    }

    #[test]
    fn each_request_goes_to_the_workers_of_its_pool() {
        use WorkerPool::{Bids, Quick, Writes};
        for (method, target, pool, kind) in [
            ("GET", "/", Quick, Kind::Read),
            ("HEAD", "/?lang=ko&after=1.2&limit=5", Quick, Kind::Read),
            ("GET", "/?q=lamp", Searches, Kind::Read),
            ("GET", "/?%71=lamp", Searches, Kind::Read),
            ("GET", "/api/v1/listings", Quick, Kind::Read),
            ("GET", "/api/v1/listings?limit=1&sort=price", Searches, Kind::Read),
            ("GET", "/listings/1/proof", Searches, Kind::Read),
            ("HEAD", "/api/v1/listings/1/proof", Searches, Kind::Read),
            ("GET", "/api/v1/listings/1/bids", Quick, Kind::Read),
            ("GET", "/login", Quick, Kind::Read),
            ("GET", "/events?after=7", Streams, Kind::Read),
            ("POST", "/api/v1/listings/1/bids", Bids, Kind::Bid),
            ("POST", "/listings/1/bids?lang=ko", Bids, Kind::Bid),
            ("POST", "/api/v1/sessions", Passwords, Kind::Write),
            ("POST", "/join?lang=ko", Passwords, Kind::Write),
            ("POST", "/api/v1/listings", Pictures, Kind::Write),
            ("POST", "/listings/1/buy", Writes, Kind::Write),
            ("DELETE", "/api/v1/sessions/current", Writes, Kind::Write),
            ("POST", "/events", Writes, Kind::Write),
            ("GET", "/nowhere", Quick, Kind::Read),
            ("PATCH", "/nowhere", Writes, Kind::Write),
        ] {
            let class = classify(method, target);
            assert_eq!((class.pool, class.kind), (pool, kind), "{method} {target}");
        }
    }

    #[test]
    fn only_a_listing_s_pictures_make_a_body_large() {
        for route in ROUTES {
            let class = classify(route.method.name(), route.path);
            let takes_pictures = route.method == Method::Post && class.pool == Pictures;
            assert_eq!(class.body_limit_bytes > 64 * 1_024, takes_pictures, "{}", route.path);
        }
    }

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
            assert_eq!(shown_path(classify("GET", target).pattern, target), told, "{target}");
        }
    }

    /// Else a proxy that takes the base path off could not be told from one that passes it on.
    #[test]
    fn no_base_path_begins_as_a_path_of_the_house_does() {
        let first = ROUTES.iter().filter_map(|route| route.path.split('/').nth(1));
        let first: BTreeSet<&str> = first.filter(|part| !part.is_empty()).collect();
        assert!(first.iter().eq(&crate::house::settings::public_url::OWN), "{first:?}");
    }

    #[test]
    fn the_document_has_every_route_for_programs_and_no_other() {
        let document: Value = serde_json::from_slice(include_bytes!("openapi.json")).unwrap();
        let mut told: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase());
            told.insert(path, methods.filter(|method| method != "PARAMETERS").collect());
        }
        let mut taken: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for route in ROUTES.iter().filter(|route| classify("GET", route.path).is_for_programs) {
            taken.entry(route.path).or_default().insert(route.method.name().to_owned());
        }
        assert_eq!(told, taken);
    }
}
