//! Every code of the contract, provoked over HTTP; afterwards nothing was written, and the audit agrees.

use crate::harness::{House, Person, lamp, until};
use serde_json::{Value, json};

/// How much stands in the database: a refusal changes none of it.
fn rows(house: &House) -> Vec<i64> {
    let tables =
        ["account", "session", "listing", "bid", "settlement", "transfer", "posting", "event", "answer"];
    tables.iter().map(|table| house.number(&format!("select count(*) from {table}"))).collect()
}

#[track_caller]
fn nothing_written(house: &House, before: &[i64]) {
    assert_eq!(rows(house), before);
    house.audit();
}

#[test]
fn what_is_no_json_or_no_object_is_a_bad_request() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    let bids = format!("/api/v1/listings/{id}/bids");
    for body in ["{", "", "[]", "\"x\"", "null", "{\"amount\":1000", "\u{feff}{}", "{\"amount\":1e}"] {
        for path in ["/api/v1/accounts", "/api/v1/sessions", "/api/v1/listings", &bids] {
            let call = house.post(path).by(&bob).body("application/json", body.into());
            call.send().refused(400, "bad_request");
        }
    }
    for query in ["state=lost", "sort=colour", "limit=0", "limit=x", "after=here", "limit=-1"] {
        house.get(&format!("/api/v1/listings?{query}")).send().refused(400, "bad_request");
    }
    house.get(&format!("{bids}?after=x")).send().refused(400, "bad_request");
    for query in ["", "listings=x", "listings=1,y", "listings=all&after=x", "listings=all&after=-1"] {
        house.get(&format!("/events?{query}")).send().refused(400, "bad_request");
    }
    let listed = house.get("/events?listings=all").header("Last-Event-ID", "x").send();
    listed.refused(400, "bad_request");
    nothing_written(&house, &before);
}

#[test]
fn a_stranger_is_unauthenticated_where_someone_is_needed() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    for path in ["/me", "/me/bids", "/me/won", "/me/listings"] {
        house.get(&format!("/api/v1{path}")).send().refused(401, "unauthenticated");
    }
    let amount = json!({"amount": 1_000});
    house.post(&format!("/api/v1/listings/{id}/bids")).json(&amount).send().refused(401, "unauthenticated");
    house.post(&format!("/api/v1/listings/{id}/buy")).send().refused(401, "unauthenticated");
    house.post("/api/v1/listings").json(&lamp(json!({}))).send().refused(401, "unauthenticated");
    house.delete(&format!("/api/v1/listings/{id}")).send().refused(401, "unauthenticated");
    house.delete("/api/v1/sessions/current").send().refused(401, "unauthenticated");
    for token in ["Bearer nonsense", "Bearer ", "Basic YTpi", "bearer"] {
        house.get("/api/v1/me").header("Authorization", token).send().refused(401, "unauthenticated");
    }
    for (email, password) in [("ann@example.org", "wrong password"), ("nobody@example.org", "correct horse")]
    {
        let body = json!({"email": email, "password": password});
        house.post("/api/v1/sessions").json(&body).send().refused(401, "unauthenticated");
    }
    nothing_written(&house, &before);
}

#[test]
fn a_cookie_s_write_from_elsewhere_is_forbidden() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    let (path, body) = (format!("/api/v1/listings/{id}/bids"), json!({"amount": 1_000}));
    let write = || house.post(&path).with_cookie(&bob).json(&body);
    write().send().refused(403, "forbidden");
    for site in ["cross-site", "same-site"] {
        write().header("Sec-Fetch-Site", site).send().refused(403, "forbidden");
        let own = format!("http://{}", house.address());
        write().header("Sec-Fetch-Site", site).header("Origin", &own).send().refused(403, "forbidden");
    }
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", ""] {
        write().header("Origin", origin).send().refused(403, "forbidden");
    }
    let form = house.post(&format!("/listings/{id}/bids")).with_cookie(&bob).form(&[("amount", "1000")]);
    assert_eq!(form.send().status, 403);
    house.delete("/api/v1/sessions/current").with_cookie(&bob).send().refused(403, "forbidden");
    house.delete(&format!("/api/v1/listings/{id}")).with_cookie(&ann).send().refused(403, "forbidden");
    nothing_written(&house, &before);
    // The same write from a page of the house, named in either way, is taken; so is a read from anywhere.
    house.get("/api/v1/me").with_cookie(&bob).header("Sec-Fetch-Site", "cross-site").send().done(200);
    write().header("Sec-Fetch-Site", "same-origin").send().done(201);
    let own = format!("http://{}", house.address());
    write().header("Origin", &own).send().refused(409, "already_leading");
}

