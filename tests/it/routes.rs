//! The table of routes against the running program: who may call what, and which methods a path takes.

use crate::harness::{House, Person, Reply};
use auction::web::request::Method;
use auction::web::route::{Access, Route};
use auction::web::router::classify;
use auction::web::routes::ROUTES;
use serde_json::json;

/// Calls a route of the listing with a body that it can read, as a guest or as somebody.
fn call(house: &House, route: &Route, listing: i64, person: Option<&Person>) -> Reply {
    let call = house.call(route.method.name(), &concrete(route.path, listing));
    let call = match person {
        // The desk knows no session: its token is refused there, and its cookie is not read.
        Some(person) if is_at_desk(route.path) => call.in_browser(person),
        Some(person) => call.by(person),
        None => call,
    };
    match (route.method, is_for_programs(route)) {
        (Method::Post, true) => call.json(&json!({})).send(),
        (Method::Post, false) => call.form(&[("amount", "1000")]).send(),
        _ => call.send(),
    }
}

/// A path with a value for its name in braces.
pub fn concrete(path: &str, listing: i64) -> String {
    let path = path.replace("{id}", &listing.to_string()).replace("{file}", "app.css");
    path.replace("{page}", "nowhere")
        .replace("{code}", "none")
        .replace("{name}", "none")
        .replace("{number}", "1")
}

fn is_at_desk(path: &str) -> bool {
    path.starts_with("/desk") || path.starts_with("/api/v1/desk/")
}

pub fn is_for_programs(route: &Route) -> bool {
    classify("GET", route.path).is_for_programs
}

/// A program is refused with 401, a person is sent to log in.
fn asks_to_log_in(reply: &Reply) -> bool {
    let leads_to_log_in = reply.header("Location").is_some_and(|path| path.starts_with("/login?next="));
    reply.status == 401 || (reply.status == 303 && leads_to_log_in)
}

/// A program is refused with 401, a person is sent to give a code.
fn asks_for_a_pass(reply: &Reply) -> bool {
    reply.status == 401 || reply.header("Location").is_some_and(|path| path.starts_with("/desk/open"))
}

#[test]
fn each_route_lets_in_whom_the_table_names() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    for route in ROUTES {
        let (method, path) = (route.method.name(), route.path);
        let guest = call(&house, route, id, None);
        if let Access::Desk(_) = route.access {
            // A session is no pass: `/desk` never asks who is logged in.
            let member = call(&house, route, id, Some(&bob));
            assert!(
                asks_for_a_pass(&guest) && asks_for_a_pass(&member),
                "{method} {path}: {guest:?} {member:?}"
            );
            assert_eq!(guest.status == 401, is_for_programs(route), "{method} {path}: {guest:?}");
            continue;
        }
        assert_eq!(asks_to_log_in(&guest), route.access == Access::Session, "{method} {path}: {guest:?}");
        if asks_to_log_in(&guest) {
            assert_eq!(guest.status == 401, is_for_programs(route), "{method} {path}: {guest:?}");
        }
        let who = match path {
            // Their sessions end here.
            "/api/v1/sessions/current" => &cleo,
            "/logout" => &ann,
            _ => &bob,
        };
        let member = call(&house, route, id, Some(who));
        assert!(!asks_to_log_in(&member) && member.status < 500, "{method} {path}: {member:?}");
        assert_ne!(member.status, 405, "{method} {path}");
    }
}

#[test]
fn each_path_refuses_every_other_method_and_names_its_own() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let of_path = ROUTES.iter().filter(|route| route.path == path).map(|route| route.method);
        let methods: Vec<Method> = of_path.collect();
        let named = ["GET", "HEAD", "POST", "PATCH", "DELETE"];
        let taken: Vec<&str> =
            named.into_iter().filter(|method| methods.contains(&Method::named(method))).collect();
        for method in ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"] {
            if !taken.contains(&method) {
                let call = house.call(method, &concrete(path, id));
                let answer = if is_at_desk(path) { call.in_browser(&ann) } else { call.by(&ann) }.send();
                assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
                assert_eq!(answer.header("Allow"), Some(&*taken.join(", ")), "{method} {path}");
            }
        }
    }
}
