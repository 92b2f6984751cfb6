//! How to pay and where to collect, as the house writes it: on bills, invoices and won items, and in mails.

use crate::harness::{House, Inside, Person, email, until};
use crate::post::{AT_ONCE, Mailbox, house_with};
use crate::upgrade::{fixtures, of_fixture};
use auction::notifications::letter;
use auction::rules::notice::Channel;
use auction::store::clock::Clock;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

const PAYMENT: &str = "# Payment\n\nBy transfer to *IBAN 1234*.\n\nCards at the desk.\n";
const PICKUP: &str = "Sunday 10 to 12, at the gym.\n\nBring the invoice.\n";

fn write(house: &House, page: &str, text: &str) {
    let file = house.home().join("page.md");
    std::fs::write(&file, text).unwrap();
    house.run(&["house", "page", page, file.to_str().unwrap()]).done();
}

fn write_both(house: &House) {
    write(house, "payment", PAYMENT);
    write(house, "pickup", PICKUP);
}

fn page(house: &House, person: &Person, path: &str) -> String {
    let reply = house.get(path).in_browser(person).send();
    assert_eq!(reply.status, 200, "{path}");
    reply.text()
}

#[track_caller]
fn says(text: &str, parts: &[&str], not: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    for part in not {
        assert!(!text.contains(part), "{part:?} is in\n{text}");
    }
}

/// Has Bob owe for what he wins, on credit.
fn on_credit(house: &House) {
    house.run(&["account", "limit", &email("Bob"), "100000"]).done();
    let balance = house.number("select balance from purse where id = 2").to_string();
    house.run(&["account", "debit", &email("Bob"), &balance, "--why", "paid out"]).done();
}

#[test]
fn both_pages_are_shown_and_logged_and_the_foot_of_every_page_leads_to_them() {
    let (house, ..) = House::open();
    write_both(&house);
    let shown = until("the page is there", || {
        let answer = house.get("/payment?lang=en").send();
        (answer.status == 200).then(|| answer.text())
    });
    says(
        &shown,
        &["<h1 class=\"page-title\">How to pay</h1>", "<em>IBAN 1234</em>", "Cards at the desk."],
        &[],
    );
    until("the foot leads there", || {
        house.get("/?lang=en").send().text().contains("href=\"/pickup\"").then_some(())
    });
    let home = house.get("/?lang=ko").send().text();
    says(&home, &["href=\"/payment\">결제 방법</a>", "href=\"/pickup\">수령 안내</a>"], &[]);
    let logged = house.run(&["log", "--format", "json"]).done().stdout;
    says(&logged, &["house.page", "payment", "pickup"], &["IBAN"]);
    assert_eq!(house.run(&["house", "page", "payment"]).done().stdout, PAYMENT);
    let file = house.home().join("auction.tar");
    house.run(&["backup", file.to_str().unwrap()]).done();
    let mut other = House::bare();
    other.run(&["restore", "--scheduler", "none", file.to_str().unwrap()]).done();
    assert_eq!(other.run(&["house", "page", "pickup"]).done().stdout, PICKUP);
    other.serve();
    assert_eq!(other.get("/pickup").send().status, 200);
}

#[test]
fn a_buyer_reads_how_to_pay_and_where_to_collect_on_the_item_the_bill_and_the_invoice() {
    let (house, ann, bob, _) = House::open();
    write_both(&house);
    on_credit(&house);
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    house.settlement(id);
    let invoice = format!("/account/won/{}", house.number("select id from settlement"));
    let parts =
        ["data-house-text=\"payment\"", "By transfer to IBAN 1234.", "href=\"/payment\"", "Sunday 10 to 12"];
    for path in [invoice.as_str(), "/account/bills/outside_sales", "/account?tab=pay"] {
        until("the texts are shown", || page(&house, &bob, path).contains("IBAN").then_some(()));
        says(&page(&house, &bob, path), &parts, &["Cards at the desk", "<em>"]);
    }
    let won = page(&house, &bob, &format!("/listings/{id}"));
    says(&won, &["What now?", "href=\"/payment\"", "href=\"/pickup\""], &[]);
    says(&page(&house, &ann, &format!("/listings/{id}")), &[], &["What now?"]);
    // Once it is paid, only where to collect is left to say.
    house.credit("Bob", 100_000);
    for path in [invoice.as_str(), "/account/bills/outside_sales"] {
        says(&page(&house, &bob, path), &["data-house-text=\"pickup\""], &["data-house-text=\"payment\""]);
    }
    house.audit();
}

