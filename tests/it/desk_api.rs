//! The desk for programs: passes, guests, bids, payments, handovers and the till, as the contract has them; and that each
//! write is done once, however often it is sent.

use crate::harness::{House, Inside, email, int};
use crate::tablet::{Tablet, buy, give_code, listing_of, open_pass, sale_of};
use auction::rules::time::Time;
use serde_json::{Value, json};

/// A sale of three lots, with Bob registered as number 1 and Cleo as number 2.
fn evening<'h>(house: &'h House) -> Tablet<'h> {
    sale_of(house, "spring", 3);
    let tablet = Tablet::open(house, "Till 1", "spring", &[]);
    for name in ["Bob", "Cleo"] {
        tablet.register(json!({"name": name, "email": email(name)}));
    }
    tablet
}

#[track_caller]
fn has_exactly(value: &Value, names: &[&str]) {
    let mut found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = names.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{value}");
}

#[test]
fn a_code_gives_its_token_to_one_device() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let opened =
        house.told(&["desk", "open", "Door", "--sale", "spring", "--may", "bid,checkin", "--for", "8h"]);
    let code = opened["code"].as_str().unwrap();
    assert!(opened["link"].as_str().unwrap().ends_with(&format!("/desk/open?code={code}")), "{opened}");
    let typed = code.replace('-', " ").to_lowercase();
    let entered = give_code(&house, &typed).done(201);
    has_exactly(&entered, &["token", "name", "sale", "may", "until"]);
    assert_eq!(entered["name"], "Door");
    assert_eq!(entered["sale"], "spring");
    assert_eq!(entered["may"], json!(["checkin", "bid"]));
    assert_eq!(entered["until"], opened["until"]);
    assert!(Time::parse(entered["until"].as_str().unwrap()).is_some());
    give_code(&house, code).refused(409, "in_use");
    // The device that holds the pass may give its code again.
    let bearer = format!("Bearer {}", entered["token"].as_str().unwrap());
    let again = house.post("/api/v1/desk/sessions").header("Authorization", &bearer);
    assert_eq!(again.json(&json!({"code": code})).send().done(201), entered);

    give_code(&house, "AAAA-BBBB-CCCC").refused(401, "unauthenticated");
    for body in [json!({}), json!({"code": ""}), json!({"code": 7}), json!({"code": "x", "name": "Door"})] {
        house.post("/api/v1/desk/sessions").json(&body).send().refused(422, "invalid");
    }
    house.run(&["desk", "shut", "Door"]).done();
    give_code(&house, code).refused(401, "unauthenticated");
    let unused = open_pass(&house, "Unused", "spring", &[]);
    house.run(&["desk", "shut", "Unused"]).done();
    give_code(&house, &unused).refused(401, "unauthenticated");
}

