//! Forgotten and changed passwords: the link in the mail, what voids it, and what nobody can learn from any of it.

use crate::harness::{House, PASSWORD, Person, Reply, email, until};
use crate::post::{HELD_BACK, Mailbox, house_with, token_in};
use serde_json::{Value, json};
use std::time::Instant;

const NEW: &str = "another horse";

fn forgotten(house: &House, address: &str) -> Reply {
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": address})).send()
}

fn reset(house: &House, token: &str, password: &str) -> Reply {
    house.post("/api/v1/passwords/reset").json(&json!({"token": token, "password": password})).send()
}

fn change(house: &House, person: &Person, old: &str, new: &str) -> Reply {
    house.post("/api/v1/me/password").by(person).json(&json!({"old": old, "new": new})).send()
}

fn log_in(house: &House, name: &str, password: &str) -> Reply {
    house.post("/api/v1/sessions").json(&json!({"email": email(name), "password": password})).send()
}

fn is_in(house: &House, person: &Person) -> bool {
    house.get("/api/v1/me").by(person).send().status == 200
}

/// The mail number `n`, counted from one, once a forgotten password has brought it.
#[track_caller]
fn mail_after(house: &House, mailbox: &Mailbox, address: &str, n: usize) -> Value {
    forgotten(house, address).empty();
    mailbox.wait_for(n).remove(n - 1)
}

/// The link of a reset holds no more.
#[track_caller]
fn is_void(house: &House, token: &str) {
    let refused = reset(house, token, NEW).refused(422, "invalid");
    assert!(refused["fields"]["token"].is_string(), "{refused}");
    assert_eq!(refused["reason"], "link_ended");
    assert_eq!(house.get(&format!("/reset?token={token}")).send().status, 410);
}

#[test]
fn a_forgotten_password_is_set_anew_by_the_link_of_a_mail_that_waits_for_nothing() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    let watcher = house.watch("listings=all", Some(&bob));
    let mail = mail_after(&house, &mailbox, " BOB@example.org ", 1);
    assert_eq!(mail["to"], json!([bob.email]));
    let headers = mail["headers"].as_object().unwrap();
    assert!(!headers.contains_key("list-unsubscribe"), "it was asked for: {headers:?}");
    let body = mail["body"].as_str().unwrap();
    let link = format!("http://{}/reset?token=", house.address());
    assert!(body.contains(&link), "without public_url, the server's own address: {body}");
    assert!(body.contains("Hello Bob,") && body.contains("30 min"), "{body}");
    assert!(!body.contains('\u{1}'));
    let token = token_in(&mail, "reset");
    assert!(token.len() >= 43, "256 bits: {token}");

    reset(&house, &token, "short").refused(422, "invalid");
    reset(&house, &token, NEW).empty();
    assert!(!is_in(&house, &bob), "every session ends");
    while watcher.next().is_some() {}
    log_in(&house, "Bob", PASSWORD).refused(401, "unauthenticated");
    log_in(&house, "Bob", NEW).done(201);
    is_void(&house, &token);
    assert_eq!(house.number("select count(*) from account where verified_at is not null"), 1);
    house.audit();
}

#[test]
fn a_link_is_void_after_a_newer_one_a_log_in_a_change_or_half_an_hour() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    let first = token_in(&mail_after(&house, &mailbox, &bob.email, 1), "reset");
    let second = token_in(&mail_after(&house, &mailbox, &bob.email, 2), "reset");
    is_void(&house, &first);
    assert_eq!(house.get(&format!("/reset?token={second}")).send().status, 200);
    log_in(&house, "Bob", "wrong horse").refused(401, "unauthenticated");
    assert_eq!(
        house.get(&format!("/reset?token={second}")).send().status,
        200,
        "only the right password voids"
    );
    log_in(&house, "Bob", PASSWORD).done(201);
    is_void(&house, &second);

    let third = token_in(&mail_after(&house, &mailbox, &cleo.email, 3), "reset");
    change(&house, &cleo, PASSWORD, NEW).empty();
    is_void(&house, &third);

    let fourth = token_in(&mail_after(&house, &mailbox, &cleo.email, 4), "reset");
    house.connection().execute("update link set ends_at = ends_at - 1800000", []).unwrap();
    is_void(&house, &fourth);
    is_void(&house, "no-token");
    reset(&house, "", NEW).refused(422, "invalid");
    assert_eq!(house.get("/reset").send().status, 410);
}

