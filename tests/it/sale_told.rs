//! What people are told of a sale, once each: that it has opened, to who watches one of its lots; and of their bill when its
//! last lot has been settled, by whoever settles it. And who waits for approval, to admins.

use crate::harness::{House, Inside, email};
use crate::post::{AT_ONCE, Hook, Mailbox, configure, house_with, is_empty};
use auction::house::notices::telling::no_rest;
use auction::rules::listing::ListingId;
use auction::rules::notice::Channel;
use auction::store::clock::Clock;
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;

/// So many minutes from now.
fn at<T>(house: &House, minute: i64, act: impl FnOnce(&Inside) -> T) -> T {
    act(&Inside::of(house, minute * MINUTE_MS))
}

/// A house with a webhook that nobody serves, and a published sale of two lots of Ann's, which opens in 30 minutes and
/// closes in two hours; the listings.
fn evening() -> (House, Vec<i64>) {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo", "Dora"] {
        house.add(name);
    }
    let from_now = |minutes: i64| Clock::default().now().plus_s(minutes * 60).to_string();
    let ids = publish(&house, Some(&from_now(30)), &from_now(120));
    at(&house, 0, |inside| {
        inside.house.keep_channels(&[Channel::Webhook]).unwrap();
        for name in ["Bob", "Cleo"] {
            inside.credit(name, 100_000);
        }
        for (name, id) in [("Bob", ids[0]), ("Dora", ids[0]), ("Dora", ids[1])] {
            inside.house.watch(inside.account(name), ListingId(id), true).unwrap();
        }
    });
    (house, ids)
}

/// Publishes the sale `spring` of two lamps.
fn publish(house: &House, opens_at: Option<&str>, closes_at: &str) -> Vec<i64> {
    let mut add = vec!["sale", "add", "spring", "--name", "Spring night", "--closes-at", closes_at];
    add.extend(["--pickup", "Saturday at the harbour, see evil.example"]);
    opens_at.iter().for_each(|at| add.extend(["--opens-at", at]));
    house.run(&add).done();
    for lot in ["A1", "A2"] {
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        house.run(&[&add[..], &["--sale", "spring", "--lot", lot]].concat()).done();
    }
    house.run(&["sale", "publish", "spring"]).done();
    let first = house.number("select min(listing_id) from lot");
    vec![first, first + 1]
}