#[test]
fn the_suspended_may_look_on_only() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"buy_now": 2_000}));
    house.run(&["account", "suspend", "bob@example.org", "--why", "unpaid"]).done();
    let before = rows(&house);
    house.bid(&bob, id, 1_000).refused(403, "not_allowed");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().refused(403, "not_allowed");
    house.try_list(&bob, json!({})).refused(403, "not_allowed");
    house.get("/api/v1/me").by(&bob).send().done(200);
    nothing_written(&house, &before);
    house.run(&["account", "restore", "bob@example.org"]).done();
    house.bid(&bob, id, 1_000).done(201);
    house.audit();
}

#[test]
fn who_may_cancel_is_kept() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    house.delete(&format!("/api/v1/listings/{id}")).by(&bob).send().refused(403, "not_allowed");
    house.bid(&bob, id, 1_000).done(201);
    let before = rows(&house);
    house.delete(&format!("/api/v1/listings/{id}")).by(&ann).send().refused(403, "not_allowed");
    nothing_written(&house, &before);
}

#[test]
fn the_refusals_of_a_bid_come_with_their_figures() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    let closed = house.list(&ann, json!({}));
    house.delete(&format!("/api/v1/listings/{closed}")).by(&ann).send();
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000})).done(201);
    let before = rows(&house);
    house.bid(&ann, id, 5_000).refused(403, "own_listing");
    house.bid(&bob, id, 3_000).refused(409, "already_leading");
    house.bid(&cleo, closed, 5_000).refused(409, "listing_closed");
    let low = house.bid_with(&cleo, id, json!({"amount": 1_049, "max": 9_000})).refused(409, "bid_too_low");
    assert_eq!(low["minimum"], 1_050);
    let poor = house.bid(&cleo, id, 100_001).refused(409, "insufficient_funds");
    assert_eq!(poor["available"], 100_000);
    let poor =
        house.bid_with(&bob, id, json!({"amount": 1, "max": 100_001})).refused(409, "insufficient_funds");
    assert_eq!(poor["available"], 100_000, "what is held for the own lead counts");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).send().refused(409, "taken");
    nothing_written(&house, &before);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let (house, ann, bob, _) = House::open();
    let before = rows(&house);
    house.bid(&bob, 99, 1_000).refused(404, "not_found");
    for id in ["99", "0", "-1", "x", "1.0", "%31x", "99999999999999999999"] {
        house.get(&format!("/api/v1/listings/{id}")).send().refused(404, "not_found");
        house.get(&format!("/api/v1/listings/{id}/bids")).send().refused(404, "not_found");
        house.get(&format!("/api/v1/listings/{id}/settlement")).send().refused(404, "not_found");
        house.delete(&format!("/api/v1/listings/{id}")).by(&ann).send().refused(404, "not_found");
        house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().refused(404, "not_found");
    }
    for path in ["/api/v1/nothing", "/api/v2/listings", "/api/v1/listings/1/2/3", "/api/v1/"] {
        house.get(path).send().refused(404, "not_found");
    }
    for path in
        ["/nothing", "/listings/99", "/pictures/x.jpg", "/assets/../../secret", "/pictures/..%2fauction.db"]
    {
        assert_eq!(house.get(path).send().status, 404, "{path}");
    }
    nothing_written(&house, &before);
}

#[test]
fn a_wrong_method_is_told_which_are_right() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let one = format!("/api/v1/listings/{id}");
    for (method, path, allowed) in [
        ("GET", "/api/v1/accounts".to_owned(), "POST"),
        ("PUT", "/api/v1/accounts".to_owned(), "POST"),
        ("POST", "/api/v1/me".to_owned(), "GET"),
        ("DELETE", "/api/v1/listings".to_owned(), "POST"),
        ("PUT", one.clone(), "DELETE"),
        ("PATCH", one.clone(), "GET"),
        ("POST", one.clone(), "DELETE"),
        ("GET", format!("{one}/buy"), "POST"),
        ("DELETE", format!("{one}/settlement"), "GET"),
        ("POST", "/api/v1/time".to_owned(), "GET"),
        ("POST", "/events".to_owned(), "GET"),
    ] {
        let answer = house.call(method, &path).by(&ann).send();
        let allow = answer.header("Allow").unwrap_or_default().to_owned();
        answer.refused(405, "method_not_allowed");
        assert!(allow.split(", ").any(|known| known == allowed), "{method} {path}: Allow: {allow}");
        assert!(!allow.split(", ").any(|known| known == method), "{method} {path}: Allow: {allow}");
    }
}

