//! What a pass does not reach, and who does not reach the desk: for every route of the table, by cookie and by bearer.

use crate::harness::{House, Inside, Person, Reply, email};
use crate::routes::{concrete, is_for_programs};
use crate::sale_api::{add_lot, draft};
use crate::tablet::{RIGHTS, Tablet, buy, give_code, open_pass, sale_of};
use auction::house::bidding::place_bid::Key;
use auction::house::desk::bids::DeskBid;
use auction::house::desk::guests::Guest;
use auction::house::{Answer, Fault};
use auction::rules::desk::{Right, Source};
use auction::rules::refusal::Refusal;
use auction::web::request::Method;
use auction::web::route::{Access, Route};
use auction::web::routes::ROUTES;
use serde_json::json;

/// Whether the desk's cookie and tokens mean anything there.
fn is_at_desk(route: &Route) -> bool {
    ["/desk", "/api/v1/desk"]
        .iter()
        .any(|desk| route.path == *desk || route.path.starts_with(&format!("{desk}/")))
}

fn routes_of_the_desk() -> impl Iterator<Item = (&'static Route, Option<Right>)> {
    ROUTES.iter().filter_map(|route| match route.access {
        Access::Desk(right) => Some((route, right)),
        _ => None,
    })
}

/// Calls a route with these headers, and a body that it can read; listing 1 is where one is named.
fn call_with(house: &House, route: &Route, headers: &[(&str, &str)]) -> Reply {
    let path = concrete(route.path, 1);
    let call = house.call(route.method.name(), &path).header("Idempotency-Key", "one");
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    match (route.method, is_for_programs(route)) {
        (Method::Post, true) => call.json(&json!({})).send(),
        (Method::Post, false) => call.form(&[("number", "1"), ("amount", "1000")]).send(),
        _ => call.send(),
    }
}

/// With a pass: as a cookie to a page, as a bearer to a program's route.
fn call_at_desk(tablet: &Tablet, route: &Route) -> Reply {
    let cookie = format!("auction_desk={}", tablet.token);
    match is_for_programs(route) {
        true => call_with(tablet.house, route, &[("Authorization", &tablet.bearer())]),
        false => call_with(tablet.house, route, &[("Cookie", &cookie), ("Sec-Fetch-Site", "same-origin")]),
    }
}

/// A program is refused with 401; a person gets no page of the desk but the one that asks for a code.
#[track_caller]
fn asks_for_a_pass(route: &Route, reply: &Reply) {
    let leads_to_code = reply.header("Location").is_some_and(|path| path.starts_with("/desk/open"));
    let asks = reply.status == 401 || (!is_for_programs(route) && reply.status == 303 && leads_to_code);
    assert!(asks, "{} {}: {reply:?}", route.method.name(), route.path);
}

#[test]
fn a_pass_reaches_no_more_outside_of_the_desk_than_a_guest() {
    let (house, ann, ..) = House::open();
    assert_eq!(house.list(&ann, json!({})), 1);
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let cookies = ["auction_desk", "auction_session"].map(|name| format!("{name}={}", tablet.token));
    for route in ROUTES.iter().filter(|route| !is_at_desk(route)) {
        let (method, path) = (route.method.name(), route.path);
        let guest = call_with(&house, route, &[]);
        let by_cookie =
            call_with(&house, route, &[("Cookie", &cookies[0]), ("Sec-Fetch-Site", "same-origin")]);
        let seen = |reply: &Reply| (reply.status, reply.header("Location").map(str::to_owned));
        assert_eq!(seen(&by_cookie), seen(&guest), "{method} {path}");
        // A token that opens nothing is no session, whatever cookie it comes in.
        let by_name = call_with(&house, route, &[("Cookie", &cookies[1]), ("Sec-Fetch-Site", "same-origin")]);
        assert_eq!(seen(&by_name), seen(&guest), "{method} {path}");
        let by_bearer = call_with(&house, route, &[("Authorization", &tablet.bearer())]);
        assert_eq!(by_bearer.status, 401, "{method} {path}: {by_bearer:?}");
    }
}