#[test]
fn the_pickup_of_a_sale_goes_before_that_of_the_house() {
    let (house, _, bob, _) = House::open();
    write_both(&house);
    let closes_at = Clock::default().now().plus_s(3_600).to_string();
    let add = [
        "sale",
        "add",
        "spring",
        "--name",
        "Spring",
        "--pickup",
        "At the harbour",
        "--closes-at",
        &closes_at,
    ];
    house.run(&add).done();
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
    house.run(&[&add[..], &["--sale", "spring", "--lot", "A1"]].concat()).done();
    house.run(&["sale", "publish", "spring"]).done();
    house.bid(&bob, 1, 1_000).done(201);
    Inside::of(&house, 3_700_000).house.settle_overdue().unwrap();
    let invoice = format!("/account/won/{}", house.number("select id from settlement"));
    says(&page(&house, &bob, "/account/bills/spring"), &["At the harbour"], &["data-house-text=\"pickup\""]);
    says(&page(&house, &bob, &invoice), &[], &["data-house-text=\"pickup\""]);
    let won = page(&house, &bob, "/listings/1");
    let next = won.split("What now?").nth(1).unwrap().split("</p>").next().unwrap();
    says(next, &["href=\"/account/bills/spring\""], &["href=\"/pickup\""]);
}

fn won_mail(mailbox: &Mailbox) -> String {
    let mail = until("the winner is told", || {
        let mails = mailbox.mails();
        let of_bob = |mail: &&Value| {
            mail["to"] == json!([email("Bob")])
                && mail["headers"]["subject"].as_str().unwrap().contains("won")
        };
        mails.iter().find(of_bob).cloned()
    });
    mail["body"].as_str().unwrap().to_owned()
}

#[test]
fn a_winner_s_mail_leads_to_both_pages_or_says_their_first_paragraphs() {
    for (public_url, said, not) in [
        (
            Some("https://auction.example.org"),
            ["How to pay: https://auction.example.org/payment", "Pickup: https://auction.example.org/pickup"],
            "IBAN",
        ),
        (None, ["How to pay: By transfer to IBAN 1234.", "Pickup: Sunday 10 to 12, at the gym."], "Cards"),
    ] {
        let mailbox = Mailbox::open(&[]);
        let mut settings = AT_ONCE.to_vec();
        settings.extend(public_url.map(|url| ("public_url", url)));
        let (house, ann, bob, _) = house_with(&mailbox.entries(), &settings);
        write_both(&house);
        on_credit(&house);
        let id = house.list(&ann, json!({"closes_in_s": 5}));
        house.bid(&bob, id, 1_000).done(201);
        let body = won_mail(&mailbox);
        for line in said {
            assert!(body.lines().any(|at| at == line), "{line:?} is not in\n{body}");
        }
        assert!(!body.contains(not), "{body}");
    }
}

/// A page may be long, and bids wait for whoever writes.
#[test]
fn the_texts_are_put_in_short_before_the_mails_are_written() {
    let mailbox = Mailbox::open(&[]);
    let (mut house, ann, bob, _) = house_with(&mailbox.entries(), &AT_ONCE);
    write_both(&house);
    on_credit(&house);
    let id = house.list(&ann, json!({"closes_in_s": 3600}));
    house.bid(&bob, id, 1_000).done(201);
    house.stop();
    let inside = Inside::alone(&house, 3_700_000);
    inside.house.settle_overdue().unwrap();
    let (conn, n_read) = (house.connection(), Cell::new(0));
    conn.busy_timeout(Duration::from_secs(1)).unwrap();
    let in_short = |text: &str| {
        conn.execute_batch("begin immediate; rollback").expect("nobody else writes meanwhile");
        n_read.set(n_read.get() + 1);
        format!("{} characters", text.len())
    };
    let round = inside.house.begin_round(Channel::Mail).unwrap().unwrap();
    inside.house.gather(&round, Channel::Mail, in_short, letter::compose).unwrap();
    assert_eq!(n_read.get(), 2);
    let said = format!("How to pay: {} characters", PAYMENT.len());
    let told = format!("select count(*) from delivery where account_id = 2 and body like '%{said}%'");
    assert_eq!(house.number(&told), 1);
}

/// The check of the table is loosened where an older version made it.
#[test]
fn a_house_of_an_older_version_takes_both_pages() {
    for file in ["house-0.1.0.sql", "house-0.1.0-prolonged.sql"] {
        let house = of_fixture(&fixtures().join(file));
        write_both(&house);
        assert_eq!(house.run(&["house", "page", "pickup"]).done().stdout, PICKUP);
        let refused = house.connection().execute("insert into page values ('cellar', 'x', 0)", []);
        assert!(refused.unwrap_err().to_string().contains("CHECK"));
        house.audit();
    }
}
