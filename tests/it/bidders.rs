//! Numbers of guests in a sale: given at the command line and at the desk, one a person and sale, the lowest free one
//! first; and guests without an email address, whom the commands call by their account.

use crate::desk_audit::{key, pass};
use crate::harness::{House, Inside, Ran, int};
use crate::sales::{draft, house, refused, spring};
use auction::house::Fault;
use auction::house::desk::guests::{Guest, Registered};
use auction::house::desk::passes::EnteredDesk;
use auction::house::people::log_in::Named;
use auction::rules::refusal::Refusal;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn add(house: &House, more: &[&str]) -> Ran {
    house.run(&[&["bidder", "add", "spring", "--format", "json"], more].concat())
}

fn bidders(house: &House) -> Vec<Value> {
    house.told(&["bidder", "list", "spring"])["bidders"].as_array().unwrap().clone()
}

fn guest(name: &str) -> Guest {
    Guest { name: name.to_owned(), ..Guest::default() }
}

#[test]
fn a_guest_gets_the_lowest_free_number_unless_one_is_chosen() {
    let house = house();
    draft(&house, &[]);
    let number = |more: &[&str]| int(&add(&house, more).done().json()["number"]);
    assert_eq!(number(&["--name", "Dora", "--number", "2"]), 2);
    assert_eq!(number(&["--name", "Emil"]), 1);
    assert_eq!(number(&["--name", "Fritz"]), 3);
    assert_eq!(number(&["--name", "Gerda", "--number", "99999"]), 99_999);
    assert_eq!(number(&["--name", "Hans"]), 4);
    refused(&add(&house, &["--name", "Ida", "--number", "2"]), "Somebody else has this number.");
    for (more, words) in [
        (&["--name", "Ida", "--number", "0"][..], "number: A number from 1 to 99999."),
        (&["--name", "Ida", "--number", "100000"], "number: A number from 1 to 99999."),
        (&["--name", ""], "name: From 1 to 40 characters."),
        (&["--name", "Former  member\u{200b} 7"], "name: Another name"),
        (&["--name", "Ida", "--email", "ida@"], "email: An email address, such as ann@example.org."),
        (&["--name", "Ida", "--phone", "1"], "phone: From 3 to 40 characters."),
    ] {
        refused(&add(&house, more), words);
    }
    refused(&house.run(&["bidder", "add", "autumn", "--name", "Ida"]), "There is no such sale.");
    refused(&house.run(&["bidder", "list", "autumn"]), "There is no such sale.");
    assert_eq!(bidders(&house).len(), 5);
    assert_eq!(house.number("select count(*) from account"), 3 + 5, "a refusal opens no account");
    house.run(&["sale", "cancel", "spring", "--why", "rain"]).done();
    refused(&add(&house, &["--name", "Ida"]), "it was cancelled");
    house.audit();
}

