//! What an admin changes of accounts: name, address, language, who is an admin; one limit for all; accounts by invitation.

use crate::harness::{House, PASSWORD, Ran, email, int};
use serde_json::{Value, json};

fn cast() -> House {
    let house = House::bare();
    house.set("currency", "EUR");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    house
}

/// The house has a way for mails, as a server with one has noted it.
fn with_mail(house: &House) {
    house.connection().execute("insert into way (name) values ('mail')", []).unwrap();
}

fn edit(house: &House, who: &str, what: &[&str]) -> Ran {
    house.run(&[&["account", "edit", who], what].concat())
}

fn whats(house: &House) -> Vec<String> {
    let lines = house.told(&["log", "--of", "Bob"]);
    lines.as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn refused(ran: &Ran, words: &str) {
    assert!(ran.status == 1 && ran.stdout.is_empty() && ran.stderr.contains(words), "{words}: {ran:?}");
}

#[test]
fn name_address_and_language_are_changed_together_and_logged() {
    let house = cast();
    with_mail(&house);
    house.set("verify_email", "bid");
    house.connection().execute("update account set verified_at = 1 where name = 'Bob'", []).unwrap();
    let edited =
        house.told(&["account", "edit", "Bob", "--email", "Bob.Ray@Example.org", "--language", "ko"]);
    assert_eq!(edited["changed"], json!(["email", "language"]));
    assert_eq!(edited["email"], "bob.ray@example.org");
    assert_eq!(whats(&house)[1..], ["account.email", "account.language"]);
    // Not verified: the new address is asked, and the old one told.
    assert_eq!(house.number("select count(*) from account where name = 'Bob' and verified_at is null"), 1);
    let letters = "select count(*) from letter where email = ";
    assert_eq!(house.number(&format!("{letters} 'bob.ray@example.org'")), 1);
    assert_eq!(house.number(&format!("{letters} 'bob@example.org'")), 1);
    let ran = edit(&house, "Bob", &["--name", "Bob Ray"]).done();
    assert!(ran.stdout.contains("the name is Bob Ray"), "{ran:?}");
    assert_eq!(house.told(&["account", "show", "bob.ray@example.org"])["name"], "Bob Ray");
    let again = edit(&house, "Bob Ray", &["--name", "Bob Ray", "--language", "ko"]).done();
    assert!(again.stdout.contains("is so already"), "{again:?}");
    house.audit();
}

#[test]
fn what_cannot_be_changed_is_refused_and_changes_nothing() {
    let house = cast();
    let before = house.number("select count(*) from log");
    refused(&edit(&house, "Bob", &["--name", "cleo"]), "Somebody else has this name");
    refused(
        &edit(&house, "Bob", &["--email", &email("Cleo"), "--name", "Bert"]),
        "There is already an account",
    );
    refused(&edit(&house, "Bob", &["--email", "nobody"]), "email: ");
    refused(&edit(&house, "Bob", &["--language", "fr"]), "language: One of: en, ko.");
    refused(&edit(&house, "Dora", &["--name", "Bert"]), "There is no such account.");
    assert_eq!(edit(&house, "Bob", &[]).status, 2);
    assert_eq!(edit(&house, "Bob", &["--admin", "--no-admin"]).status, 2);
    assert_eq!(house.number("select count(*) from log"), before);
}

#[test]
fn the_last_admin_stays_one() {
    let house = cast();
    let is_admin = |who: &str| house.told(&["account", "show", who])["admin"] == Value::Bool(true);
    edit(&house, "Bob", &["--admin"]).done();
    refused(&edit(&house, "Bob", &["--no-admin"]), "No other admin of the house can log in.");
    assert!(is_admin("Bob"));
    edit(&house, "Cleo", &["--admin"]).done();
    edit(&house, "Bob", &["--no-admin"]).done();
    assert!(!is_admin("Bob") && is_admin("Cleo"));
    assert_eq!(whats(&house)[1..], ["account.admin", "account.admin"]);
    // Who has neither a password nor a single sign-on cannot log in.
    house
        .connection()
        .execute("update account set is_admin = 1, password_hash = null where name = 'Ann'", [])
        .unwrap();
    refused(&edit(&house, "Cleo", &["--no-admin"]), "No other admin of the house can log in.");
    let identity = "insert into identity (issuer, subject, account_id, at) select 'https://i.example', 'ann', id, 1 \
                    from account where name = 'Ann'";
    house.connection().execute(identity, []).unwrap();
    edit(&house, "Cleo", &["--no-admin"]).done();
}

#[test]
fn what_a_new_address_ends_is_said() {
    let house = cast();
    let said = |who: &str, address: &str| edit(&house, who, &["--email", address]).done().stderr;
    assert_eq!(said("Bob", "bob.ray@example.org"), "");
    for (wanted, words) in [("bid", "they cannot bid before"), ("join", "they cannot log in before")] {
        house.set("verify_email", wanted);
        let said = said("Bob", &format!("bob.{wanted}@example.org"));
        assert!(said.contains(words) && said.contains("no mail with a link could be sent"), "{said}");
    }
    house.set("verify_email", "off");
    with_mail(&house);
    house.run(&["account", "invite", "dora@exmaple.org", "--name", "Dora"]).done();
    let said = said("Dora", "dora@example.org");
    assert!(said.contains("`auction account invite dora@example.org`"), "{said}");
    let invited = house.run(&["account", "invite", "dora@example.org"]).done();
    assert!(house.number("select count(*) from link where email = 'dora@example.org'") == 1, "{invited:?}");
    assert_eq!(edit(&house, "Dora", &["--email", "dora@example.org"]).done().stderr, "");
}

#[test]
fn one_limit_holds_for_every_active_member() {
    let house = cast();
    house.run(&["account", "suspend", "Cleo", "--why", "unpaid"]).done();
    house.run(&["account", "limit", "Bob", "300.00"]).done();
    let set = house.told(&["account", "limit", "--all", "300.00"]);
    assert_eq!(set, json!({"members": 2, "changed": 1, "limit": 30_000}));
    let limit = |who: &str| int(&house.told(&["account", "show", who])["credit_limit"]);
    assert_eq!(["Ann", "Bob", "Cleo"].map(limit), [30_000, 30_000, 0]);
    let ran = house.run(&["account", "limit", "--all", "20.00"]).done();
    assert_eq!(ran.stdout, "credit limit of 2 members: 20.00 EUR (2 changed)\n");
    assert_eq!(house.number("select count(*) from log where what = 'account.limit'"), 4);
    // Somebody owes more: then nobody's is changed.
    house.run(&["account", "debit", "Bob", "10.00", "--why", "cash", "--into-credit"]).done();
    refused(&house.run(&["account", "limit", "--all", "5.00"]), "nobody's was changed: bob@example.org.");
    assert_eq!(["Ann", "Bob"].map(limit), [2_000, 2_000]);
    assert_eq!(house.run(&["account", "limit", "--all"]).status, 2);
    assert_eq!(house.run(&["account", "limit", "Bob", "--all", "5.00"]).status, 2);
    house.audit();
}

#[test]
fn without_a_terminal_and_a_password_no_account_is_made_but_by_an_invitation() {
    let house = cast();
    let dora = ["account", "add", "--email", "dora@example.org", "--name", "Dora"];
    refused(&house.run(&dora), "--invite");
    refused(&house.run(&[&dora[..], &["--invite"]].concat()), "No way to send email is configured");
    assert_eq!(house.number("select count(*) from account"), 3);
    with_mail(&house);
    let invited = house.run(&[&dora[..], &["--invite", "--admin"]].concat()).done();
    assert_eq!(invited.stdout, "4\n");
    assert!(invited.stderr.contains("dora@example.org is invited as Dora, an admin"), "{invited:?}");
    assert_eq!(house.number("select count(*) from link where kind = 'invitation'"), 1);
    assert_eq!(house.told(&["account", "show", "Dora"])["admin"], true);
    refused(
        &house.run(&["account", "add", "--email", "x@example.org", "--name", "Bob", "--invite"]),
        "obody was invited",
    );
    // Nobody who has an account becomes an admin, is renamed or is written to.
    let before = house.number("select count(*) from log");
    for who in ["Bob", "Dora"] {
        let words = ["account", "add", "--email", &email(who), "--name", "Zoe", "--invite"];
        refused(&house.run(&[&words[..], &["--admin"]].concat()), "There is already an account");
        refused(&house.run(&words), "There is already an account");
    }
    assert_eq!(house.told(&["account", "show", "Bob"])["admin"], false);
    assert_eq!(house.number("select count(*) from log"), before);
    let given = house.run_with(
        &["account", "add", "--email", "e@example.org", "--name", "Emil", "--password-stdin"],
        PASSWORD,
    );
    assert_eq!(given.status, 0, "{given:?}");
}