/// Who has a notice of this kind, in the order of the cast; they have none afterwards.
fn told(house: &House, kind: &str) -> Vec<String> {
    let conn = house.connection();
    let names =
        "select a.name from notice n join account a on a.id = n.account_id where n.kind = ?1 order by a.id";
    let mut names = conn.prepare(names).unwrap();
    let names: Vec<String> = names.query_map([kind], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    conn.execute("delete from notice where kind = ?1", [kind]).unwrap();
    names
}

fn tell(house: &House, minute: i64) {
    at(house, minute, |inside| inside.house.tell_of_sales(&no_rest).unwrap());
}

#[test]
fn who_watches_a_lot_is_told_once_that_its_sale_opens() {
    let (house, _) = evening();
    tell(&house, 29);
    assert_eq!(told(&house, "opens"), [""; 0]);
    tell(&house, 31);
    assert_eq!(told(&house, "opens"), ["Bob", "Dora"]);
    tell(&house, 32);
    assert_eq!(told(&house, "opens"), [""; 0]);
    house.audit();
}

#[test]
fn a_sale_that_is_paused_when_it_would_open_tells_when_it_is_resumed() {
    let (house, _) = evening();
    at(&house, 5, |inside| {
        inside.house.postpone_sale("spring", 600, None, "cli", "the bus is late").unwrap()
    });
    at(&house, 10, |inside| inside.house.pause_sale("spring", "cli", "no light").unwrap());
    tell(&house, 31);
    assert_eq!(told(&house, "opens"), [""; 0]);
    at(&house, 40, |inside| inside.house.resume_sale("spring", "cli").unwrap());
    tell(&house, 41);
    assert_eq!(told(&house, "opens"), ["Bob", "Dora"]);
}

#[test]
fn nobody_is_told_of_the_opening_of_a_sale_that_is_over_or_of_one_that_nobody_could_be_told_of() {
    let (house, _) = evening();
    at(&house, 10, |inside| inside.house.cancel_sale("spring", "no hall").unwrap());
    tell(&house, 31);
    assert_eq!((told(&house, "opens"), told(&house, "bill")), (vec![], vec![]));
    assert_eq!(house.number("select count(*) from sale_told where told_through is not null"), 0);

    let (house, _) = evening();
    at(&house, 10, |inside| inside.house.keep_channels(&[]).unwrap());
    tell(&house, 31);
    at(&house, 32, |inside| inside.house.keep_channels(&[Channel::Webhook]).unwrap());
    tell(&house, 33);
    assert_eq!(told(&house, "opens"), [""; 0]);
}

#[test]
fn whoever_bought_is_told_of_their_bill_once_when_the_last_lot_is_settled() {
    let (house, ids) = evening();
    at(&house, 40, |inside| {
        inside.bid("Bob", ids[0], 1_000);
        inside.bid("Cleo", ids[1], 1_000);
    });
    at(&house, 120, |inside| inside.house.settle_overdue().unwrap());
    tell(&house, 120);
    let n_open = house.number("select count(*) from standing where state = 'open'");
    assert_eq!(told(&house, "bill").len(), if n_open == 0 { 2 } else { 0 });
    at(&house, 130, |inside| inside.house.settle_overdue().unwrap());
    tell(&house, 131);
    let again = told(&house, "bill");
    assert!(n_open == 0 || again == ["Bob", "Cleo"], "{again:?}");
    tell(&house, 132);
    assert_eq!(told(&house, "bill"), [""; 0]);
    house.audit();
}

/// Cron's line settles the last lot; the mail goes with the next sweep at the latest.
#[test]
fn bills_are_mailed_while_no_server_runs_and_in_the_person_s_language() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let settings =
        [&AT_ONCE[..], &[("public_url", "https://auction.example.org"), ("premium_bps", "1000")]].concat();
    let (mut house, _, bob, cleo) = house_with(&(mailbox.entries() + &hook.entries()), &settings);
    house.run(&["account", "mails", &email("Bob"), "--kinds", "bill"]).done();
    house.run(&["account", "mails", &email("Cleo"), "--kinds", "bill", "--language", "ko"]).done();
    house.run(&["account", "mails", &email("Ann"), "--kinds", "none"]).done();
    let ids = publish(&house, None, &Clock::default().now().plus_s(20).to_string());
    house.bid(&bob, ids[0], 1_000).done(201);
    house.bid(&cleo, ids[1], 2_000).done(201);
    house.kill();
    let settle: Vec<String> = ids.iter().map(i64::to_string).collect();
    house.run(&["settle", &settle[0], &settle[1]]).done();
    let mails = mailbox.wait_for(2);
    is_empty(&house);
    assert_eq!(mailbox.mails().len(), 2, "{mails:?}");
    let body = |name: &str| {
        let mail = mails.iter().find(|mail| mail["to"] == json!([email(name)])).unwrap();
        (mail["headers"]["subject"].as_str().unwrap().to_owned(), mail["body"].as_str().unwrap().to_owned())
    };
    let (subject, said) = body("Bob");
    assert_eq!(subject, "Your bill: sale spring");
    for line in [
        "“Spring night” is over. You bought 1 lot.",
        "₩1,100 is paid.",
        "Pickup: Saturday at the harbour, see evil. example",
        "https://auction.example.org/account/bills/spring",
    ] {
        assert!(said.lines().any(|at| at == line), "{line:?} is not in {said}");
    }
    let (_, korean) = body("Cleo");
    assert!(korean.contains("낙찰받은 물품: 1점") && korean.contains("2,200원 결제 완료"), "{korean}");
    let notices = hook.wait_for_kind("bill");
    let of_bob =
        notices.iter().find(|notice| notice["kind"] == "bill" && notice["account"]["id"] == bob.id).unwrap();
    let sale = &of_bob["sale"];
    assert_eq!(
        (&sale["code"], &sale["bill"]["total"], &sale["bill"]["due"]),
        (&json!("spring"), &json!(1_100), &json!(0))
    );
    assert_eq!(
        (&of_bob["listing"], &of_bob["funds"], &of_bob["person"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    house.run(&["settle", "--due"]).done();
    is_empty(&house);
    assert_eq!(mailbox.mails().len(), 2, "once");
    house.audit();
}

#[test]
fn a_bill_says_what_is_due_and_is_dropped_once_it_is_reversed() {
    let mailbox = Mailbox::open(&[]);
    let (mut house, _, bob, cleo) = house_with(&mailbox.entries(), &[("mail_window_s", "3600")]);
    for name in ["Bob", "Cleo"] {
        house.run(&["account", "limit", &email(name), "100000"]).done();
        house.run(&["account", "debit", &email(name), "99500", "--why", "paid out"]).done();
        house.run(&["account", "mails", &email(name), "--kinds", "bill"]).done();
    }
    house.run(&["account", "mails", &email("Ann"), "--kinds", "none"]).done();
    house.connection().execute("delete from notice", []).unwrap();
    let ids = publish(&house, None, &Clock::default().now().plus_s(20).to_string());
    house.bid(&bob, ids[0], 1_000).done(201);
    house.bid(&cleo, ids[1], 2_000).done(201);
    house.kill();
    house.run(&["settle", &ids[0].to_string(), &ids[1].to_string()]).done();
    assert_eq!(house.number("select count(*) from notice where kind = 'bill'"), 2);
    house.run(&["reverse", &ids[1].to_string(), "--why", "it is a fake"]).done();
    configure(&house, &mailbox.entries());
    house.set("mail_window_s", "0");
    house.run(&["settle", "--due"]).done();
    let mails = mailbox.wait_for(1);
    is_empty(&house);
    assert_eq!(mailbox.mails().len(), 1, "{mails:?}");
    assert_eq!(mails[0]["to"], json!([email("Bob")]));
    let body = mails[0]["body"].as_str().unwrap();
    assert!(body.contains("Amount due: ₩500 of ₩1,000"), "{body}");
    house.audit();
}

#[test]
fn an_admin_is_mailed_who_waits_and_how_to_approve_them_unless_that_is_done() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &[("mail_window_s", "3600")]);
    let (ann, bob) = ("ann@example.org", "bob@example.org");
    let conn = house.connection();
    conn.execute("update account set is_admin = 1 where email = ?1", [ann]).unwrap();
    conn.execute("update account set state = 'pending' where email = ?1", [bob]).unwrap();
    conn.execute("delete from notice", []).unwrap();
    let waits =
        "insert into notice (way, account_id, about, kind, at) select 'mail', a.id, b.id, 'pending', 0
                 from account a, account b where a.email = ?1 and b.name in ('Bob', 'Cleo')";
    conn.execute(waits, [ann]).unwrap();
    house.set("mail_window_s", "0");
    is_empty(&house);
    let mails = mailbox.wait_for(1);
    assert_eq!(mails[0]["headers"]["subject"], "Somebody is waiting for approval", "Cleo waits no more");
    let body = mails[0]["body"].as_str().unwrap();
    let id = house.number("select id from account where name = 'Bob'");
    assert!(
        body.contains("Bob (bob@ example. org) has asked to join and is waiting for approval."),
        "{body}"
    );
    assert!(body.lines().any(|line| line == format!("To approve: auction account approve {id}")), "{body}");
    assert!(!body.contains("Cleo"), "{body}");
}

#[test]
fn each_kind_is_offered_to_whom_it_concerns_and_pushes_where_a_browser_takes_them() {
    let (house, ann, bob, _) = House::open();
    let page = |person| house.get("/account?tab=settings").in_browser(person).send().text();
    assert!(!page(&bob).contains("/account/mail"), "no choice of mails where the house sends none");
    house.connection().execute("insert into way (name) values ('mail')", []).unwrap();
    assert!(page(&bob).contains("name=\"ending\"") && !page(&bob).contains("name=\"pending\""));
    assert!(!page(&bob).contains("name=\"push_"));
    house.connection().execute("update account set is_admin = 1 where name = 'Ann'", []).unwrap();
    let ann = crate::harness::Person { token: house.log_in("Ann").token, ..ann };
    assert!(page(&ann).contains("name=\"pending\" value=\"on\" checked>"), "{}", page(&ann));
    let choose = |fields: &[(&str, &str)]| {
        assert_eq!(house.post("/account/mail").in_browser(&bob).form(fields).send().status, 303);
        house.told(&["account", "mails", &email("Bob")])
    };
    assert_eq!(choose(&[("bill", "on"), ("language", "en")]), json!({"mail": ["bill"], "language": "en"}));
    let subscribe = "insert into push_subscription (account_id, endpoint, p256dh, auth, made_at)
                     values (?1, 'https://push.example/1', zeroblob(65), zeroblob(16), 0)";
    house.connection().execute(subscribe, [bob.id]).unwrap();
    // A page from before it does not say what is pushed.
    let shown = choose(&[("bill", "on"), ("language", "en")]);
    assert_eq!(shown["push"].as_array().unwrap().len(), 10, "all but what is for admins: {shown}");
    assert!(page(&bob).contains("name=\"push_ending\" value=\"on\" checked>"));
    let fields = [("won", "on"), ("shows_push", "on"), ("push_ending", "on"), ("language", "en")];
    assert_eq!(choose(&fields), json!({"mail": ["won"], "language": "en", "push": ["ending"]}));
    let kept =
        house.number("select (mail_kinds & 1024) + (push_kinds & 1024) from account where name = 'Bob'");
    assert_eq!(kept, 2_048, "should he become an admin");
}
