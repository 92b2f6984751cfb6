//! What people are told outside the pages: by real mail and real webhooks, whoever runs and whatever fails, once for a burst,
//! and only what they want.

use crate::harness::{House, Inside, PASSWORD, Person, email, run, until};
use crate::post::{AT_ONCE, HELD_BACK, HUSH, Hook, Mailbox, configure, house_with, is_empty, n_notices};
use auction::house::listings::cancel::Canceller;
use auction::rules::listing::ListingId;
use auction::rules::notice::Channel;
use auction::rules::soft_close::SoftClose;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

fn to<'m>(mails: &'m [Value], name: &str) -> Vec<&'m Value> {
    mails.iter().filter(|mail| mail["to"] == json!([email(name)])).collect()
}

fn subject(mail: &Value) -> &str {
    mail["headers"]["subject"].as_str().unwrap()
}

fn body(mail: &Value) -> &str {
    mail["body"].as_str().unwrap()
}

/// Each line stands in the text.
#[track_caller]
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|said| said == *line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn a_server_tells_who_was_outbid_who_won_and_who_sold() {
    let mailbox = Mailbox::open(&[]);
    let settings = [
        &AT_ONCE[..],
        &[
            ("name", "Harbour Night"),
            ("currency", "EUR"),
            ("premium_bps", "1000"),
            ("commission_bps", "500"),
            ("zone", "Asia/Seoul"),
            ("public_url", "https://auction.example.org"),
        ],
    ]
    .concat();
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &settings);
    let id = house.list(&ann, json!({"closes_in_s": 8}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let mails = mailbox.wait_for(1);
    assert_eq!(subject(&mails[0]), format!("You have been outbid: item {id}"));
    assert_eq!((&mails[0]["from"], &mails[0]["to"]), (&json!("house@example.org"), &json!([email("Bob")])));
    let url = format!("https://auction.example.org/listings/{id}");
    says(
        body(&mails[0]),
        &[
            "Hello Bob,",
            "You have been outbid on “Brass lamp”.",
            "The price is now €20.00. The next bid must be at least €21.00.",
            &url,
            "Harbour Night",
            "Choose which emails you receive: https://auction.example.org/account#mail",
        ],
    );
    assert!(body(&mails[0]).contains(" KST."), "the close, in the house's zone: {}", mails[0]);
    let headers = &mails[0]["headers"];
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(headers["list-unsubscribe"], "<https://auction.example.org/account#mail>");
    assert!(headers["message-id"].as_str().unwrap().ends_with("@example.org>"), "{headers}");

    let mails = mailbox.wait_for(3);
    let (won, sold) = (to(&mails, "Cleo")[0], to(&mails, "Ann")[0]);
    assert_eq!(subject(won), format!("You won: item {id}"));
    assert_eq!(subject(sold), format!("Sold: item {id}"));
    says(body(won), &["You won “Brass lamp”.", "€22.00 is paid. (Hammer price €20.00 + premium €2.00)"]);
    says(
        body(sold),
        &[
            "“Brass lamp” was sold for €20.00.",
            "€19.00 was credited to your account. (after a commission of €1.00)",
        ],
    );
    is_empty(&house);
    assert_eq!(mailbox.mails().len(), 3);
    assert_eq!(house.told(&["notify", "list", "--sent"]).as_array().unwrap().len(), 3);
    house.audit();
}

#[test]
fn settle_delivers_while_no_server_runs() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let (mut house, ann, bob, _) = house_with(&(mailbox.entries() + &hook.entries()), &AT_ONCE);
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    house.kill();
    house.run(&["settle", &id.to_string()]).done();
    let mails = mailbox.mails();
    assert_eq!((to(&mails, "Ann").len(), to(&mails, "Bob").len()), (1, 1), "{mails:?}");
    let told = hook.wait_for_kind("sold");
    assert_eq!(told.len(), 2, "{told:?}");
    is_empty(&house);
    house.audit();
}