#[test]
fn guests_get_the_lowest_free_number_and_are_found_by_what_is_known_of_them() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let tablet = Tablet::open(&house, "Door", "spring", &["--may", "checkin", "--limit", "50000"]);
    let first = tablet.post("bidders", json!({"name": "Grandma Kim", "phone": "010-1234"})).done(201);
    has_exactly(&first, &["number", "account", "pin"]);
    assert_eq!(first["number"], 1);
    let pin = first["pin"].as_str().unwrap();
    assert!(pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
    assert_eq!(tablet.register(json!({"name": "Dora", "number": 3, "limit": 40_000})), 3);
    assert_eq!(tablet.register(json!({"name": "Bob", "email": email("Bob")})), 2, "the lowest free one");
    let refused = |body: Value, code| tablet.post("bidders", body).refused(409, code);
    refused(json!({"name": "Eve", "number": 3}), "taken");
    assert_eq!(refused(json!({"name": "Robert", "email": email("Bob")}), "taken")["number"], 2);
    let above = tablet.post("bidders", json!({"name": "Eve", "limit": 50_001})).refused(403, "not_allowed");
    assert_eq!((&above["reason"], &above["most"]), (&json!("above_pass_limit"), &json!(50_000)));
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "Eve", "number": 0}),
        json!({"name": "Eve", "number": 100_000}),
        json!({"name": "Eve", "number": "4"}),
        json!({"name": "Eve", "email": "nowhere"}),
        json!({"name": "Eve", "limit": -1}),
        json!({"name": "Eve", "anyway": "yes"}),
        json!({"name": "Eve", "max": 5}),
    ] {
        tablet.post("bidders", body).refused(422, "invalid");
    }

    let found = |q: &str| {
        let found = tablet.get(&format!("bidders?q={q}")).done(200);
        has_exactly(&found, &["bidders"]);
        found["bidders"].as_array().unwrap().clone()
    };
    let numbers = |q: &str| found(q).iter().map(|guest| int(&guest["number"])).collect::<Vec<_>>();
    assert_eq!(numbers(""), [1, 2, 3]);
    assert_eq!(numbers("3"), [1, 3], "a number, or a part of a telephone number");
    assert_eq!(numbers("kim"), [1]);
    assert_eq!(numbers("bob%40example"), [2]);
    assert_eq!(numbers("nobody"), [0; 0]);
    let bob = &found("bob")[0];
    has_exactly(bob, &["number", "account", "name", "email", "phone", "limit", "has_pin", "registered_at"]);
    assert_eq!(
        (&bob["name"], &bob["email"], &bob["has_pin"]),
        (&json!("Bob"), &json!(email("Bob")), &json!(true))
    );
    assert_eq!(found("dora")[0]["limit"], 40_000);

    let again = tablet.post("bidders/1/pin", json!({})).done(201);
    has_exactly(&again, &["number", "account", "pin"]);
    assert_eq!((&again["number"], &again["account"]), (&first["number"], &first["account"]));
    assert_ne!(again["pin"], first["pin"]);
    for number in ["4", "0", "x", "-1"] {
        tablet.post(&format!("bidders/{number}/pin"), json!({})).refused(404, "not_found");
    }
    house.audit();
}

#[test]
fn a_bid_of_the_desk_is_a_bid_and_tells_no_more_than_it_was_told() {
    let (house, _, bob, _) = House::open();
    let tablet = evening(&house);
    let bid = |body: Value| tablet.post("bids", body);
    let first =
        bid(json!({"lot": "a1", "number": 1, "amount": 1_000, "max": 1_500, "source": "absentee"})).done(201);
    has_exactly(&first, &["bid", "leading", "listing", "cursor"]);
    assert_eq!((&first["leading"], &first["bid"]["max"]), (&json!(true), &json!(1_500)));
    assert_eq!(first["listing"]["lot"], "A1");
    let id = listing_of(&house, "spring", "A1");
    assert_eq!(house.bids(id).len(), 1);
    assert_eq!(house.funds(&bob).1, 1_500, "a hold like any other");
    // Cleo is outbid at once: nobody is told by how much Bob would go on.
    let outbid = bid(json!({"lot": "A1", "number": 2, "amount": 1_100, "source": "room"})).done(201);
    assert_eq!((&outbid["leading"], &outbid["bid"]["max"]), (&json!(false), &json!(1_100)));
    assert!(!outbid.to_string().contains("1500"), "{outbid}");

    bid(json!({"lot": "A1", "number": 1, "amount": 1_500, "source": "phone"}))
        .refused(409, "already_leading");
    assert_eq!(
        bid(json!({"lot": "A2", "number": 1, "amount": 999, "source": "paper"})).refused(409, "bid_too_low")
            ["minimum"],
        1_000
    );
    let too_much = bid(json!({"lot": "A2", "number": 1, "amount": 10_000_000, "source": "paper"}));
    let too_much = too_much.refused(409, "insufficient_funds");
    assert_eq!(too_much["reason"], "beyond_limit");
    assert!(!too_much["detail"].as_str().unwrap().contains(|c: char| c.is_ascii_digit()), "{too_much}");
    for (lot, number) in [("A9", 1), ("A1", 9)] {
        bid(json!({"lot": lot, "number": number, "amount": 2_000, "source": "paper"}))
            .refused(404, "not_found");
    }
    for body in [
        json!({"lot": "A1", "number": 1, "amount": 2_000}),
        json!({"lot": "A1", "number": 1, "amount": 2_000, "source": "mail"}),
        json!({"lot": "A1", "number": 1, "source": "paper"}),
        json!({"number": 1, "amount": 2_000, "source": "paper"}),
        json!({"lot": "A1", "number": 0, "amount": 2_000, "source": "paper"}),
        json!({"lot": "A1", "number": 100_000, "amount": 2_000, "source": "paper"}),
        json!({"lot": "A1", "number": 1, "amount": 2_000, "max": 1_999, "source": "paper"}),
        json!({"lot": "A1", "number": 1, "amount": 2_000, "source": "paper", "message": "hello"}),
    ] {
        bid(body).refused(422, "invalid");
    }
    house.audit();
}

