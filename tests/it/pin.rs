//! Log-ins by number and PIN: on the page and by the API, within the limits of passwords, and without a word about who
//! has a number.

use crate::harness::{House, Inside, PASSWORD, Person, Reply, int, until};
use crate::sales::{add_lot, ahead, house, spring};
use auction::house::desk::guests::Guest;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A guest's card.
struct Card {
    number: i64,
    account: i64,
    pin: String,
}

fn card(house: &House, sale: &str, name: &str) -> Card {
    let card = house.told(&["bidder", "add", sale, "--name", name]);
    Card { number: int(&card["number"]), account: int(&card["account"]), pin: pin(&card) }
}

fn pin(card: &Value) -> String {
    card["pin"].as_str().unwrap().to_owned()
}

/// A PIN that is not this one.
fn other_than(pin: &str) -> String {
    format!("{:06}", (pin.parse::<u32>().unwrap() + 1) % 1_000_000)
}

fn enter(house: &House, body: &Value) -> Reply {
    house.post("/api/v1/sessions").json(body).send()
}

fn form(house: &House, fields: &[(&str, &str)]) -> Reply {
    house.post("/login").header("Sec-Fetch-Site", "same-origin").form(fields).send()
}

fn person(entered: &Value) -> Person {
    Person {
        id: int(&entered["account"]["id"]),
        name: "Dora",
        email: String::new(),
        token: entered["token"].as_str().unwrap().to_owned(),
    }
}

/// The sale `spring`, served, and Dora, who has a number and no email address.
fn served() -> (House, Card) {
    let mut house = house();
    spring(&house);
    let dora = card(&house, "spring", "Dora");
    house.serve();
    (house, dora)
}

#[test]
fn a_number_and_a_pin_open_a_session_of_a_guest_without_an_address() {
    let (house, dora) = served();
    let body = json!({"number": dora.number, "pin": dora.pin});
    let entered = enter(&house, &body).done(201);
    assert_eq!(entered["account"], json!({"id": dora.account, "name": "Dora", "email": null}));
    let person = person(&entered);
    let me = house.get("/api/v1/me").by(&person).send().done(200);
    assert_eq!((&me["name"], &me["email"]), (&json!("Dora"), &Value::Null));
    let page = house.get("/account").with_cookie(&person).send().text();
    assert!(
        page.contains("Dora") && !page.contains("/account/mail") && !page.contains("<small></small>"),
        "{page}"
    );
    house.run(&["account", "credit", &dora.account.to_string(), "50000", "--why", "cash"]).done();
    house.bid(&person, 1, 1_000).done(201);
    let typed = format!("{}-{}", &dora.pin[..3], &dora.pin[3..]);
    enter(&house, &json!({"number": dora.number, "pin": typed, "sale": "spring"})).done(201);
    house.audit();
}

#[test]
fn the_page_offers_the_form_while_a_sale_takes_numbers_and_works_without_a_script() {
    let mut house = house();
    house.serve();
    let page = house.get("/login").send().text();
    assert!(
        page.contains("name=\"email\"") && !page.contains("name=\"pin\""),
        "no sale takes numbers: {page}"
    );
    spring(&house);
    let dora = card(&house, "spring", "Dora");
    let page = house.get("/login").send().text();
    assert!(page.contains("name=\"number\"") && page.contains("name=\"pin\""), "{page}");
    assert!(!page.contains("name=\"sale\""), "there is one sale only: {page}");
    let email_first = |page: &str| page.find("name=\"email\"") < page.find("name=\"number\"");
    assert!(email_first(&page));
    let page = house.get("/login?number=17&sale=spring&lang=ko").send().text();
    assert!(!email_first(&page) && page.contains("value=\"17\"") && page.contains("응찰 번호"), "{page}");

    let number = dora.number.to_string();
    let wrong =
        form(&house, &[("number", &number), ("pin", &other_than(&dora.pin)), ("next", "/sales/spring")]);
    let page = wrong.text();
    assert!(wrong.status == 401 && page.contains("Wrong number or PIN."), "{page}");
    assert!(page.contains("value=\"/sales/spring\"") && !page.contains(&other_than(&dora.pin)), "{page}");
    let empty = form(&house, &[("number", "x"), ("pin", "")]);
    assert!(empty.status == 422 && empty.text().contains("Enter a number from 1 to 99999"), "{empty:?}");
    let entered = form(&house, &[("number", &number), ("pin", &dora.pin), ("next", "/sales/spring")]);
    assert_eq!(entered.status, 303, "{entered:?}");
    assert!(entered.header("Location").unwrap().starts_with("/sales/spring"), "{entered:?}");
    assert!(entered.headers.iter().any(|(_, value)| value.starts_with("auction_session=")), "{entered:?}");
    let away = house.post("/login").header("Sec-Fetch-Site", "cross-site");
    let away = away.form(&[("number", &number), ("pin", &dora.pin)]).send();
    assert_eq!(away.status, 403, "another site's page cannot log in here");
}