#[test]
fn each_route_of_the_desk_takes_the_right_that_the_table_names() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablets: Vec<(Vec<&str>, Tablet)> = (1..8)
        .map(|mask| {
            RIGHTS
                .into_iter()
                .enumerate()
                .filter(|(at, _)| mask >> at & 1 == 1)
                .map(|(_, right)| right)
                .collect()
        })
        .map(|rights: Vec<&str>| {
            let may = rights.join(",");
            let tablet = Tablet::open(&house, &format!("of {may}"), "spring", &["--may", &may]);
            (rights, tablet)
        })
        .collect();
    let mut n_routes = 0;
    for (route, right) in routes_of_the_desk() {
        n_routes += 1;
        for (rights, tablet) in &tablets {
            let reply = call_at_desk(tablet, route);
            let (method, path) = (route.method.name(), route.path);
            if right.is_none_or(|right| rights.contains(&right.name())) {
                assert!(
                    ![401, 403, 405].contains(&reply.status) && reply.status < 500,
                    "{method} {path}: {reply:?}"
                );
            } else {
                assert_eq!(reply.status, 403, "{method} {path} by {rights:?}: {reply:?}");
                if is_for_programs(route) {
                    assert_eq!(reply.refused(403, "not_allowed")["reason"], "not_of_pass");
                }
            }
        }
    }
    assert!(n_routes >= 9);
}

#[test]
fn nobody_comes_to_the_desk_without_a_pass() {
    let (house, ann, bob, _) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let session = |person: &Person, name: &str| format!("{name}={}", person.token);
    for (route, _) in routes_of_the_desk() {
        asks_for_a_pass(route, &call_with(&house, route, &[]));
        for name in ["auction_session", "auction_desk", "__Host-auction_session", "__Secure-auction_desk"] {
            let cookie = session(&bob, name);
            let headers = [("Cookie", &*cookie), ("Sec-Fetch-Site", "same-origin")];
            asks_for_a_pass(route, &call_with(&house, route, &headers));
        }
        let bearer = format!("Bearer {}", ann.token);
        assert_eq!(call_with(&house, route, &[("Authorization", &bearer)]).status, 401, "{}", route.path);
        // The cookie is for pages alone.
        if is_for_programs(route) {
            let cookie = format!("auction_desk={}", tablet.token);
            let headers = [("Cookie", &*cookie), ("Sec-Fetch-Site", "same-origin")];
            asks_for_a_pass(route, &call_with(&house, route, &headers));
        }
    }
}

#[test]
fn no_other_site_writes_at_the_desk_with_its_cookie() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let cookie = format!("auction_desk={}", tablet.token);
    let before = house.number("select count(*) from desk_answer");
    for (route, _) in routes_of_the_desk().filter(|(route, _)| route.method == Method::Post) {
        let foreign = [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://evil.example"),
        ];
        for header in foreign {
            let reply = call_with(&house, route, &[("Cookie", &cookie), header]);
            assert_eq!(reply.status, 403, "{} {header:?}: {reply:?}", route.path);
        }
        if !is_for_programs(route) {
            let reply = call_with(&house, route, &[("Cookie", &cookie)]);
            assert_eq!(reply.status, 403, "{} with neither header: {reply:?}", route.path);
        }
    }
    // A code must not be spent from elsewhere either: a tablet would work for somebody else.
    let code = open_pass(&house, "Till 2", "spring", &[]);
    let call = house.post("/api/v1/desk/sessions").header("Sec-Fetch-Site", "cross-site");
    call.json(&json!({"code": code})).send().refused(403, "forbidden");
    assert_eq!(house.number("select count(*) from desk_answer"), before);
    give_code(&house, &code).done(201);
}

#[test]
fn a_code_is_neither_used_twice_nor_guessed() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let code = open_pass(&house, "Till 1", "spring", &[]);
    give_code(&house, &code).done(201);
    for _ in 0..9 {
        // A stolen link is no guess, and opens nothing.
        give_code(&house, &code).refused(409, "in_use");
    }
    let unused = open_pass(&house, "Till 2", "spring", &[]);
    for n in 0..5 {
        give_code(&house, &format!("AAAA-AAAA-AAA{n}")).refused(401, "unauthenticated");
    }
    for code in ["AAAA-AAAA-AAA6", &unused] {
        let limited = give_code(&house, code);
        let wait: u64 = limited.header("Retry-After").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        limited.refused(429, "rate_limited");
    }
    let log = house.log();
    assert!(log.contains("/api/v1/desk/sessions") && !log.contains(&code) && !log.contains(&unused), "{log}");
}

#[test]
fn neither_codes_nor_tokens_come_into_the_log() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let code = open_pass(&house, "Till 1", "spring", &[]);
    house.get(&format!("/desk/open?code={code}")).send();
    house.get(&format!("/desk/{code}")).send();
    let other = Tablet::open(&house, "Till 2", "spring", &[]);
    other.taken();
    let pin = other.post("bidders", json!({"name": "Dora"})).done(201)["pin"].as_str().unwrap().to_owned();
    let log = house.log();
    assert!(log.contains("/api/v1/desk/till"), "{log}");
    for secret in [&code, &other.token, &pin] {
        assert!(!log.contains(secret.as_str()), "{secret}: {log}");
    }
    let stored = "select count(*) from pass where hex(code_hash) like '%' || hex(?1) || '%' or hex(token_hash) like '%' || hex(?1) || '%'";
    for secret in [&code, &other.token] {
        let n: i64 = house.connection().query_row(stored, [secret], |row| row.get(0)).unwrap();
        assert_eq!(n, 0, "only hashes are kept");
    }
    let kept = "select count(*) from desk_answer where body like '%' || ?1 || '%'";
    let n: i64 = house.connection().query_row(kept, [&pin], |row| row.get(0)).unwrap();
    assert_eq!(n, 0, "no PIN is kept");
}

