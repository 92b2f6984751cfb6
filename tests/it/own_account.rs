//! What people change of their own accounts, and see of them: name, address, language, sessions, all their data.

use crate::harness::{House, PASSWORD, Person, Reply, int, until};
use crate::post::{AT_ONCE, Mailbox, house_with};
use crate::sales;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn change(house: &House, person: &Person, body: &Value) -> Reply {
    house.call("PATCH", "/api/v1/me").by(person).json(body).send()
}

fn me(house: &House, person: &Person) -> Value {
    house.get("/api/v1/me").by(person).send().done(200)
}

/// Lets all sessions of a person look as if they had begun an hour ago.
fn grow_old(house: &House, person: &Person) {
    let sql = "update session set created_at = created_at - 3600000 where account_id = ?";
    house.connection().execute(sql, [person.id]).unwrap();
    let is_old = || {
        let refused = change(house, person, &json!({"email": "new@example.org"}));
        (refused.status == 422).then(|| refused.refused(422, "invalid"))
    };
    let refused = until("the log-in is no longer fresh", is_old);
    assert_eq!(refused["reason"], "log_in_too_old");
    assert!(refused["fields"]["password"].is_string(), "{refused}");
}

#[test]
fn a_new_name_stands_everywhere_at_once_and_the_books_agree() {
    let (house, ann, bob, cleo) = House::open();
    let lamp = house.list(&ann, json!({"buy_now": 9_000}));
    house.bid(&bob, lamp, 2_000).done(201);
    let page = || house.get(&format!("/listings/{lamp}")).send().text();
    assert!(page().contains("Bob") && page().contains("Ann"));
    let changed = change(&house, &bob, &json!({"name": "Robert"})).done(200);
    assert_eq!(changed["name"], "Robert");
    change(&house, &ann, &json!({"name": "Annabel"})).done(200);
    let shown = house.listing(lamp);
    assert_eq!((&shown["seller"], &shown["leader"]), (&json!("Annabel"), &json!("Robert")));
    assert_eq!(house.bids(lamp)[0]["bidder"], "Robert");
    assert!(!page().contains(">Bob<") && page().contains("Robert") && page().contains("Annabel"));
    // Their next bid and what is told of it.
    let watcher = house.watch("listings=all", None);
    house.bid(&cleo, lamp, 3_000).done(201);
    let told = until("the bid is told", || watcher.next().filter(|event| event.kind == "bid"));
    assert_eq!(told.data["leader"], "Cleo");
    // An event from before names them as they were called then.
    let old = house.watch_from("listings=all", None, Some(0));
    let first = until("the first bid is told", || old.next().filter(|event| event.kind == "bid"));
    assert_eq!(first.data["bidder"], "Bob");
    house.audit();
    house.run(&["replay", &lamp.to_string()]).done();
    // Somebody else is told of it; they themselves may go back.
    let taken = change(&house, &cleo, &json!({"name": "ROBERT"})).refused(409, "taken");
    assert!(taken["reason"] == "name_taken" && taken["fields"]["name"].is_string(), "{taken}");
    change(&house, &bob, &json!({"name": "Bob"})).done(200);
    house.audit();
    let log = house.number("select count(*) from log where what = 'account.rename'");
    assert_eq!(log, 3);
}

#[test]
fn a_name_has_its_limits() {
    let (house, ann, ..) = House::open();
    for name in ["", " ", "former member 3", "Former  Member 12", "A\u{200b}nn", &"x".repeat(41)] {
        let refused = change(&house, &ann, &json!({"name": name}));
        match name {
            // Nothing is asked for.
            "" => assert_eq!(refused.status, 200),
            _ => assert!(refused.refused(422, "invalid")["fields"]["name"].is_string(), "{name:?}"),
        }
    }
    for n in 0..5 {
        change(&house, &ann, &json!({"name": format!("Ann {n}")})).done(200);
    }
    let refused = change(&house, &ann, &json!({"name": "Ann 6"})).refused(429, "rate_limited");
    assert!(int(&refused["retry_after_s"]) > 80_000, "{refused}");
    // All or nothing.
    change(&house, &ann, &json!({"name": "Ann 7", "language": "ko"})).refused(429, "rate_limited");
    assert_eq!(me(&house, &ann)["language"], Value::Null);
    change(&house, &ann, &json!({"language": "ko"})).done(200);
    assert_eq!(me(&house, &ann)["language"], "ko");
    change(&house, &ann, &json!({"language": "fr"})).refused(422, "invalid");
    change(&house, &ann, &json!({"colour": "red"})).refused(422, "invalid");
    house.audit();
}