#[test]
fn the_sale_is_asked_for_where_several_take_numbers() {
    let (house, dora) = served();
    house.run(&["sale", "add", "autumn", "--name", "Autumn ball", "--closes-at", &ahead(9_000)]).done();
    let emil = card(&house, "autumn", "Emil");
    assert_eq!((emil.number, dora.number), (1, 1));
    let of = |card: &Card, sale: Value| {
        let mut body = json!({"number": card.number, "pin": card.pin, "sale": sale});
        if body["sale"].is_null() {
            body.as_object_mut().unwrap().remove("sale");
        }
        enter(&house, &body)
    };
    of(&emil, json!("autumn")).refused(401, "unauthenticated");
    of(&dora, Value::Null).done(201);
    add_lot(&house, "autumn", "B1", &[]).done();
    house.run(&["sale", "publish", "autumn"]).done();
    let problem = of(&dora, Value::Null).refused(422, "invalid");
    assert!(problem["fields"]["sale"].as_str().unwrap().contains("spring"), "{problem}");
    of(&dora, json!("spring")).done(201);
    of(&dora, json!("autumn")).refused(401, "unauthenticated");
    assert_eq!(of(&emil, json!("autumn")).done(201)["account"]["name"], "Emil");
    let page = house.get("/login?sale=autumn").send().text();
    assert!(page.contains("<option value=\"autumn\" selected>Autumn ball</option>"), "{page}");
    let unsaid = form(&house, &[("number", "1"), ("pin", &dora.pin)]);
    assert!(unsaid.status == 422 && unsaid.text().contains("Choose the sale"), "{unsaid:?}");
    let said = form(&house, &[("number", "1"), ("pin", &dora.pin), ("sale", "spring")]);
    assert_eq!(said.status, 303, "{said:?}");
    house.run(&["sale", "cancel", "spring", "--why", "rain"]).done();
    assert_eq!(of(&emil, Value::Null).done(201)["account"]["name"], "Emil", "only autumn is open now");
    of(&dora, json!("spring")).done(201);
}

