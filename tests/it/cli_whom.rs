//! Whom a command means: by name, bidder number, address or id; never a guess.

use crate::harness::{House, Ran, email, int};
use crate::sale_api::in_s;

/// Ann, Bob and Cleo; Bob has number 17 in spring and Cleo 17 in fair, and 23 in fair alone.
fn cast() -> House {
    let house = House::bare();
    house.set("currency", "EUR");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    for code in ["spring", "fair"] {
        let closes_at = in_s(7_200).to_string();
        house.run(&["sale", "add", code, "--name", code, "--closes-at", &closes_at]).done();
    }
    for (sale, name, number) in [("spring", "Bob", "17"), ("fair", "Cleo", "17"), ("fair", "Ann", "23")] {
        house
            .run(&["bidder", "add", sale, "--name", name, "--email", &email(name), "--number", number])
            .done();
    }
    house
}

fn shown(house: &House, who: &str) -> String {
    house.told(&["account", "show", who])["name"].as_str().unwrap().to_owned()
}

fn balance(house: &House, who: &str) -> i64 {
    int(&house.told(&["account", "show", who])["balance"])
}

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
    for words in words {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn a_person_is_meant_by_name_number_address_or_id() {
    let house = cast();
    let cleo = house.number("select id from account where name = 'Cleo'").to_string();
    for (who, name) in [
        ("Bob", "Bob"),
        ("  bob ", "Bob"),
        ("BOB@example.org", "Bob"),
        (&cleo, "Cleo"),
        ("#23", "Ann"),
        ("23", "Ann"),
        ("spring#17", "Bob"),
        ("fair#17", "Cleo"),
    ] {
        assert_eq!(shown(&house, who), name, "{who}");
    }
    house.run(&["account", "suspend", "Bob", "--why", "two unpaid lots"]).done();
    let restored = house.run(&["account", "restore", "spring#17"]).done();
    assert_eq!(restored.stdout, "Bob <bob@example.org> is active\n");
    let bill = house.told(&["bill", "show", "Bob"]);
    assert_eq!(bill["name"], "Bob");
    house.run(&["account", "token", "list", "Ann"]).done();
    house.run(&["account", "statement", "Cleo"]).done();
    let log = house.told(&["log", "--of", "Bob"]);
    assert!(log.as_array().unwrap().iter().all(|line| line["name"] == "Bob"), "{log}");
}

#[test]
fn money_is_never_moved_without_saying_whose() {
    let house = cast();
    let paid = house.run(&["account", "credit", "Bob", "12.50", "--why", "cash"]).done();
    assert_eq!(paid.stderr, "12.50 EUR credited to Bob <bob@example.org>\n");
    let paid = house.run(&["account", "credit", "#23", "1,234.50", "--why", "cash"]).done();
    assert_eq!(paid.stderr, "1234.50 EUR credited to Ann <ann@example.org>\n");
    let paid = house.run(&["account", "debit", "spring#17", "€2.50", "--why", "change"]).done();
    assert_eq!(paid.stderr, "2.50 EUR debited from Bob <bob@example.org>\n");
    assert_eq!(["Bob", "Ann", "Cleo"].map(|who| balance(&house, who)), [1_000, 123_450, 0]);
    let paid = house.run(&["account", "credit", "BOB@Example.org", "1.00", "--why", "cash"]).done();
    assert_eq!(paid.stderr, "1.00 EUR credited to bob@example.org\n", "the address of the account");
    let limit = house.told(&["account", "suspend", "BOB@Example.org", "--why", "x"]);
    assert_eq!(limit["email"], "bob@example.org");
}

#[test]
fn a_name_that_reads_like_an_address_or_a_number_takes_nobodys_money() {
    let house = cast();
    for (nth, name) in ["carol@example.org", "23", "Team #1", "sprnig#17"].into_iter().enumerate() {
        let address = format!("mallory{nth}@example.org");
        house.run(&["account", "add", "--email", &address, "--name", name, "--no-password"]).done();
    }
    for typed in ["carol@example.org", " CAROL@example.org"] {
        let ran = house.run(&["account", "credit", typed, "5.00", "--why", "cash"]);
        refused(&ran, &["There is no such account."]);
    }
    let paid = house.run(&["account", "credit", "23", "5.00", "--why", "cash"]).done();
    assert!(paid.stderr.contains("credited to Ann"), "{paid:?}");
    assert_eq!(house.number("select count(*) from transfer"), 1);
    // A `#` is of a number only behind the code of a sale.
    for (who, name) in [("Team #1", "Team #1"), ("sprnig#17", "sprnig#17"), ("spring#17", "Bob")] {
        assert_eq!(shown(&house, who), name, "{who}");
    }
    refused(&house.run(&["account", "show", "fiar#17"]), &["There is no such account."]);
}

#[test]
fn a_number_in_a_sale_has_the_bill_of_that_sale() {
    let house = cast();
    for (typed, sale) in [("fair#17", "fair"), ("fair#23", "fair"), ("spring#17", "spring")] {
        let bill = house.told(&["bill", "show", typed]);
        assert_eq!(bill["sale"], sale, "{typed}: {bill}");
    }
    assert_eq!(house.told(&["bill", "show", "Bob"])["sale"], serde_json::Value::Null);
    assert_eq!(house.told(&["bill", "show", "spring#17", "--sale", "fair"])["sale"], "fair");
}

#[test]
fn a_number_that_is_two_people_is_refused_with_both_and_one_that_is_an_id_too_says_so() {
    let house = cast();
    let both = ["spring#17 is Bob <bob@example.org>", "fair#17 is Cleo <cleo@example.org>"];
    for who in ["17", "#17"] {
        refused(&house.run(&["account", "credit", who, "5.00", "--why", "cash"]), &both);
    }
    refused(&house.run(&["account", "show", "#99"]), &["No sale has a bidder 99."]);
    refused(&house.run(&["account", "show", "spring#23"]), &["There is no bidder 23 in spring."]);
    // As scripts rely on it, digits alone are an id first; whose bidder number that is, is said.
    house
        .run(&["bidder", "add", "spring", "--name", "Cleo", "--email", &email("Cleo"), "--number", "1"])
        .done();
    let paid = house.run(&["account", "credit", "1", "5.00", "--why", "cash"]).done();
    assert!(paid.stderr.contains("5.00 EUR credited to Ann <ann@example.org> (account 1)"), "{paid:?}");
    assert!(paid.stderr.contains("the bidder number of Cleo is spring#1"), "{paid:?}");
}

#[test]
fn several_of_one_name_are_all_named_and_a_misspelt_one_is_proposed() {
    let house = cast();
    for phone in ["+82 10 1111 1111", "+82 10 2222 2222"] {
        house.run(&["bidder", "add", "spring", "--name", "Emil Ray", "--phone", phone, "--anyway"]).done();
    }
    let twice = house.run(&["account", "credit", "Emil Ray", "5.00", "--why", "cash"]);
    refused(&twice, &["Emil Ray may be several people", "Emil Ray, account 4", "Emil Ray, account 5"]);
    for (typed, meant) in [
        ("Bbo", "There is no such account. Did you mean Bob <bob@example.org>?"),
        ("cloe", "Did you mean Cleo <cleo@example.org>?"),
        ("bob@exmaple.org", "Did you mean bob@example.org?"),
        ("Zoe Quill", "There is no such account."),
    ] {
        refused(&house.run(&["account", "debit", typed, "5.00", "--why", "x"]), &[meant]);
        refused(&house.run(&["account", "show", typed]), &[meant]);
    }
    assert_eq!(house.number("select count(*) from posting"), 0, "nothing was written");
}