#[test]
fn a_new_address_waits_for_its_link_and_needs_a_fresh_log_in_or_the_password() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, _) = house_with(&mailbox.entries(), &AT_ONCE);
    let before = me(&house, &ann);
    assert_eq!((&before["verified"], &before["state"]), (&json!(false), &json!("active")));
    assert!(before.get("new_email").is_none(), "{before}");
    // Just logged in.
    let asked = change(&house, &ann, &json!({"email": "Anna@Example.org"})).done(200);
    assert_eq!(asked["email"], "ann@example.org");
    assert_eq!(asked["new_email"], "anna@example.org");
    let mails = mailbox.wait_for(1);
    assert!(mails[0].to_string().contains("anna@example.org"), "{mails:?}");
    let taken = change(&house, &ann, &json!({"email": "BOB@example.org"})).refused(409, "taken");
    assert!(taken["fields"]["email"].is_string(), "{taken}");
    change(&house, &ann, &json!({"email": "nowhere"})).refused(422, "invalid");
    // The address that one has is taken back.
    let stayed = change(&house, &ann, &json!({"email": "ann@example.org"})).done(200);
    assert!(stayed.get("new_email").is_none(), "{stayed}");
    grow_old(&house, &bob);
    let wrong = change(&house, &bob, &json!({"email": "b@example.org", "password": "wrong horse"}));
    assert_eq!(wrong.refused(422, "invalid")["reason"], "wrong_password");
    let asked = change(&house, &bob, &json!({"email": "b@example.org", "password": PASSWORD})).done(200);
    assert_eq!(asked["new_email"], "b@example.org");
    // A name needs neither.
    change(&house, &bob, &json!({"name": "Bobby"})).done(200);
    house.audit();
}

#[test]
fn without_a_way_for_mails_the_address_stays() {
    let (house, ann, ..) = House::open();
    let refused = change(&house, &ann, &json!({"email": "anna@example.org"})).refused(403, "not_allowed");
    assert_eq!(refused["reason"], "no_way_for_mails");
    let form = house.post("/account/profile/email").in_browser(&ann).form(&[("email", "anna@example.org")]);
    let page = form.send();
    assert!(page.status == 403 && page.text().contains("sends no emails"), "{page:?}");
}

#[test]
fn a_session_that_is_guessed_at_guesses_no_faster_than_a_stranger() {
    let mailbox = Mailbox::closed();
    let (house, _, bob, _) = house_with(&mailbox.entries(), &[("limit_sign_ins_per_min", "3")]);
    grow_old(&house, &bob);
    let guess = || {
        let body = json!({"email": "b@example.org", "password": "wrong horse"});
        change(&house, &bob, &body).status
    };
    let statuses: Vec<u16> = (0..10).map(|_| guess()).collect();
    assert_eq!(statuses[0], 422);
    assert!(statuses.contains(&429), "{statuses:?}");
    let closing = house.delete("/api/v1/me").by(&bob).json(&json!({"password": "wrong horse"})).send();
    assert!([422, 429].contains(&closing.status), "{closing:?}");
}