#[test]
fn nothing_tells_a_number_without_a_guest_from_a_wrong_pin() {
    let (house, dora) = served();
    house.set("limit_sign_ins_per_min", "0");
    house.told(&["bidder", "add", "spring", "--name", "Emil", "--number", "5"]);
    let sheet = house.home().join("guests.csv");
    std::fs::write(&sheet, "name,number\nFritz,9\n").unwrap();
    house.run(&["bidder", "import", "spring", sheet.to_str().unwrap()]).done();
    let wrong = other_than(&dora.pin);
    let tries = [
        json!({"number": dora.number, "pin": wrong}),
        json!({"number": 5, "pin": dora.pin}),
        json!({"number": 77, "pin": wrong}),
        json!({"number": 9, "pin": wrong}),
        json!({"number": dora.number, "pin": dora.pin, "sale": "nowhere"}),
        json!({"number": dora.number, "pin": "not a PIN"}),
    ];
    // Until then ten wrong tries a minute pass.
    until("the limit is lifted", || (0..12).all(|_| enter(&house, &tries[0]).status == 401).then_some(()));
    let same = enter(&house, &tries[0]).refused(401, "unauthenticated");
    let mut took = vec![Duration::MAX; tries.len()];
    let mut without_hash = Duration::MAX;
    for _ in 0..6 {
        for (took, body) in took.iter_mut().zip(&tries) {
            let begun = Instant::now();
            assert_eq!(enter(&house, body).refused(401, "unauthenticated"), same, "{body}");
            *took = begun.elapsed().min(*took);
            let begun = Instant::now();
            enter(&house, &json!({"number": 0, "pin": wrong})).refused(422, "invalid");
            without_hash = begun.elapsed().min(without_hash);
        }
    }
    // Each takes a hash, which takes many times as long as all the rest.
    assert!(took.iter().all(|took| *took > without_hash * 3), "{took:?} {without_hash:?}");
    let pages = tries.iter().map(|body| {
        let text = |name: &str| body[name].as_str().map_or_else(|| body[name].to_string(), str::to_owned);
        let page = form(&house, &[("number", &text("number")), ("pin", &text("pin"))]);
        assert_eq!(page.status, 401, "{page:?}");
        page.text().contains("Wrong number or PIN.")
    });
    assert!(pages.take(4).all(|is_said| is_said));
    assert_eq!(house.number("select count(*) from session"), 0);
}

#[test]
fn failures_are_limited_by_number_and_hold_up_nobodys_password() {
    let mut house = house();
    spring(&house);
    house.set("limit_sign_ins_per_min", "2");
    let (dora, emil) = (card(&house, "spring", "Dora"), card(&house, "spring", "Emil"));
    let more = ["--name", "Bob", "--email", "bob@example.org"];
    let bob = house.told(&[&["bidder", "add", "spring"][..], &more].concat());
    house.serve();
    let wrong = |card: &Card| enter(&house, &json!({"number": card.number, "pin": other_than(&card.pin)}));
    let statuses: Vec<u16> = (0..4).map(|_| wrong(&dora).status).collect();
    assert_eq!(statuses, [401, 401, 429, 429]);
    let right = enter(&house, &json!({"number": dora.number, "pin": dora.pin}));
    let problem = right.refused(429, "rate_limited");
    assert!(int(&problem["retry_after_s"]) >= 1, "{problem}");
    let page = form(&house, &[("number", &dora.number.to_string()), ("pin", &dora.pin)]);
    assert!(page.status == 429 && page.text().contains("check your number and PIN"), "{page:?}");
    enter(&house, &json!({"number": emil.number, "pin": emil.pin})).done(201);
    // Somebody who guesses Bob's PIN keeps Bob's password out of nothing.
    let bobs = Card { number: int(&bob["number"]), account: int(&bob["account"]), pin: pin(&bob) };
    (0..3).for_each(|_| drop(wrong(&bobs)));
    enter(&house, &json!({"number": bobs.number, "pin": bobs.pin})).refused(429, "rate_limited");
    house.log_in("Bob");
}

#[test]
fn a_known_browser_gets_in_while_others_guess() {
    let mut house = house();
    spring(&house);
    house.set("limit_sign_ins_per_min", "1");
    let dora = card(&house, "spring", "Dora");
    house.serve();
    let number = dora.number.to_string();
    let fields = [("number", number.as_str()), ("pin", dora.pin.as_str())];
    let entered = form(&house, &fields);
    let cookies: Vec<&str> = entered
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .map(|(_, value)| value.split(';').next().unwrap())
        .filter(|cookie| !cookie.starts_with("auction_session"))
        .collect();
    for _ in 0..3 {
        enter(&house, &json!({"number": dora.number, "pin": other_than(&dora.pin)}));
    }
    enter(&house, &json!({"number": dora.number, "pin": dora.pin})).refused(429, "rate_limited");
    let again =
        house.post("/login").header("Sec-Fetch-Site", "same-origin").header("Cookie", &cookies.join("; "));
    assert_eq!(again.form(&fields).send().status, 303, "{cookies:?}");
}