#[test]
fn a_burst_makes_one_mail_and_a_notice_that_waits_is_not_written_again() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    house.add("Dora");
    let (lamp, vase) = (house.list(&ann, json!({})), house.list(&ann, json!({"title": "Vase"})));
    let urn = house.list(&ann, json!({"title": "Urn"}));
    house.bid(&bob, urn, 1_000).done(201);
    for n in 0..6 {
        for id in [lamp, vase] {
            house.bid(&bob, id, 1_000 + n * 1_000).done(201);
            house.bid(&cleo, id, 1_500 + n * 1_000).done(201);
        }
    }
    // Bob on both, eleven bids overtaken; Cleo on both, ten.
    assert_eq!(n_notices(&house), 4);
    // Cleo leads again: there is nothing left to tell her.
    house.set("mail_window_s", "0");
    is_empty(&house);
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(subject(&mails[0]), format!("You have been outbid: item {lamp}, and 1 more"));
    says(body(&mails[0]), &["You have been outbid on “Brass lamp”.", "You have been outbid on “Vase”."]);
    // And then there is quiet for a while, even if a listing ends.
    house.bid(&bob, lamp, 9_000).done(201);
    house.bid(&cleo, lamp, 10_000).done(201);
    house.run(&["listing", "cancel", &urn.to_string(), "--why", "it broke"]).done();
    let bob_s = format!("select count(*) from notice where account_id = {}", bob.id);
    // Who had none gets theirs: the server has looked what there is to send.
    house.credit("Dora", 100);
    let has_mail = |name: &str, n: usize| {
        until(&format!("{name} has {n} mails"), || {
            Some(mailbox.mails()).filter(|mails| to(mails, name).len() == n)
        })
    };
    assert_eq!(subject(to(&has_mail("Ann", 1), "Ann")[0]), format!("Cancelled: item {urn}"));
    assert_eq!(to(&has_mail("Dora", 1), "Bob").len(), 1);
    assert_eq!(house.number(&bob_s), 2, "for later");
    house.set("mail_pause_s", "0");
    says(
        body(to(&has_mail("Bob", 2), "Bob")[1]),
        &[
            "You have been outbid on “Brass lamp”.",
            "“Urn” was cancelled: it broke",
            "The amount held for it is available to you again.",
        ],
    );
    is_empty(&house);
    assert_eq!(to(&mailbox.mails(), "Bob").len(), 2);
    house.audit();
}

/// Someone joins with the address of another, lists a thing whose title says where to click, and has it end: the house
/// mailed that to whoever the address belongs to, every half minute.
#[test]
fn a_stranger_has_the_house_mail_nobody_their_words_as_links_or_in_subjects() {
    let mailbox = Mailbox::open(&[]);
    let settings = [&AT_ONCE[..], &[("public_url", "https://auction.example.org")]].concat();
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &settings);
    let name = "www.evil.example mallory@evil.example";
    let title = "You won! Claim it: https://evil.example/x or evil.example";
    let victim = "victim@example.net";
    let joining = json!({"email": victim, "name": name, "password": PASSWORD});
    let id = house.post("/api/v1/accounts").json(&joining).send().done(201)["id"].as_i64().unwrap();
    let login = json!({"email": victim, "password": PASSWORD});
    let token =
        house.post("/api/v1/sessions").json(&login).send().done(201)["token"].as_str().unwrap().into();
    let mallory = Person { id, name: "Mallory", email: victim.into(), token };
    let unsold = house.list(&mallory, json!({"title": title, "closes_in_s": 5}));
    let lamp = house.list(&mallory, json!({"title": title}));
    house.bid(&bob, lamp, 1_000).done(201);
    house.bid(&cleo, lamp, 2_000).done(201);
    let why = "see http://192.0.2.1/x or evil。example";
    house.run(&["listing", "cancel", &lamp.to_string(), "--why", why]).done();
    house.run(&["account", "credit", victim, "5", "--why", why]).done();
    let ended = |mail: &Value| subject(mail) == format!("Not sold: item {unsold}");
    until("the victim hears that it was not sold", || mailbox.mails().iter().any(ended).then_some(()));
    is_empty(&house);
    let mails = mailbox.mails();
    assert!(mails.len() >= 4, "{mails:?}");
    for mail in &mails {
        assert!(!subject(mail).contains("evil") && !subject(mail).contains("Claim"), "{mail}");
        let text = body(mail).replace("https://auction.example.org", "");
        for link in ["://", "www.evil", "evil.example", "evil。example", "192.0.2.1", "@evil"] {
            assert!(!text.contains(link), "{link} is in\n{text}");
        }
    }
    let told = mails.iter().find(|mail| ended(mail)).unwrap();
    says(
        body(told),
        &[
            "Hello www. evil. example mallory@ evil. example,",
            "The auction of “You won! Claim it: https: //evil. example/x or evil. example” has ended.",
            &format!("https://auction.example.org/listings/{unsold}"),
        ],
    );
}