#[test]
fn people_see_where_they_are_logged_in_and_end_it() {
    let (house, _, bob, cleo) = House::open();
    let body = json!({"email": "bob@example.org", "password": PASSWORD});
    let entered = house.post("/api/v1/sessions").header("User-Agent", FIREFOX).json(&body).send().done(201);
    let firefox = Person { token: entered["token"].as_str().unwrap().to_owned(), ..bob.clone() };
    let sessions = |person| house.get("/api/v1/me/sessions").by(person).send().done(200)["sessions"].clone();
    let listed = sessions(&bob);
    let [first, second] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
    let (theirs, own) = if first["current"] == true { (second, first) } else { (first, second) };
    assert_eq!((&theirs["device"], &theirs["current"]), (&json!("Firefox on Windows"), &json!(false)));
    assert_eq!(own["device"], "a program");
    let id = theirs["id"].as_str().unwrap();
    assert!(id.len() == 16 && !firefox.token.contains(id) && theirs["seen_at"].is_string(), "{theirs}");
    for (lang, words) in [("en", "Firefox on Windows"), ("ko", "Firefox(Windows)")] {
        let page = house.get(&format!("/account/sessions?lang={lang}")).with_cookie(&bob).send().text();
        assert!(page.contains(words), "{page}");
    }
    let watcher = house.watch("listings=all", Some(&firefox));
    house.delete(&format!("/api/v1/me/sessions/{id}")).by(&cleo).send().refused(404, "not_found");
    assert_eq!(house.delete(&format!("/api/v1/me/sessions/{id}")).by(&bob).send().status, 204);
    while watcher.next().is_some() {}
    house.get("/api/v1/me").by(&firefox).send().refused(401, "unauthenticated");
    house.delete(&format!("/api/v1/me/sessions/{id}")).by(&bob).send().refused(404, "not_found");
    // One's own, by form: one is logged out.
    let own = own["id"].as_str().unwrap();
    let left = house.post(&format!("/account/sessions/{own}")).in_browser(&bob).form(&[]).send();
    assert_eq!(left.header("Location"), Some("/?done=logged-out"));
    house.get("/api/v1/me").by(&bob).send().refused(401, "unauthenticated");
}

#[test]
fn the_last_use_of_a_session_is_kept_to_ten_minutes() {
    let (house, ann, ..) = House::open();
    let sql = "update session set seen_at = seen_at - 601000 where account_id = ?";
    house.connection().execute(sql, [ann.id]).unwrap();
    let seen = format!("select seen_at >= created_at from session where account_id = {}", ann.id);
    until("the use is written down", || {
        me(&house, &ann);
        (house.number(&seen) == 1).then_some(())
    });
}

#[test]
fn a_number_and_a_pin_change_neither_name_nor_address_and_close_nothing() {
    let mut house = sales::house();
    sales::spring(&house);
    let card = house.told(&["bidder", "add", "spring", "--name", "Dora"]);
    house.serve();
    let body = json!({"number": card["number"], "pin": card["pin"]});
    let entered = house.post("/api/v1/sessions").json(&body).send().done(201);
    let token = entered["token"].as_str().unwrap().to_owned();
    let dora = Person { id: int(&card["account"]), name: "Dora", email: String::new(), token };
    for body in [json!({"name": "Dorothy"}), json!({"email": "dora@example.org"})] {
        change(&house, &dora, &body).refused(403, "forbidden");
    }
    change(&house, &dora, &json!({"language": "ko"})).done(200);
    house.delete("/api/v1/me").by(&dora).json(&json!({})).send().refused(403, "forbidden");
    house.get("/api/v1/me/export").by(&dora).send().refused(403, "forbidden");
    let page = house.get("/account/profile?lang=en").with_cookie(&dora).send().text();
    assert!(page.contains("ask the organiser") && !page.contains("/account/close"), "{page}");
}

#[test]
fn all_that_the_house_holds_of_somebody_is_theirs_to_take_along() {
    let (house, ann, bob, cleo) = House::open();
    let lamp = house.list(&ann, json!({"title": "Brass lamp", "buy_now": 9_000, "reserve": 5_000}));
    house.bid_with(&bob, lamp, json!({"amount": 1_000, "max": 2_500, "message": "mine"})).done(201);
    house.post(&format!("/api/v1/listings/{lamp}/watch")).by(&bob).send();
    house.bid(&cleo, lamp, 2_000).done(201);
    change(&house, &bob, &json!({"name": "Bobby"})).done(200);
    let reply = house.get("/api/v1/me/export").by(&bob).send();
    assert!(reply.header("Content-Disposition").unwrap().contains("attachment"), "{reply:?}");
    let all = reply.done(200);
    assert_eq!(all["account"]["email"], "bob@example.org");
    assert_eq!(all["account"]["balance"], 100_000);
    assert_eq!(all["earlier_names"][0]["name"], "Bob");
    let first = all["bids"].as_array().unwrap().iter().find(|bid| bid["message"] == "mine").unwrap();
    assert_eq!((&first["max"], &first["kind"]), (&json!(2_500), &json!("bid")));
    assert_eq!(first["salt"].as_str().unwrap().len(), 32);
    assert!(first["at"].as_str().unwrap().ends_with('Z'), "{first}");
    assert_eq!(all["leading"][0]["max"], 2_500);
    assert_eq!(all["watched"][0]["title"], "Brass lamp");
    assert_eq!(all["movements"][0]["amount"], 100_000);
    assert_eq!(all["sessions"][0]["device"], "a program");
    assert_eq!(all["cut"], json!([]));
    let text = all.to_string();
    assert!(!text.contains("argon2") && !text.contains("cleo@") && !text.contains(&bob.token), "{text}");
    let sold = house.get("/api/v1/me/export").by(&ann).send().done(200);
    assert_eq!(sold["listings"][0]["reserve"], 5_000);
    assert_eq!(house.get("/api/v1/me/export").send().status, 401);
}

