//! What people hear outside the pages of a sale that is postponed, paused and resumed: once, with the reason.

use crate::harness::{House, Inside, email, int};
use crate::post::{HELD_BACK, Hook, Mailbox, configure, house_with, is_empty};
use auction::rules::notice::Channel;
use serde_json::{Value, json};

/// A published sale of Ann's with so many lots, which closes in two hours.
fn publish(house: &House, n: usize) -> Vec<i64> {
    let closes_at = auction::store::clock::Clock::default().now().plus_s(7_200).to_string();
    let add =
        ["sale", "add", "spring", "--name", "Spring night", "--closes-at", &closes_at, "--every", "20s"];
    house.run(&add).done();
    for n in 1..=n {
        let lot = format!("A{n}");
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        house.run(&[&add[..], &["--sale", "spring", "--lot", &lot]].concat()).done();
    }
    house.run(&["sale", "publish", "spring"]).done();
    let listings = house.get("/api/v1/listings?limit=100").send().body();
    let mut ids: Vec<i64> =
        listings["listings"].as_array().unwrap().iter().map(|at| int(&at["id"])).collect();
    ids.sort_unstable();
    ids
}

/// The one mail to this person.
#[track_caller]
fn mail_to(mailbox: &Mailbox, name: &str) -> (String, String) {
    let mails = mailbox.mails();
    let mut to = mails.iter().filter(|mail| mail["to"] == json!([email(name)]));
    let mail = to.next().unwrap_or_else(|| panic!("no mail to {name}: {mails:?}"));
    assert!(to.next().is_none(), "more than one mail to {name}: {mails:?}");
    (mail["headers"]["subject"].as_str().unwrap().to_owned(), mail["body"].as_str().unwrap().to_owned())
}

fn wants(house: &House, name: &str, kinds: &str, language: &str) {
    house.run(&["account", "mails", &email(name), "--kinds", kinds, "--language", language]).done();
}

#[test]
fn who_leads_twenty_lots_reads_of_a_postponement_and_a_pause_once() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, _) = house_with(&mailbox.entries(), &HELD_BACK);
    wants(&house, "Bob", "extended,outbid", "en");
    wants(&house, "Ann", "extended", "ko");
    let ids = publish(&house, 20);
    for id in &ids {
        house.bid(&bob, *id, 1_000).done(201);
    }
    let why = "the bus is late, see evil.example";
    house.run(&["sale", "postpone", "spring", "--by", "10m", "--why", why]).done();
    house.run(&["sale", "pause", "spring", "--why", "no wifi"]).done();
    house.run(&["sale", "resume", "spring"]).done();
    house.set("mail_window_s", "0");
    is_empty(&house);
    let (subject, body) = mail_to(&mailbox, "Bob");
    assert_eq!(subject, "New closing times: sale spring");
    let lines: Vec<&str> = body.lines().collect();
    let at = |line: &str| {
        let found: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with(line)).collect();
        assert_eq!(found.len(), 1, "{line:?} is not once in {body}");
        found[0]
    };
    let postponed = "Lots of “Spring night” were postponed by 10 min: the bus is late, see evil. example";
    let first = at(postponed);
    assert_eq!(at("“Spring night” goes on after a pause."), first + 1);
    for n in 1..=20 {
        at(&format!("Lot A{n} “Lamp” now ends on "));
    }
    let (_, korean) = mail_to(&mailbox, "Ann");
    for words in [
        "“Spring night” 물품의 마감이 10분 연기되었습니다. 사유: the bus is late",
        "“Spring night” 경매가 다시 진행됩니다.",
        "A20번 “Lamp” 마감: ",
    ] {
        assert!(korean.contains(words), "{words:?} is not in {korean}");
    }
    assert_eq!(mailbox.mails().len(), 2, "who does not want it hears nothing");
    house.audit();
}

#[test]
fn a_mail_during_a_pause_says_that_it_is_paused_and_not_that_it_has_ended() {
    let mailbox = Mailbox::open(&[]);
    let (house, _, bob, cleo) = house_with(&mailbox.entries(), &HELD_BACK);
    wants(&house, "Bob", "extended,outbid", "en");
    let ids = publish(&house, 1);
    house.bid(&bob, ids[0], 1_000).done(201);
    house.bid(&cleo, ids[0], 2_000).done(201);
    house.run(&["sale", "postpone", "spring", "--by", "10m", "--why", "the bus is late"]).done();
    house.run(&["sale", "pause", "spring", "--why", "no wifi"]).done();
    house.set("mail_window_s", "0");
    is_empty(&house);
    let (subject, body) = mail_to(&mailbox, "Bob");
    assert_eq!(subject, format!("You have been outbid: item {}, and 1 more", ids[0]));
    for line in [
        "You have been outbid on “Lamp”.",
        "The price is now ₩2,000. The next bid must be at least ₩2,100.",
        "It is paused now; its end moves by the length of the pause.",
        "Lots of “Spring night” were postponed by 10 min: the bus is late",
        "Lot A1 “Lamp” is paused now; its end moves by the length of the pause.",
    ] {
        assert!(body.lines().any(|said| said == line), "{line:?} is not in\n{body}");
    }
    assert!(!body.contains("ended"), "{body}");
}

#[test]
fn the_webhook_has_the_sale_the_lot_and_what_moved_the_close() {
    let hook = Hook::open();
    let (house, _, bob, _) = house_with(&hook.entries(), &[]);
    let ids = publish(&house, 1);
    house.bid(&bob, ids[0], 1_000).done(201);
    house.run(&["sale", "postpone", "spring", "--by", "90s", "--why", "the bus is late"]).done();
    let notices = hook.wait_for_kind("extended");
    let extended = notices.iter().find(|notice| notice["kind"] == "extended").unwrap();
    let listing = &extended["listing"];
    assert_eq!(listing["sale"], json!({"code": "spring", "name": "Spring night"}));
    assert_eq!(listing["lot"], "A1");
    let change = &listing["changes"][0];
    for (field, value) in [
        ("kind", json!("postponement")),
        ("by_s", json!(90)),
        ("who", json!("cli")),
        ("why", json!("the bus is late")),
        ("outage", Value::Null),
    ] {
        assert_eq!(change[field], value, "{field}: {extended}");
    }
    is_empty(&house);
}

#[test]
fn a_mail_after_an_outage_says_when_the_server_was_down() {
    let mailbox = Mailbox::open(&[]);
    let mut house = House::bare();
    house.set("outage", "extend");
    house.set("outage_s", "300");
    house.set("mail_window_s", "0");
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::alone(&house, -600_000);
    inside.house.keep_channels(&[Channel::Mail]).unwrap();
    inside.credit("Bob", 100_000);
    wants(&house, "Bob", "extended", "en");
    let id = inside.list(|_| ());
    inside.bid("Bob", id, 1_000);
    drop(inside);
    drop(Inside::alone(&house, 0));
    configure(&house, &mailbox.entries());
    house.serve();
    is_empty(&house);
    let (subject, body) = mail_to(&mailbox, "Bob");
    assert_eq!(subject, format!("Extended: item {id}"));
    for words in ["The auction of “Brass lamp” was extended.", "The server was down from ", "It ends on "]
    {
        assert!(body.lines().any(|line| line.starts_with(words)), "{words:?} is not in {body}");
    }
}
