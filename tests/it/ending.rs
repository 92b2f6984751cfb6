//! The notice `ending`: a quarter of an hour before the close of what one watches or has bid on, once for each time that
//! this passes, and not to who leads and has not lost it. A clock that the test steers; and a real server with real mail.

use crate::harness::{House, Inside, PASSWORD, email};
use crate::post::{AT_ONCE, HUSH, Hook, Mailbox, configure, is_empty};
use auction::house::notices::ending::Lookout;
use auction::house::notices::telling::no_rest;
use auction::house::people::accounts::{By, Joining};
use auction::rules::listing::{Closes, ListingId};
use auction::rules::notice::{Channel, KindSet};
use auction::rules::soft_close::SoftClose;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

const MINUTE_MS: i64 = 60_000;
const CAST: [&str; 4] = ["Ann", "Bob", "Cleo", "Dora"];

/// A house in which all that happens is told to a webhook that nobody serves: the notices stay.
fn quiet() -> House {
    let house = House::bare();
    for name in CAST {
        house.add(name);
    }
    at(&house, 0, |inside| {
        inside.house.keep_channels(&[Channel::Webhook]).unwrap();
        for name in ["Bob", "Cleo", "Dora"] {
            inside.credit(name, 100_000);
        }
    });
    house
}

/// So many minutes from now.
fn at<T>(house: &House, minute: i64, act: impl FnOnce(&Inside) -> T) -> T {
    act(&Inside::of(house, minute * MINUTE_MS))
}

/// A lamp that closes in an hour, as `soft` says.
fn lamp(house: &House, soft: Option<SoftClose>) -> i64 {
    at(house, 0, |inside| {
        inside.list(|draft| {
            draft.closes = Some(Closes::In { seconds: 3_600 });
            draft.soft_close = soft;
        })
    })
}

fn watch(inside: &Inside, name: &str, id: i64) {
    inside.house.watch(inside.account(name), ListingId(id), true).unwrap();
}

/// Who is told by a server that looks in this minute for the first time, in the order of the cast.
fn told(house: &House, minute: i64) -> Vec<String> {
    at(house, minute, |inside| told_by(house, inside))
}

fn told_by(house: &House, inside: &Inside) -> Vec<String> {
    let conn = house.connection();
    conn.execute("delete from notice where kind = 'ending'", []).unwrap();
    let n = inside.house.tell_ending(&mut Lookout::default(), &no_rest).unwrap();
    let mut names = conn
        .prepare("select a.name from notice n join account a on a.id = n.account_id where kind = 'ending' order by a.id")
        .unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(n, names.len(), "{names:?}");
    names
}

#[test]
fn who_watches_or_was_outbid_is_told_once_and_who_leads_is_not() {
    let house = quiet();
    let id = lamp(&house, None);
    at(&house, 1, |inside| {
        watch(inside, "Dora", id);
        watch(inside, "Ann", id);
        inside.bid("Bob", id, 1_000);
        inside.bid_up_to("Cleo", id, 2_000, 5_000);
        // Overtaken at once: Cleo keeps the lead.
        inside.bid("Bob", id, 3_000);
    });
    assert_eq!(told(&house, 44), [""; 0], "too early");
    assert_eq!(told(&house, 46), ["Bob", "Dora"], "not the seller, and not who leads");
    assert_eq!(told(&house, 47), [""; 0], "once");
    assert_eq!(
        house.number("select count(*) from ending where told_through is null and before_at is null"),
        1
    );
}

#[test]
fn who_won_the_lead_back_is_told() {
    let house = quiet();
    let id = lamp(&house, None);
    at(&house, 1, |inside| {
        inside.bid("Bob", id, 1_000);
        inside.bid("Cleo", id, 2_000);
        inside.bid("Bob", id, 3_000);
    });
    assert_eq!(told(&house, 46), ["Bob", "Cleo"]);
}

#[test]
fn who_no_longer_watches_and_who_has_left_is_not_told_nor_of_what_has_no_mark() {
    let house = quiet();
    let id = lamp(&house, None);
    let short =
        at(&house, 50, |inside| inside.list(|draft| draft.closes = Some(Closes::In { seconds: 600 })));
    at(&house, 51, |inside| {
        for name in ["Bob", "Cleo", "Dora"] {
            watch(inside, name, id);
            watch(inside, name, short);
        }
        inside.house.watch(inside.account("Bob"), ListingId(id), false).unwrap();
    });
    house.connection().execute("update account set state = 'closed' where name = 'Cleo'", []).unwrap();
    let names = at(&house, 52, |inside| {
        inside.house.tell_ending(&mut Lookout::default(), &no_rest).unwrap();
        let sql = "select group_concat(a.name || n.about) from notice n join account a on a.id = n.account_id
                   where n.kind = 'ending'";
        house.connection().query_row(sql, [], |row| row.get::<_, Option<String>>(0)).unwrap()
    });
    assert_eq!(names, Some(format!("Dora{id}")), "the short one opened ten minutes before its close");
}