/// Whoever adds a table says whether its rows are a person's.
#[test]
fn the_own_data_are_complete() {
    const NOT: [(&str, &str); 6] = [
        ("purse", "in the account"),
        ("event", "what the pages were told of what is exported; forgotten soon"),
        ("participation", "the listings of the bids"),
        ("standing", "under leading and listings"),
        ("settlement", "under bought and sold"),
        ("pass", "of a token, under tokens"),
    ];
    let house = House::bare();
    house.set("name", "Test");
    let conn = house.connection();
    let mut tables =
        conn.prepare("select name from sqlite_master where type = 'table' order by name").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let statements =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/own_data.sql")).unwrap();
    let words: BTreeSet<&str> = statements.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut missing = Vec::new();
    for table in tables {
        let mut keys = conn.prepare(&format!("pragma foreign_key_list({table})")).unwrap();
        let of: Vec<String> = keys.query_map([], |row| row.get(2)).unwrap().map(Result::unwrap).collect();
        let is_ones = of.iter().any(|other| ["account", "purse", "api_token"].contains(&other.as_str()));
        let is_known = words.contains(&*table) || NOT.iter().any(|(known, _)| *known == table);
        if is_ones && !is_known {
            missing.push(table);
        }
    }
    assert!(missing.is_empty(), "in neither the export nor the list of what is left out: {missing:?}");
}

#[test]
fn the_profile_works_without_a_script_in_both_languages() {
    let (house, ann, ..) = House::open();
    let post = |path: &str, fields: &[(&str, &str)]| house.post(path).in_browser(&ann).form(fields).send();
    let page = house.get("/account/profile?lang=en").with_cookie(&ann).send().text();
    for words in ["value=\"Ann\"", "value=\"ann@example.org\"", "/api/v1/me/export", "/account/close"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(house.get("/account?tab=settings").with_cookie(&ann).send().text().contains("/account/profile"));
    let renamed = post("/account/profile/name", &[("name", "Anna")]);
    assert_eq!(renamed.header("Location"), Some("/account/profile?done=renamed"));
    let taken = post("/account/profile/name?lang=ko", &[("name", "bob")]);
    assert!(taken.status == 409 && taken.text().contains("id=\"name-error\">"), "{taken:?}");
    let chosen = post("/account/profile/language", &[("language", "ko")]);
    assert_eq!(chosen.header("Location"), Some("/account/profile?lang=ko&done=language-chosen"));
    assert_eq!(me(&house, &ann)["language"], "ko");
    grow_old_on_page(&house, &ann);
}

/// The form for the address asks for the password once the log-in is old.
fn grow_old_on_page(house: &House, person: &Person) {
    let sql = "update session set created_at = created_at - 3600000 where account_id = ?";
    house.connection().execute(sql, [person.id]).unwrap();
    until("the form asks for the password", || {
        let page = house.get("/account/profile").with_cookie(person).send().text();
        page.contains("id=\"password\"").then_some(())
    });
}

/// Else each answer told whether somebody has the address, without end.
#[test]
fn addresses_are_asked_for_at_the_rate_of_sign_ups() {
    let mailbox = Mailbox::closed();
    let (house, ann, ..) = house_with(&mailbox.entries(), &[("limit_sign_ups_per_min", "3")]);
    let ask = |email: &str| change(&house, &ann, &json!({"email": email}));
    ask("bob@example.org").refused(409, "taken");
    ask("cleo@example.org").refused(409, "taken");
    ask("bob@example.org").refused(409, "taken");
    for email in ["bob@example.org", "nobody@example.org"] {
        ask(email).refused(429, "rate_limited");
    }
    let form = house.post("/account/profile/email").in_browser(&ann).form(&[("email", "cleo@example.org")]);
    assert_eq!(form.send().status, 429);
    change(&house, &ann, &json!({"name": "Anna"})).done(200);
}
