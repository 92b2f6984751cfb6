//! `auction house check`: what a first evening still lacks, line by line, with the command that brings it.

use crate::harness::House;
use crate::post::{Mailbox, configure};
use auction::store::clock::Clock;
use serde_json::Value;

const ALL: [&str; 12] = [
    "public_url",
    "scheduler",
    "clock",
    "listings",
    "credit",
    "terms",
    "payment",
    "pickup",
    "contact",
    "mail",
    "backup",
    "admin",
];

/// The lines; exit status 1 if, and only if, something essential is missing, and each that is missing has a command.
#[track_caller]
fn needs(house: &House) -> Vec<Value> {
    let ran = house.run(&["house", "check", "--format", "json"]);
    let needs: Vec<Value> = ran.json().as_array().unwrap().clone();
    let lacks = needs.iter().any(|need| need["ok"] == false && need["essential"] == true);
    assert_eq!(ran.status, i32::from(lacks), "{ran:?}");
    for need in &needs {
        assert_eq!(need["ok"] == true, need["command"] == "", "{need}");
        assert!(need["words"].as_str().unwrap().ends_with('.'), "{need}");
    }
    needs
}

#[track_caller]
fn need(house: &House, name: &str) -> Value {
    let needs = needs(house);
    needs.iter().find(|need| need["name"] == name).unwrap_or_else(|| panic!("no {name} in {needs:?}")).clone()
}

/// It is missing, and its words and its command hold these.
#[track_caller]
fn lacks(house: &House, name: &str, words: &str, command: &str) {
    let found = need(house, name);
    assert_eq!(found["ok"], false, "{found}");
    for (field, part) in [("words", words), ("command", command)] {
        assert!(found[field].as_str().unwrap().contains(part), "no {part:?} in {found}");
    }
}

#[track_caller]
fn has(house: &House, name: &str, words: &str) {
    let found = need(house, name);
    assert_eq!(found["ok"], true, "{found}");
    assert!(found["words"].as_str().unwrap().contains(words), "no {words:?} in {found}");
}

fn write(house: &House, page: &[&str]) {
    let file = house.home().join("text.md");
    std::fs::write(&file, "As we said.").unwrap();
    house.run(&[&["house"], page, &[file.to_str().unwrap()]].concat()).done();
}