#[test]
fn a_late_bid_tells_nobody_again_and_an_end_is_forgotten() {
    let house = quiet();
    let id = lamp(&house, Some(SoftClose { window_s: 300, extension_s: 600, cap_s: 6_000 }));
    at(&house, 1, |inside| watch(inside, "Dora", id));
    assert_eq!(told(&house, 46), ["Dora"]);
    at(&house, 58, |inside| inside.bid("Bob", id, 1_000));
    assert_eq!(told(&house, 59), [""; 0]);
    assert_eq!(told(&house, 65), [""; 0]);
    at(&house, 69, |inside| {
        assert_eq!(inside.house.settle_overdue().unwrap().settlements.len(), 1);
    });
    assert_eq!(told(&house, 70), [""; 0]);
}

/// A published sale of Ann's with one lot, which closes in an hour; its listing.
fn sale(house: &House) -> i64 {
    let closes_at = auction::store::clock::Clock::default().now().plus_s(3_600).to_string();
    house.run(&["sale", "add", "spring", "--name", "Spring night", "--closes-at", &closes_at]).done();
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
    house.run(&[&add[..], &["--sale", "spring", "--lot", "A1"]].concat()).done();
    house.run(&["sale", "publish", "spring"]).done();
    house.number("select listing_id from lot")
}

#[test]
fn a_postponed_close_is_told_again_to_whom_something_has_changed() {
    let house = quiet();
    let id = sale(&house);
    at(&house, 1, |inside| {
        watch(inside, "Dora", id);
        inside.bid("Bob", id, 1_000);
        inside.bid("Cleo", id, 2_000);
        inside.bid("Bob", id, 3_000);
    });
    assert_eq!(told(&house, 46), ["Bob", "Cleo", "Dora"]);
    at(&house, 47, |inside| {
        inside.house.postpone_sale("spring", 3_600, None, "cli", "the bus is late").unwrap()
    });
    assert_eq!(told(&house, 104), [""; 0]);
    assert_eq!(told(&house, 106), ["Cleo", "Dora"], "Bob has led since he was told");
    at(&house, 107, |inside| {
        inside.house.pause_sale("spring", "cli", "no light").unwrap();
    });
    assert_eq!(told(&house, 119), [""; 0]);
    at(&house, 130, |inside| inside.house.resume_sale("spring", "cli").unwrap());
    // 23 minutes later than 120, so the new mark, at 128, passed during the pause.
    assert_eq!(told(&house, 131), [""; 0], "it was told before the pause");
    at(&house, 132, |inside| {
        inside.house.postpone_sale("spring", 3_600, None, "cli", "still no light").unwrap()
    });
    assert_eq!(told(&house, 189), ["Cleo", "Dora"]);
}

#[test]
fn a_mark_is_made_up_for_and_a_chunk_goes_on_where_it_was() {
    let house = quiet();
    let id = lamp(&house, None);
    let names: Vec<String> = (1..=450).map(|n| format!("Guest {n}")).collect();
    at(&house, 1, |inside| {
        for name in &names {
            let joining = Joining {
                email: format!("{}@example.org", name.replace(' ', "")),
                name: name.clone(),
                password: None,
                is_admin: false,
                terms: None,
            };
            let account = inside.house.open_account(joining, By::Admin).unwrap().id;
            inside.house.watch(account, ListingId(id), true).unwrap();
        }
    });
    let count = || house.number("select count(*) from notice where kind = 'ending'");
    // Ended after the first transaction, as a crash would; then the same notices are sent and gone.
    at(&house, 55, |inside| {
        let stop = |_: Duration| false;
        assert_eq!(inside.house.tell_ending(&mut Lookout::default(), &stop).unwrap(), 200);
    });
    assert_eq!(count(), 200);
    let first: BTreeSet<i64> = accounts_told(&house);
    house.connection().execute("delete from notice", []).unwrap();
    at(&house, 56, |inside| {
        let n_rests = Cell::new(0);
        let rest = |_: Duration| {
            n_rests.set(n_rests.get() + 1);
            true
        };
        assert_eq!(inside.house.tell_ending(&mut Lookout::default(), &rest).unwrap(), 250);
        assert_eq!(n_rests.get(), 2, "a rest after each transaction");
    });
    let second = accounts_told(&house);
    assert_eq!((first.len(), second.len(), first.intersection(&second).count()), (200, 250, 0));
    assert_eq!(house.number("select count(*) from ending where told_through is null"), 1);
    house.audit();
}