#[test]
fn an_email_in_use_is_taken_in_any_case_of_letters() {
    let (house, ..) = House::open();
    let before = rows(&house);
    for email in ["bob@example.org", "BOB@Example.ORG", "  bob@example.org "] {
        let body = json!({"email": email, "name": "Other", "password": "long enough"});
        house.post("/api/v1/accounts").json(&body).send().refused(409, "taken");
    }
    nothing_written(&house, &before);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    let text = |n: usize| json!({"amount": 1_000, "message": "x".repeat(n)}).to_string();
    let frame = text(0).len();
    let bids = format!("/api/v1/listings/{id}/bids");
    let send =
        |n: usize| house.post(&bids).by(&bob).body("application/json", text(n - frame).into_bytes()).send();
    send(64 * 1_024).refused(422, "invalid");
    send(64 * 1_024 + 1).refused(413, "too_large");
    let picture = vec![0; 10 * 1_024 * 1_024 + 1];
    let fields = [("title", "Lamp"), ("opening", "1000"), ("closes_in_s", "60")];
    house
        .post("/api/v1/listings")
        .by(&ann)
        .multipart(&fields, Some(&picture))
        .send()
        .refused(413, "too_large");
    nothing_written(&house, &before);
}

#[test]
fn an_unknown_kind_of_body_is_unsupported() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data; boundary=x",
    ] {
        let call = house.post(&format!("/api/v1/listings/{id}/bids")).by(&bob);
        call.body(kind, b"amount=1000".to_vec()).send().refused(415, "unsupported_media_type");
    }
    for kind in ["text/csv", "application/x-www-form-urlencoded"] {
        let call = house.post("/api/v1/listings").by(&ann).body(kind, b"title=x".to_vec());
        call.send().refused(415, "unsupported_media_type");
    }
    nothing_written(&house, &before);
}

/// The fields that a refusal names.
fn fields(problem: &Value) -> Vec<String> {
    problem["fields"].as_object().unwrap_or_else(|| panic!("{problem}")).keys().cloned().collect()
}

