//! The entries in the person's crontab, with a stand-in for the program `crontab`: a file beside it is the tab.

use crate::harness::{House, PASSWORD, put_script, until};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Lists and installs as the real one does; refuses to install while there is a file `refuses`.
pub const STAND_IN: &str = r#"#!/bin/sh
cd "$(/usr/bin/dirname "$0")"
case "$1" in
  -l) if [ -f tab ]; then /bin/cat tab; else echo "no crontab for ann" >&2; exit 1; fi ;;
  *) if [ -f refuses ]; then echo "crontab: you are not allowed" >&2; exit 1; fi
     /bin/cat > new && /bin/mv new tab ;;
esac
"#;

const FOREIGN: &str = "# my own  \n\n17 4 * * 1-5\techo \"a % b\"\t \n@daily 한국\n# END auction of a fence";

pub fn with_cron() -> House {
    let house = House::bare();
    put_script(&house.bin().join("crontab"), STAND_IN);
    house.add("Ann");
    house
}

pub fn tab_file(house: &House) -> PathBuf {
    house.bin().join("tab")
}

fn tab(house: &House) -> String {
    fs::read_to_string(tab_file(house)).unwrap_or_default()
}

pub fn add(house: &House) -> String {
    house.add_lamp("2h", &[]).done().stdout.trim().to_owned()
}

