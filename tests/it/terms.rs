//! The terms of the house: published by version, accepted on joining and before the first bid after a change, and named by
//! the receipts of bids.

use crate::harness::{House, Inside, Person, Ran, email, int};
use crate::sales::{house as with_sale, spring};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const FIRST: &str = "# Terms\n\nWhat is *bought* is paid.\n";
const SECOND: &str = "# Terms\n\nWhat is bought is paid within a week.\n";

pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Publishes this text; how the command ended.
pub fn publish(house: &House, text: &[u8]) -> Ran {
    let file = house.home().join("terms.md");
    std::fs::write(&file, text).unwrap();
    house.run(&["house", "terms", file.to_str().unwrap(), "--format", "json"])
}

fn accept(house: &House, person: &Person, version: i64) -> crate::harness::Reply {
    house.post("/api/v1/me/terms").by(person).json(&json!({"version": version})).send()
}

/// The terms in the receipt of a bid that was accepted.
fn in_receipt(answer: &Value) -> Option<String> {
    let parts: Vec<&str> = answer["bid"]["receipt"].as_str().unwrap().split(':').collect();
    assert!(parts.len() == 6 || parts.len() == 7, "{answer}");
    parts.get(6).map(|hash| (*hash).to_owned())
}

#[test]
fn terms_are_published_by_version_and_known_by_their_hash() {
    let house = House::bare();
    assert_ne!(house.run(&["house", "terms"]).status, 0, "there is no house");
    let first = publish(&house, FIRST.as_bytes()).done().json();
    assert_eq!((int(&first["version"]), first["hash"].as_str().unwrap()), (1, &*sha256(FIRST)));
    // The same text, as an editor of another system saves it, is the same version.
    let crlf = format!("\u{feff}{}", FIRST.replace('\n', "\r\n"));
    assert_eq!(publish(&house, crlf.as_bytes()).done().json(), first);
    let again = house.run(&["house", "terms", house.home().join("terms.md").to_str().unwrap()]).done();
    assert!(again.stdout.contains("version 1 of the terms is published already"), "{again:?}");
    let second = publish(&house, SECOND.as_bytes()).done().json();
    assert_eq!((int(&second["version"]), second["hash"].as_str().unwrap()), (2, &*sha256(SECOND)));
    // An older text is a new version, too.
    assert_eq!(int(&publish(&house, FIRST.as_bytes()).done().json()["version"]), 3);
    assert_eq!(house.run(&["house", "terms"]).done().stdout, FIRST);
    assert_eq!(house.run(&["house", "terms", "--version", "2"]).done().stdout, SECOND);
    assert_eq!(house.told(&["house", "terms", "--version", "2"])["hash"], sha256(SECOND));
    assert_eq!(house.run(&["house", "terms", "--version", "4"]).status, 1);
    for (bad, words) in [
        (&b""[..], "empty"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"caf\xe9", "UTF-8"),
        (b"a\x1b[31m", "control"),
        ("x".repeat(200_001).as_bytes(), "200000"),
    ] {
        let ran = publish(&house, bad);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(publish(&house, "약".repeat(200_000).as_bytes()).done().json()["version"], 4);
    house.audit();
}

#[test]
fn programs_and_people_read_the_terms() {
    let (house, _, bob, _) = House::open();
    house.get("/api/v1/terms").send().refused(404, "not_found");
    assert_eq!(house.get("/terms").send().status, 404);
    assert!(!house.get("/").send().text().contains("href=\"/terms\""));
    accept(&house, &bob, 1).refused(404, "not_found");
    publish(&house, FIRST.as_bytes()).done();
    let first = house.get("/api/v1/terms").send().done(200);
    assert_eq!(
        (&first["version"], &first["text"], &first["hash"]),
        (&json!(1), &json!(FIRST), &json!(sha256(FIRST)))
    );
    publish(&house, SECOND.as_bytes()).done();
    assert_eq!(house.get("/api/v1/terms").send().done(200)["text"], SECOND);
    assert_eq!(house.get("/api/v1/terms?version=1").send().done(200), first);
    house.get("/api/v1/terms?version=3").send().refused(404, "not_found");
    house.get("/api/v1/terms?version=x").send().refused(400, "bad_request");
    let page = house.get("/terms").send().text();
    assert!(page.contains(&sha256(SECOND)) && page.contains("/terms?version=1"), "{page}");
    assert!(page.contains("<h2 id=\"text-terms\">Terms</h2>") && !page.contains("/account/terms"), "{page}");
    let older = house.get("/terms?version=1&lang=ko").send().text();
    assert!(older.contains("<em>bought</em>") && older.contains(&sha256(FIRST)), "{older}");
    assert_eq!(house.get("/terms?version=9").send().status, 404);
    crate::harness::until("the foot of the pages leads to the terms", || {
        house.get("/").send().text().contains("href=\"/terms\"").then_some(())
    });
}

#[test]
fn who_joins_accepts_the_newest_terms() {
    let mut house = House::bare();
    publish(&house, FIRST.as_bytes()).done();
    house.set("limit_sign_ups_per_min", "0");
    house.serve();
    let join = |name: &str, terms: Value| {
        let mut body = json!({"email": email(name), "name": name, "password": "correct horse"});
        if !terms.is_null() {
            body["terms"] = terms;
        }
        house.post("/api/v1/accounts").json(&body).send()
    };
    for (terms, _) in [(json!(null), ()), (json!(2), ()), (json!(0), ())] {
        let refused = join("Bob", terms).refused(403, "terms_not_accepted");
        assert_eq!((&refused["version"], &refused["hash"]), (&json!(1), &json!(sha256(FIRST))));
    }
    join("Bob", json!("one")).refused(422, "invalid");
    assert_eq!(house.number("select count(*) from account"), 0);
    join("Bob", json!(1)).done(201);
    publish(&house, SECOND.as_bytes()).done();
    assert_eq!(join("Cleo", json!(1)).refused(403, "terms_not_accepted")["version"], 2);
    join("Cleo", json!(2)).done(201);
    let shown = house.told(&["account", "show", &email("Cleo")]);
    assert_eq!((&shown["terms_version"], &shown["terms"][0]["hash"]), (&json!(2), &json!(sha256(SECOND))));
    let text = house.run(&["account", "show", &email("Bob")]).done().stdout;
    assert!(
        text.contains("accepted      version 1 of the terms at 20") && text.contains(&sha256(FIRST)),
        "{text}"
    );
    // An account that an admin opens has accepted nothing.
    house.add("Dora");
    assert_eq!(house.told(&["account", "show", &email("Dora")])["terms"], json!([]));
    house.audit();
}

#[test]
fn the_page_to_join_has_a_box_to_tick() {
    let mut house = House::bare();
    house.serve();
    assert!(!house.get("/join").send().text().contains("name=\"terms\""));
    publish(&house, FIRST.as_bytes()).done();
    let page = house.get("/join").send().text();
    assert!(
        page.contains("name=\"terms\" value=\"1\" required") && page.contains("/terms?version=1"),
        "{page}"
    );
    let join = |terms: &[(&str, &str)]| {
        let fields = [("email", "bob@example.org"), ("name", "Bob"), ("password", "correct horse")];
        let fields = [&fields[..], terms].concat();
        house.post("/join").header("Sec-Fetch-Site", "same-origin").form(&fields).send()
    };
    let refused = join(&[]);
    let text = refused.text();
    assert!(
        refused.status == 403 && text.contains("Please accept the terms") && text.contains("value=\"Bob\""),
        "{text}"
    );
    publish(&house, SECOND.as_bytes()).done();
    let refused = join(&[("terms", "1")]);
    assert!(refused.status == 403 && refused.text().contains("name=\"terms\" value=\"2\""), "{refused:?}");
    assert_eq!(join(&[("terms", "2")]).status, 303);
    assert_eq!(house.number("select terms_version from account where name = 'Bob'"), 2);
}

#[test]
fn after_a_change_a_bid_needs_the_newest_terms() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    assert_eq!(in_receipt(&house.bid(&bob, id, 1_000).done(201)), None, "a house without terms");
    publish(&house, FIRST.as_bytes()).done();
    let refused = house.bid(&cleo, id, 1_100).refused(403, "terms_not_accepted");
    assert_eq!((&refused["version"], &refused["hash"]), (&json!(1), &json!(sha256(FIRST))));
    let buy = || house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).json(&json!({})).send();
    buy().refused(403, "terms_not_accepted");
    // What keeps a bid out for another reason says so first.
    house.bid(&ann, id, 1_100).refused(403, "own_listing");
    house.bid(&cleo, 99, 1_100).refused(404, "not_found");
    // Listing needs no terms.
    house.list(&ann, json!({}));
    accept(&house, &cleo, 2).refused(422, "invalid");
    house.post("/api/v1/me/terms").by(&cleo).json(&json!({})).send().refused(422, "invalid");
    house.post("/api/v1/me/terms").json(&json!({"version": 1})).send().refused(401, "unauthenticated");
    for _ in 0..2 {
        assert_eq!(accept(&house, &cleo, 1).status, 204);
    }
    assert_eq!(house.number("select count(*) from terms_acceptance"), 1);
    let first = house.bid_with(&cleo, id, json!({"amount": 1_100, "max": 2_000})).done(201);
    assert_eq!(in_receipt(&first), Some(sha256(FIRST)));
    publish(&house, SECOND.as_bytes()).done();
    // The leader's raise is a bid.
    house.bid_with(&cleo, id, json!({"amount": 1_100, "max": 3_000})).refused(403, "terms_not_accepted");
    assert_eq!(accept(&house, &cleo, 1).refused(403, "terms_not_accepted")["version"], 2);
    assert_eq!(accept(&house, &bob, 2).status, 204);
    // Cleo's automatic bid is the house's: it names no terms, and comes whatever she has accepted.
    let second = house.bid(&bob, id, 1_500).done(201);
    assert_eq!(in_receipt(&second), Some(sha256(SECOND)));
    let stored =
        "select group_concat(coalesce(terms_version, '-'), '') from (select * from bid order by seq)";
    let stored: String = house.connection().query_row(stored, [], |row| row.get(0)).unwrap();
    assert_eq!(stored, "-12-");
    let page = house.get(&format!("/listings/{id}")).in_browser(&bob).send().text();
    assert!(page.contains(second["bid"]["receipt"].as_str().unwrap()), "{page}");
    assert_eq!(accept(&house, &cleo, 2).status, 204);
    buy().refused(409, "taken");
    house.audit();
}

