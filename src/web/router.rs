//! Finds the route of a request in the table of [`routes`](super::routes), and calls its handler.

use super::app::App;
use super::problem::{Outcome, Problem};
use super::reply::Reply;
use super::request::{Method, Request, listing_id};
use super::route::Access::Desk;
use super::route::{BodyLimit, Handler, Response, Route};
use super::routes::ROUTES;
use super::stats::Kind;
use super::{origin, program_access};
use crate::gate::config::WorkerPool;
use matchit::{Match, Router};
use std::sync::{Arc, OnceLock};

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
    use crate::gate::config::WorkerPool::{Passwords, Pictures, Searches, Streams};
    use crate::web::access_log::shown_path;
    use crate::web::route::Handler::Plain;
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
