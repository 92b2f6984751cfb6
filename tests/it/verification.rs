//! Verified addresses: by whom they are demanded, the link in the mail, and the way there.

use crate::harness::{House, PASSWORD, Person, Reply, email, until};
use crate::post::{HELD_BACK, Mailbox, configure, house_with, token_in};
use serde_json::{Value, json};

fn join(house: &House, name: &str) -> Reply {
    house
        .post("/api/v1/accounts")
        .json(&json!({"email": email(name), "name": name, "password": PASSWORD}))
        .send()
}

fn log_in(house: &House, name: &str) -> Reply {
    house.post("/api/v1/sessions").json(&json!({"email": email(name), "password": PASSWORD})).send()
}

fn verify(house: &House, token: &str) -> Reply {
    house.post("/verify").header("Sec-Fetch-Site", "same-origin").form(&[("token", token)]).send()
}

fn session_of(answer: &Reply, name: &'static str) -> Person {
    let body = answer.body();
    let token = body["token"].as_str().unwrap().to_owned();
    Person { id: body["account"]["id"].as_i64().unwrap(), name, email: email(name), token }
}

/// A house in which Ann sells, whose setting `verify_email` is this.
fn house(mailbox: &Mailbox, verify_email: &str) -> House {
    let mut house = House::bare();
    house.set("mail_window_s", "3600");
    house.add("Ann");
    configure(&house, &mailbox.entries());
    house.serve();
    house.set("verify_email", verify_email);
    house
}

#[test]
fn before_a_bid_an_address_is_verified_by_the_form_of_its_link() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, ..) = house_with(&mailbox.entries(), &HELD_BACK);
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    house.set("verify_email", "bid");
    join(&house, "Dan").done(201);
    house.credit("Dan", 100_000);
    let dan = session_of(&log_in(&house, "Dan"), "Dan");
    let mail = mailbox.wait_for(1).remove(0);
    assert_eq!(mail["to"], json!([dan.email]));
    let token = token_in(&mail, "verify");

    let refused = house.bid(&dan, id, 1_000).refused(403, "unverified");
    assert!(refused["detail"].as_str().unwrap().contains("link"), "{refused}");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&dan).send().refused(403, "unverified");
    let page = house.get(&format!("/listings/{id}?lang=en")).in_browser(&dan).send().text();
    assert!(page.contains("/account/verification") && !page.contains("name=\"max\""), "{page}");
    let form =
        house.post(&format!("/listings/{id}/bids")).in_browser(&dan).form(&[("amount", "10.00")]).send();
    assert_eq!(form.status, 403);
    assert_eq!(house.number("select count(*) from bid"), 0);

    let shown = house.get(&format!("/verify?token={token}")).send();
    assert_eq!((shown.status, shown.header("Referrer-Policy")), (200, Some("no-referrer")));
    assert_eq!(shown.header("Cache-Control"), Some("no-store"));
    assert!(shown.text().contains(&dan.email));
    house.bid(&dan, id, 1_000).refused(403, "unverified");
    let done = verify(&house, &token);
    assert_eq!((done.status, done.header("Location")), (303, Some("/login?done=verified")));
    house.bid(&dan, id, 1_000).done(201);
    assert_eq!(verify(&house, &token).status, 410, "once");
    house.audit();
}

/// A bid from the desk is the desk's word; a person without an address has nothing to verify. Both are in `desk_api`'s
/// reach; here, that the setting is read when a bid is decided, not when its session began.
#[test]
fn the_setting_counts_from_the_moment_it_is_made() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    house.set("verify_email", "bid");
    house.bid(&cleo, id, 2_000).refused(403, "unverified");
    house.bid(&bob, id, 3_000).refused(403, "unverified");
    assert_eq!(mailbox.mails().len(), 0, "who is in already is mailed when they ask");
    house.post("/api/v1/me/verification").by(&cleo).send().empty();
    verify(&house, &token_in(&mailbox.wait_for(1)[0], "verify"));
    house.bid(&cleo, id, 2_000).done(201);
    house.post("/api/v1/me/verification").by(&cleo).send().empty();
    house.set("verify_email", "off");
    house.bid(&bob, id, 3_000).done(201);
    assert_eq!(mailbox.mails().len(), 1, "who is verified is mailed nothing");
}