/// The same key gets the same answer, whatever was published since.
#[test]
fn a_bid_that_was_accepted_stays_accepted() {
    let (house, ann, bob, _) = House::open();
    publish(&house, FIRST.as_bytes()).done();
    accept(&house, &bob, 1);
    let id = house.list(&ann, json!({}));
    let bid = || {
        let call = house.post(&format!("/api/v1/listings/{id}/bids")).by(&bob).header("Idempotency-Key", "k");
        call.json(&json!({"amount": 1_000})).send()
    };
    let first = bid().done(201);
    publish(&house, SECOND.as_bytes()).done();
    assert_eq!(bid().done(201), first);
    assert_eq!(in_receipt(&first), Some(sha256(FIRST)));
}

#[test]
fn a_receipt_is_checked_with_its_terms() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let old = house.bid(&bob, id, 1_000).done(201);
    publish(&house, FIRST.as_bytes()).done();
    publish(&house, SECOND.as_bytes()).done();
    accept(&house, &bob, 2);
    let new = house.bid_with(&bob, id, json!({"amount": 1_000, "max": 5_000})).done(201);
    let receipt = |answer: &Value| answer["bid"]["receipt"].as_str().unwrap().to_owned();
    let (old, new) = (receipt(&old), receipt(&new));
    let parts: Vec<&str> = new.split(':').collect();
    let public = [parts[..4].join(":"), parts[6].to_owned()].join(":");
    for good in [&old, &new, &public] {
        let ran = house.run(&["verify", good]).done();
        let with_terms = *good != old;
        assert_eq!(
            ran.stdout.contains("under version 2 of the terms, published at 20"),
            with_terms,
            "{ran:?}"
        );
    }
    // Without its terms a receipt still says what it says.
    house.run(&["verify", &parts[..6].join(":")]).done();
    let (first, zeros) = (sha256(FIRST), "0".repeat(64));
    for (bad, words) in [
        (format!("{old}:{first}"), "no terms were accepted for bid 1"),
        (format!("{}:{first}", parts[..6].join(":")), "bid 2 was made under version 2"),
        (format!("{}:{zeros}", parts[..4].join(":")), "bid 2 was made under version 2"),
    ] {
        let ran = house.run(&["verify", &bad, "--format", "json"]);
        let said = ran.json()["disagreement"].as_str().unwrap_or_default().to_owned();
        assert!(ran.status == 1 && said.contains(words), "{bad}: {ran:?}");
    }
    assert_eq!(house.run(&["verify", &format!("{new}:{first}")]).status, 1);
    let proof = house.get(&format!("/api/v1/listings/{id}/proof")).send().done(200);
    assert_eq!(proof["links"][1]["terms"], Value::Null);
    assert_eq!(proof["links"][2]["terms"], json!({"version": 2, "hash": sha256(SECOND)}));
    assert_eq!(crate::proof::chain(&house, id, 100).len(), 3);
}