#[test]
fn no_address_gets_more_mails_a_day_than_the_house_allows() {
    let mailbox = Mailbox::open(&[]);
    let settings = [&AT_ONCE[..], &[("mail_cap_per_day", "2")]].concat();
    let (mut house, ..) = house_with(&mailbox.entries(), &settings);
    for n in 1..=2 {
        house.credit("Bob", n);
        mailbox.wait_for(usize::try_from(n).unwrap());
        is_empty(&house);
    }
    house.credit("Bob", 3);
    // What was sent is known after a restart, too.
    house.kill();
    house.serve();
    house.credit("Bob", 4);
    house.credit("Cleo", 5);
    let mails = mailbox.wait_for(3);
    assert_eq!((to(&mails, "Bob").len(), to(&mails, "Cleo").len()), (2, 1), "{mails:?}");
    assert_eq!(n_notices(&house), 1, "it waits");
    // And is no reason to worry, however long.
    house.connection().execute("update notice set at = 0", []).unwrap();
    let doctor = house.run(&["doctor", "--format", "json"]).json();
    let found = doctor.as_array().unwrap().iter().find(|found| found["name"] == "notifications").cloned();
    assert_eq!(found.unwrap()["ok"], true);
    // A day later.
    house.connection().execute("update delivery set made_at = made_at - 86400001", []).unwrap();
    let mails = mailbox.wait_for(4);
    says(body(to(&mails, "Bob")[2]), &["- Paid in: ₩4 (paid at the desk)"]);
    house.set("mail_cap_per_day", "0");
    for n in 5..=8 {
        house.credit("Bob", 1);
        mailbox.wait_for(n);
        is_empty(&house);
    }
    house.audit();
}

/// Else whoever was outbid fifty times hears a day later that they won.
#[test]
fn a_tenth_of_a_day_s_mails_is_kept_for_what_has_ended() {
    let mailbox = Mailbox::open(&[]);
    let settings = [&AT_ONCE[..], &[("mail_cap_per_day", "10")]].concat();
    let (house, ann, bob, _) = house_with(&mailbox.entries(), &settings);
    for n in 1..=9 {
        house.credit("Bob", 1);
        mailbox.wait_for(n);
        is_empty(&house);
    }
    house.credit("Bob", 1);
    let id = house.list(&ann, json!({"buy_now": 5_000}));
    assert_eq!(n_notices(&house), 1, "it waits");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).json(&json!({})).send().done(201);
    let mails = mailbox.wait_for(11);
    let last = *to(&mails, "Bob").last().unwrap();
    assert_eq!(subject(last), format!("You won: item {id}, and 1 more"), "the gravest gives the subject");
    is_empty(&house);
}