#[test]
fn each_limit_of_a_listing_holds_at_its_edge_and_not_beyond() {
    let (house, ann, ..) = House::open();
    let most: i64 = 1_000_000_000_000_000;
    let year = 366 * 24 * 3_600;
    for good in [
        json!({"title": "é".repeat(120)}),
        json!({"title": "x"}),
        json!({"description": "é".repeat(10_000)}),
        json!({"opening": 1}),
        json!({"opening": most}),
        json!({"closes_in_s": 5}),
        json!({"closes_in_s": 365 * 24 * 3_600}),
        json!({"reserve": 1_000, "buy_now": 1_000, "increment": 1}),
        json!({"reserve": most, "buy_now": most, "increment": most}),
        json!({"soft_close": {"window_s": 1, "extension_s": 1, "cap_s": 1}}),
        json!({"soft_close": null, "description": ""}),
    ] {
        house.list(&ann, good);
    }
    let before = rows(&house);
    for (bad, named) in [
        (json!({"title": "é".repeat(121)}), "title"),
        (json!({"title": ""}), "title"),
        (json!({"title": "   "}), "title"),
        (json!({"title": null}), "title"),
        (json!({"title": 5}), "title"),
        (json!({"description": "é".repeat(10_001)}), "description"),
        (json!({"opening": 0}), "opening"),
        (json!({"opening": -1}), "opening"),
        (json!({"opening": most + 1}), "opening"),
        (json!({"opening": 10.5}), "opening"),
        (json!({"opening": "1000"}), "opening"),
        (json!({"opening": null}), "opening"),
        (json!({"opening": 1e30}), "opening"),
        (json!({"closes_in_s": 4}), "closes_in_s"),
        (json!({"closes_in_s": year + 1}), "closes_in_s"),
        (json!({"closes_in_s": i64::MAX}), "closes_in_s"),
        (json!({"closes_in_s": i64::MIN}), "closes_in_s"),
        (json!({"closes_in_s": "soon"}), "closes_in_s"),
        (json!({"closes_in_s": null}), "closes_at"),
        (json!({"closes_in_s": null, "closes_at": "2020-01-01T00:00:00Z"}), "closes_at"),
        (json!({"closes_in_s": null, "closes_at": "tomorrow"}), "closes_at"),
        (json!({"closes_in_s": null, "closes_at": "9999-12-31T23:59:59Z"}), "closes_at"),
        (json!({"reserve": 999}), "reserve"),
        (json!({"reserve": most + 1}), "reserve"),
        (json!({"buy_now": 999}), "buy_now"),
        (json!({"reserve": 2_000, "buy_now": 1_999}), "buy_now"),
        (json!({"increment": 0}), "increment"),
        (json!({"soft_close": {"window_s": 0, "extension_s": 1, "cap_s": 1}}), "soft_close.window_s"),
        (json!({"soft_close": {"window_s": 1, "cap_s": 1}}), "soft_close.extension_s"),
        (json!({"soft_close": {"window_s": 1, "extension_s": 1, "cap_s": -1}}), "soft_close.cap_s"),
        (json!({"soft_close": 5}), "soft_close"),
    ] {
        let problem = house.try_list(&ann, bad.clone()).refused(422, "invalid");
        assert!(fields(&problem).contains(&named.to_owned()), "{bad}: {problem}");
    }
    let all =
        house.try_list(&ann, json!({"title": "", "opening": 0, "closes_in_s": 1})).refused(422, "invalid");
    assert_eq!(fields(&all), ["title", "opening", "closes_in_s"], "all at once");
    nothing_written(&house, &before);
}

#[test]
fn the_limits_of_a_bid_and_of_a_person_hold() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    for (bad, named) in [
        (json!({}), "amount"),
        (json!({"amount": 0}), "amount"),
        (json!({"amount": -5}), "amount"),
        (json!({"amount": 1_000_000_000_000_001_i64}), "amount"),
        (json!({"amount": 1000.5}), "amount"),
        (json!({"amount": "1000"}), "amount"),
        (json!({"amount": [1_000]}), "amount"),
        (json!({"amount": 1_000, "max": 999}), "max"),
        (json!({"amount": 1_000, "max": 1_000_000_000_000_001_i64}), "max"),
        (json!({"amount": 1_000, "message": "é".repeat(201)}), "message"),
        (json!({"amount": 1_000, "message": 5}), "message"),
    ] {
        let problem = house.bid_with(&bob, id, bad.clone()).refused(422, "invalid");
        assert_eq!(fields(&problem), [named], "{bad}");
    }
    let good = json!({"email": "dora@example.org", "name": "Dora", "password": "long enough"});
    for (field, bad) in [
        ("email", json!("dora")),
        ("email", json!("@example.org")),
        ("email", json!("do ra@example.org")),
        ("email", json!("")),
        ("name", json!("")),
        ("name", json!("é".repeat(41))),
        ("name", json!("a\u{7}b")),
        ("password", json!("7 chars")),
        ("password", json!("é".repeat(201))),
        ("password", Value::Null),
    ] {
        let mut body = good.clone();
        body[field] = bad.clone();
        let problem = house.post("/api/v1/accounts").json(&body).send().refused(422, "invalid");
        assert_eq!(fields(&problem), [field], "{bad}");
    }
    nothing_written(&house, &before);
    house.bid_with(&bob, id, json!({"amount": 1_000, "message": "é".repeat(200)})).done(201);
    let mut widest = good;
    (widest["name"], widest["password"]) = (json!("é".repeat(40)), json!("é".repeat(200)));
    house.post("/api/v1/accounts").json(&widest).send().done(201);
}

/// Bids too low until the rate refuses; how many went through before.
fn bids_until_limited(house: &House, bob: &Person, id: i64) -> usize {
    for n in 0..500 {
        let answer = house.bid(bob, id, 1);
        if answer.status == 429 {
            assert!(answer.header("Retry-After").is_some());
            let problem = answer.refused(429, "rate_limited");
            assert!(problem["retry_after_s"].as_i64().unwrap() >= 1);
            return n;
        }
        answer.refused(409, "bid_too_low");
    }
    500
}

