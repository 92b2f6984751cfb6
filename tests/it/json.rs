//! JSON as programs send it: amounts to the digit, no key twice, no field that nobody reads.

use crate::harness::{House, int};
use serde_json::{Value, json};

/// The names of the fields that a refusal names.
fn fields(refused: &Value) -> Vec<&str> {
    refused["fields"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_amount_is_an_integer_or_refused() {
    let (house, ann, bob, _) = House::open();
    house.credit("Bob", 1_000_000_000_000_000);
    house.credit("Bob", 1_000_000_000_000_000);
    let id = house.list(&ann, json!({}));
    let path = format!("/api/v1/listings/{id}/bids");
    let send = |body: String| house.post(&path).by(&bob).body("application/json", body.into()).send();
    for number in [
        "1e3",
        "1E3",
        "1e+3",
        "10e2",
        "1000.0",
        "1000.5",
        "-0",
        "-0.0",
        "0.0",
        "1e400",
        "-1e400",
        "\"1000\"",
        "true",
        "[1000]",
        "{}",
        "9223372036854775808",
        "18446744073709551617",
        "99999999999999999999999999999999999999",
    ] {
        for field in ["amount", "max"] {
            let other = if field == "amount" { "" } else { "\"amount\":1000," };
            let refused = send(format!("{{{other}\"{field}\":{number}}}")).refused(422, "invalid");
            assert_eq!(fields(&refused), [field], "{number}");
        }
        for field in ["opening", "reserve", "buy_now", "increment", "closes_in_s"] {
            let mut fields = json!({"title": "Lamp", "opening": 1_000, "closes_in_s": 3_600});
            fields.as_object_mut().unwrap().remove(field);
            let body = fields.to_string().replacen('{', &format!("{{\"{field}\":{number},"), 1);
            let call = house.post("/api/v1/listings").by(&ann).body("application/json", body.into());
            let refused = call.send().refused(422, "invalid");
            assert!(self::fields(&refused).contains(&field), "{field} {number}: {refused}");
        }
    }
    assert_eq!(house.number("select count(*) from bid"), 0);
    let placed = send("{\"amount\": 1000 ,\"max\": 999999999999999 }".into()).done(201);
    assert_eq!(int(&placed["bid"]["max"]), 999_999_999_999_999, "to the digit");
    house.audit();
}

#[test]
fn a_key_given_twice_is_refused_at_every_level() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let bids = format!("/api/v1/listings/{id}/bids");
    let soft = "\"soft_close\":{\"window_s\":60,\"extension_s\":60,\"cap_s\":600,\"cap_s\":700}";
    let (lamp, person) =
        ("\"title\":\"Lamp\",\"opening\":1000,\"closes_in_s\":60", "\"email\":\"ann@example.org\"");
    for (path, body, named) in [
        (&*bids, "{\"amount\":1000,\"amount\":2000}".to_owned(), "amount"),
        (&bids, "{\"amount\":1000,\"amount\":1000}".into(), "amount"),
        (&bids, "{\"amount\":1000,\"am\\u006funt\":2000}".into(), "amount"),
        (&bids, "{\"amount\":1000,\"message\":\"a\",\"message\":null}".into(), "message"),
        ("/api/v1/listings", format!("{{{lamp},\"title\":\"Lump\"}}"), "title"),
        ("/api/v1/listings", format!("{{{lamp},{soft}}}"), "soft_close.cap_s"),
        (
            "/api/v1/accounts",
            format!("{{{person},{person},\"name\":\"A\",\"password\":\"long enough\"}}"),
            "email",
        ),
        (
            "/api/v1/sessions",
            format!("{{{person},\"password\":\"a\",\"password\":\"correct horse\"}}"),
            "password",
        ),
    ] {
        let call = house.post(path).by(&bob).body("application/json", body.clone().into());
        assert_eq!(fields(&call.send().refused(422, "invalid")), [named], "{path} {body}");
    }
    let soft = soft.trim_start_matches("\"soft_close\":");
    let form = [("title", "Lamp"), ("opening", "1000"), ("closes_in_s", "60"), ("soft_close", soft)];
    let refused =
        house.post("/api/v1/listings").by(&ann).multipart(&form, None).send().refused(422, "invalid");
    assert_eq!(fields(&refused), ["soft_close.cap_s"]);
    let form = [("title", "Lamp"), ("opening", "1000"), ("opening", "2000"), ("closes_in_s", "60")];
    let refused =
        house.post("/api/v1/listings").by(&ann).multipart(&form, None).send().refused(422, "invalid");
    assert_eq!(fields(&refused), ["opening"]);
    assert_eq!(house.number("select count(*) from bid"), 0);
    assert_eq!(house.number("select count(*) from listing"), 1);
}

/// A part of a form, and the body of a call that takes none, are meant as well as a field of JSON is.
#[test]
fn what_is_sent_where_nothing_of_the_kind_is_asked_for_is_named() {
    let (house, ann, bob, _) = House::open();
    let parts = [("title", "Lamp"), ("opening", "100"), ("closes_in_s", "60"), ("reserv", "900")];
    let refused =
        house.post("/api/v1/listings").by(&ann).multipart(&parts, None).send().refused(422, "invalid");
    assert_eq!(fields(&refused), ["reserv"]);
    let id = house.list(&ann, json!({"buy_now": 4_000}));
    let listing = format!("/api/v1/listings/{id}");
    for (method, path, person) in [
        ("POST", format!("{listing}/buy"), &bob),
        ("DELETE", listing.clone(), &ann),
        ("POST", format!("{listing}/watch"), &bob),
    ] {
        let call = || house.call(method, &path).by(person);
        let refused = call().json(&json!({"amount": 100})).send().refused(422, "invalid");
        assert_eq!(fields(&refused), ["amount"], "{method} {path}");
        call().body("application/json", b"{{{".to_vec()).send().refused(400, "bad_request");
    }
    assert_eq!(house.listing(id)["state"], "open");
    house.post(&format!("{listing}/buy")).by(&bob).json(&json!({})).send().done(201);
}

#[test]
fn a_field_that_is_not_known_is_named() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let bids = format!("/api/v1/listings/{id}/bids");
    let soft = json!({"window_s": 60, "extension_s": 60, "cap_s": 600, "cap": 1});
    for (path, body, named) in [
        (&*bids, json!({"amount": 1_000, "maximum": 5_000}), &["maximum"][..]),
        (&bids, json!({"amount": 1_000, "Max": 5_000, "": null}), &["", "Max"]),
        (
            "/api/v1/listings",
            json!({"title": "L", "opening": 1, "closes_in_s": 60, "picture": "x"}),
            &["picture"],
        ),
        (
            "/api/v1/listings",
            json!({"title": "L", "opening": 1, "closes_in_s": 60, "soft_close": soft}),
            &["soft_close.cap"],
        ),
        ("/api/v1/listings", json!({"title": "", "opening": 1, "closes_at_": 60}), &["closes_at_", "title"]),
        (
            "/api/v1/accounts",
            json!({"email": "dora@example.org", "name": "Dora", "password": "long enough", "admin": true}),
            &["admin"],
        ),
        (
            "/api/v1/sessions",
            json!({"email": "ann@example.org", "password": "correct horse", "remember": true}),
            &["remember"],
        ),
    ] {
        let refused = house.post(path).by(&bob).json(&body).send().refused(422, "invalid");
        let mut found = fields(&refused);
        found.retain(|field| *field != "closes_at");
        found.sort_unstable();
        assert_eq!(found, named, "{path} {body}: {refused}");
    }
    // However many and long they are, the answer stays short.
    let many: String = (0..2_000).map(|n| format!(",\"{n:020}\":1")).collect();
    let long = format!(",\"{}\":1", "x".repeat(20_000));
    for more in [many, long] {
        let body = format!("{{\"amount\":1000{more}}}");
        let answer = house.post(&bids).by(&bob).body("application/json", body.into()).send();
        assert!(answer.body.len() < 8_000, "{}", answer.body.len());
        answer.refused(422, "invalid");
    }
    // What is empty is left out, and known all the same.
    let body = json!({"amount": 1_000, "max": null, "message": ""});
    house.bid_with(&bob, id, body).done(201);
    house.list(&ann, json!({"soft_close": Value::Null, "closes_at": "", "reserve": ""}));
}