#[test]
fn a_token_stands_nowhere_but_in_its_mail() {
    let mailbox = Mailbox::open(&[]);
    let mut house = House::bare();
    house.set("public_url", "https://example.org/auction");
    house.add("Bob");
    crate::post::configure(&house, &mailbox.entries());
    house.serve_in("none", &[("AUCTION_LOG", "trace")]);
    let forget = house.post("/auction/api/v1/passwords/forgotten").json(&json!({"email": email("Bob")}));
    forget.send().empty();
    let mail = mailbox.wait_for(1).remove(0);
    assert!(mail["body"].as_str().unwrap().contains("https://example.org/auction/reset?token="), "{mail}");
    let token = token_in(&mail, "reset");

    let page = house.get(&format!("/auction/reset?token={token}&lang=en")).send();
    assert_eq!(page.status, 200);
    assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    let text = page.text();
    assert!(text.contains(r#"<meta name="referrer" content="no-referrer">"#), "{text}");
    for other in ["/login", "/join"] {
        let link = format!("{other}?next=");
        let (_, rest) = text.split_once(&link).unwrap();
        assert!(!rest.split('"').next().unwrap().contains(&token), "{other} would be told");
    }
    let form = [("token", &*token), ("password", "short")];
    let again = house.post("/auction/reset").header("Sec-Fetch-Site", "same-origin").form(&form).send();
    assert_eq!((again.status, again.header("Cache-Control")), (422, Some("no-store")));
    assert!(!again.text().contains("short\""), "a password is not shown again");
    house
        .post("/auction/api/v1/passwords/reset")
        .json(&json!({"token": token, "password": NEW}))
        .send()
        .empty();

    until("the mail is recorded", || {
        (house.number("select count(*) from delivery where state = 'sent'") == 1).then_some(())
    });
    house.stop();
    assert!(house.log().contains("/reset"), "the requests are logged");
    assert!(!house.log().contains(&token), "{}", house.log());
    for file in std::fs::read_dir(house.dir()).unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!found, "{} holds the token", file.display());
        }
    }
}

/// Mail programs and messengers fetch the links in their messages.
#[test]
fn opening_a_link_uses_nothing_up() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    let token = token_in(&mail_after(&house, &mailbox, &bob.email, 1), "reset");
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(house.call(method, &format!("/reset?token={token}")).send().status, 200);
    }
    assert_eq!(house.get(&format!("/verify?token={token}")).send().status, 410, "it is for something else");
    let form = [("token", &*token), ("password", NEW)];
    let set = house.post("/reset").header("Sec-Fetch-Site", "same-origin").form(&form).send();
    assert_eq!((set.status, set.header("Location")), (303, Some("/login?done=password-set")));
    let again = house.post("/reset").header("Sec-Fetch-Site", "same-origin").form(&form).send();
    assert_eq!(again.status, 410);
    log_in(&house, "Bob", NEW).done(201);
}

/// Else somebody could fill another's mailbox, or void the link in the mail that they wait for.
#[test]
fn nobody_fills_anothers_mailbox_and_the_last_mail_holds() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    for n in 1..=3 {
        mail_after(&house, &mailbox, &bob.email, n);
    }
    let last = token_in(&mailbox.mails()[2], "reset");
    for _ in 0..5 {
        forgotten(&house, &bob.email).empty();
    }
    mail_after(&house, &mailbox, &cleo.email, 4);
    until("all are looked up", || (house.number("select count(*) from forgotten") == 0).then_some(()));
    assert_eq!(mailbox.mails().len(), 4, "no mail to Bob beyond three");
    reset(&house, &last, NEW).empty();
}