#[test]
fn a_rate_of_bids_holds_and_is_changed_under_a_running_server() {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "5")]);
    let id = house.list(&ann, json!({}));
    let n = bids_until_limited(&house, &bob, id);
    assert!((5..=15).contains(&n), "{n} bids went through at 5 a second");
    house.bid(&cleo, id, 1).refused(409, "bid_too_low");
    house.set("limit_bids_per_s", "0");
    let set = std::time::Instant::now();
    until("the rate is lifted", || (0..30).all(|_| house.bid(&bob, id, 1).status == 409).then_some(()));
    assert!(set.elapsed().as_millis() < 1_000, "it took {} ms", set.elapsed().as_millis());
    house.audit();
}

#[test]
fn failed_sign_ins_are_limited_by_account() {
    let (house, ..) = House::with(&[("limit_sign_ins_per_min", "3")]);
    let sign_in = |email: &str, password: &str| {
        house.post("/api/v1/sessions").json(&json!({"email": email, "password": password})).send()
    };
    for _ in 0..3 {
        sign_in("bob@example.org", "wrong password").refused(401, "unauthenticated");
    }
    // A machine so busy that hashing takes many seconds allows one more meanwhile.
    let problem = sign_in("bob@example.org", "wrong password").refused(429, "rate_limited");
    assert!(problem["retry_after_s"].as_i64().unwrap() >= 1, "{problem}");
    // Whether the right one is tried or not is not told either.
    sign_in("bob@example.org", "correct horse").refused(429, "rate_limited");
    house.set("limit_sign_ins_per_min", "0");
    until("the rate is lifted", || (sign_in("bob@example.org", "correct horse").status == 201).then_some(()));
    for _ in 0..5 {
        sign_in("bob@example.org", "wrong password").refused(401, "unauthenticated");
    }
}

/// What was counted is forgotten when the rate itself is changed, and by no other change.
#[test]
fn a_change_of_another_setting_lets_nobody_off() {
    let (house, ..) = House::with(&[("limit_sign_ins_per_min", "1")]);
    let sign_in = || {
        house.post("/api/v1/sessions").json(&json!({"email": "bob@example.org", "password": "wrong"})).send()
    };
    sign_in().refused(401, "unauthenticated");
    house.set("name", "The Old Mill");
    until("the name is changed", || house.get("/").send().text().contains("The Old Mill").then_some(()));
    sign_in().refused(429, "rate_limited");
}

#[test]
fn right_sign_ins_are_not_limited() {
    let (house, ..) = House::with(&[("limit_sign_ins_per_min", "2")]);
    for _ in 0..5 {
        house.log_in("Bob");
    }
}

#[test]
fn sign_ups_are_limited_by_address() {
    let (house, ..) = House::with(&[("limit_sign_ups_per_min", "2")]);
    let join = |n: usize| {
        let body =
            json!({"email": format!("p{n}@example.org"), "name": format!("P{n}"), "password": "long enough"});
        house.post("/api/v1/accounts").json(&body).send()
    };
    join(1).done(201);
    for _ in 0..5 {
        let body = json!({"email": "p0@example.org", "name": "P", "password": "short"});
        house.post("/api/v1/accounts").json(&body).send().refused(422, "invalid");
    }
    join(2).done(201);
    join(3).refused(429, "rate_limited");
    house.set("limit_sign_ups_per_min", "0");
    until("the rate is lifted", || (join(4).status == 201).then_some(()));
    join(5).done(201);
}

/// Takes as long as the house waits for another process: 5 s.
#[test]
fn while_another_process_holds_the_database_the_house_is_busy() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let before = rows(&house);
    let other = house.connection();
    other.execute_batch("begin immediate").unwrap();
    let answer = house.bid(&bob, id, 1_000);
    assert!(answer.header("Retry-After").is_some());
    let problem = answer.refused(503, "busy");
    assert!(problem["retry_after_s"].as_i64().unwrap() >= 1);
    house.get(&format!("/api/v1/listings/{id}")).send().done(200);
    other.execute_batch("rollback").unwrap();
    nothing_written(&house, &before);
    house.bid(&bob, id, 1_000).done(201);
    house.audit();
}
