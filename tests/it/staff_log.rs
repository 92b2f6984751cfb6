//! The log: each command and each action at the desk that changes people, money, settings, listings or sales leaves a
//! line, in its own transaction; what is refused leaves none, and nobody changes a line.

use crate::harness::{House, PASSWORD, email, int};
use crate::large_pictures::png;
use crate::sale_api::{add_lot, draft, in_s, publish};
use crate::tablet::{Tablet, buy, listing_of, sale_of};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Commands that change nothing of the house's people, money, settings, listings or sales.
const READS: &[&str] = &[
    "account-list",
    "account-show",
    "account-statement",
    "account-token-list",
    "audit",
    "backup",
    "bidder-list",
    "bill-list",
    "bill-show",
    "completions",
    "desk-list",
    "desk-report",
    "export",
    "house-check",
    "house-show",
    // Where the house lives, and not what is in it.
    "journal-start",
    "journal-status",
    "journal-stop",
    "listing-list",
    "listing-show",
    "log",
    "man",
    // Deliveries, and the entries of the operating system's scheduler, are the house's own work.
    "notify-list",
    "notify-retry",
    "notify-test",
    "replay",
    "report",
    "sale-list",
    "sale-report",
    "sale-show",
    "scheduler-check",
    "scheduler-clear",
    "scheduler-list",
    "scheduler-sync",
    // Settlements stand in the chains; a server does what people ask of it.
    "serve",
    "settle",
    "verify",
];

/// The lines of the log, the oldest first.
fn log(house: &House, more: &[&str]) -> Vec<Value> {
    house.told(&[&["log"], more].concat()).as_array().unwrap().clone()
}

fn whats(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["what"].as_str().unwrap()).collect()
}

/// What these commands of the first word leave behind, each run by its words.
struct Logged<'h> {
    house: &'h House,
    /// The commands that were run, as the man pages call them.
    run: BTreeSet<String>,
}

impl Logged<'_> {
    /// Runs a command, which leaves exactly these lines.
    #[track_caller]
    fn leaves(&mut self, command: &str, args: &[&str], expected: &[&str]) -> Vec<Value> {
        let before = log(self.house, &[]).len();
        let n_words = if command.starts_with("account-token-") { 3 } else { 2 };
        let words: Vec<&str> = command.splitn(n_words, '-').collect();
        self.house.run_with(&[&words, args].concat(), "correct horse\n").done();
        let lines = log(self.house, &[]).split_off(before);
        assert_eq!(whats(&lines), expected, "{command} {args:?}");
        for line in &lines {
            assert!(line["who"].as_str().unwrap().starts_with("user:"), "{line}");
        }
        self.run.insert(command.to_owned());
        lines
    }
}

