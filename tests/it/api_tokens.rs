//! Tokens for programs: added, listed and revoked by command, page and call; how they end; what they leave behind.

use crate::harness::{House, PASSWORD, Person, Reply, email, int, until};
use crate::sale_api::draft;
use crate::tablet::{listing_of, sale_of};
use serde_json::{Value, json};

/// Bob's program, with a token that the command line added.
pub fn program(house: &House, name: &'static str, may: &str) -> Person {
    let args = ["account", "token", "add", &email(name), "--name", may, "--may", may];
    let token = house.run(&args).done().stdout.trim().to_owned();
    Person { id: 0, name, email: email(name), token }
}

fn add(house: &House, person: &Person, body: Value) -> Reply {
    house.post("/api/v1/me/tokens").by(person).json(&body).send()
}

fn me(house: &House, program: &Person) -> Reply {
    house.get("/api/v1/me").by(program).send()
}

fn names(house: &House, person: &Person) -> Vec<String> {
    let body = house.get("/api/v1/me/tokens").by(person).send().done(200);
    body["tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().into()).collect()
}

/// As if Bob had logged in a while ago.
fn age_sessions(house: &House) {
    house.connection().execute("update session set created_at = created_at - 1000000", []).unwrap();
    // What the server remembers of a session it forgets with the next write.
    house.set("name", "House");
}

#[test]
fn a_token_acts_for_its_owner_and_only_its_hash_is_kept() {
    let (house, ann, _, _) = House::open();
    let id = house.list(&ann, json!({}));
    let args = ["account", "token", "add", "bob@example.org", "--name", "Sniper", "--may", "bid,read"];
    let added = house.told(&args);
    let text = added["token"].as_str().unwrap();
    assert!(text.starts_with("auc_") && text.len() == 4 + 43, "{added}");
    assert_eq!(added["may"], json!(["read", "bid"]));
    let bot = Person { id: 0, name: "Bob", email: email("Bob"), token: text.to_owned() };
    assert_eq!(me(&house, &bot).done(200)["name"], "Bob");
    house.bid(&bot, id, 1_000).done(201);
    assert_eq!(house.bids(id)[0]["bidder"], "Bob");
    let listed = house.told(&["account", "token", "list", "bob@example.org"]);
    assert_eq!((&listed[0]["name"], &listed[0]["state"]), (&json!("Sniper"), &json!("open")), "{listed}");
    assert!(listed[0].get("token").is_none());
    let used = || house.told(&["account", "token", "list", "bob@example.org"])[0]["used_at"].clone();
    until("its use is written down", || used().is_string().then_some(()));
    let printed = house.run(&["account", "token", "list", "bob@example.org"]).done().stdout;
    assert!(
        printed.contains("Sniper") && printed.contains("read,bid") && !printed.contains(text),
        "{printed}"
    );
    for file in ["auction.db", "auction.db-wal"] {
        let bytes = std::fs::read(house.dir().join(file)).unwrap_or_default();
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{file}");
    }
    assert!(!house.log().contains(text));
    // A token is neither a session's cookie nor a pass's.
    for cookie in ["auction_session", "auction_desk"] {
        let reply = house.get("/account").header("Cookie", &format!("{cookie}={text}")).send();
        assert_eq!(reply.status, 303, "{reply:?}");
    }
    house.audit();
}

#[test]
fn a_token_ends_at_once_when_it_is_revoked_or_its_time_comes() {
    let (house, _, bob, _) = House::open();
    let made: Vec<Person> = ["one", "two", "three"]
        .into_iter()
        .map(|name| {
            let body = json!({"name": name, "may": ["read"]});
            let token = add(&house, &bob, body).done(201)["token"].as_str().unwrap().to_owned();
            Person { token, ..bob.clone() }
        })
        .collect();
    let [by_call, by_page, by_command] = &made[..] else { unreachable!() };
    let watchers: Vec<_> = made.iter().map(|bot| house.watch("listings=all", Some(bot))).collect();
    assert_eq!(names(&house, &bob), ["one", "two", "three"]);
    assert_eq!(house.delete("/api/v1/me/tokens/one").by(&bob).send().status, 204);
    me(&house, by_call).refused(401, "unauthenticated");
    let form = house.post("/account/tokens/revoke").in_browser(&bob).form(&[("name", "two")]).send();
    assert_eq!(
        (form.status, form.header("Location")),
        (303, Some("/account/tokens?done=revoked")),
        "{form:?}"
    );
    me(&house, by_page).refused(401, "unauthenticated");
    house.run(&["account", "token", "revoke", "bob@example.org", "three"]).done();
    until("another process has revoked it", || (me(&house, by_command).status == 401).then_some(()));
    for watcher in watchers {
        while watcher.next().is_some() {}
    }
    assert!(names(&house, &bob).is_empty());
    // Once more is no mistake; a name that never was is one.
    let again = house.run(&["account", "token", "revoke", "bob@example.org", "three"]).done();
    assert!(again.stdout.contains("already") || again.stderr.contains("already"), "{again:?}");
    assert_eq!(house.delete("/api/v1/me/tokens/one").by(&bob).send().status, 204);
    assert_eq!(house.run(&["account", "token", "revoke", "bob@example.org", "four"]).status, 1);
    house.delete("/api/v1/me/tokens/four").by(&bob).send().refused(404, "not_found");
    // One whose time has come gives its name up.
    let brief = add(&house, &bob, json!({"name": "brief", "may": "read", "until": "2099-01-01T00:00:00Z"}));
    let brief = Person { token: brief.done(201)["token"].as_str().unwrap().to_owned(), ..bob.clone() };
    me(&house, &brief).done(200);
    let watcher = house.watch("listings=all", Some(&brief));
    add(&house, &bob, json!({"name": "brief", "may": "read"})).refused(409, "taken");
    house
        .connection()
        .execute("update api_token set ends_at = made_at + 1 where name = 'brief'", [])
        .unwrap();
    until("it has ended", || (me(&house, &brief).status == 401).then_some(()));
    let ended = house.told(&["account", "token", "list", "bob@example.org"]);
    assert_eq!(ended[0]["state"], "ended", "{ended}");
    add(&house, &bob, json!({"name": "brief", "may": "read"})).done(201);
    while watcher.next().is_some() {}
    let lines = house.number("select count(*) from log where what in ('token.add', 'token.revoke')");
    assert!(lines >= 7, "{lines}");
    let who = "select count(*) from log where who <> 'account:' || account_id and what like 'token.%' and who like 'account:%'";
    assert_eq!(house.number(who), 0);
}

#[test]
fn tokens_that_cannot_be_are_refused() {
    let (house, ann, bob, _) = House::open();
    let refused = |body: Value, field: &str| {
        let problem = add(&house, &bob, body).refused(422, "invalid");
        assert!(problem["fields"][field].is_string(), "{problem}");
    };
    refused(json!({"may": ["read"]}), "name");
    refused(json!({"name": "x".repeat(41), "may": ["read"]}), "name");
    refused(json!({"name": "a"}), "may");
    refused(json!({"name": "a", "may": []}), "may");
    refused(json!({"name": "a", "may": ["read", "admin"]}), "may");
    refused(json!({"name": "a", "may": [1]}), "may");
    refused(json!({"name": "a", "may": "read", "until": "soon"}), "until");
    refused(json!({"name": "a", "may": "read", "until": "2001-01-01T00:00:00Z"}), "until");
    refused(json!({"name": "a", "may": "read,desk"}), "may");
    refused(json!({"name": "a", "may": "read", "forever": true}), "forever");
    let desk = ["account", "token", "add", "bob@example.org", "--name", "a", "--may", "desk"];
    assert_eq!(house.run(&desk).status, 1);
    assert_eq!(
        house.run(&["account", "token", "add", "nobody@example.org", "--name", "a", "--may", "read"]).status,
        1
    );
    add(&house, &bob, json!({"name": "a", "may": "read"})).done(201);
    assert_eq!(
        add(&house, &bob, json!({"name": " a ", "may": "bid"})).refused(409, "taken")["reason"],
        "token_name_taken"
    );
    // Another person's names are their own.
    add(&house, &ann, json!({"name": "a", "may": "read"})).done(201);
    for n in 2..=50 {
        add(&house, &bob, json!({"name": format!("n {n}"), "may": "read"})).done(201);
    }
    let full = add(&house, &bob, json!({"name": "one more", "may": "read"})).refused(403, "not_allowed");
    assert_eq!((&full["reason"], int(&full["most"])), (&json!("too_many"), 50));
    assert_eq!(house.delete("/api/v1/me/tokens/n%207").by(&bob).send().status, 204);
    add(&house, &bob, json!({"name": "one more", "may": "read"})).done(201);
}

#[test]
fn an_old_log_in_or_one_by_a_pin_does_not_add_tokens_without_the_password() {
    let (house, _, bob, _) = House::open();
    age_sessions(&house);
    let asked = |password: Option<&str>| {
        let mut body = json!({"name": "a", "may": ["read"]});
        if let Some(password) = password {
            body["password"] = password.into();
        }
        until("the log-in is old", || {
            let reply = add(&house, &bob, body.clone());
            (reply.status != 201 || password == Some(PASSWORD)).then_some(reply)
        })
    };
    let problem = asked(None).refused(422, "invalid");
    assert_eq!(problem["reason"], "log_in_too_old");
    assert!(problem["fields"]["password"].is_string());
    assert_eq!(asked(Some("wrong horse")).refused(422, "invalid")["reason"], "wrong_password");
    let page = house.get("/account/tokens").in_browser(&bob).send();
    assert!(page.text().contains("name=\"password\""), "{page:?}");
    asked(Some(PASSWORD)).done(201);
    // Wrong passwords are counted as failed log-ins are.
    let statuses: Vec<u16> = (0..40).map(|_| asked(Some("wrong horse")).status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    // A number and a PIN show less than a password does.
    draft(&house, "spring", &[]);
    sale_of(&house, "autumn", 1);
    let registered = house.told(&["bidder", "add", "autumn", "--name", "Dora"]);
    let body = json!({"sale": "autumn", "number": registered["number"], "pin": registered["pin"]});
    let dora =
        house.post("/api/v1/sessions").json(&body).send().done(201)["token"].as_str().unwrap().to_owned();
    let dora = Person { token: dora, ..bob };
    let body = json!({"name": "a", "may": ["read"]});
    assert_eq!(add(&house, &dora, body).refused(422, "invalid")["reason"], "log_in_too_old");
}

#[test]
fn the_page_shows_a_new_token_once() {
    let (house, _, bob, _) = House::open();
    let form =
        [("name", "<b>Stock</b>"), ("may_read", "on"), ("may_list", "on"), ("until", "2099-01-01T00:00")];
    let reply = house.post("/account/tokens").in_browser(&bob).form(&form).send();
    assert_eq!((reply.status, reply.header("Cache-Control")), (201, Some("no-store")), "{reply:?}");
    let html = reply.text();
    let token = html.split("<code id=\"token\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let bot = Person { token, ..bob.clone() };
    me(&house, &bot).done(200);
    assert!(html.contains("&#60;b&#62;Stock") && html.contains("read, list"), "{html}");
    let again = house.get("/account/tokens").in_browser(&bob).send();
    assert!(!again.text().contains(&bot.token) && again.text().contains("Stock"));
    let korean = house.get("/account/tokens?lang=ko").in_browser(&bob).send();
    assert!(korean.text().contains("프로그램용 토큰"));
    let none = house.post("/account/tokens").in_browser(&bob).form(&[("name", "x")]).send();
    assert_eq!(none.status, 422);
    assert!(!none.text().contains("may_desk"), "only an admin is offered the desk");
    let foreign = house.post("/account/tokens").header("Cookie", &format!("auction_session={}", bob.token));
    assert_eq!(foreign.header("Sec-Fetch-Site", "cross-site").form(&form).send().status, 403);
    assert_eq!(house.get("/account/tokens").send().status, 303);
}

#[test]
fn a_suspended_owner_s_program_looks_on_and_a_restored_house_lets_none_in() {
    let (house, ann, ..) = House::open();
    let bot = program(&house, "Bob", "read,bid");
    let id = house.list(&ann, json!({}));
    house.run(&["account", "suspend", "bob@example.org", "--why", "two unpaid lots"]).done();
    let refused = until("he is suspended", || {
        let reply = house.bid(&bot, id, 1_000);
        (reply.status == 403).then_some(reply)
    });
    assert_eq!(refused.refused(403, "not_allowed")["reason"], "suspended");
    me(&house, &bot).done(200);
    house.run(&["account", "restore", "bob@example.org"]).done();
    house.bid(&bot, id, 1_000).done(201);
    let (backup, other) = (house.dir().with_file_name("backup.tar"), House::bare());
    house.run(&["backup", backup.to_str().unwrap()]).done();
    let mut other = other;
    other.run(&["restore", backup.to_str().unwrap(), "--scheduler", "none"]).done();
    other.serve();
    me(&other, &bot).refused(401, "unauthenticated");
}

#[test]
fn an_admin_s_token_works_at_the_desk_by_a_pass_of_its_own() {
    let mut house = House::bare();
    house
        .run(&["account", "add", "--email", "dana@example.org", "--name", "Dana", "--no-password", "--admin"])
        .done();
    house.add("Ann");
    house.serve();
    sale_of(&house, "spring", 2);
    let dana = program(&house, "Dana", "desk");
    let post = |path: &str, key: &str, body: Value| {
        house.post(path).by(&dana).header("Idempotency-Key", key).json(&body).send()
    };
    let guest = post("/api/v1/desk/bidders", "g", json!({"name": "Dora", "limit": 9_000})).done(201);
    let again = post("/api/v1/desk/bidders", "g", json!({"name": "Dora", "limit": 9_000})).done(201);
    assert_eq!(again, guest, "a resend registers once, and is told the same PIN");
    let bid = json!({"lot": "A1", "number": guest["number"], "amount": 1_000, "source": "phone"});
    post("/api/v1/desk/bids", "b", bid).done(201);
    let till = house.get("/api/v1/desk/till").by(&dana).send().done(200);
    assert_eq!(till["name"], "token 1");
    assert_eq!(house.number("select count(*) from pass where api_token_id = 1"), 1);
    let listing = listing_of(&house, "spring", "A1");
    let proof = house.get(&format!("/api/v1/listings/{listing}/proof")).send();
    assert!(proof.text().contains("token 1"), "{proof:?}");
    // Nothing but the desk, and no page of it.
    assert_eq!(house.get("/api/v1/me").by(&dana).send().refused(403, "forbidden")["reason"], "out_of_scope");
    assert_eq!(house.get("/desk").by(&dana).send().status, 403);
    // With two open sales, one must be named; each has a pass of its own, under a name of its own.
    sale_of(&house, "autumn", 1);
    let which = house.get("/api/v1/desk/till").by(&dana).send().refused(422, "invalid");
    let words = which["fields"]["sale"].as_str().unwrap();
    assert!(words.contains("autumn") && words.contains("spring"), "{which}");
    house.run(&["desk", "open", "token 1-2", "--sale", "autumn", "--may", "bid"]).done();
    let of_autumn = house.get("/api/v1/desk/till?sale=autumn").by(&dana).send().done(200);
    assert_eq!(of_autumn["name"], "token 1-3");
    house.get("/api/v1/desk/till?sale=winter").by(&dana).send().refused(404, "not_found");
    house.audit();
    // An admin shuts the pass in one sale; revoking the token shuts them all.
    house.run(&["desk", "shut", "token 1-3"]).done();
    let shut = house.get("/api/v1/desk/till?sale=autumn").by(&dana).send();
    shut.refused(401, "unauthenticated");
    house.get("/api/v1/desk/till?sale=spring").by(&dana).send().done(200);
    house.run(&["account", "token", "revoke", "dana@example.org", "desk"]).done();
    assert_eq!(
        house.number("select count(*) from pass where api_token_id is not null and shut_at is null"),
        0
    );
    until("it is revoked", || {
        (house.get("/api/v1/desk/till?sale=spring").by(&dana).send().status == 401).then_some(())
    });
    house.audit();
}

#[test]
fn closing_the_account_ends_the_streams_of_its_programs() {
    let (house, ..) = House::open();
    house.add("Dan");
    let dan = house.log_in("Dan");
    let body = json!({"name": "one", "may": ["read"]});
    let token = add(&house, &dan, body).done(201)["token"].as_str().unwrap().to_owned();
    let bot = Person { token, ..dan.clone() };
    let watcher = house.watch("listings=all", Some(&bot));
    let begun = std::time::Instant::now();
    let closed = house.delete("/api/v1/me").by(&dan).json(&json!({"password": PASSWORD})).send();
    assert_eq!(closed.status, 204, "{closed:?}");
    while watcher.next().is_some() {}
    assert!(begun.elapsed().as_secs() < 30, "not only when all sessions are checked");
}
