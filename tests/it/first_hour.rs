//! The first hour of a stranger with a house: accounts are made whole or not at all, mails come in the house's language, and only
//! who can do something about a scheduler hears of it.

use crate::cron::with_cron;
use crate::harness::{House, PASSWORD, Person, email, until};
use crate::post::{AT_ONCE, Mailbox, house_with};
use serde_json::json;

#[test]
fn without_a_terminal_and_without_a_password_nothing_is_made() {
    let house = House::bare();
    let add = ["account", "add", "--email", "ann@example.org", "--name", "Ann"];
    let ran = house.run(&add);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("--password-stdin") && ran.stderr.contains("No account was made"), "{ran:?}");
    assert!(!house.database().exists(), "no house, either");
    assert_eq!(house.run_with(&[&add[..], &["--password-stdin"]].concat(), "short\n").status, 1);
    assert_eq!(house.run(&[&add[..], &["--password-stdin", "--no-password"]].concat()).status, 2);
    assert_eq!(house.told(&["account", "list"]), json!([]));
    house.run(&[&add[..], &["--no-password"]].concat()).done();
    assert_eq!(house.run(&add).status, 1);
    assert_eq!(house.told(&["account", "list"]).as_array().unwrap().len(), 1);
    house.run_with(&["account", "password", "ann@example.org", "--password-stdin"], PASSWORD).done();
}

#[test]
fn who_was_given_an_account_gets_mails_in_the_house_s_language() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &[&AT_ONCE[..], &[("language", "ko")]].concat());
    let text = house.run(&["account", "mails", &email("Bob")]).done().stdout;
    assert!(text.contains("not chosen: ko"), "{text}");
    house.credit("Bob", 1_000);
    let mails = mailbox.wait_for(1);
    let body = mails[0]["body"].as_str().unwrap();
    assert!(body.contains("안녕하세요"), "{body}");
    // A browser that asks for nothing known gets the house's language, too; one that asks gets its own.
    let page = |accepted: &str| house.get("/").header("Accept-Language", accepted).send().text();
    assert!(page("xx").contains("<html lang=\"ko\""), "the house's");
    assert!(page("en-GB").contains("<html lang=\"en\""), "the visitor's");
    assert_eq!(house.run(&["house", "set", "language", "fr"]).status, 1);
}

const WARNING: &str = "No scheduler of the operating system keeps the deadlines.";

#[test]
fn only_admins_and_sellers_at_their_own_listing_hear_of_the_scheduler() {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let admin =
        ["account", "add", "--email", "eve@example.org", "--name", "Eve", "--admin", "--password-stdin"];
    house.run_with(&admin, PASSWORD).done();
    house.serve();
    let (ann, bob, eve) = (house.log_in("Ann"), house.log_in("Bob"), house.log_in("Eve"));
    let id = house.list(&ann, json!({}));
    let lot = format!("/listings/{id}");
    let warns = |path: &str, person: Option<&Person>| {
        let call = house.get(path);
        let page = person.map_or(house.get(path), |person| call.in_browser(person)).send().text();
        page.contains(WARNING)
    };
    for path in ["/", "/board", "/account", "/join", &lot] {
        assert!(warns(path, Some(&eve)), "an admin at {path}");
        assert!(!warns(path, Some(&bob)) && !warns(path, None), "a bidder or a guest at {path}");
        assert_eq!(warns(path, Some(&ann)), path == lot, "the seller at {path}");
    }
}

/// Whether a cron daemon runs where this is tested or not.
#[test]
fn a_scheduler_that_is_not_there_yet_is_no_error_of_ours() {
    let mut house = with_cron();
    house.serve_by("cron");
    until("the server has looked for the scheduler", || house.log().contains("the sweep").then_some(()));
    house.stop();
    let log = house.log();
    assert!(!log.contains("ERROR"), "{log}");
    for line in log.lines().filter(|line| line.contains("no cron daemon")) {
        assert!(line.contains("WARN scheduler: ") && line.contains("What to do: "), "{line}");
        assert!(line.contains("deadlines are kept while this server runs"), "{line}");
    }
}