#[test]
fn nothing_is_written_where_nobody_is_to_be_told() {
    let mailbox = Mailbox::open(&[]);
    let (mut house, ann, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    // Refused, and overtaken at once, which its own answer tells.
    house.bid(&cleo, id, 500).refused(409, "bid_too_low");
    house.bid(&ann, id, 5_000).refused(403, "own_listing");
    house.bid_with(&bob, id, json!({"amount": 2_000, "max": 5_000})).done(201);
    house.bid(&cleo, id, 3_000).done(201);
    assert_eq!(n_notices(&house), 0);

    // By a tick on the page, and by the admin.
    let ticks = [("won", "on"), ("sold", "on"), ("language", "ko")];
    let chosen = house.post("/account/mail").in_browser(&bob).form(&ticks).send();
    assert_eq!((chosen.status, chosen.header("Location").unwrap()), (303, "/account?done=chosen#mail"));
    let page = house.get("/account?done=chosen").in_browser(&bob).send().text();
    assert_eq!(page.matches(" checked>").count(), 2, "{page}");
    let shown = house.told(&["account", "mails", &email("Bob")]);
    assert_eq!(shown, json!({"mail": ["won", "sold"], "language": "ko"}));
    house.bid(&cleo, id, 8_000).done(201);
    assert_eq!(n_notices(&house), 0, "Bob does not want to know");
    house.run(&["account", "mails", &email("Bob"), "--kinds", "usual"]).done();
    house.bid(&bob, id, 10_000).done(201);
    house.bid(&cleo, id, 12_000).done(201);
    assert_eq!(n_notices(&house), 2, "Bob's and Cleo's");
    // Chosen after it was written, and before it is sent: it does not go.
    house.run(&["account", "mails", &email("Bob"), "--kinds", "none"]).done();
    house.set("mail_window_s", "0");
    is_empty(&house);
    assert_eq!(mailbox.mails().len(), 0);

    // A house without a way out.
    house.stop();
    configure(&house, "");
    house.serve();
    house.run(&["account", "mails", &email("Bob"), "--kinds", "all"]).done();
    house.bid(&bob, id, 15_000).done(201);
    house.bid(&cleo, id, 20_000).done(201);
    house.credit("Bob", 5);
    assert_eq!(n_notices(&house), 0);
    let bad = house.run(&["account", "mails", &email("Bob"), "--kinds", "lost"]);
    assert_eq!(bad.status, 2, "{bad:?}");
    assert_eq!(house.run(&["account", "mails", &email("Bob"), "--language", "fr"]).status, 1);
    house.audit();
}

#[test]
fn what_could_not_be_sent_is_sent_when_the_server_is_back() {
    let mut mailbox = Mailbox::closed();
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    house.credit("Bob", 4_200);
    until("it was tried", || (house.number("select n_faults from way") > 0).then_some(()));
    let (waiting, n_tries) = (house.told(&["notify", "list"]), "select max(n_tries) from delivery");
    assert_eq!((&waiting[0]["to"], &waiting[0]["state"]), (&json!(email("Bob")), &json!("waiting")));
    assert!(waiting[0]["fault"].as_str().unwrap().contains("SMTP"), "{waiting}");
    assert!(house.number(n_tries) > 0);
    let metrics = house.get("/metrics").send().text();
    assert!(metrics.contains("\nauction_outbox_waiting 1\n"), "{metrics}");
    assert!(
        metrics.contains("\nauction_outbox_parked 0\n") && metrics.contains("\nauction_outbox_age_seconds ")
    );
    mailbox.serve(&[]);
    let mails = mailbox.wait_for(1);
    assert_eq!(subject(&mails[0]), "Your account: ₩104,200 available");
    says(body(&mails[0]), &["- Paid in: ₩4,200 (paid at the desk)"]);
    is_empty(&house);
    assert_eq!(house.number("select n_faults from way"), 0);
    house.audit();
}

#[test]
fn who_is_killed_between_sending_and_noting_it_sends_the_same_again() {
    let mut mailbox = Mailbox::open(&["--deaf"]);
    let (mut house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    house.credit("Bob", 4_200);
    mailbox.wait_for(1);
    house.kill();
    mailbox.serve(&[]);
    house.credit("Bob", 1);
    house.serve();
    let mails = mailbox.wait_for(3);
    is_empty(&house);
    let said = |mail: &Value| (mail["headers"].clone(), mail["body"].clone());
    assert_eq!(said(&mails[0]), said(&mails[1]), "the same, by the same id");
    assert_ne!(mails[1]["headers"]["message-id"], mails[2]["headers"]["message-id"]);
    assert_eq!(mailbox.mails().len(), 3);
    house.audit();
}

#[test]
fn a_webhook_is_signed_and_sent_again_under_the_same_id_until_it_is_taken() {
    let hook = Hook::open();
    let (mut house, ann, bob, cleo) = house_with(&hook.entries(), &[("public_url", "http://localhost:8080")]);
    hook.status.store(500, Ordering::SeqCst);
    let id = house.list(
        &ann,
        json!({"reserve": 50_000, "soft_close": {"window_s": 3_600, "extension_s": 7_200, "cap_s": 7_200}}),
    );
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    hook.wait_for(1);
    let waiting = until("its answer is noted", || {
        Some(house.told(&["notify", "list"])).filter(|list| list[0]["n_tries"] != 0)
    });
    assert_eq!(
        (&waiting[0]["way"], &waiting[0]["fault"]),
        (&json!("webhook"), &json!("the webhook answers 500 Internal Server Error"))
    );
    hook.status.store(200, Ordering::SeqCst);
    // The second try is half a minute ahead.
    house.connection().execute("update delivery set next_at = 0", []).unwrap();
    let posts = hook.wait_for(2);
    is_empty(&house);
    let told = posts[0].json();
    assert!(
        posts.iter().filter(|post| post.json()["id"] == told["id"]).all(|post| post.body == posts[0].body)
    );
    assert_eq!(posts.iter().filter(|post| post.json()["id"] == told["id"]).count(), 2);
    for post in &posts {
        let (id, timestamp) = (post.header("webhook-id"), post.header("webhook-timestamp"));
        let mac = Hmac::<Sha256>::new_from_slice(HUSH.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("{id}.{timestamp}.{}", post.body)).finalize();
        assert_eq!(post.header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.into_bytes())));
        assert_eq!(
            (post.header("Content-Type"), id),
            ("application/json", post.json()["id"].as_str().unwrap())
        );
        let age_s =
            auction::store::clock::Clock::default().now().0 / 1_000 - timestamp.parse::<i64>().unwrap();
        assert!((0..60).contains(&age_s), "{age_s}");
    }
    assert_eq!(told["house"], json!({"name": "Auction", "currency": "KRW", "url": "http://localhost:8080"}));
    let notices = hook.wait_for_kind("outbid");
    let outbid = notices.iter().find(|notice| notice["kind"] == "outbid").unwrap();
    assert_eq!(outbid["account"], json!({"id": bob.id, "name": "Bob", "email": email("Bob")}));
    let matter = &outbid["listing"];
    assert_eq!(
        (&matter["price"], &matter["role"], &matter["state"]),
        (&json!(2_000), &json!("bidder"), &json!("open"))
    );
    assert_eq!(matter["url"], format!("http://localhost:8080/listings/{id}"));
    let extended = notices.iter().find(|notice| notice["kind"] == "extended").unwrap();
    assert_eq!(extended["account"]["id"], ann.id);

    house.run(&["listing", "cancel", &id.to_string(), "--why", "it broke"]).done();
    let notices = hook.wait_for_kind("cancelled");
    let cancelled: Vec<_> = notices.iter().filter(|notice| notice["kind"] == "cancelled").collect();
    assert_eq!(cancelled.len(), 2, "who led, and the seller: {cancelled:?}");
    assert!(cancelled.iter().all(|notice| notice["listing"]["reason"] == "it broke"));

    let unsold = house.list(&ann, json!({"closes_in_s": 5, "reserve": 50_000}));
    house.bid(&bob, unsold, 1_000).done(201);
    let notices = hook.wait_for_kind("unsold");
    assert!(
        notices
            .iter()
            .any(|notice| notice["kind"] == "unsold" && notice["listing"]["reason"] == "reserve_not_met")
    );
    is_empty(&house);
    house.stop();
    house.audit();
}

