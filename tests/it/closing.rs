//! Closing an account: what prevents it, what is left of it, and what stays right.

use crate::harness::{House, PASSWORD, Person, Reply, int, until};
use crate::post::{AT_ONCE, Hook, Mailbox, configure, is_empty};
use crate::sales;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

/// A name and an address that stand nowhere else.
const NAME: &str = "Zebulon";
const EMAIL: &str = "zebulon@example.org";

fn close(house: &House, person: &Person) -> Reply {
    house.delete("/api/v1/me").by(person).json(&json!({"password": PASSWORD})).send()
}

#[track_caller]
fn in_use(house: &House, person: &Person, reason: &str) {
    let refused = close(house, person).refused(409, "in_use");
    assert_eq!(refused["reason"], reason, "{refused}");
}

fn pay_out(house: &House, person: &Person) {
    let (balance, ..) = house.funds(person);
    if balance > 0 {
        house.run(&["account", "debit", &person.email, &balance.to_string(), "--why", "paid out"]).done();
    }
}

fn cancel(house: &House, seller: &Person, listing: i64) {
    assert_eq!(house.delete(&format!("/api/v1/listings/{listing}")).by(seller).send().status, 204);
}

#[test]
fn an_account_in_use_stays_open_and_says_why() {
    let (house, ann, bob, cleo) = House::open();
    in_use(&house, &bob, "is_owed");
    let lamp = house.list(&ann, json!({"buy_now": 9_000}));
    house.bid(&bob, lamp, 2_000).done(201);
    in_use(&house, &bob, "leads");
    house.bid(&cleo, lamp, 3_000).done(201);
    in_use(&house, &bob, "is_owed");
    pay_out(&house, &bob);
    house.set("default_credit", "0");
    // What is bought on credit is owed.
    house.run(&["account", "limit", &bob.email, "20000"]).done();
    let other = house.list(&ann, json!({"buy_now": 1_500}));
    house.post(&format!("/api/v1/listings/{other}/buy")).by(&bob).json(&json!({})).send().done(201);
    in_use(&house, &bob, "owes");
    house.run(&["account", "credit", &bob.email, "1500", "--why", "paid at the desk"]).done();
    pay_out(&house, &ann);
    in_use(&house, &ann, "sells");
    let wrong = house.delete("/api/v1/me").by(&bob).json(&json!({"password": "wrong horse"})).send();
    assert_eq!(wrong.refused(422, "invalid")["fields"].as_object().unwrap().len(), 1);
    let none = house.delete("/api/v1/me").by(&bob).json(&json!({})).send();
    assert_eq!(none.refused(422, "invalid")["reason"], "wrong_password");
    assert_eq!(house.get("/api/v1/me").by(&bob).send().status, 200);
    assert_eq!(close(&house, &bob).status, 204);
    house.audit();
}

/// The organiser would publish it later, with nobody to sell it.
#[test]
fn a_lot_of_a_draft_keeps_its_seller() {
    let mut house = sales::house();
    sales::draft(&house, &[]);
    sales::add_lot(&house, "spring", "A1", &[]).done();
    house.serve();
    let ann = house.log_in("Ann");
    pay_out(&house, &ann);
    in_use(&house, &ann, "sells");
    house.run(&["sale", "cancel", "spring", "--why", "rain"]).done();
    assert_eq!(close(&house, &ann).status, 204);
}