#[test]
fn a_new_pin_ends_the_old_one_and_what_it_has_opened_and_leaves_passwords_alone() {
    let mut house = house();
    spring(&house);
    let bob = house.told(&["bidder", "add", "spring", "--name", "Bob", "--email", "bob@example.org"]);
    house.serve();
    let by_password = house.log_in("Bob");
    let entered = enter(&house, &json!({"number": bob["number"], "pin": pin(&bob)})).done(201);
    let by_pin = person(&entered);
    let is_in = |person: &Person| house.get("/api/v1/me").by(person).send().status == 200;
    assert!(is_in(&by_password) && is_in(&by_pin));
    let new = house.told(&["bidder", "pin", "spring", "1"]);
    assert_eq!((&new["number"], &new["account"]), (&json!(1), &bob["account"]));
    until("the session has ended here, too", || (!is_in(&by_pin)).then_some(()));
    assert!(is_in(&by_password));
    if pin(&new) != pin(&bob) {
        enter(&house, &json!({"number": 1, "pin": pin(&bob)})).refused(401, "unauthenticated");
    }
    enter(&house, &json!({"number": 1, "pin": pin(&new)})).done(201);
    crate::sales::refused(&house.run(&["bidder", "pin", "spring", "2"]), "There is no such bidder.");
    crate::sales::refused(&house.run(&["bidder", "pin", "autumn", "1"]), "There is no such sale.");
    let text = house.run(&["bidder", "pin", "spring", "1"]).done().stdout;
    assert!(text.starts_with("number 1, account "), "{text}");
}

#[test]
fn a_pin_never_opens_the_session_of_an_admin() {
    let mut house = house();
    let add =
        ["account", "add", "--email", "eve@example.org", "--name", "Eve", "--admin", "--password-stdin"];
    house.run_with(&add, &format!("{PASSWORD}\n")).done();
    spring(&house);
    let eve = house.told(&["bidder", "add", "spring", "--name", "Eve", "--email", "eve@example.org"]);
    house.serve();
    let by_password = house.log_in("Eve");
    let by_pin = person(&enter(&house, &json!({"number": eve["number"], "pin": pin(&eve)})).done(201));
    let cancel = |person: &Person, id: i64| house.delete(&format!("/api/v1/listings/{id}")).by(person).send();
    cancel(&by_pin, 1).refused(403, "not_allowed");
    assert_eq!(cancel(&by_password, 1).status, 204);
}

#[test]
fn numbers_log_in_until_a_week_after_the_last_close_of_a_cancelled_sale_too() {
    const DAY_MS: i64 = 86_400_000;
    let mut house = House::bare();
    house.add("Ann");
    let cancelled = |code: &str, days_ago: i64| {
        let inside = Inside::of(&house, -days_ago * DAY_MS);
        let closes_at = inside.house.now().plus_s(600);
        inside.house.add_sale(crate::sale_nights::sale(code, closes_at)).unwrap();
        crate::sale_nights::add(&inside, code, &[("1", None)]);
        inside.house.publish_sale(code).unwrap();
        let guest = Guest { name: "Dora".to_owned(), ..Guest::default() };
        let card = inside.house.register_guest(code, guest).unwrap();
        inside.house.cancel_sale(code, "rain").unwrap();
        json!({"number": card.number, "pin": card.pin, "sale": code})
    };
    let (old, recent) = (cancelled("old", 8), cancelled("recent", 6));
    house.serve();
    enter(&house, &old).refused(401, "unauthenticated");
    enter(&house, &recent).done(201);
    let page = house.get("/login").send().text();
    assert!(page.contains("name=\"pin\"") && !page.contains("name=\"sale\""), "{page}");
}