#[test]
fn a_suspended_person_gets_a_link_and_stays_suspended_and_a_closed_account_gets_none() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    house.run(&["account", "suspend", &bob.email, "--why", "under review"]).done();
    let token = token_in(&mail_after(&house, &mailbox, &bob.email, 1), "reset");
    reset(&house, &token, NEW).empty();
    log_in(&house, "Bob", NEW).done(201);
    assert_eq!(house.number("select count(*) from account where state = 'suspended'"), 1);

    let token = token_in(&mail_after(&house, &mailbox, &cleo.email, 2), "reset");
    let close = format!("update account set state = 'closed' where id = {}", cleo.id);
    house.connection().execute(&close, []).unwrap();
    is_void(&house, &token);
    forgotten(&house, &cleo.email).empty();
    house
        .run_with(&["account", "add", "--email", "dan@example.org", "--name", "Dan", "--no-password"], "")
        .done();
    let mail = mail_after(&house, &mailbox, "dan@example.org", 3);
    assert_eq!(mail["to"], json!(["dan@example.org"]), "who never had a password chooses one");
    until("all are looked up", || (house.number("select count(*) from forgotten") == 0).then_some(()));
    assert_eq!(mailbox.mails().len(), 3);
    reset(&house, &token_in(&mail, "reset"), NEW).empty();
    log_in(&house, "Dan", NEW).done(201);
}

/// The probability that one of `slow` took longer than one of `quick`, ties halved: 0.5 where they are alike.
fn overlap(slow: &[u128], quick: &[u128]) -> f64 {
    let pairs = slow.iter().flat_map(|slow| quick.iter().map(move |quick| slow.cmp(quick)));
    let scores = pairs.map(|order| match order {
        std::cmp::Ordering::Greater => 2_u32,
        std::cmp::Ordering::Equal => 1,
        std::cmp::Ordering::Less => 0,
    });
    f64::from(scores.sum::<u32>()) / 2.0 / (slow.len() * quick.len()) as f64
}

#[test]
fn neither_the_answer_nor_its_time_tells_who_has_an_account() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, cleo) =
        house_with(&mailbox.entries(), &[("limit_sign_ups_per_min", "0"), HELD_BACK[0]]);
    house.run(&["account", "suspend", &bob.email, "--why", "under review"]).done();
    house
        .run_with(&["account", "add", "--email", "dan@example.org", "--name", "Dan", "--no-password"], "")
        .done();
    let close = format!("update account set state = 'closed' where id = {}", cleo.id);
    house.connection().execute(&close, []).unwrap();
    // Unknown, known, suspended, closed, without a password.
    let asked = ["zoe@example.org", "ann@example.org", &bob.email, &cleo.email, "dan@example.org"];
    let mut took = vec![Vec::new(); asked.len()];
    for n in 0..60 * asked.len() {
        // Each comes as often after each other: what the one before it leaves behind is shared alike.
        let nth = (n + n / asked.len()) % asked.len();
        let begun = Instant::now();
        let answer = forgotten(&house, asked[nth]);
        took[nth].push(begun.elapsed().as_micros());
        assert_eq!((answer.status, answer.body.len()), (204, 0));
    }
    for (address, took_one) in asked.iter().zip(&took) {
        let mut sorted = took_one.clone();
        sorted.sort_unstable();
        let overlap = overlap(took_one, &took[0]);
        println!("{address}: median {} µs, overlap with unknown {overlap:.2}", sorted[sorted.len() / 2]);
        // Alike, it lies within 0.2 of a half but once in some ten thousand runs.
        assert!((0.25..=0.75).contains(&overlap), "{address}: {overlap:.2} of {took:?}");
    }
}

