//! The first hour of a stranger with a house: accounts are made whole or not at all, mails come in the house's
//! language, and only who can do something about a scheduler hears of it.

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

const WARNING: &str = "No system scheduler is set up";

#[test]
fn only_admins_and_who_sells_now_hear_of_the_scheduler() {
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
        // A hall may read what is on a board.
        assert_eq!(warns(path, Some(&eve)), path != "/board", "an admin at {path}");
        assert!(!warns(path, Some(&bob)) && !warns(path, None), "a bidder or a guest at {path}");
        assert_eq!(warns(path, Some(&ann)), path != "/board", "the seller at {path}");
    }
    house.run(&["listing", "cancel", &id.to_string(), "--why", "broken"]).done();
    assert!(!warns("/", Some(&ann)), "nothing of theirs is open");
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

/// The page that asks before a bid, without a script.
fn asks(house: &House, id: i64, person: &Person, fields: &[(&str, &str)]) -> String {
    let page = house.post(&format!("/listings/{id}/bids")).in_browser(person).form(fields).send();
    assert_eq!(page.status, 200, "{page:?}");
    page.text()
}

#[track_caller]
fn says(page: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(page.contains(sentence), "{sentence:?} is not in {page}");
    }
}

#[test]
fn who_confirms_reads_what_it_comes_to_with_the_premium() {
    let (house, ann, bob, _) = House::with(&[("premium_bps", "1250")]);
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    // 12.5 % of 1,001 is 125.125, and of 9,999 it is 1,249.875.
    says(
        &asks(&house, id, &bob, &[("amount", "1,001")]),
        &[
            "Hammer price</dt><dd>₩1,001<",
            "(12.50 %)</dt><dd>₩125<",
            "Total if you win</dt><dd>₩1,126<",
            "Bid ₩1,001",
        ],
    );
    says(
        &asks(&house, id, &bob, &[("amount", "1,001"), ("max", "9,999")]),
        &[
            "Hammer price at most</dt><dd>₩9,999<",
            "at most (12.50 %)</dt><dd>₩1,250<",
            "Total at most</dt><dd>₩11,249<",
        ],
    );
    let buy = house.post(&format!("/listings/{id}/buy")).in_browser(&bob).form(&[]).send().text();
    says(
        &buy,
        &[
            "Hammer price</dt><dd>₩50,000<",
            "(12.50 %)</dt><dd>₩6,250<",
            "Total</dt><dd>₩56,250<",
            "Buy for ₩56,250",
        ],
    );
    says(
        &house.get(&format!("/listings/{id}")).in_browser(&bob).send().text(),
        &["data-premium-bps=\"1250\""],
    );

    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let page = asks(&house, id, &bob, &[("amount", "1,001")]);
    says(&page, &["Buyer’s premium (0 %)</dt><dd>₩0</dd>", "Total if you win</dt><dd>₩1,001</dd>"]);
}

#[test]
fn who_leads_is_offered_a_higher_maximum_and_never_bids_against_themselves() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000")]);
    let id = house.list(&ann, json!({"increment": 100}));
    let path = format!("/listings/{id}");
    let page = |person: &Person| house.get(&path).in_browser(person).send().text();
    says(
        &page(&bob),
        &["data-amount=\"1000\">₩1,000 <small>total ₩1,100<", "data-amount=\"1200\"", "data-amount=\"1500\""],
    );
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000})).done(201);
    let leading = page(&bob);
    says(
        &leading,
        &[
            "data-amount=\"3100\"><small>Raise your maximum to</small> ₩3,100 <small>total ₩3,410<",
            "data-max=\"3000\"",
        ],
    );
    says(&leading, &["Enter a maximum above ₩3,000.", "Raise maximum</button>"]);
    assert!(leading.contains("name=\"max\" inputmode=\"numeric\""), "one field for both: {leading}");
    let raise = [("amount", "1,000"), ("max", "3,100")];
    says(
        &asks(&house, id, &bob, &raise),
        &["Raise your maximum?", "₩3,100</dd>", "₩310</dd>", "₩3,410</dd>", "Raise to ₩3,100"],
    );
    // Another has taken the lead since: the raise is too low, and no bid at its maximum.
    house.bid(&cleo, id, 3_200).done(201);
    let confirmed = [&raise[..], &[("confirm", "yes")]].concat();
    let refused = house.post(&format!("{path}/bids")).in_browser(&bob).form(&confirmed).send();
    assert_eq!((refused.status, house.listing(id)["leader"].as_str()), (409, Some("Cleo")));
    says(&refused.text(), &["Bid at least ₩3,300"]);
    // And who leads again raises by the form alone.
    house.bid(&bob, id, 3_300).done(201);
    let raise = [("amount", "3,300"), ("max", "9,000"), ("confirm", "yes")];
    assert_eq!(house.post(&format!("{path}/bids")).in_browser(&bob).form(&raise).send().status, 303);
    assert_eq!(house.listing(id)["price"], 3_300);
    says(&page(&bob), &["data-max=\"9000\""]);
    house.audit();
}