#[test]
fn a_listing_is_armed_within_three_seconds_in_a_block_as_the_contract_has_it() {
    let mut house = with_cron();
    fs::write(tab_file(&house), FOREIGN).unwrap();
    house.serve_by("cron");
    let ann = house.log_in("Ann");
    let begun = Instant::now();
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    until("the entry is armed", || (house.listing(id)["entry"] == "armed").then_some(()));
    println!("armed after {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let (tab, conn) = (tab(&house), house.connection());
    let house_id: String =
        conn.query_row("select value from house where key = 'house_id'", [], |row| row.get(0)).unwrap();
    let dir = house.dir().canonicalize().unwrap();
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_auction")).unwrap();
    let command = format!("'{}' --data-dir '{}' settle", program.display(), dir.display());
    let begin = tab.find(&format!("# BEGIN auction {house_id}\n")).unwrap_or_else(|| panic!("{tab}"));
    let end_line = format!("# END auction {house_id}\n");
    let end = tab.find(&end_line).unwrap() + end_line.len();
    let lines: Vec<&str> = tab[begin..end].lines().collect();
    assert_eq!(lines.len(), 5, "{tab}");
    assert_eq!(lines[1], format!("* * * * * {command} --due"));
    assert_eq!(lines[2], format!("@reboot {command} --due"));
    assert!(lines[3].ends_with(&format!(" * {command} {id}")), "{}", lines[3]);
    assert_eq!([&tab[..begin], &tab[end..]].concat(), FOREIGN, "byte for byte");
}

#[test]
fn a_refused_entry_is_tried_again_till_it_is_taken() {
    let mut house = with_cron();
    house.serve_by("cron");
    let ann = house.log_in("Ann");
    fs::write(house.bin().join("refuses"), "").unwrap();
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    until("the refusal is in the log", || house.log().contains("not allowed").then_some(()));
    assert_eq!(house.listing(id)["entry"], "pending");
    fs::remove_file(house.bin().join("refuses")).unwrap();
    is_armed_again(&house, id);
}

/// At the latest 8 s after the refusal, and what a busy machine takes for it: a minute is what it would take untried.
fn is_armed_again(house: &House, id: i64) {
    let began = Instant::now();
    while house.listing(id)["entry"] != "armed" {
        assert!(began.elapsed() < Duration::from_secs(40), "it is not tried again: {}", house.log());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn the_entries_are_listed_put_right_checked_and_cleared() {
    let house = with_cron();
    fs::write(tab_file(&house), FOREIGN).unwrap();
    house.set("scheduler", "cron");
    let id = add(&house);
    let wanted = tab(&house);
    assert!(wanted.contains(&format!("settle {id}\n")), "{wanted}");
    let listed = house.told(&["scheduler", "list"]);
    assert_eq!(
        (&listed["scheduler"], &listed["sweep"], &listed["reboot"]),
        (&json!("cron"), &json!(true), &json!(true))
    );
    assert_eq!(listed["entries"][0]["held"], listed["entries"][0]["wanted"]);
    fs::write(tab_file(&house), FOREIGN).unwrap();
    assert_eq!(house.told(&["scheduler", "list"])["entries"][0]["held"], json!(null));
    assert_eq!(house.run(&["scheduler", "check"]).status, 1);
    house.run(&["scheduler", "sync"]).done();
    assert_eq!(tab(&house), wanted);
    house.run(&["listing", "cancel", &id, "--why", "lost"]).done();
    assert_eq!(house.number("select count(*) from entry"), 0, "what has ended needs no entry");
    house.run(&["settle", "--due"]).done();
    house.run(&["scheduler", "clear"]).done();
    assert_eq!(tab(&house), FOREIGN);
}

#[test]
fn a_tab_of_many_megabytes_is_read_kept_and_cleared() {
    let house = with_cron();
    let person = format!(
        "{FOREIGN}\n{}",
        "# a line of a hundred bytes in a tab that nobody tidies, and which \
         still is read to its very last line\n"
            .repeat(50_000)
    );
    assert!(person.len() > 4 << 20);
    fs::write(tab_file(&house), &person).unwrap();
    house.set("scheduler", "cron");
    let id = add(&house);
    assert!(tab(&house).contains(&format!("settle {id}\n")) && tab(&house).ends_with(&person));
    assert!(house.told(&["scheduler", "list"])["entries"][0]["held"].is_string());
    house.run(&["scheduler", "clear"]).done();
    assert_eq!(tab(&house), person);
}

#[test]
fn the_entry_of_a_listing_that_an_outage_prolongs_is_put_right() {
    let mut house = with_cron();
    house.set("outage", "extend");
    house.set("outage_s", "7200");
    house.serve_by("cron");
    let ann = house.log_in("Ann");
    let id = house.list(&ann, json!({"closes_in_s": 3_600}));
    until("the entry is armed", || (house.listing(id)["entry"] == "armed").then_some(()));
    let before = house.told(&["scheduler", "list"])["entries"][0].clone();
    house.kill();
    house.serve_by("cron");
    assert_eq!(house.listing(id)["extended"], true);
    let after = until("the entry stands where it should", || {
        let entry = house.told(&["scheduler", "list"])["entries"][0].clone();
        (entry["held"] == entry["wanted"]).then_some(entry)
    });
    assert_ne!(after["held"], before["held"]);
    assert_eq!(after["closes_at"], house.listing(id)["closes_at"]);
}

#[test]
fn without_a_crontab_auto_is_none_and_an_admin_s_page_says_so() {
    let mut house = House::bare();
    let admin = ["account", "add", "--email", "ann@example.org", "--name", "Ann", "--admin"];
    house.run_with(&[&admin[..], &["--password-stdin"]].concat(), PASSWORD).done();
    house.serve_by("auto");
    let ann = house.log_in("Ann");
    assert_eq!(house.told(&["scheduler", "list"])["scheduler"], "none");
    let page = house.get("/").in_browser(&ann).send().text();
    assert!(page.contains("class=\"warning\""), "{page}");
    assert!(house.log().to_lowercase().contains("warn"), "{}", house.log());
    put_script(&house.bin().join("crontab"), STAND_IN);
    house.stop();
    house.serve_by("auto");
    assert_eq!(house.told(&["scheduler", "list"])["scheduler"], "cron");
    assert!(!house.get("/").in_browser(&ann).send().text().contains("class=\"warning\""));
}

/// By a command, which does not wait for it; the server does.
#[test]
fn an_entry_that_was_refused_to_a_command_is_tried_again_by_the_server() {
    let mut house = with_cron();
    house.serve_by("cron");
    until("the block stands", || tab(&house).contains("# END auction").then_some(()));
    fs::write(house.bin().join("refuses"), "").unwrap();
    let id = add(&house).parse().unwrap();
    fs::remove_file(house.bin().join("refuses")).unwrap();
    is_armed_again(&house, id);
}

#[test]
fn another_scheduler_is_taken_over_and_the_one_before_holds_nothing_of_ours() {
    let mut house = with_cron();
    fs::write(tab_file(&house), FOREIGN).unwrap();
    house.serve_by("cron");
    let ann = house.log_in("Ann");
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    until("the entry is armed", || (house.listing(id)["entry"] == "armed").then_some(()));
    // Her own listing concerns a seller.
    let page = format!("/listings/{id}");
    let warned = || house.get(&page).in_browser(&ann).send().text().contains("class=\"warning\"");
    assert!(!warned());
    // Under a running server, and back.
    house.set("scheduler", "none");
    assert_eq!(tab(&house), FOREIGN);
    assert_eq!(house.told(&["scheduler", "list"])["scheduler"], "none");
    until("the pages say so", || warned().then_some(()));
    house.set("scheduler", "cron");
    assert!(tab(&house).contains(&format!("settle {id}\n")), "{}", tab(&house));
    until("the pages say no more", || (!warned()).then_some(()));
    let next = house.list(&ann, json!({"closes_in_s": 7_200}));
    until("the server uses it again", || (house.listing(next)["entry"] == "armed").then_some(()));
    // By a server that starts.
    house.stop();
    house.serve_by("none");
    assert_eq!(tab(&house), FOREIGN);
}

#[test]
fn clear_takes_away_what_stands_in_a_scheduler_that_is_not_used() {
    let house = with_cron();
    house.set("scheduler", "cron");
    add(&house);
    let held = tab(&house);
    house.set("scheduler", "none");
    fs::write(tab_file(&house), &held).unwrap();
    house.run(&["scheduler", "clear"]).done();
    assert!(!tab(&house).contains("auction"), "{}", tab(&house));
    let words = house.run(&["scheduler", "list"]).done().stdout;
    assert!(words.starts_with("no scheduler keeps the deadlines"), "{words}");
}