#[test]
fn every_command_that_changes_something_leaves_its_line() {
    let (house, ..) = House::with(&[("sign_up", "approval")]);
    let mut logged = Logged { house: &house, run: BTreeSet::new() };
    let dora = email("Dora");
    logged.leaves("account-add", &["--email", &dora, "--name", "Dora", "--password-stdin"], &["account.add"]);
    let credit = logged.leaves("account-credit", &[&dora, "5000", "--why", "deposit"], &["account.credit"]);
    assert_eq!((&credit[0]["email"], &credit[0]["why"]), (&json!(dora), &json!("deposit")));
    assert_eq!(credit[0]["detail"], json!({"amount": 5_000}));
    let card = ["account-credit", &dora, "700", "--method", "card", "--why", "fair"];
    logged.leaves(card[0], &card[1..], &["payment.take"]);
    logged.leaves("account-debit", &[&dora, "100", "--why", "refund"], &["account.debit"]);
    logged.leaves("account-limit", &[&dora, "900"], &["account.limit"]);
    let all = ["account.limit"; 4];
    logged.leaves("account-limit", &["--all", "950"], &all);
    let edits = [
        "Dora",
        "--name",
        "Dora Lee",
        "--email",
        &dora.replace("dora", "d.lee"),
        "--language",
        "ko",
        "--admin",
    ];
    let edited = ["account.rename", "account.email", "account.language", "account.admin"];
    logged.leaves("account-edit", &edits, &edited);
    logged.leaves("account-edit", &["Dora Lee", "--name", "Dora", "--email", &dora], &edited[..2]);
    logged.leaves("account-password", &[&dora, "--password-stdin"], &["account.password"]);
    logged.leaves("account-suspend", &[&dora, "--why", "two unpaid lots"], &["account.suspend"]);
    logged.leaves("account-restore", &[&dora], &["account.restore"]);
    logged.leaves("account-mails", &[&dora, "--kinds", "won"], &["account.mails"]);
    let emil = json!({"email": "emil@example.org", "name": "Emil Ray", "password": PASSWORD});
    house.post("/api/v1/accounts").json(&emil).send().done(201);
    logged.leaves("account-approve", &["emil@example.org"], &["account.approve"]);
    logged.leaves("account-invite", &["gus@example.org", "--print"], &["account.invite"]);
    let club = house.home().join("club.csv");
    std::fs::write(&club, "email,name\nhal@example.org,Hal\n").unwrap();
    logged.leaves("account-import", &[club.to_str().unwrap()], &["account.import"]);
    let token = ["--name", "Stock list", "--may", "read"];
    let added = logged.leaves("account-token-add", &[&[&*dora], &token[..]].concat(), &["token.add"]);
    assert_eq!(added[0]["email"], json!(dora));
    logged.leaves("account-token-revoke", &[&dora, "Stock list"], &["token.revoke"]);
    let set = logged.leaves("house-set", &["name", "Harbour"], &["house.set"]);
    assert_eq!(set[0]["detail"], json!({"key": "name", "value": "Harbour"}));

    let lamp = ["--seller", &email("Ann"), "--title", "Lamp", "--opening", "100", "--closes-in", "1h"];
    let added = logged.leaves("listing-add", &lamp, &["listing.add"]);
    let id = added[0]["listing"].to_string();
    logged.leaves("listing-cancel", &[&id, "--why", "broken"], &["listing.cancel"]);
    assert_eq!(whats(&log(&house, &["--of", &id])), ["listing.add", "listing.cancel"]);
    let sheet = house.home().join("lots.csv");
    std::fs::write(&sheet, format!("seller,title,opening,closes_in_s\n{},Chair,100,3600\n", email("Ann")))
        .unwrap();
    logged.leaves("listing-import", &[sheet.to_str().unwrap()], &["listing.add"]);

    let closes_at = in_s(7_200).to_string();
    logged.leaves("sale-add", &["spring", "--name", "Spring", "--closes-at", &closes_at], &["sale.add"]);
    logged.leaves("sale-set", &["spring", "name", "Spring night"], &["sale.set"]);
    std::fs::write(
        &sheet,
        format!("lot,seller,title,opening\nA1,{0},Jug,100\nA2,{0},Cup,100\n", email("Ann")),
    )
    .unwrap();
    logged.leaves("sale-import", &["spring", sheet.to_str().unwrap()], &["sale.import"]);
    let lot = ["add", "--sale", "spring", "--lot", "A3", "--seller", &email("Ann"), "--title", "Bowl"];
    house.run(&[&["listing"], &lot[..], &["--opening", "100"]].concat()).done();
    logged.leaves("sale-copy", &["spring", "summer", "--closes-at", &closes_at], &["sale.copy"]);
    let published = logged.leaves(
        "sale-publish",
        &["spring"],
        &["listing.add", "listing.add", "listing.add", "sale.publish"],
    );
    assert_eq!(published[3]["detail"], json!({"n_lots": 3}));
    logged.leaves("sale-postpone", &["spring", "--by", "10m", "--why", "rain"], &["sale.postpone"]);
    logged.leaves("sale-pause", &["spring", "--why", "dinner"], &["sale.pause"]);
    logged.leaves("sale-resume", &["spring"], &["sale.resume"]);

    let guest = ["spring", "--name", "Emil", "--number", "5"];
    logged.leaves("bidder-add", &guest, &["bidder.add"]);
    logged.leaves("bidder-pin", &["spring", "5"], &["bidder.pin"]);
    std::fs::write(&sheet, "name,number\nFritz,9\n").unwrap();
    logged.leaves("bidder-import", &["spring", sheet.to_str().unwrap()], &["bidder.add"]);
    logged.leaves("desk-open", &["Till 1", "--sale", "spring", "--may", "checkout"], &["desk.open"]);
    logged.leaves("desk-shut", &["Till 1"], &["desk.shut"]);

    let bob = house.log_in("Bob");
    house.credit("Bob", 100_000);
    sale_of(&house, "fair", 1);
    buy(&house, &bob, "fair", "A1");
    let sold = listing_of(&house, "fair", "A1").to_string();
    logged.leaves("bill-hand-over", &[&sold], &["listing.hand_over"]);
    let payment = house.number("select max(id) from transfer where method is not null").to_string();
    logged.leaves("bill-void", &[&payment, "--why", "typed twice"], &["payment.void"]);
    let settlement = house.number("select max(id) from settlement").to_string();
    logged.leaves("reverse", &[&settlement, "--why", "broken"], &["settlement.reverse"]);
    logged.leaves("sale-cancel", &["spring", "--why", "rain"], &["sale.cancel"]);
    logged.leaves("doctor", &["--accept-clock"], &["doctor.accept_clock"]);
    assert_eq!(whats(&log(&house, &["--of", "summer"])), ["sale.copy"]);
    assert!(house.run(&["log", "--of", "nowhere"]).status == 1);

    let text = house.home().join("text.md");
    std::fs::write(&text, "Pay within a week.\n").unwrap();
    logged.leaves("house-terms", &[text.to_str().unwrap()], &["house.terms"]);
    logged.leaves("house-page", &["about", text.to_str().unwrap()], &["house.page"]);
    let logo = house.home().join("logo.png");
    std::fs::write(&logo, png(64, 64, 8, false)).unwrap();
    logged.leaves("house-logo", &[logo.to_str().unwrap()], &["house.logo"]);

    let backup = house.home().join("house.tar");
    house.run(&["backup", backup.to_str().unwrap()]).done();
    let other = House::bare();
    let restored = other.run(&["restore", backup.to_str().unwrap(), "--scheduler", "none"]);
    assert_eq!(restored.status, 0, "{restored:?}");
    assert!(whats(&log(&other, &[])).contains(&"house.restore"));
    logged.run.insert("restore".to_owned());

    // What was left out would be a command that nobody thought of.
    let pages = house.home().join("man");
    house.run(&["man", pages.to_str().unwrap()]).done();
    let pages =
        std::fs::read_dir(&pages).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = pages
        .filter_map(|page| Some(page.strip_prefix("auction-")?.strip_suffix(".1")?.to_owned()))
        .collect();
    let is_leaf = |name: &&String| !names.iter().any(|other| other.starts_with(&format!("{name}-")));
    let left: Vec<&String> = names
        .iter()
        .filter(is_leaf)
        .filter(|name| !logged.run.contains(*name) && !READS.contains(&name.as_str()))
        .collect();
    assert_eq!(left, Vec::<&String>::new());
    house.audit();
}