#[test]
fn a_mail_that_is_refused_is_parked_and_shown_until_an_admin_has_it_tried_again() {
    let bob_s = email("Bob");
    let mut mailbox = Mailbox::open(&["--refuse", &bob_s]);
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    house.credit("Bob", 4_200);
    house.credit("Cleo", 4_200);
    mailbox.wait_for(1);
    let parked = until("it is parked", || {
        Some(house.told(&["notify", "list", "--parked"])).filter(|list| !list[0].is_null())
    });
    assert_eq!(parked.as_array().unwrap().len(), 1);
    assert!(parked[0]["fault"].as_str().unwrap().contains("nobody of this name"), "{parked}");
    let doctor = house.run(&["doctor", "--format", "json"]);
    let found = doctor
        .json()
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["name"] == "notifications")
        .cloned()
        .unwrap();
    assert_eq!((doctor.status, &found["ok"]), (1, &json!(false)), "{found}");
    assert!(house.get("/metrics").send().text().contains("\nauction_outbox_parked 1\n"));
    // The house takes bids and keeps deadlines all the same, however old its outbox is.
    house.connection().execute("update delivery set since = 0, made_at = 0", []).unwrap();
    assert_eq!(house.get("/readyz").send().status, 200);
    mailbox.serve(&[]);
    assert_eq!(house.run(&["notify", "retry", "99"]).status, 1);
    house.run(&["notify", "retry", "--all"]).done();
    let mails = mailbox.wait_for(2);
    assert_eq!(to(&mails, "Bob").len(), 1);
    is_empty(&house);
    assert!(house.told(&["notify", "list", "--parked"])[0].is_null());
    house.audit();
}