#[test]
fn a_till_takes_payments_voids_them_once_and_hands_over_what_is_paid() {
    let (house, _, bob, cleo) = House::open();
    let tablet = evening(&house);
    buy(&house, &bob, "spring", "A1");
    buy(&house, &cleo, "spring", "A2");
    let bill = tablet.bill(1);
    has_exactly(
        &bill,
        &["sale", "number", "account", "name", "lines", "payments", "total", "covered", "due"],
    );
    let line = &bill["lines"][0];
    has_exactly(
        line,
        &[
            "settlement",
            "listing",
            "lot",
            "title",
            "hammer",
            "premium",
            "tax",
            "total",
            "covered",
            "handed_over_at",
            "reversed",
        ],
    );
    assert_eq!((&bill["sale"], &bill["number"], &line["lot"]), (&json!("spring"), &json!(1), &json!("A1")));

    let paid =
        tablet.post("payments", json!({"number": 1, "amount": 700, "method": "cash", "reference": "slip 7"}));
    let paid = paid.done(201);
    has_exactly(&paid, &["payment", "bill"]);
    let payment = &paid["payment"];
    assert_eq!(
        (&payment["amount"], &payment["method"], &payment["reference"], &payment["by"], &payment["voided"]),
        (&json!(700), &json!("cash"), &json!("slip 7"), &json!("Till 1"), &json!(false))
    );
    assert_eq!(paid["bill"], tablet.bill(1));
    let id = int(&payment["id"]);
    let voided = tablet.void(id).done(201);
    assert_eq!(
        (&voided["payment"]["voided"], &voided["payment"]["voided_why"]),
        (&json!(true), &json!("a mistake"))
    );
    assert_eq!(tablet.void(id).refused(409, "taken")["reason"], "voided_already");
    tablet.post(&format!("payments/{id}/void"), json!({})).refused(422, "invalid");
    tablet.post(&format!("payments/{id}/void"), json!({"why": " "})).refused(422, "invalid");
    for nowhere in ["999999", "x", "0"] {
        tablet.post(&format!("payments/{nowhere}/void"), json!({"why": "x"})).refused(404, "not_found");
    }
    for body in [
        json!({"number": 1, "amount": 0, "method": "cash"}),
        json!({"number": 1, "amount": -5, "method": "cash"}),
        json!({"number": 0, "amount": 5, "method": "cash"}),
        json!({"number": 100_000, "amount": 5, "method": "cash"}),
        json!({"number": 1, "amount": 5}),
        json!({"number": 1, "amount": 5, "method": "cheque"}),
        json!({"number": 1, "method": "cash"}),
        json!({"amount": 5, "method": "cash"}),
        json!({"number": 1, "amount": 5, "method": "cash", "why": "x"}),
        json!({"number": 1, "amount": 5, "method": "cash", "reference": "x".repeat(81)}),
    ] {
        tablet.post("payments", body).refused(422, "invalid");
    }
    tablet.post("payments", json!({"number": 9, "amount": 5, "method": "cash"})).refused(404, "not_found");

    let handed = tablet.post("handovers", json!({"lot": "a1"})).done(201);
    has_exactly(&handed, &["listing", "lot", "handed_over_at", "bill"]);
    assert_eq!((&handed["lot"], &handed["bill"]["number"]), (&json!("A1"), &json!(1)));
    assert_eq!(handed["bill"]["lines"][0]["handed_over_at"], handed["handed_over_at"]);
    let again = tablet.post("handovers", json!({"lot": "A1"})).refused(409, "taken");
    assert_eq!(again["reason"], "handed_over_already");
    assert_eq!(
        tablet.post("handovers", json!({"lot": "A3"})).refused(403, "not_allowed")["reason"],
        "not_sold"
    );
    tablet.post("handovers", json!({"lot": "A9"})).refused(404, "not_found");
    house.audit();
}