fn accounts_told(house: &House) -> BTreeSet<i64> {
    let conn = house.connection();
    let mut told = conn.prepare("select account_id from notice where kind = 'ending'").unwrap();
    told.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_server_that_goes_on_looks_at_what_comes_near_and_nothing_is_written_without_a_channel() {
    let house = quiet();
    let id = lamp(&house, None);
    at(&house, 1, |inside| watch(inside, "Dora", id));
    at(&house, 2, |inside| inside.house.keep_channels(&[]).unwrap());
    at(&house, 50, |inside| {
        assert_eq!(inside.house.tell_ending(&mut Lookout::default(), &no_rest).unwrap(), 0);
    });
    assert_eq!(house.number("select count(*) from ending"), 0);
    at(&house, 51, |inside| {
        inside.house.keep_channels(&[Channel::Webhook]).unwrap();
        let mut lookout = Lookout::default();
        assert_eq!(inside.house.tell_ending(&mut lookout, &no_rest).unwrap(), 1);
        assert_eq!(inside.house.tell_ending(&mut lookout, &no_rest).unwrap(), 0);
        // Who wants none by mail has none written.
        inside.house.choose(inside.account("Dora"), Some(KindSet::NONE), None).unwrap();
    });
}

/// Listed 50 minutes ago for an hour: the mark passed while no server ran.
#[test]
fn a_server_mails_what_ends_soon_with_how_one_stands_and_nothing_once_it_has_ended() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let mut house = House::bare();
    for (key, value) in AT_ONCE {
        house.set(key, value);
    }
    house.set("public_url", "https://auction.example.org");
    let inside = Inside::alone(&house, -50 * MINUTE_MS);
    for name in CAST {
        let (email, name) = (email(name), name.to_owned());
        let joining = Joining { email, name, password: Some(PASSWORD.into()), is_admin: false, terms: None };
        inside.house.open_account(joining, By::Admin).unwrap();
    }
    inside.house.choose(inside.account("Cleo"), None, Some("ko")).unwrap();
    inside.credit("Bob", 100_000);
    inside.credit("Cleo", 100_000);
    let id = inside.list(|draft| draft.closes = Some(Closes::In { seconds: 3_600 }));
    for name in ["Bob", "Cleo"] {
        inside.bid(name, id, if name == "Bob" { 1_000 } else { 2_000 });
    }
    inside.bid("Bob", id, 3_000);
    watch(&inside, "Dora", id);
    drop(inside);
    configure(&house, &(mailbox.entries() + &hook.entries()));
    house.serve();
    let mails = mailbox.wait_for(3);
    is_empty(&house);
    let body = |name: &str| {
        let mail = mails.iter().find(|mail| mail["to"] == json!([email(name)])).unwrap();
        assert!(mail["headers"]["subject"].as_str().unwrap().ends_with(&format!(" {id}")), "{mail}");
        mail["body"].as_str().unwrap().to_owned()
    };
    for (name, lines) in [
        ("Bob", ["“Brass lamp” ends soon.", "You are the highest bidder, at ₩3,000."]),
        (
            "Dora",
            ["“Brass lamp” ends soon.", "The price is now ₩3,000. The next bid must be at least ₩3,100."],
        ),
    ] {
        let said = body(name);
        for line in lines {
            assert!(said.lines().any(|at| at == line), "{line:?} is not in {said}");
        }
        assert!(said.contains(&format!("https://auction.example.org/listings/{id}")), "{said}");
    }
    assert!(body("Cleo").contains("“Brass lamp” 경매가 곧 마감됩니다."), "{}", body("Cleo"));
    let notices = hook.wait_for_kind("ending");
    let of_bob = notices.iter().find(|notice| notice["account"]["name"] == "Bob").unwrap();
    assert_eq!((&of_bob["listing"]["leads"], &of_bob["sale"]), (&json!(true), &Value::Null));
    assert!(!house.log().contains(HUSH));

    // What waits to be sent when it has ended is not sent any more.
    let urn = house.run(&[
        "listing",
        "add",
        "--seller",
        "ann@example.org",
        "--title",
        "Urn",
        "--opening",
        "1000",
        "--closes-in",
        "1h",
    ]);
    let urn: i64 = urn.done().stdout.split_whitespace().next().unwrap().parse().unwrap();
    house.set("mail_window_s", "3600");
    house.run(&["listing", "cancel", &urn.to_string(), "--why", "it broke"]).done();
    let waits = "insert into notice (way, account_id, about, kind, at) select 'mail', id, ?1, 'ending', 0 from account where name = 'Dora'";
    house.connection().execute(waits, [urn]).unwrap();
    house.set("mail_window_s", "0");
    is_empty(&house);
    let of_urn = |mail: &Value| mail["body"].as_str().unwrap().contains("“Urn” ends soon");
    assert!(!mailbox.mails().iter().any(of_urn));
    house.audit();
}