#[test]
fn many_who_deliver_at_once_send_each_mail_once() {
    let mut mailbox = Mailbox::closed();
    let (house, ..) = house_with(&mailbox.entries(), &HELD_BACK);
    let names = ["Dora", "Emil", "Fay", "Gus"];
    for name in names {
        house.add(name);
    }
    for name in ["Ann", "Bob", "Cleo"].into_iter().chain(names) {
        house.credit(name, 100);
    }
    mailbox.serve(&["--slow", "0.1"]);
    house.set("mail_window_s", "0");
    let sweep = || {
        let mut command = house.command();
        command.args(["settle", "--due"]).stdin(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    // Beside the server, which is at it, too.
    let sweeps: Vec<_> = (0..6).map(|_| sweep()).collect();
    for mut sweep in sweeps {
        assert!(sweep.wait().unwrap().success());
    }
    is_empty(&house);
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 7, "{mails:?}");
    for name in ["Ann", "Bob", "Cleo"].into_iter().chain(names) {
        assert_eq!(to(&mails, name).len(), 1, "{name}");
    }
    house.audit();
}

#[test]
fn a_mail_server_that_says_nothing_holds_up_neither_a_settlement_nor_the_end() {
    let mailbox = Mailbox::open(&["--silent"]);
    let (mut house, ann, bob, _) = house_with(&mailbox.entries(), &AT_ONCE);
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    let settlement = house.settlement(id);
    assert_eq!(settlement["outcome"], "sold");
    until("the mail is under way", || (house.number("select count(*) from delivery") > 0).then_some(()));
    let (took, status) = house.stop();
    assert!(took < Duration::from_secs(5) && status == 0, "{took:?}");
    let begun = Instant::now();
    let ran = house.run(&["settle", &id.to_string()]);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert!(ran.status == 0 && ran.stdout.contains("sold to Bob"), "{ran:?}");
    house.audit();
}

#[test]
fn no_secret_is_ever_shown() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let url = format!("smtp://bob:{HUSH}@127.0.0.1:{}", mailbox.port);
    let mut house = House::bare();
    house.add("Bob");
    house.set("mail_window_s", "0");
    configure(&house, &(mailbox.entries_at("smtp://127.0.0.1:1") + &hook.entries()));
    hook.status.store(302, Ordering::SeqCst);
    house.serve_in("none", &[("AUCTION_SMTP_URL", &url), ("AUCTION_LOG", "trace")]);
    house.credit("Bob", 100);
    hook.wait_for(1);
    // This server knows of no passwords.
    until("the mail was tried", || {
        (house.number("select coalesce(max(n_tries), 0) from delivery where way = 'mail'") > 0).then_some(())
    });
    let shown = house.told(&["house", "show"]);
    let value = |key: &str| {
        let shown = shown.as_array().unwrap().iter().find(|shown| shown["key"] == key).unwrap().clone();
        (shown["value"].as_str().unwrap().to_owned(), shown["source"].as_str().unwrap().to_owned())
    };
    assert_eq!(value("smtp_url"), ("smtp://127.0.0.1:1".into(), "auction.toml".into()));
    assert_eq!(value("mail_from"), ("The House <house@example.org>".into(), "auction.toml".into()));
    assert_eq!(value("webhook_url"), (format!("http://{}", hook.address), "auction.toml".into()));
    assert_eq!(value("webhook_secret"), ("set".into(), "auction.toml".into()));
    let mut told = house.log();
    for args in [
        &["house", "show"][..],
        &["doctor"],
        &["notify", "list"],
        &["settle", "--due"],
        &["notify", "test", "x@example.org"],
    ] {
        let ran =
            run(house.command().args(args).env("AUCTION_SMTP_URL", &url).env("AUCTION_LOG", "trace"), "");
        told += &(ran.stdout + &ran.stderr);
    }
    told += &house.get("/metrics").send().text();
    house.kill();
    // What is wrong is named, what stands there is not.
    for wrong in [
        format!("smtp_url = \"smtp://bob:{HUSH}@host"),
        format!("webhook_secret = \"{HUSH}\"\nwebhook_secret = \"{HUSH}\""),
        format!("webhook_secret = [\"{HUSH}\"]"),
        format!("webhook_password = \"{HUSH}\""),
        format!("webhook_url = \"http://{HUSH}/\""),
        format!("smtp_url = \"ftp://{HUSH}@host\"\nmail_from = \"house@example.org\""),
    ] {
        configure(&house, &wrong);
        let ran = house.run(&["serve", "--listen", "127.0.0.1:0", "--scheduler", "none"]);
        assert_eq!(ran.status, 3, "{wrong}: {ran:?}");
        told += &ran.stderr;
        let settled = house.run(&["settle", "--due"]);
        assert_eq!(settled.status, 0, "what is wrong with the post keeps nobody from settling: {settled:?}");
        told += &(settled.stderr + &house.run(&["doctor"]).stdout);
    }
    assert!(!told.contains(HUSH), "{told}");
    let coded = STANDARD.encode(format!("\0bob\0{HUSH}"));
    assert!(!told.contains(&coded), "{told}");
    let database = std::fs::read(house.database()).unwrap();
    assert!(!database.windows(HUSH.len()).any(|window| window == HUSH.as_bytes()));
}