#[track_caller]
fn ended<T>(answer: Answer<T>) {
    match answer {
        Err(Fault::Refused(refusal)) => assert_eq!(refusal, Refusal::PassEnded),
        Err(Fault::Broken(error)) => panic!("{error:#}"),
        Ok(_) => panic!("the pass has ended"),
    }
}

#[test]
fn a_shut_pass_does_nothing_more_wherever_its_request_is() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let number = tablet.register(json!({"name": "Dora", "limit": 5_000}));
    // A request that was let in before the pass is shut.
    let inside = Inside::of(&house, 0);
    let pass = inside.house.pass_of(&tablet.token).unwrap().unwrap();
    let key = |name: &str| Key { key: name.to_owned(), request: [1; 32] };
    let asked = DeskBid { lot: "A1".into(), number, amount: 1_000, max: None, source: Source::Room };
    let bid = inside.house.bid_at_desk(&pass, key("bid"), asked).unwrap();
    tablet.taken();
    house.run(&["desk", "shut", "Till 1"]).done();
    tablet.get("till").refused(401, "unauthenticated");
    tablet.post("bidders", json!({"name": "Eve"})).refused(401, "unauthenticated");
    let guest = Guest { name: "Eve".into(), ..Guest::default() };
    ended(inside.house.register_at_desk(&pass, &tablet.token, key("guest"), guest));
    ended(inside.house.hand_over_at_desk(&pass, key("lot"), "A1", Some("why")));
    let (tell, told) = std::sync::mpsc::channel();
    inside.house.place_bid(bid, move |answer| tell.send(answer.map(drop)).unwrap());
    ended(told.recv_timeout(crate::harness::PATIENCE).unwrap());
    assert_eq!(house.number("select count(*) from registration"), 1);
    assert_eq!(house.number("select count(*) from bid"), 0);
}

#[test]
fn a_pass_ends_when_its_time_is_over() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &["--for", "1h"]);
    let unused = open_pass(&house, "Till 2", "spring", &["--for", "1h"]);
    let inside = Inside::of(&house, 3_600_000 - 600_000);
    let pass = inside.house.pass_of(&tablet.token).unwrap().expect("it holds for some minutes yet");
    drop(inside);
    let inside = Inside::of(&house, 3_600_000);
    assert!(inside.house.pass_of(&tablet.token).unwrap().is_none());
    ended(inside.house.enter_desk(&unused, None));
    let key = Key { key: "one".into(), request: [1; 32] };
    ended(inside.house.hand_over_at_desk(&pass, key, "A1", Some("why")));
    drop(inside);
    tablet.get("till").done(200);
    // The server sees it, too: as if the hour were over.
    let conn = house.connection();
    let trigger: String = conn
        .query_row("select sql from sqlite_schema where name = 'pass_is_kept'", [], |row| row.get(0))
        .unwrap();
    conn.execute_batch(
        "drop trigger pass_is_kept; update pass set ends_at = max(made_at, coalesce(bound_at, 0)) + 1;",
    )
    .unwrap();
    conn.execute_batch(&trigger).unwrap();
    tablet.get("till").refused(401, "unauthenticated");
    give_code(&house, &unused).refused(401, "unauthenticated");
    assert_eq!(house.told(&["desk", "list"])[0]["state"], "ended");
    house.audit();
}