#[test]
fn the_page_of_a_listing_says_so_before_a_bid_is_tried() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    publish(&house, FIRST.as_bytes()).done();
    let path = format!("/listings/{id}");
    let page = |person: &Person| house.get(&path).in_browser(person).send().text();
    assert!(page(&ann).contains("data-turn") && !page(&ann).contains("data-accept-terms"));
    let guests = house.get(&path).send().text();
    assert!(
        !guests.contains("data-accept-terms") && guests.contains("class=\"bid\""),
        "a guest logs in first"
    );
    let asked = page(&bob);
    assert!(asked.contains("data-accept-terms") && asked.contains("/terms?version=1"), "{asked}");
    assert!(!asked.contains("class=\"bid\"") && !asked.contains("data-buy"), "{asked}");
    let send = |version: &str, next: &str| {
        let fields = [("version", version), ("next", next)];
        house.post("/account/terms").in_browser(&bob).form(&fields).send()
    };
    publish(&house, SECOND.as_bytes()).done();
    let refused = send("1", &path);
    let text = refused.text();
    assert!(
        refused.status == 403
            && text.contains("name=\"version\" value=\"2\"")
            && text.contains("role=\"alert\""),
        "{text}"
    );
    assert!(text.contains(&format!("name=\"next\" value=\"{path}\"")), "{text}");
    // A bid by the form comes back to the listing with the same form.
    let fields = [("amount", "1000"), ("confirm", "yes")];
    let refused = house.post(&format!("{path}/bids")).in_browser(&bob).form(&fields).send();
    assert!(refused.status == 403 && refused.text().contains("data-accept-terms"), "{refused:?}");
    let accepted = send("2", &path);
    assert_eq!(accepted.header("Location"), Some(&*format!("{path}?done=terms-accepted")), "{accepted:?}");
    let after = page(&bob);
    assert!(!after.contains("data-accept-terms") && after.contains("class=\"bid\""), "{after}");
    // It leads nowhere else.
    let away = send("2", "https://evil.example/");
    assert!(away.header("Location").unwrap().starts_with("/?done="), "{away:?}");
    assert_eq!(house.post("/account/terms").form(&[("version", "2")]).send().status, 303, "a guest logs in");
    house.audit();
}