#[test]
fn mail_goes_by_starttls_with_a_password_and_to_no_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = Command::new("/usr/bin/openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-keyout", &file("key.pem"), "-out", &file("cert.pem")])
        .stderr(Stdio::null())
        .status()
        .expect("this test needs openssl: apt-get install openssl");
    assert!(made.success());
    let login = format!("bob:{HUSH}");
    let options = ["--cert", &file("cert.pem"), "--key", &file("key.pem"), "--login", &login];
    let mailbox = Mailbox::open(&options);
    let mut house = House::bare();
    house.add("Bob");
    house.set("mail_window_s", "0");
    configure(
        &house,
        &mailbox.entries_at(&format!("smtp://bob:{HUSH}@localhost:{}?tls=required", mailbox.port)),
    );
    // Whose certificate nobody vouches for hears no password.
    house.serve();
    house.credit("Bob", 4_200);
    until("it was tried", || (house.number("select n_faults from way") > 0).then_some(()));
    assert_eq!(mailbox.mails().len(), 0);
    house.kill();
    house.serve_in("none", &[("SSL_CERT_FILE", &file("cert.pem"))]);
    let mails = mailbox.wait_for(1);
    assert_eq!((&mails[0]["tls"], &mails[0]["login"]), (&json!(true), &json!("bob")));
    // The way can be tried by hand.
    let ran = run(
        house.command().args(["notify", "test", "you@example.org"]).env("SSL_CERT_FILE", file("cert.pem")),
        "",
    );
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(mailbox.wait_for(2)[1]["to"], json!(["you@example.org"]));
    let ran = house.run(&["notify", "test", "you@example.org"]);
    assert!(ran.status == 3 && ran.stderr.contains("SMTP"), "{ran:?}");
}