#[test]
fn the_card_is_printed_once_and_the_list_never_shows_a_pin() {
    let house = house();
    spring(&house);
    let more = ["--name", " Dora  Dent ", "--phone", "+49 170 1234567", "--limit", "500"];
    let card = add(&house, &more).done().json();
    let (account, pin) = (int(&card["account"]), card["pin"].as_str().unwrap());
    assert_eq!(card, json!({"number": 1, "account": account, "pin": pin}));
    assert!(pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
    let text = house.run(&["bidder", "add", "spring", "--name", "Emil"]).done().stdout;
    let words: Vec<&str> = text.trim().split(", ").collect();
    assert_eq!((words[0], words.len()), ("number 2", 3));
    assert!(words[1].starts_with("account ") && words[2].starts_with("PIN "), "{text}");
    let mut dora = bidders(&house)[0].clone();
    let at = dora.as_object_mut().unwrap().remove("registered_at").unwrap();
    assert!(auction::rules::time::Time::parse(at.as_str().unwrap()).is_some());
    assert_eq!(
        dora,
        json!({
            "number": 1, "account": account, "name": "Dora Dent", "email": null, "phone": "+49 170 1234567",
            "limit": 500, "by": "cli", "has_pin": true,
        })
    );
    let text = house.run(&["bidder", "list", "spring"]).done().stdout;
    assert!(text.contains("Dora Dent") && text.contains("+49 170 1234567") && !text.contains(pin), "{text}");
    let hash: String = house
        .connection()
        .query_row("select pin_hash from registration where number = 1", [], |row| row.get(0))
        .unwrap();
    assert!(hash.starts_with("$argon2id$"), "a PIN is stored as a password is: {hash}");
}

#[test]
fn an_email_address_with_an_account_registers_that_account() {
    let house = house();
    spring(&house);
    house.run(&["account", "limit", "bob@example.org", "300"]).done();
    let bob = int(&house.told(&["account", "show", "bob@example.org"])["id"]);
    let more =
        ["--name", "Robert", "--email", " Bob@Example.ORG", "--limit", "200", "--phone", "0170 1234567"];
    assert_eq!(add(&house, &more).done().json()["account"], bob);
    let line = &bidders(&house)[0];
    assert_eq!(line["name"], "Bob", "an account keeps its name");
    assert_eq!(line["limit"], 300, "a limit is only raised");
    assert_eq!(line["phone"], "0170 1234567");
    refused(
        &add(&house, &["--name", "Bob", "--email", "bob@example.org", "--anyway"]),
        "This person has number 1 already.",
    );
    add(&house, &["--name", "Cleo", "--email", "cleo@example.org", "--limit", "700"]).done();
    assert_eq!(bidders(&house)[1]["limit"], 700);
    let new = add(&house, &["--name", "Dora", "--email", "dora@example.org"]).done().json();
    assert_eq!(house.told(&["account", "show", "dora@example.org"])["id"], new["account"]);
}

#[test]
fn somebody_much_like_a_guest_with_a_number_is_named_before_a_second_is_given() {
    let house = house();
    spring(&house);
    add(&house, &["--name", "Dora Dent", "--phone", "0170 1234567"]).done();
    add(&house, &["--name", "John Smith"]).done();
    for (more, known) in [
        (&["--name", "dent, DORA"][..], "1 (Dora Dent)"),
        (&["--name", "Döra  Dent"], "1 (Dora Dent)"),
        (&["--name", "Dora Demt"], "1 (Dora Dent)"),
        (&["--name", "Emil", "--phone", "+49 (0)170-1234567"], "1 (Dora Dent)"),
        (&["--name", "Jon Smith", "--phone", "+491701234567"], "1 (Dora Dent), 2 (John Smith)"),
    ] {
        refused(&add(&house, more), &format!("Perhaps this guest has a number already: {known}."));
    }
    assert_eq!(add(&house, &["--name", "Dora Dent", "--anyway"]).done().json()["number"], 3);
    add(&house, &["--name", "Dora Dean"]).done();
    // Likeness is looked for in this sale alone.
    let closes_at = crate::sales::ahead(crate::sales::CLOSES_S);
    house.run(&["sale", "add", "autumn", "--name", "Autumn", "--closes-at", &closes_at]).done();
    house.run(&["bidder", "add", "autumn", "--name", "Dora Dent"]).done();
}

#[test]
fn guests_without_an_address_are_called_by_their_account() {
    let house = house();
    spring(&house);
    let card = add(&house, &["--name", "Dora", "--phone", "0170 1234567"]).done().json();
    let dora = card["account"].to_string();
    house.run(&["account", "credit", &dora, "5000", "--why", "cash"]).done();
    house.run(&["account", "debit", &dora, "1000", "--why", "cash back"]).done();
    house.run(&["account", "limit", &dora, "700"]).done();
    house.run(&["account", "suspend", &dora, "--why", "left the hall"]).done();
    let shown = house.told(&["account", "show", &dora]);
    let seen = ["email", "phone", "state", "balance", "credit_limit"].map(|field| &shown[field]);
    assert_eq!(json!(seen), json!([null, "0170 1234567", "suspended", 4_000, 700]), "{shown}");
    house.run(&["account", "restore", &dora]).done();
    assert!(house.run(&["account", "show", &dora]).done().stdout.contains("phone         0170 1234567"));
    assert!(house.run(&["account", "statement", &dora]).done().stdout.starts_with("Dora <->"));
    assert_eq!(house.told(&["account", "statement", &dora])["email"], Value::Null);
    let listed = house.told(&["account", "list"]);
    let dora_listed = listed.as_array().unwrap().iter().find(|account| account["id"] == card["account"]);
    assert_eq!(dora_listed.unwrap()["phone"], "0170 1234567");
    house.run_with(&["account", "password", &dora], "correct horse\n").done();
    house.run(&["account", "mails", &dora]).done();
    let lamp =
        ["listing", "add", "--seller", &dora, "--title", "Lamp", "--opening", "1000", "--closes-in", "1h"];
    house.run(&lamp).done();
    for nobody in ["0", "999", "-1", "1x", "99999999999999999999"] {
        let ran = house.run(&["account", "show", "--", nobody]);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{nobody}: {ran:?}");
    }
    for table in ["listings", "bids", "ledger", "settlements"] {
        house.run(&["export", table]).done();
    }
    house.audit();
}

/// Eight tills at once: every number is given once, and none is left out.
#[test]
fn numbers_that_are_given_at_once_are_unique_and_the_lowest() {
    let house = house();
    spring(&house);
    let inside = Inside::of(&house, 0);
    let mut taken = guest("The chosen one");
    taken.number = Some(7);
    inside.house.register_guest("spring", taken).unwrap();
    let register = |till: usize| -> Vec<i64> {
        let name = |n: usize| format!("Guest {till}-{n}");
        (0..4).map(|n| inside.house.register_guest("spring", guest(&name(n))).unwrap().number).collect()
    };
    let numbers: Vec<i64> = std::thread::scope(|scope| {
        let tills: Vec<_> = (0..8).map(|till| scope.spawn(move || register(till))).collect();
        tills.into_iter().flat_map(|till| till.join().unwrap()).collect()
    });
    let unique: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(unique, (1..=33).filter(|number| *number != 7).collect());
    assert_eq!(numbers.len(), 32);
    drop(inside);
    house.audit();
}

fn logs_in(inside: &Inside, card: &Registered) -> bool {
    let named = Named::Bidder { sale: "spring", number: card.number };
    inside.house.log_in(named, &card.pin, &[]).unwrap().is_some()
}

#[test]
fn a_card_that_is_printed_again_has_a_new_pin_and_a_resend_the_same() {
    let house = house();
    spring(&house);
    let inside = Inside::of(&house, 0);
    let eve = pass(&inside, "Eve", "spring", "checkin");
    let register = |key_text: &str| {
        inside.house.register_at_desk(&eve.pass, &eve.token, key(key_text), guest("Dora")).unwrap()
    };
    let (card, again) = (register("a"), register("a"));
    assert_eq!((card.number, &card.pin), (again.number, &again.pin));
    assert!(logs_in(&inside, &card));
    let print = |desk: &EnteredDesk, key_text: &str, number| {
        inside.house.new_pin_at_desk(&desk.pass, &desk.token, key(key_text), number)
    };
    let (new, resent) = (print(&eve, "b", 1).unwrap(), print(&eve, "b", 1).unwrap());
    assert_eq!((new.number, new.account, &new.pin), (1, card.account, &resent.pin));
    assert_ne!(new.pin, card.pin);
    assert!(!logs_in(&inside, &card) && logs_in(&inside, &new));
    let code = |answer: Result<Registered, Fault>| match answer.unwrap_err() {
        Fault::Refused(refusal) => refusal,
        Fault::Broken(error) => panic!("{error:#}"),
    };
    assert_eq!(code(print(&eve, "c", 2)), Refusal::NotFound("bidder"));
    assert_eq!(code(print(&pass(&inside, "Max", "spring", "bid,checkout"), "d", 1)).code(), "not_allowed");
    let mut other = guest("Dora");
    (other.number, other.anyway) = (Some(1), true);
    assert_eq!(
        code(inside.house.register_at_desk(&eve.pass, &eve.token, key("e"), other)),
        Refusal::NumberTaken
    );
    let similar = code(inside.house.register_at_desk(&eve.pass, &eve.token, key("f"), guest("DORA")));
    assert_eq!(similar, Refusal::Similar(vec![(1, "Dora".to_owned())]));
    inside.house.shut_pass("Eve").unwrap();
    assert_eq!(code(print(&eve, "g", 1)).code(), "unauthenticated");
    assert!(logs_in(&inside, &new), "what was refused has changed nothing");
}