/// Every text and every blob of every table.
fn dump(house: &House) -> Vec<(String, Vec<u8>)> {
    let conn = house.connection();
    let mut tables = conn.prepare("select name from sqlite_master where type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = Vec::new();
    for table in tables {
        let mut rows = conn.prepare(&format!("select * from \"{table}\"")).unwrap();
        let n = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for at in 0..n {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(at).unwrap() {
                    all.push((table.clone(), bytes.to_ascii_lowercase()));
                }
            }
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Where a text stands in the database, whatever its case.
fn places(house: &House, text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let found = dump(house).into_iter().filter(|(_, bytes)| holds(bytes, &text));
    found.map(|(table, bytes)| format!("{table}: {}", String::from_utf8_lossy(&bytes))).collect()
}

/// Zebulon sells, bids, wins, pays, watches, is named in answers and events, is told by mail and by webhook, and has had
/// another name.
fn lived_in(mailbox: &Mailbox, hook: &Hook) -> (House, Person, Person, Person) {
    let mut house = House::bare();
    AT_ONCE.iter().for_each(|(key, value)| house.set(key, value));
    for name in ["Ann", "Bob", NAME] {
        house.add(name);
        house.credit(name, 50_000);
    }
    configure(&house, &format!("{}{}", mailbox.entries(), hook.entries()));
    house.serve();
    let [ann, bob, zebulon] = ["Ann", "Bob", NAME].map(|name| house.log_in(name));
    let lamp = house.list(&ann, json!({"title": "Brass lamp"}));
    house.bid_with(&zebulon, lamp, json!({"amount": 1_000, "max": 5_000})).done(201);
    let keyed = |person: &Person, listing: i64, amount: i64| {
        let call = house.post(&format!("/api/v1/listings/{listing}/bids")).by(person);
        call.header("Idempotency-Key", &format!("k{listing}-{amount}"))
            .json(&json!({"amount": amount}))
            .send()
    };
    let answered = keyed(&bob, lamp, 2_000).done(201);
    assert_eq!(answered["listing"]["leader"], NAME);
    house.call("PATCH", "/api/v1/me").by(&zebulon).json(&json!({"name": "Zeb Quixote"})).send().done(200);
    keyed(&zebulon, lamp, 6_000).done(201);
    keyed(&bob, lamp, 9_000).done(201);
    let own = house.list(&zebulon, json!({"title": "Tin drum", "buy_now": 3_000}));
    keyed(&bob, own, 1_000).done(201);
    let bought = house.list(&ann, json!({"title": "Oak chair", "buy_now": 2_000}));
    house.post(&format!("/api/v1/listings/{bought}/buy")).by(&zebulon).json(&json!({})).send().done(201);
    cancel(&house, &zebulon, house.list(&zebulon, json!({"title": "Pine box"})));
    house.post(&format!("/api/v1/listings/{lamp}/watch")).by(&zebulon).send();
    house
        .call("PATCH", "/api/v1/me")
        .by(&zebulon)
        .json(&json!({"email": "zeb.new@example.org"}))
        .send()
        .done(200);
    house.run(&["account", "suspend", EMAIL, "--why", "he is away"]).done();
    house.run(&["account", "restore", EMAIL]).done();
    // What was bid for the drum goes back.
    house.run(&["listing", "cancel", &own.to_string(), "--why", "broken"]).done();
    is_empty(&house);
    pay_out(&house, &zebulon);
    is_empty(&house);
    (house, ann, bob, zebulon)
}

#[test]
fn nothing_keeps_the_name_or_the_address_of_who_has_gone() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let (house, ann, bob, zebulon) = lived_in(&mailbox, &hook);
    let traces = [NAME, "Zeb Quixote", "zebulon@", "zeb.new@"];
    for trace in traces {
        assert!(!places(&house, trace).is_empty(), "{trace} stands somewhere before");
    }
    let stream = house.watch("listings=all", Some(&zebulon));
    assert_eq!(close(&house, &zebulon).status, 204);
    while stream.next().is_some() {}
    for trace in traces {
        let found: Vec<String> = places(&house, trace);
        assert!(found.is_empty(), "{trace}: {found:#?}");
    }
    house.get("/api/v1/me").by(&zebulon).send().refused(401, "unauthenticated");
    let enter = json!({"email": EMAIL, "password": PASSWORD});
    house.post("/api/v1/sessions").json(&enter).send().refused(401, "unauthenticated");
    // The books are right, and name a former member.
    house.audit();
    house.run(&["replay", "1"]).done();
    let bids = house.bids(1);
    assert!(bids.iter().any(|bid| bid["bidder"] == "former member 1"), "{bids:?}");
    let page = house.get("/listings/1").send().text();
    assert!(page.contains("former member 1") && !page.contains("Quixote"), "{page}");
    let again = house
        .post("/api/v1/listings/1/bids")
        .by(&bob)
        .header("Idempotency-Key", "k1-2000")
        .json(&json!({"amount": 2_000}))
        .send();
    assert_eq!(again.done(201)["listing"]["leader"], "former member 1");
    // What the server holds of the newest events is written anew a moment later.
    until("watchers who come back are told of a former member", || {
        let told = house.watch_from("listings=all", None, Some(0)).wait_for("bid");
        (told.data["bidder"] == "former member 1").then_some(())
    });
    let shown = house.told(&["account", "show", &zebulon.id.to_string()]);
    assert_eq!((&shown["state"], &shown["email"]), (&json!("closed"), &Value::Null));
    // An admin does not bring it back.
    for args in [["account", "restore"], ["account", "suspend"]] {
        let more: &[&str] = if args[1] == "suspend" { &["--why", "x"] } else { &[] };
        let ran = house.run(&[&args[..], &[&*zebulon.id.to_string()], more].concat());
        assert!(ran.status == 1 && ran.stderr.contains("closed"), "{ran:?}");
    }
    house.run(&["listing", "cancel", "1", "--why", "the end of the test"]).done();
    pay_out(&house, &ann);
    assert_eq!(close(&house, &ann).status, 204);
    assert_eq!(house.told(&["account", "show", &ann.id.to_string()])["name"], "former member 2");
    house.audit();
}

#[test]
fn the_address_is_free_again_and_the_name_is_nobody_else_s() {
    let (house, ann, ..) = House::open();
    pay_out(&house, &ann);
    assert_eq!(close(&house, &ann).status, 204);
    let join = |email: &str, name: &str| {
        let body = json!({"email": email, "name": name, "password": PASSWORD});
        house.post("/api/v1/accounts").json(&body).send()
    };
    join("dora@example.org", "Former Member 1").refused(422, "invalid");
    let anew = join("ann@example.org", "Ann").done(201);
    assert_ne!(int(&anew["id"]), ann.id);
    house.audit();
}

/// Neither in the pages of the file nor in the write-ahead log.
#[test]
fn the_file_forgets_as_well() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let (house, _, _, zebulon) = lived_in(&mailbox, &hook);
    assert_eq!(close(&house, &zebulon).status, 204);
    let wal = house.database().with_extension("db-wal");
    until("the write-ahead log has nothing of it", || {
        let log = std::fs::read(&wal).unwrap_or_default();
        (!holds(&log, NAME) && !holds(&log, EMAIL)).then_some(())
    });
    let file = std::fs::read(house.database()).unwrap();
    for trace in [NAME, "Zeb Quixote", EMAIL] {
        assert!(!holds(&file, trace), "{trace} is left in the file");
    }
}

/// Mails show addresses and dotted names with spaces in them; a push is JSON. One that is parked may still go.
#[test]
fn what_others_were_sent_names_nobody_in_any_spelling() {
    const NAMED: &str = "bob. lee \"B\" (bob@ example. org, old@ example. org) waits.";
    const CLEAN: &str = "former member 1 (former member 1, former member 1) waits.";
    let (house, ann, bob, _) = House::open();
    pay_out(&house, &bob);
    let renamed = json!({"name": "bob.lee \"B\""});
    house.call("PATCH", "/api/v1/me").by(&bob).json(&renamed).send().done(200);
    let conn = house.connection();
    let send = |key: &str, way: &str, account: i64, state: &str, text: &str, email: Option<&str>| {
        let sql = "insert into delivery (key, way, account_id, subject, body, n_notices, since, made_at, state, next_at,
            fault, email, subscription_id)
          select printf('%032s', ?1), ?2, ?3, ?5, ?5, 1, now, now, ?4, now, iif(?4 = 'parked', 'no room', null), ?6,
            iif(?2 = 'push', 1, null)
          from (select unixepoch() * 1000 as now)";
        conn.execute(sql, (key, way, account, state, text, email)).unwrap();
    };
    let push = json!({"title": "bob.lee \"B\" waits", "body": "Bob", "tag": "pending-2"}).to_string();
    send("1", "mail", ann.id, "parked", NAMED, None);
    send("2", "mail", ann.id, "sent", NAMED, None);
    send("3", "push", ann.id, "parked", &push, None);
    // It went to an address that he had before.
    send("4", "mail", bob.id, "sent", "Your address was changed.", Some("old@example.org"));
    assert_eq!(close(&house, &bob).status, 204);
    let mut held = conn.prepare("select subject, body from delivery order by key").unwrap();
    let held = held.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let held: Vec<(String, String)> = held.map(Result::unwrap).collect();
    assert_eq!(held.len(), 3, "{held:?}");
    assert_eq!((&*held[0].0, &*held[0].1), (CLEAN, CLEAN));
    assert_eq!((&*held[1].0, &*held[1].1), ("", ""));
    let push: Value = serde_json::from_str(&held[2].1).unwrap();
    assert_eq!((&push["title"], &push["body"]), (&json!("former member 1 waits"), &json!("former member 1")));
}

#[test]
fn the_page_says_what_happens_and_closes() {
    let (house, ann, ..) = House::open();
    for (lang, words) in [("en", "cannot be undone"), ("ko", "되돌릴 수 없습니다")] {
        let page = house.get(&format!("/account/close?lang={lang}")).with_cookie(&ann).send().text();
        assert!(page.contains(words), "{page}");
    }
    let post = |password: &str| {
        house.post("/account/close?lang=en").in_browser(&ann).form(&[("password", password)]).send()
    };
    let refused = post(PASSWORD);
    assert!(refused.status == 409 && refused.text().contains("You have money here"), "{refused:?}");
    pay_out(&house, &ann);
    let wrong = post("wrong horse");
    assert!(wrong.status == 422 && wrong.text().contains("The password is wrong"), "{wrong:?}");
    let closed = post(PASSWORD);
    assert_eq!(closed.header("Location"), Some("/?done=closed"));
    assert!(closed.header("Set-Cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{closed:?}");
}