#[test]
fn a_mail_is_written_in_the_language_in_which_its_person_came() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    let body = json!({"email": email("Dora"), "name": "도라", "password": PASSWORD});
    house.post("/api/v1/accounts").header("Accept-Language", "ko-KR").json(&body).send().done(201);
    house.credit("Dora", 12_000);
    let mails = mailbox.wait_for(1);
    assert_eq!(subject(&mails[0]), "내 계정: 사용 가능 12,000원");
    says(
        self::body(&mails[0]),
        &[
            "도라님, 안녕하세요.",
            "- 입금: 12,000원 (paid at the desk)",
            "받을 이메일은 계정 페이지에서 선택할 수 있습니다.",
        ],
    );
    assert_eq!(house.told(&["account", "mails", &email("Dora")])["language"], "ko");
    let dora = house.log_in("Dora");
    let id = house.list(&dora, json!({"closes_in_s": 5, "title": "백자"}));
    let mails = mailbox.wait_for(2);
    assert_eq!(subject(&mails[1]), format!("유찰: 물품 {id}번"));
    says(self::body(&mails[1]), &["“백자” 경매가 마감되었습니다.", "유찰: 입찰이 없었습니다."]);
    // Who had an account before, by the page on which they log in.
    let fields = [("email", email("Bob")), ("password", PASSWORD.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    house
        .post("/login")
        .header("Sec-Fetch-Site", "same-origin")
        .header("Accept-Language", "ko")
        .form(&fields)
        .send();
    assert_eq!(house.told(&["account", "mails", &email("Bob")])["language"], "ko");
}

#[test]
fn a_way_that_is_taken_away_leaves_nothing_waiting() {
    let mailbox = Mailbox::closed();
    let (mut house, ..) = house_with(&mailbox.entries(), &HELD_BACK);
    house.credit("Bob", 100);
    house.set("mail_window_s", "0");
    until("a mail waits", || (house.number("select count(*) from delivery") == 1).then_some(()));
    house.set("mail_window_s", "3600");
    house.credit("Cleo", 100);
    house.stop();
    configure(&house, "");
    house.serve();
    assert_eq!(n_notices(&house), 0);
    let parked = house.told(&["notify", "list", "--parked"]);
    assert_eq!((&parked[0]["to"], parked.as_array().unwrap().len()), (&json!(email("Bob")), 1));
    assert_eq!(house.number("select count(*) from way"), 0);
}

/// What is to be told: kind and name, in order.
fn told(house: &House) -> Vec<String> {
    let conn = house.connection();
    let sql = "select n.kind || ' ' || a.name from notice n join account a on a.id = n.account_id order by 1";
    let mut rows = conn.prepare(sql).unwrap();
    let told = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    conn.execute("delete from notice", []).unwrap();
    told
}

#[test]
fn everyone_concerned_is_told_and_who_did_it_is_not() {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    inside.house.keep_channels(&[Channel::Webhook]).unwrap();
    inside.credit("Bob", 100_000);
    inside.credit("Cleo", 100_000);
    assert_eq!(told(&house), ["funds Bob", "funds Cleo"]);
    let (ann, cleo) = (inside.account("Ann"), inside.account("Cleo"));
    let id = |id: i64| ListingId(id);

    let bought = inside.list(|draft| (draft.reserve, draft.buy_now) = (Some(5_000), Some(9_000)));
    inside.bid("Bob", bought, 1_000);
    inside.bid_up_to("Bob", bought, 1_200, 2_000);
    assert_eq!(told(&house), Vec::<String>::new(), "nobody lost a lead");
    let settlement = inside.house.buy(id(bought), cleo).unwrap();
    assert_eq!(told(&house), ["outbid Bob", "sold Ann", "won Cleo"]);
    inside.house.reverse(settlement.id, "cli", "it was broken").unwrap();
    assert_eq!(told(&house), ["funds Ann", "funds Cleo"]);

    let withdrawn = inside.list(|_| ());
    inside.house.cancel(id(withdrawn), Canceller::Seller(ann), "kept").unwrap();
    assert_eq!(told(&house), Vec::<String>::new(), "Ann knows");
    let cancelled = inside.list(|_| ());
    inside.bid("Bob", cancelled, 1_000);
    inside.house.cancel(id(cancelled), Canceller::Admin, "broken").unwrap();
    assert_eq!(told(&house), ["cancelled Ann", "cancelled Bob"]);

    let late = inside.list(|draft| {
        draft.soft_close = Some(SoftClose { window_s: 60, extension_s: 90, cap_s: 900 });
        draft.reserve = Some(50_000);
    });
    inside.bid("Bob", late, 1_000);
    inside.bid("Cleo", late, 2_000);
    assert_eq!(told(&house), ["extended Ann", "outbid Bob"]);
    let unbid = inside.list(|_| ());
    drop(inside);
    let inside = Inside::of(&house, 3_600_000);
    assert_eq!(inside.house.settle_overdue().unwrap().settlements.len(), 2);
    assert_eq!(told(&house), ["unsold Ann", "unsold Ann", "unsold Cleo"], "{late} and {unbid}");

    inside.house.set("outage", "extend").unwrap();
    let prolonged = inside.list(|_| ());
    inside.bid("Bob", prolonged, 1_000);
    inside.bid("Cleo", prolonged, 2_000);
    told(&house);
    drop(inside);
    // Nobody serves for an hour, and then somebody does.
    let inside = Inside::alone(&house, 7_200_000);
    assert_eq!(told(&house), ["extended Ann", "extended Bob", "extended Cleo"]);
    drop(inside);
    house.audit();
}

#[test]
fn a_mail_says_paid_only_where_the_money_is_there_and_nobody_is_asked_to_pay_a_reversed_sale() {
    let mailbox = Mailbox::open(&[]);
    let (house, ann, ..) = house_with(&mailbox.entries(), &HELD_BACK);
    let names = ["Dora", "Emil", "Finn"];
    for (name, paid_in) in names.into_iter().zip([0, 400, 0]) {
        house.add(name);
        house.run(&["account", "limit", &email(name), "5000"]).done();
        if paid_in > 0 {
            house.credit(name, paid_in);
        }
        let person = house.log_in(name);
        let id = house.list(&ann, json!({"buy_now": 1_000}));
        house.post(&format!("/api/v1/listings/{id}/buy")).by(&person).send().done(201);
    }
    house.run(&["reverse", "--listing", "3", "--why", "it was broken"]).done();
    house.set("mail_window_s", "0");
    is_empty(&house);
    let mails = mailbox.mails();
    let of = |name: &str| body(to(&mails, name)[0]).to_owned();
    says(&of("Dora"), &["You won “Brass lamp”.", "It is on your bill: ₩1,000."]);
    says(&of("Emil"), &["It is on your bill: ₩1,000, of which ₩600 is still due."]);
    let reversed = "- Sale of item 3 reversed; nothing is owed for it: ₩1,000 (it was broken)";
    says(&of("Finn"), &[reversed]);
    assert!(!of("Finn").contains("You won"), "{}", of("Finn"));
    assert!(mails.iter().all(|mail| !body(mail).contains("₩1,000 is paid")), "{mails:?}");
    house.audit();
}