#[test]
fn another_sale_s_people_lots_and_payments_are_not_there() {
    let (house, _, bob, _) = House::open();
    sale_of(&house, "spring", 2);
    sale_of(&house, "autumn", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let other = Tablet::open(&house, "Till 2", "autumn", &[]);
    let number = other.register(json!({"name": "Bob", "email": email("Bob"), "number": 7}));
    buy(&house, &bob, "autumn", "A1");
    let payment = other.pay(number, 100, "cash");
    tablet.get("bills/7").refused(404, "not_found");
    tablet.post("bidders/7/pin", json!({})).refused(404, "not_found");
    let pay = json!({"number": 7, "amount": 100, "method": "cash"});
    tablet.post("payments", pay).refused(404, "not_found");
    tablet.void(payment).refused(404, "not_found");
    let bid = json!({"lot": "A1", "number": 7, "amount": 1_000, "source": "room"});
    tablet.post("bids", bid).refused(404, "not_found");
    assert_eq!(tablet.get("bidders?q=bob").done(200)["bidders"], json!([]));
    // The same number and lot of one's own sale are others.
    let own = tablet.register(json!({"name": "Dora", "number": 7, "limit": 5_000}));
    assert_eq!(tablet.bill(own)["name"], "Dora");
    assert_eq!(
        tablet.post("handovers", json!({"lot": "A1"})).refused(403, "not_allowed")["reason"],
        "not_sold"
    );
    assert_eq!(tablet.taken(), ([0; 4], 0));
    // What an admin took by hand is no payment of a desk.
    house.credit("Bob", 500);
    let credit = house.number("select max(id) from transfer");
    other.void(credit).refused(404, "not_found");
    house.audit();
}

#[test]
fn a_draft_has_guests_and_a_cancelled_sale_a_till() {
    let (house, ..) = House::open();
    draft(&house, "spring", &[]);
    add_lot(&house, "spring", "A1", "Lamp", &["--buy-now", "2500"]);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let number = tablet.register(json!({"name": "Dora", "limit": 5_000}));
    let bid =
        || tablet.post("bids", json!({"lot": "A1", "number": number, "amount": 1_000, "source": "room"}));
    bid().refused(404, "not_found");
    assert_eq!(tablet.bill(number)["total"], 0);
    house.run(&["sale", "publish", "spring"]).done();
    bid().done(201);
    house.run(&["sale", "cancel", "spring", "--why", "storm"]).done();
    bid().refused(409, "listing_closed");
    let eve = tablet.post("bidders", json!({"name": "Eve"})).refused(403, "not_allowed");
    assert_eq!(eve["reason"], "not_published");
    tablet.post(&format!("bidders/{number}/pin"), json!({})).refused(403, "not_allowed");
    assert_eq!(tablet.bill(number)["name"], "Dora");
    let payment = tablet.pay(number, 100, "cash");
    tablet.void(payment).done(201);
    assert_eq!(tablet.get("bidders?q=dora").done(200)["bidders"][0]["number"], number);
    house.audit();
}

#[test]
fn a_head_shows_nothing_and_costs_a_pass_as_well() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let number = tablet.register(json!({"name": "Dora"}));
    for path in ["till".to_owned(), "bidders?q=dora".to_owned(), format!("bills/{number}")] {
        let path = format!("/api/v1/desk/{path}");
        let head = house.call("HEAD", &path).header("Authorization", &tablet.bearer()).send();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(house.call("HEAD", &path).send().status, 401, "{path}");
    }
}

#[test]
fn the_desk_of_a_house_under_a_path_is_found_there() {
    let (house, ..) = House::with(&[("public_url", "https://example.org/auction")]);
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    for path in ["/auction/api/v1/desk/till", "/api/v1/desk/till"] {
        house.get(path).header("Authorization", &tablet.bearer()).send().done(200);
        house.get(path).send().refused(401, "unauthenticated");
    }
    // The same write by either way is the same.
    let pay = |path: &str| {
        let call =
            house.post(path).header("Authorization", &tablet.bearer()).header("Idempotency-Key", "one");
        call.json(&json!({"name": "Dora"})).send().done(201)
    };
    assert_eq!(pay("/auction/api/v1/desk/bidders"), pay("/api/v1/desk/bidders"));
    let refused = house.run(&["house", "set", "public_url", "https://example.org/desk"]);
    assert_eq!(refused.status, 1, "the house has pages there: {refused:?}");
}

/// A tablet that was lost since the backup must not come back to life.
#[test]
fn a_restored_house_lets_no_pass_in() {
    let (mut house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let lost = Tablet::open(&house, "Till 1", "spring", &[]);
    lost.register(json!({"name": "Dora"}));
    lost.pay(1, 100, "cash");
    let token = lost.bearer();
    let unused = open_pass(&house, "Till 2", "spring", &[]);
    let file = house.home().join("house.tar");
    house.run(&["backup", file.to_str().unwrap()]).done();
    house.stop();
    house.run(&["restore", file.to_str().unwrap(), "--scheduler", "none"]).done();
    house.serve();
    house.get("/api/v1/desk/till").header("Authorization", &token).send().refused(401, "unauthenticated");
    give_code(&house, &unused).refused(401, "unauthenticated");
    // The till goes on with a new pass.
    assert_eq!(Tablet::open(&house, "Till 1", "spring", &[]).taken(), ([100, 0, 0, 0], 1));
    house.audit();
}