#[test]
fn a_lot_that_is_not_paid_is_handed_over_only_with_a_reason() {
    let (house, ..) = House::open();
    let tablet = evening(&house);
    house.add("Dora");
    let number = tablet.register(json!({"name": "Dora", "email": email("Dora"), "limit": 5_000}));
    buy(&house, &house.log_in("Dora"), "spring", "A3");
    let due = int(&tablet.bill(number)["due"]);
    assert_eq!(due, 2_500);
    let refused = tablet.post("handovers", json!({"lot": "A3"})).refused(409, "not_covered");
    assert_eq!(refused["due"], due);
    tablet.pay(number, due - 1, "card");
    assert_eq!(tablet.post("handovers", json!({"lot": "A3"})).refused(409, "not_covered")["due"], 1);
    let handed = tablet.post("handovers", json!({"lot": "A3", "why": "a cent is nothing"})).done(201);
    assert_eq!(handed["bill"]["due"], 1);
    house.audit();
}

/// A resend after lost wifi gets the same answer, and nothing more is written; another request under its key is refused.
#[test]
fn each_write_is_done_once_however_often_it_is_sent() {
    let (house, _, bob, _) = House::open();
    let tablet = evening(&house);
    buy(&house, &bob, "spring", "A1");
    let payment = tablet.pay(1, 100, "card");
    let rows = || {
        let tables =
            ["account", "registration", "bid", "transfer", "posting", "handover", "desk_answer", "event"];
        tables.map(|table| house.number(&format!("select count(*) from {table}")))
    };
    let void = format!("payments/{payment}/void");
    let writes = [
        ("bidders", json!({"name": "Dora"}), json!({"name": "Eve"})),
        ("bidders/1/pin", json!({}), Value::Null),
        (
            "bids",
            json!({"lot": "A2", "number": 1, "amount": 1_000, "source": "room"}),
            json!({"lot": "A2", "number": 1, "amount": 1_200, "source": "room"}),
        ),
        (
            "payments",
            json!({"number": 1, "amount": 100, "method": "cash"}),
            json!({"number": 1, "amount": 100, "method": "card"}),
        ),
        (&void, json!({"why": "a mistake"}), json!({"why": "another"})),
        ("handovers", json!({"lot": "A1"}), json!({"lot": "A2"})),
    ];
    for (path, body, other) in &writes {
        let first = tablet.post_with(path, path, body.clone()).done(201);
        let after = rows();
        for _ in 0..2 {
            assert_eq!(tablet.post_with(path, path, body.clone()).done(201), first, "{path}");
        }
        if !other.is_null() {
            let reused = tablet.post_with(path, path, other.clone()).refused(422, "invalid");
            assert!(reused["fields"]["Idempotency-Key"].is_string(), "{reused}");
        }
        assert_eq!(rows(), after, "{path}");
        // Without a key nothing is done.
        for key in [None, Some("")] {
            let call = house.post(&format!("/api/v1/desk/{path}")).header("Authorization", &tablet.bearer());
            let call = if let Some(key) = key { call.header("Idempotency-Key", key) } else { call };
            call.json(body).send().refused(400, "bad_request");
        }
        tablet.post_with(path, &"k".repeat(201), body.clone()).refused(422, "invalid");
        assert_eq!(rows(), after, "{path}");
    }
    // The path is of the request, too: the key of one is no key of another.
    tablet.post_with("payments", "handovers", json!({"lot": "A1"})).refused(422, "invalid");
    tablet.post_with("bidders/2/pin", "bidders/1/pin", json!({})).refused(422, "invalid");
    // Another pass has keys of its own.
    let other = Tablet::open(&house, "Till 2", "spring", &[]);
    let paid = other.post_with("payments", "payments", json!({"number": 1, "amount": 5, "method": "cash"}));
    assert_eq!(paid.done(201)["payment"]["by"], "Till 2");
    house.audit();
}

