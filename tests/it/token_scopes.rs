//! What each scope of a token reaches: every route of the table, by tokens of every set of scopes.

use crate::harness::{House, Person, Reply};
use crate::routes::{concrete, is_for_programs};
use crate::tablet::sale_of;
use auction::rules::scope::Scope;
use auction::web::request::Method;
use auction::web::route::Route;
use auction::web::routes::ROUTES;
use serde_json::{Value, json};

fn call(house: &House, route: &Route, program: &Person) -> Reply {
    let call = house.call(route.method.name(), &concrete(route.path, 1)).by(program);
    let call = call.header("Idempotency-Key", "one");
    match (route.method, is_for_programs(route)) {
        (Method::Post | Method::Patch, true) => call.json(&json!({})).send(),
        (Method::Post | Method::Patch, false) => call.form(&[("amount", "1000")]).send(),
        _ => call.send(),
    }
}

/// The scope that a route is for, by its path and method alone, as the manual says it: written down once more, so that no
/// slip in the table goes unseen.
fn scope_of(route: &Route) -> Option<Scope> {
    let (path, method) = (route.path, route.method);
    let of_desk = path.strip_prefix("/api/v1/desk/");
    match (method, path) {
        _ if of_desk.is_some_and(|rest| rest != "sessions") => Some(Scope::Desk),
        _ if of_desk.is_some() || path == "/desk" || path.starts_with("/desk/") => None,
        (Method::Post, "/api/v1/listings") | (Method::Delete, "/api/v1/listings/{id}") => Some(Scope::List),
        (Method::Post, "/api/v1/listings/{id}/bids" | "/api/v1/listings/{id}/buy") => Some(Scope::Bid),
        (_, "/api/v1/listings/{id}/watch") => Some(Scope::Bid),
        (Method::Get, path) if OWN_ALONE.iter().any(|own| path.starts_with(own)) => None,
        (Method::Get, _) => Some(Scope::Read),
        _ => None,
    }
}

/// What only the person reads, by a session, and the way to one.
const OWN_ALONE: [&str; 10] = [
    "/api/v1/me/tokens",
    "/api/v1/me/sessions",
    "/api/v1/me/export",
    "/api/v1/me/push",
    "/account/tokens",
    "/account/password",
    "/account/profile",
    "/account/sessions",
    "/account/close",
    "/login/sso",
];

#[test]
fn the_table_gives_each_route_the_scope_that_the_manual_says() {
    for route in ROUTES {
        let (method, path) = (route.method.name(), route.path);
        assert_eq!(route.scope, scope_of(route), "{method} {path}");
        // No page writes for a program.
        if !is_for_programs(route) && route.method != Method::Get {
            assert_eq!(route.scope, None, "{method} {path}");
        }
    }
}

#[test]
fn the_description_says_where_a_token_may_be_refused() {
    let described: Value = serde_json::from_str(include_str!("../../src/web/openapi.json")).unwrap();
    for route in ROUTES.iter().filter(|route| is_for_programs(route)) {
        let (method, path) = (route.method.name(), route.path);
        let answers = &described["paths"][path][method.to_lowercase()]["responses"];
        assert!(answers["403"].is_object(), "{method} {path}");
    }
}

#[test]
fn a_token_reaches_the_routes_of_its_scopes_and_no_other() {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
        house.credit(name, 100_000);
    }
    house
        .run(&["account", "add", "--email", "dana@example.org", "--name", "Dana", "--no-password", "--admin"])
        .done();
    house.serve();
    let ann = house.log_in("Ann");
    house.list(&ann, json!({}));
    sale_of(&house, "spring", 1);
    let every: Vec<(Vec<Scope>, Person)> = (1..16)
        .map(|mask| {
            let scopes = Scope::ALL.into_iter().filter(|scope| mask >> *scope as u8 & 1 == 1);
            let scopes: Vec<Scope> = scopes.collect();
            let may: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
            (scopes, crate::api_tokens::program(&house, "Dana", &may.join(",")))
        })
        .collect();
    for route in ROUTES {
        let (method, path) = (route.method.name(), route.path);
        // The stream stays open; `api_tokens` watches by a token.
        if path == "/events" {
            continue;
        }
        for (scopes, program) in &every {
            let reply = call(&house, route, program);
            let out_of_scope =
                reply.status == 403 && (!is_for_programs(route) || reply.body()["reason"] == "out_of_scope");
            let reaches = route.scope.is_some_and(|scope| scopes.contains(&scope));
            assert_eq!(!out_of_scope, reaches, "{method} {path} by {scopes:?}: {reply:?}");
            assert!(reply.status < 500 && reply.status != 401, "{method} {path} by {scopes:?}: {reply:?}");
            if out_of_scope && is_for_programs(route) {
                reply.refused(403, "forbidden");
            }
        }
    }
    house.audit();
}

/// The powers of an admin are not among the scopes.
#[test]
fn an_admin_s_token_cancels_no_listing_of_somebody_else() {
    let (house, ann, ..) = House::open();
    house
        .run(&["account", "add", "--email", "dana@example.org", "--name", "Dana", "--no-password", "--admin"])
        .done();
    let dana = crate::api_tokens::program(&house, "Dana", "read,list");
    let (of_ann, own) = (house.list(&ann, json!({})), house.list(&dana, json!({})));
    let refused = house.delete(&format!("/api/v1/listings/{of_ann}")).by(&dana).send();
    assert_eq!(refused.refused(403, "not_allowed")["reason"], "not_the_seller");
    let cancelled = house.delete(&format!("/api/v1/listings/{own}")).by(&dana).send();
    assert!(cancelled.status < 300, "{cancelled:?}");
}