/// Who has come by a number accepts the terms, too; whom the desk bids for does not.
#[test]
fn a_guest_with_a_number_accepts_the_terms_before_a_bid() {
    let mut house = with_sale();
    spring(&house);
    publish(&house, FIRST.as_bytes()).done();
    let card = house.told(&["bidder", "add", "spring", "--name", "Dora"]);
    house.run(&["account", "credit", &card["account"].to_string(), "50000", "--why", "cash"]).done();
    house.serve();
    let entered = json!({"number": card["number"], "pin": card["pin"]});
    let entered = house.post("/api/v1/sessions").json(&entered).send().done(201);
    let token = entered["token"].as_str().unwrap().to_owned();
    let dora = Person { id: int(&card["account"]), name: "Dora", email: String::new(), token };
    house.bid(&dora, 1, 1_000).refused(403, "terms_not_accepted");
    assert_eq!(accept(&house, &dora, 1).status, 204);
    let accepted = house.bid(&dora, 1, 1_000).done(201);
    assert_eq!(in_receipt(&accepted), Some(sha256(FIRST)));
    house.audit();
}

#[test]
fn a_publication_is_logged_and_an_acceptance_tells_funds() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    let before = house.number("select count(*) from event");
    inside.house.publish_terms(FIRST.as_bytes()).unwrap();
    inside.house.accept_terms(inside.account("Bob"), 1).unwrap();
    assert_eq!(house.number("select count(*) from event"), before + 1);
    drop(inside);
    publish(&house, SECOND.as_bytes()).done();
    house.audit();
}

/// The bid path reads the newest version and its hash, never the text.
#[test]
fn a_long_text_costs_a_bid_nothing() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    inside.credit("Bob", 100_000);
    inside.house.publish_terms("긴 약관. ".repeat(30_000).as_bytes()).unwrap();
    inside.house.accept_terms(inside.account("Bob"), 1).unwrap();
    let id = inside.list(|_| ());
    inside.bid("Bob", id, 1_000);
    let conn = house.connection();
    let sql = "explain query plan select t.version, t.hash from terms t where t.version = (select max(version) from terms)";
    let mut plan = conn.prepare(sql).unwrap();
    let steps: Vec<String> = plan.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{steps:?}");
    drop(inside);
    house.audit();
}