#[test]
fn the_tills_add_up_to_the_ledger_whoever_voids() {
    let (house, _, bob, _) = House::open();
    let one = evening(&house);
    let two = Tablet::open(&house, "Till 2", "spring", &["--may", "checkout"]);
    buy(&house, &bob, "spring", "A1");
    let [mistaken, by_other, by_admin] =
        [one.pay(1, 300, "cash"), one.pay(1, 500, "card"), one.pay(2, 7, "other")];
    one.pay(2, 1_000, "cash");
    two.pay(1, 20, "bank");
    one.void(mistaken).done(201);
    assert_eq!(one.taken(), ([1_000, 500, 0, 7], 3));
    // A void counts for the till that makes it.
    assert_eq!(two.void(by_other).done(201)["payment"]["by"], "Till 1");
    assert_eq!(one.taken(), ([1_000, 500, 0, 7], 2));
    assert_eq!(two.taken(), ([0, -500, 20, 0], 1));
    Inside::of(&house, 0).house.void_payment(by_admin, "counted twice").unwrap();
    assert_eq!(one.taken(), ([1_000, 500, 0, 0], 1));

    let report = house.told(&["desk", "report", "spring"]);
    has_exactly(&report, &["tills", "unpaid", "not_handed_over", "total"]);
    let tills = report["tills"].as_array().unwrap();
    assert_eq!(tills.iter().map(|till| &till["name"]).collect::<Vec<_>>(), ["Till 1", "Till 2"]);
    assert_eq!(tills[0]["taken"], json!({"cash": 1_000, "card": 500, "bank": 0, "other": 0}));
    assert_eq!(tills[1]["taken"], json!({"cash": 0, "card": -500, "bank": 20, "other": 0}));
    let void = |till: usize, nth: usize| {
        let void = &tills[till]["voids"][nth];
        has_exactly(void, &["payment", "amount", "method", "why", "by", "at"]);
        (int(&void["payment"]), int(&void["amount"]), void["by"].as_str().unwrap().to_owned())
    };
    assert_eq!(void(0, 0), (mistaken, 300, "Till 1".to_owned()));
    assert_eq!(void(0, 1), (by_admin, 7, "cli".to_owned()));
    assert_eq!(void(1, 0), (by_other, 500, "Till 2".to_owned()));
    assert_eq!(report["total"], 1_020);
    let by_ledger = "select sum(-p.amount) from posting p join transfer t on t.id = p.transfer_id
                     where p.purse_id = -1 and (t.method is not null or t.voids is not null)";
    assert_eq!(house.number(by_ledger), 1_020);
    assert_eq!(report["unpaid"], json!([]));
    let waiting = report["not_handed_over"].as_array().unwrap();
    assert_eq!(waiting.iter().map(|lot| &lot["lot"]).collect::<Vec<_>>(), ["A1"]);
    // A pass of the same name goes on with its till.
    house.run(&["desk", "shut", "Till 1"]).done();
    let next = Tablet::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    next.pay(1, 1, "cash");
    assert_eq!(next.taken(), ([1_001, 500, 0, 0], 2));
    house.audit();
}
