//! What a terminal is shown: names and texts, which may come from a backup that a stranger made, never command it.

use crate::harness::{House, Inside, Ran};

/// Clears the screen, sets the title, turns letters around; in C0, in C1, and in Unicode.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\r\u{8}\u{202e}";
const SQL: &str = "char(27,91,50,74,27,93,48,59,120,7,155,51,49,109,127,13,8,8238)";

#[track_caller]
fn is_plain(what: &str, text: &str) {
    let raw = text.chars().find(|&c| (c.is_control() && !"\n\t".contains(c)) || c == '\u{202e}');
    assert_eq!(raw, None, "{what}: {text:?}");
}

/// A house in which every text is hostile, as only another program can have written it.
fn hostile() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::alone(&house, -600_000);
    inside.credit("Bob", 100_000);
    let id = inside.list(|draft| draft.description = "brass".into());
    inside.bid("Bob", id, 1_000);
    inside.list(|draft| draft.closes = Some(auction::rules::listing::Closes::In { seconds: 90_000 }));
    drop(inside);
    let conn = house.connection();
    conn.execute_batch(&format!(
        "drop trigger bid_is_kept; drop trigger transfer_is_kept;
         update bid set message = {SQL}; update account set name = {SQL} || name; update account set why = {SQL};
         update listing set title = {SQL} || title, description = {SQL}; update transfer set why = {SQL};
         update house set value = {SQL} where key = 'name';
         insert or replace into house (key, value) values ('name', {SQL});"
    ))
    .unwrap_or_else(|error| panic!("{error}"));
    let name: String =
        conn.query_row("select value from house where key = 'name'", [], |row| row.get(0)).unwrap();
    assert_eq!(name, HOSTILE);
    house
}

#[test]
fn no_command_prints_what_a_terminal_obeys() {
    let house = hostile();
    let mut shown = String::new();
    for args in [
        &["listing", "list"][..],
        &["listing", "show", "1"],
        &["account", "list"],
        &["account", "show", "ann@example.org"],
        &["account", "mails", "ann@example.org"],
        &["house", "show"],
        &["doctor"],
        &["doctor", "--report"],
        &["replay", "1"],
        &["settle", "1"],
        &["audit"],
        &["scheduler", "list"],
        &["notify", "list"],
        &["listing", "cancel", "2", "--why", HOSTILE],
        &["account", "show", HOSTILE],
        &["house", "set", HOSTILE, HOSTILE],
    ] {
        let Ran { stdout, stderr, status } = house.run(args);
        is_plain(&format!("{args:?} {status}"), &stdout);
        is_plain(&format!("{args:?} {status}"), &stderr);
        shown.push_str(&stdout);
    }
    assert!(shown.contains("\\u{1b}[2J") && shown.contains("\\u{202e}"), "it is shown, not hidden: {shown}");
    // Data for programs are as they are.
    let accounts = house.told(&["account", "list"]);
    assert!(accounts[0]["name"].as_str().unwrap().starts_with(HOSTILE), "{accounts}");
    let csv = house.run(&["export", "listings"]).done().stdout;
    assert!(csv.contains(HOSTILE), "{csv:?}");
    if std::path::Path::new("/usr/bin/script").exists() {
        let screen = house.at_terminal("export listings", &[]);
        is_plain("export at a terminal", &screen.replace("\r\n", "\n"));
        assert!(screen.contains("\\u{1b}[2J"), "{screen:?}");
    }
}