#[test]
fn a_new_house_lacks_nearly_all_and_says_so_calmly() {
    let house = House::bare();
    house.set("scheduler", "none");
    let names: Vec<Value> = needs(&house).iter().map(|need| need["name"].clone()).collect();
    assert_eq!(names, ALL);
    let essential = needs(&house).into_iter().filter(|need| need["essential"] == true);
    assert_eq!(essential.map(|need| need["name"].clone()).collect::<Vec<_>>(), ALL[..5]);
    let ran = house.run(&["house", "check"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    for line in [
        "missing public_url  The house has no public address",
        "                    auction house set public_url https://",
        "ok      clock       ",
        "advised terms       People bid without having accepted terms.",
    ] {
        assert!(ran.stdout.lines().any(|said| said.starts_with(line)), "{line:?} is not in\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("still missing: public_url, scheduler, listings, credit"), "{ran:?}");
}

#[test]
fn each_line_is_met_by_its_command() {
    let house = House::bare();
    house.set("scheduler", "none");
    lacks(&house, "scheduler", "only while the server runs", "auction house set scheduler auto");
    lacks(&house, "public_url", "no public address", "auction house set public_url https://");
    for (address, is_met) in
        [("http://127.0.0.1:8080", false), ("http://192.168.1.5:8080", true), ("https://a.example", true)]
    {
        house.set("public_url", address);
        assert_eq!(need(&house, "public_url")["ok"], is_met, "{address}");
    }
    house.set("public_url", "http://localhost");
    lacks(&house, "public_url", "phones cannot open it", "auction house set public_url https://");
    lacks(&house, "credit", "nobody may bid", "auction house set default_credit 10000");
    house.set("default_credit", "10000");
    has(&house, "credit", "Who joins can bid up to ₩10,000.");
    lacks(&house, "terms", "without having accepted", "auction house terms terms.md");
    write(&house, &["terms"]);
    has(&house, "terms", "Version 1");
    for page in ["payment", "pickup", "contact"] {
        lacks(&house, page, "told", &format!("auction house page {page} {page}.md"));
        write(&house, &["page", page]);
        has(&house, page, "");
    }
    lacks(&house, "admin", "Nobody", "auction account add --email");
    house
        .run_with(
            &["account", "add", "--email", "eve@example.org", "--name", "Eve", "--admin", "--no-password"],
            "",
        )
        .done();
    has(&house, "admin", "1 person");
}

#[test]
fn a_backup_counts_until_it_is_two_days_old() {
    let house = House::bare();
    house.add("Ann");
    lacks(&house, "backup", "no backup yet", "auction backup --replace");
    let file = house.home().join("auction.tar");
    house.run(&["backup", file.to_str().unwrap()]).done();
    has(&house, "backup", "The newest is of 20");
    house.set("zone", "Asia/Seoul");
    has(&house, "backup", " Asia/Seoul.");
    let three_days = 3 * 86_400_000;
    let older = format!("update heartbeat set at = at - {three_days} where of = 'backup'");
    house.connection().execute(&older, []).unwrap();
    lacks(&house, "backup", "The newest backup is of", "auction backup --replace");
    house.audit();
}

#[test]
fn an_item_or_a_published_sale_is_something_to_bid_on_and_funds_let_people_bid() {
    let (house, ann, ..) = House::open();
    lacks(&house, "listings", "nothing to bid on", "auction listing import items.csv");
    has(&house, "credit", "people have funds");
    let closes_at = Clock::default().now().plus_s(7_200).to_string();
    let add = ["sale", "add", "spring", "--name", "Spring", "--pickup", "Hall 2", "--closes-at", &closes_at];
    house.run(&add).done();
    lacks(&house, "listings", "spring is a draft", "auction sale publish spring");
    lacks(&house, "pickup", "not told", "auction house page pickup");
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
    house.run(&[&add[..], &["--sale", "spring", "--lot", "A1"]].concat()).done();
    house.run(&["sale", "publish", "spring"]).done();
    has(&house, "listings", "1 item to bid on");
    has(&house, "pickup", "The sale spring says where");
    house.list(&ann, serde_json::json!({}));
    has(&house, "listings", "2 items to bid on");
}

#[test]
fn mail_is_essential_only_where_addresses_are_verified_by_it() {
    let house = House::bare();
    house.add("Ann");
    lacks(&house, "mail", "No mails go out", "auction.toml");
    assert_eq!(need(&house, "mail")["essential"], false);
    house.set("verify_email", "bid");
    assert_eq!(need(&house, "mail")["essential"], true);
    let mut mailbox = Mailbox::open(&[]);
    configure(&house, &mailbox.entries());
    has(&house, "mail", "answers");
    // As a server with a way for mails has noted it: they would go, and the mail server does not take them.
    house.connection().execute("insert into way (name) values ('mail')", []).unwrap();
    mailbox.end();
    lacks(&house, "mail", "", "auction notify test EMAIL");
    assert_eq!(need(&house, "mail")["essential"], true);
}

#[test]
fn a_configuration_that_cannot_be_used_is_named_and_nothing_is_appended_to_it() {
    let house = House::bare();
    house.add("Ann");
    for (entries, words) in [
        ("", "Set smtp_url = "),
        ("mail_from = \"house@example.org\"\n", "Set smtp_url = "),
        ("smtp_url = \"smtp://127.0.0.1:1\"\n", "smtp_url needs mail_from"),
        ("mail_form = \"house@example.org\"\n", "line 1"),
    ] {
        configure(&house, entries);
        lacks(&house, "mail", words, "auction.toml'");
        let command = need(&house, "mail")["command"].as_str().unwrap().to_owned();
        assert!(command.starts_with("${EDITOR:-vi} '") && !command.contains(">>"), "{command}");
    }
}

#[test]
fn who_joined_before_there_was_credit_is_not_forgotten() {
    let house = House::bare();
    house.add("Ann");
    house.run(&["account", "edit", "Ann", "--admin"]).done();
    lacks(&house, "credit", "nobody may bid", "auction house set default_credit 10000");
    house.set("default_credit", "20000");
    has(&house, "credit", "Who joins can bid up to ₩20,000.");
    house.set("default_credit", "0");
    house.add("Bob");
    house.set("default_credit", "20000");
    lacks(&house, "credit", "1 member has no funds and no credit", "auction account limit --all 20000");
    assert_eq!(need(&house, "credit")["essential"], false);
    house.run(&["account", "limit", "--all", "20000"]).done();
    has(&house, "credit", "Who joins can bid up to ₩20,000.");
}