#[test]
fn the_desk_is_logged_by_its_pass_and_people_s_own_doings_are_not() {
    let (house, ann, bob, _) = House::open();
    draft(&house, "spring", &[]);
    add_lot(&house, "spring", "A1", "Lamp", &[]);
    publish(&house, "spring");
    let tablet = Tablet::open(&house, "Till 1", "spring", &[]);
    let before = log(&house, &[]).len();
    let number = tablet.register(json!({"name": "Emil", "limit": 90_000}));
    let bid = json!({"number": number, "lot": "A1", "amount": 2_000, "max": 7_777, "source": "paper"});
    tablet.post("bids", bid).done(201);
    let paid = tablet.pay(number, 5_000, "cash");
    tablet.void(paid).done(201);
    // A person's own listing and bid stand in the books alone.
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 5_000).done(201);
    let lines = log(&house, &[]).split_off(before);
    assert_eq!(whats(&lines), ["bidder.add", "bid.place", "payment.take", "payment.void"]);
    for line in &lines {
        assert_eq!(line["who"], "pass:Till 1", "{line}");
        assert_eq!(line["name"], "Emil", "{line}");
    }
    assert!(!lines.iter().any(|line| line.to_string().contains("7777")), "a maximum is secret");
    // Refused, and so not there; sent again, and there once.
    let refused = json!({"number": number, "lot": "A1", "amount": 1, "source": "paper"});
    assert_eq!(tablet.post("bids", refused).status, 409);
    let pay = json!({"number": number, "amount": 100, "method": "cash"});
    for _ in 0..2 {
        tablet.post_with("payments", "same-key", pay.clone()).done(201);
    }
    assert_eq!(log(&house, &[]).len(), before + 5);

    house.run(&[
        "account",
        "add",
        "--email",
        "boss@example.org",
        "--name",
        "Boss",
        "--admin",
        "--password-stdin",
    ]);
    house.connection().execute("update account set is_admin = 1 where name = 'Ann'", []).unwrap();
    house.delete(&format!("/api/v1/listings/{id}")).by(&ann).send();
    let cancelled = log(&house, &["--of", &id.to_string()]).pop().unwrap();
    assert_eq!(
        (&cancelled["what"], &cancelled["who"]),
        (&json!("listing.cancel"), &json!(format!("account:{}", ann.id)))
    );
    house.audit();
}

#[test]
fn nobody_changes_a_line_and_it_is_exported_and_names_no_secret() {
    let (house, ..) = House::open();
    house.run_with(&["account", "password", &email("Bob"), "--password-stdin"], "a new horse\n").done();
    let conn = house.connection();
    for sql in ["update log set who = 'nobody'", "delete from log"] {
        assert!(conn.execute(sql, []).unwrap_err().to_string().contains("log is never"), "{sql}");
    }
    let csv = house.run(&["export", "log"]).done().stdout;
    assert!(csv.starts_with("id,at,who,what,account,name,listing,sale,why,detail\r\n"), "{csv}");
    assert!(csv.contains(&format!("account.password,{},Bob", email("Bob"))), "{csv}");
    let stored: Vec<String> = conn
        .prepare("select who || what || coalesce(why, '') || coalesce(detail, '') from log")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for secret in ["a new horse", "correct horse", "$argon2", "@example.org", "Bob"] {
        assert!(!stored.iter().any(|line| line.contains(secret)), "{secret}");
    }
    let lines = log(&house, &["--since", "2000-01-01T00:00:00Z", "--limit", "1"]);
    assert_eq!(whats(&lines), ["account.password"], "the newest alone");
    let words = house.run(&["log"]).done().stdout;
    assert!(words.contains("account.password") && words.contains(&email("Bob")), "{words}");
    assert_eq!(int(&lines[0]["account"]), house.number("select id from account where name = 'Bob'"));
}