#[test]
fn a_mail_is_sent_again_but_not_without_end() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    house.set("verify_email", "bid");
    let send = || house.post("/api/v1/me/verification").by(&bob).send();
    let mut tokens = Vec::new();
    for n in 1..=3 {
        send().empty();
        tokens.push(token_in(&mailbox.wait_for(n)[n - 1], "verify"));
    }
    let refused = send().refused(429, "rate_limited");
    let wait = refused["retry_after_s"].as_i64().unwrap();
    assert!((1..=1_801).contains(&wait), "{refused}");
    assert_eq!(verify(&house, &tokens[0]).status, 410);
    assert_eq!(verify(&house, &tokens[1]).status, 410);
    assert_eq!(verify(&house, &tokens[2]).status, 303, "what was refused voids nothing");
    house.post("/api/v1/me/verification").send().refused(401, "unauthenticated");
    let (plain, ann, ..) = House::open();
    plain.post("/api/v1/me/verification").by(&ann).send().refused(403, "not_allowed");
}

#[test]
fn before_the_first_log_in_the_link_is_opened() {
    let mailbox = Mailbox::open(&[]);
    let house = house(&mailbox, "join");
    join(&house, "Bob").done(201);
    let first = token_in(&mailbox.wait_for(1)[0], "verify");
    log_in(&house, "Bob").refused(403, "unverified");
    let wrong = json!({"email": email("Bob"), "password": "wrong horse"});
    house.post("/api/v1/sessions").json(&wrong).send().refused(401, "unauthenticated");
    let nobody = json!({"email": "zoe@example.org", "password": PASSWORD});
    house.post("/api/v1/sessions").json(&nobody).send().refused(401, "unauthenticated");
    assert_eq!(house.number("select count(*) from session"), 0);

    // The page offers the mail again, but only for the right password.
    let page = |password: &str, again: bool| {
        let mut fields = vec![("email", "bob@example.org"), ("password", password)];
        fields.extend(again.then_some(("again", "1")));
        house.post("/login").header("Sec-Fetch-Site", "same-origin").form(&fields).send()
    };
    let offered = page(PASSWORD, false);
    assert_eq!(offered.status, 403);
    assert!(offered.text().contains(r#"name="again""#));
    let refused = page("wrong horse", true);
    assert_eq!(refused.status, 401);
    assert!(!refused.text().contains(r#"name="again""#));
    assert_eq!(mailbox.mails().len(), 1);
    let sent = page(PASSWORD, true);
    assert_eq!((sent.status, sent.header("Location")), (303, Some("/login?next=/&done=verification-sent")));
    let second = token_in(&mailbox.wait_for(2)[1], "verify");
    assert_eq!(verify(&house, &first).status, 410);
    assert_eq!(verify(&house, &second).status, 303);
    log_in(&house, "Bob").done(201);
}

#[test]
fn who_joins_by_the_page_is_told_to_open_the_mail_first() {
    let mailbox = Mailbox::open(&[]);
    let house = house(&mailbox, "join");
    let fields = [("email", "bob@example.org"), ("name", "Bob"), ("password", PASSWORD), ("next", "/board")];
    let joined = house.post("/join").header("Sec-Fetch-Site", "same-origin").form(&fields).send();
    assert_eq!(joined.status, 303);
    assert_eq!(joined.header("Location"), Some("/login?next=/board&done=joined-unverified"));
    assert_eq!(joined.header("Set-Cookie"), None, "nobody is logged in");
    let page = house.get("/login?done=joined-unverified&lang=ko").send().text();
    assert!(page.contains("메일의 링크를"), "{page}");
    verify(&house, &token_in(&mailbox.wait_for(1)[0], "verify"));
    log_in(&house, "Bob").done(201);
}

/// Whoever can set a password by a mail has its address.
#[test]
fn a_password_that_is_set_by_a_link_verifies_the_address_too() {
    let mailbox = Mailbox::open(&[]);
    let house = house(&mailbox, "join");
    log_in(&house, "Ann").refused(403, "unverified");
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": email("Ann")})).send().empty();
    let token = token_in(&mailbox.wait_for(1)[0], "reset");
    let body = json!({"token": token, "password": PASSWORD});
    house.post("/api/v1/passwords/reset").json(&body).send().empty();
    log_in(&house, "Ann").done(201);
}

/// Mails of the house's own accord wait for a mail that was asked for, never the other way round.
#[test]
fn a_letter_goes_before_notices_and_counts_for_none_of_them() {
    let mut mailbox = Mailbox::closed();
    let (house, ann, bob, cleo) = house_with(
        &mailbox.entries(),
        &[("mail_window_s", "0"), ("mail_pause_s", "3600"), ("mail_cap_per_day", "1")],
    );
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    until("the notice is a delivery", || {
        (house.number("select count(*) from delivery where link is null") == 1).then_some(())
    });
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": bob.email})).send().empty();
    until("so is the letter", || {
        (house.number("select count(*) from delivery where link = 'reset'") == 1).then_some(())
    });
    mailbox.serve(&[]);
    let subjects: Vec<Value> =
        mailbox.wait_for(2).iter().map(|mail| mail["headers"]["subject"].clone()).collect();
    assert!(subjects[0].as_str().unwrap().contains("choose a new password"), "{subjects:?}");
    assert!(subjects[1].as_str().unwrap().contains("outbid"), "{subjects:?}");
    // Cleo's letter takes neither the one mail of her day nor its pause.
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": cleo.email})).send().empty();
    mailbox.wait_for(3);
    house.bid(&bob, id, 3_000).done(201);
    assert_eq!(mailbox.wait_for(4)[3]["to"], json!([cleo.email]));
}

/// A restart between the sending and its record sends the mail again, with a link of its own.
#[test]
fn a_mail_that_is_sent_twice_holds_by_its_last_link() {
    let mut mailbox = Mailbox::open(&["--deaf"]);
    let (mut house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": bob.email})).send().empty();
    let first = token_in(&mailbox.wait_for(1)[0], "reset");
    house.kill();
    mailbox.serve(&[]);
    house.serve();
    let mails = mailbox.wait_for(2);
    let second = token_in(&mails[1], "reset");
    assert_eq!(mails[0]["headers"]["message-id"], mails[1]["headers"]["message-id"]);
    assert_ne!(first, second);
    assert_eq!(house.get(&format!("/reset?token={first}")).send().status, 410);
    assert_eq!(house.get(&format!("/reset?token={second}")).send().status, 200);
}

#[test]
fn the_doctor_says_when_nobody_can_verify_an_address() {
    let (house, ..) = House::open();
    let finding = || {
        let findings: Value = house.run(&["doctor", "--format", "json"]).json();
        let mut findings = findings.as_array().unwrap().iter();
        findings.find(|finding| finding["name"] == "verify_email").cloned()
    };
    assert_eq!(finding(), None);
    house.set("verify_email", "bid");
    let finding = finding().unwrap();
    assert!(
        finding["ok"] == false && finding["what_to_do"].as_str().unwrap().contains("smtp_url"),
        "{finding}"
    );
}

/// Cron knows no address of the house but `public_url`, and a link that leads nowhere is worse than one that waits.
#[test]
fn without_a_server_a_link_goes_only_where_the_house_has_an_address() {
    let mailbox = Mailbox::open(&[]);
    let (mut house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    house.stop();
    let asked = format!(
        "insert into link (account_id, kind, email, asked_at) \
           select id, 'verify', email, unixepoch() * 1000 from account where id = {0}; \
         insert into letter (account_id, kind, email, at) \
           select account_id, kind, email, asked_at from link where account_id = {0}",
        bob.id
    );
    house.connection().execute_batch(&asked).unwrap();
    house.run(&["settle", "--due"]).done();
    assert_eq!((mailbox.mails().len(), house.number("select count(*) from letter")), (0, 1));
    house.set("public_url", "https://example.org");
    house.run(&["settle", "--due"]).done();
    let mail = mailbox.wait_for(1).remove(0);
    assert!(mail["body"].as_str().unwrap().contains("https://example.org/verify?token="), "{mail}");
}

/// A mail in Korean, to somebody who has chosen it.
#[test]
fn a_letter_is_in_its_person_s_language() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    house.run(&["account", "mails", &bob.email, "--language", "ko"]).done();
    house.post("/api/v1/passwords/forgotten").json(&json!({"email": bob.email})).send().empty();
    let mail = mailbox.wait_for(1).remove(0);
    assert!(mail["headers"]["subject"].as_str().unwrap().contains("비밀번호 재설정"), "{mail}");
    let body = mail["body"].as_str().unwrap();
    assert!(body.contains("Bob님, 안녕하세요.") && body.contains("30분"), "{body}");
}