#[test]
fn asking_is_limited_by_network_the_same_for_every_address() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &[("limit_sign_ups_per_min", "5"), HELD_BACK[0]]);
    for address in
        ["ann@example.org", "zoe@example.org", "bob@example.org", "yan@example.org", "xi@example.org"]
    {
        forgotten(&house, address).empty();
    }
    for address in ["cleo@example.org", "will@example.org"] {
        let refused = forgotten(&house, address).refused(429, "rate_limited");
        assert!(refused["retry_after_s"].as_i64().unwrap() > 0);
    }
    let form = house.post("/forgotten").form(&[("email", "cleo@example.org")]).send();
    assert_eq!(form.status, 429);
    forgotten(&house, "nobody").refused(429, "rate_limited");
}

#[test]
fn a_house_without_mail_says_whom_to_ask_and_writes_nothing() {
    let (house, _, bob, _) = House::open();
    forgotten(&house, &bob.email).empty();
    forgotten(&house, "nobody").empty();
    let form = house.post("/forgotten").header("Sec-Fetch-Site", "same-origin").form(&[("email", "nobody")]);
    assert_eq!(form.send().status, 422, "the page helps");
    forgotten(&house, &format!("@{}", "İ".repeat(253))).empty();
    house.post("/api/v1/passwords/forgotten").json(&json!({})).send().refused(422, "invalid");
    assert_eq!(
        house.number("select count(*) from forgotten") + house.number("select count(*) from letter"),
        0
    );
    let page = house.get("/forgotten").send().text();
    assert!(page.contains("ask the organiser") && !page.contains(r#"name="email""#), "{page}");
    assert!(house.get("/login").send().text().contains(r#"href="/forgotten""#));
}

#[test]
fn a_changed_password_ends_the_other_sessions_and_keeps_this_one() {
    let (house, _, bob, _) = House::open();
    let elsewhere = house.log_in("Bob");
    let watcher = house.watch("listings=all", Some(&elsewhere));
    let refused = change(&house, &bob, "wrong horse", NEW).refused(422, "invalid");
    assert!(refused["fields"]["old"].is_string(), "{refused}");
    let refused = change(&house, &bob, PASSWORD, "short").refused(422, "invalid");
    assert!(refused["fields"]["new"].is_string(), "{refused}");
    house
        .post("/api/v1/me/password")
        .json(&json!({"old": PASSWORD, "new": NEW}))
        .send()
        .refused(401, "unauthenticated");
    change(&house, &bob, PASSWORD, NEW).empty();
    assert!(is_in(&house, &bob) && !is_in(&house, &elsewhere));
    while watcher.next().is_some() {}
    log_in(&house, "Bob", NEW).done(201);
    log_in(&house, "Bob", PASSWORD).refused(401, "unauthenticated");

    let form = [("old", NEW), ("new", PASSWORD)];
    let changed = house.post("/account/password").in_browser(&bob).form(&form).send();
    assert_eq!((changed.status, changed.header("Location")), (303, Some("/account?done=password-changed")));
    let again = house.post("/account/password").in_browser(&bob).form(&form).send();
    assert_eq!(again.status, 422);
    let page = again.text();
    assert!(
        page.contains("The password is wrong.") && !page.contains(NEW) && !page.contains(PASSWORD),
        "{page}"
    );
}

/// Else a stolen session would be as good as the password: it could try as many as it likes.
#[test]
fn wrong_old_passwords_are_limited_as_log_ins_are() {
    let (house, _, bob, cleo) = House::with(&[("limit_sign_ins_per_min", "3")]);
    let statuses: Vec<u16> = (0..12).map(|_| change(&house, &bob, "wrong horse", NEW).status).collect();
    assert!(statuses.iter().all(|status| [422, 429].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    change(&house, &bob, "wrong horse", NEW).refused(429, "rate_limited");
    assert!(is_in(&house, &bob));
    change(&house, &cleo, PASSWORD, NEW).empty();
}

/// A mail server that was away for longer than a link lasts has nothing to deliver then.
#[test]
fn a_link_that_comes_too_late_is_never_sent_and_one_that_is_void_neither() {
    let mut mailbox = Mailbox::closed();
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    forgotten(&house, &bob.email).empty();
    forgotten(&house, &cleo.email).empty();
    until("both mails wait", || {
        (house.number("select count(*) from delivery where link = 'reset'") == 2).then_some(())
    });
    log_in(&house, "Bob", PASSWORD).done(201);
    house.connection().execute("update link set asked_at = asked_at - 1800000", []).unwrap();
    let dan = ["account", "add", "--email", "dan@example.org", "--name", "Dan", "--no-password"];
    house.run_with(&dan, "").done();
    forgotten(&house, "dan@example.org").empty();
    mailbox.serve(&[]);
    house.run(&["notify", "retry", "--all"]).done();
    let mails = mailbox.wait_for(1);
    until("nothing waits", || {
        (house.number("select count(*) from delivery where state = 'waiting'") == 0).then_some(())
    });
    assert_eq!(mailbox.mails().len(), 1);
    assert_eq!(mails[0]["to"], json!(["dan@example.org"]));
    assert_eq!(house.number("select count(*) from delivery"), 1, "what is moot is gone");
}

/// Else somebody with a stolen session had another day to take the account over.
#[test]
fn a_change_of_address_that_somebody_else_began_ends_with_the_password() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    let begin = |person: &Person, n: usize| {
        let address = format!("thief-{n}@example.org");
        let asked = house.call("PATCH", "/api/v1/me").by(person).json(&json!({"email": address})).send();
        assert_eq!(asked.done(200)["new_email"], address);
        token_in(&mailbox.wait_for(n)[n - 1], "verify")
    };
    let verify = |token: &str| {
        house.post("/verify").header("Sec-Fetch-Site", "same-origin").form(&[("token", token)]).send().status
    };
    let by_owner = begin(&cleo, 1);
    change(&house, &cleo, PASSWORD, NEW).empty();
    assert_eq!(verify(&by_owner), 410);
    let by_admin = begin(&ann, 2);
    house.run_with(&["account", "password", &ann.email], &format!("{NEW}\n")).done();
    assert_eq!(verify(&by_admin), 410);
    let by_link = begin(&bob, 3);
    let reset_token = token_in(&mail_after(&house, &mailbox, &bob.email, 4), "reset");
    reset(&house, &reset_token, NEW).empty();
    assert_eq!(verify(&by_link), 410);
    assert_eq!(house.number("select count(*) from account where email like 'thief%'"), 0);
    assert_eq!(house.number("select count(*) from link"), 0);
    // The link to the address that one has goes on.
    house.post("/api/v1/me/verification").by(&cleo).send().empty();
    let own = token_in(&mailbox.wait_for(5)[4], "verify");
    change(&house, &cleo, NEW, PASSWORD).empty();
    assert_eq!(verify(&own), 303);
}

#[test]
fn a_link_sets_no_password_once_the_single_sign_on_is_the_only_way_in() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    let token = token_in(&mail_after(&house, &mailbox, &bob.email, 1), "reset");
    house.set("sign_up", "sso");
    until("the setting holds", || (log_in(&house, "Bob", "wrong horse").status == 403).then_some(()));
    assert_eq!(reset(&house, &token, NEW).refused(403, "not_allowed")["reason"], "sign_on_only");
    let form = [("token", &*token), ("password", NEW)];
    assert_eq!(house.post("/reset").header("Sec-Fetch-Site", "same-origin").form(&form).send().status, 403);
    assert!(is_in(&house, &bob));
    forgotten(&house, &bob.email).empty();
    assert_eq!(house.number("select count(*) from forgotten"), 0);
    let page = house.get("/forgotten?lang=en").send().text();
    assert!(page.contains("there are no passwords") && !page.contains(r#"name="email""#), "{page}");
}
