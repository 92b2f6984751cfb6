//! The README and the manual, taken at their word: the commands of the first auction and of the restore drill are run as
//! they stand there, settings, commands and exit statuses are all named, and every link leads somewhere.

use crate::harness::{House, PASSWORD, Ran, int, run, until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const README: &str = "README.md";

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(file: &str) -> String {
    fs::read_to_string(top().join(file)).unwrap()
}

/// The text of a section of a file, up to the next of its level.
fn section(file: &str, title: &str) -> String {
    let text = text_of(file);
    let (_, after) =
        text.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("{file}: no section {title}"));
    after.split("\n## ").next().unwrap().to_owned()
}

/// The commands of a section's blocks, without their comments.
fn commands(file: &str, title: &str) -> Vec<String> {
    let section = section(file, title);
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap().trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// Runs a command as a shell does, where `auction` is this program.
fn type_in(house: &House, line: &str) -> Ran {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).env_clear().envs([("HOME", house.home()), ("PATH", house.bin())]);
    run(shell.env("AUCTION_DATA_DIR", house.dir()).current_dir(house.home()), &format!("{PASSWORD}\n"))
}

fn with_program() -> House {
    let house = House::bare();
    symlink(env!("CARGO_BIN_EXE_auction"), house.bin().join("auction")).unwrap();
    for name in ["date", "rm"] {
        symlink(Path::new("/bin").join(name), house.bin().join(name)).unwrap();
    }
    house
}

#[test]
fn the_first_auction_goes_as_the_readme_says() {
    let mut house = with_program();
    let lines = commands(README, "The first real auction");
    let (build, lines) = lines.split_first().unwrap();
    assert!(build.starts_with("cargo build --release"), "{build}");
    let (serve, lines) = lines.split_first().unwrap();
    assert_eq!(serve, "auction serve --listen 0.0.0.0:8080 &");
    house.serve();
    let until_listed = lines.iter().position(|line| line.starts_with("auction listing add")).unwrap() + 1;
    let mut said = String::new();
    for line in &lines[..until_listed] {
        // A password is asked for at a terminal; nobody waits for two minutes here.
        let line = line
            .replace("account add", "account add --password-stdin")
            .replace("--closes-in 2m", "--closes-in 6s");
        said = type_in(&house, &line).done().stdout;
    }
    assert_eq!(said.trim(), "1", "the id of the lamp");
    let bob = house.log_in("Bob");
    house.bid(&bob, 1, 1_000).done(201);
    assert_eq!(house.funds(&bob), (50_000, 1_100, 48_900), "with the premium");
    house.settlement(1);
    let [show, statement, doctor, audit] = &lines[until_listed..] else { panic!("{lines:?}") };
    let shown = type_in(&house, show).done().stdout;
    assert!(shown.contains("sold") && shown.contains("Bob"), "{shown}");
    let told = type_in(&house, statement).done().stdout;
    assert!(told.contains("48,900") || told.contains("48900") || told.contains("489.00"), "{told}");
    let ran = type_in(&house, doctor);
    assert!(ran.stdout.contains("ledger"), "{ran:?}");
    type_in(&house, audit).done();
    assert_eq!(int(&house.told(&["account", "show", "bob@example.org"])["balance"]), 48_900);
}

#[test]
fn the_restore_drill_goes_as_the_readme_says() {
    let mut house = with_program();
    house.add("Ann");
    house.serve();
    let ann = house.log_in("Ann");
    house.list(&ann, serde_json::json!({}));
    let drill = house.home().join("drill");
    let mut n_run = 0;
    let mut serves = None;
    for line in commands("packaging/manual/backup.md", "Backup and restore") {
        let line = line
            .replace("/mnt/disk", house.home().to_str().unwrap())
            .replace("/tmp/drill", drill.to_str().unwrap());
        let line = line.replace("2026-11-23", "$(date +%F)").replace(":8081", ":0");
        n_run += 1;
        if line.contains(" serve ") {
            let mut shell = Command::new("/bin/sh");
            shell
                .args(["-c", &format!("exec {line}")])
                .env_clear()
                .env("PATH", house.bin())
                .env("HOME", house.home());
            let mut server = shell
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            let beats = || {
                let conn = rusqlite::Connection::open(drill.join("auction.db")).ok()?;
                conn.query_row("select at from heartbeat where of = 'server'", [], |row| row.get::<_, i64>(0))
                    .ok()
            };
            let before = beats();
            until("the copy is served", || (beats() != before).then_some(()));
            assert!(
                Command::new("/bin/kill")
                    .args(["-INT", &server.id().to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
            assert!(server.wait().unwrap().success());
            serves = Some(());
            continue;
        }
        let ran = type_in(&house, &line).done();
        assert!(!line.contains(" audit") || ran.stdout.contains("all agrees"), "{ran:?}");
    }
    assert_eq!((n_run, serves), (5, Some(())));
    assert!(!drill.exists(), "the drill leaves nothing");
}

/// `AUCTION_…` and long options in a text.
fn settings(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let words = text.split(|c| !part(c));
    let is_setting =
        |word: &&str| word.starts_with("AUCTION_") || word.starts_with("--") && !word.starts_with("---");
    words.filter(is_setting).map(str::to_owned).collect()
}

/// The rows of the tables in a text, by their cells.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let cells = |line: &str| {
        let line = line.trim_matches('|').replace("\\|", "\u{0}");
        line.split('|').map(|cell| cell.replace('\u{0}', "|").trim().replace('`', "")).collect()
    };
    lines.map(cells).collect()
}

const SETTINGS: &str = "packaging/manual/settings.md";

#[test]
fn the_table_of_settings_is_whole() {
    let house = House::bare();
    let help = house.run(&["serve", "--help"]).done().stdout;
    let options = help.split_once("Options:").unwrap().1.split("Examples:").next().unwrap().to_owned();
    let mut taken = settings(&options);
    let not_settings = ["--demo", "--quiet", "--help"];
    taken.retain(|word| !not_settings.contains(&word.as_str()));
    let table = section(SETTINGS, "Settings of the program");
    let table: String = table.lines().filter(|line| line.starts_with('|')).collect();
    // No flag says where mails and the webhook go, where the journal is, nor by what the single sign-on knows the
    // house: that holds secrets.
    let of_post = ["AUCTION_SMTP_URL", "AUCTION_MAIL_FROM", "AUCTION_WEBHOOK_URL", "AUCTION_WEBHOOK_SECRET"];
    let of_sign_on = ["AUCTION_OIDC_CLIENT_ID", "AUCTION_OIDC_CLIENT_SECRET"];
    let of_journal = ["AUCTION_JOURNAL_URL"];
    taken.extend(of_post.into_iter().chain(of_sign_on).chain(of_journal).map(str::to_owned));
    assert_eq!(settings(&table), taken);
}

#[test]
fn every_setting_of_the_house_is_named_with_its_default() {
    let house = House::bare();
    house.add("Ann");
    let shown = house.told(&["house", "show"]);
    let of_house = |setting: &&Value| setting["source"] == "default";
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let known: Vec<_> = shown.as_array().unwrap().iter().filter(of_house).collect();
    let mut known: Vec<_> = known.iter().map(|of| (text(&of["key"]), text(&of["value"]))).collect();
    // Those of mail, webhook and single sign-on are in the table of the program's.
    let of_file =
        ["smtp_url", "mail_from", "webhook_url", "webhook_secret", "oidc_client_id", "oidc_client_secret"];
    known.retain(|(key, _)| !of_file.contains(&&**key));
    let named = rows(&section(SETTINGS, "Settings of the house"));
    let named: Vec<_> = named[1..].iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(named, known);
}

#[test]
fn every_command_and_exit_status_is_named() {
    const COMMANDS: &str = "packaging/manual/commands.md";
    let help = House::bare().run(&["--help"]).done().stdout;
    let listed = help.split_once("Commands:").unwrap().1.split("Options:").next().unwrap().to_owned();
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names = listed.lines().filter(is_name).map(|line| line.split_whitespace().next().unwrap());
    let known: BTreeSet<String> =
        names.filter(|name| *name != "help").map(|name| format!("auction {name}")).collect();
    let named: BTreeSet<String> = rows(text_of(COMMANDS).split("\n## ").next().unwrap())[1..]
        .iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(named, known);
    let statuses = rows(&section(COMMANDS, "Exit status"));
    assert_eq!(statuses[1..].iter().map(|row| &*row[0]).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
}

/// The files that people read, by their path from the top.
fn texts() -> Vec<String> {
    let mut files =
        [README, "packaging/README.md", "packaging/launchd/README.md", "packaging/windows/README.md"]
            .map(str::to_owned)
            .to_vec();
    for file in fs::read_dir(top().join("packaging/manual")).unwrap() {
        files.push(format!("packaging/manual/{}", file.unwrap().file_name().to_str().unwrap()));
    }
    assert!(files.len() > 10);
    files
}

#[test]
fn the_readme_is_short_and_no_line_is_long() {
    assert!(text_of(README).lines().count() <= 120);
    for file in texts() {
        for (n, line) in text_of(&file).lines().enumerate() {
            assert!(line.chars().count() <= 120, "{file}:{}: {} columns", n + 1, line.chars().count());
        }
    }
}

/// The anchors of a file's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_and_picture_leads_somewhere() {
    let mut n_links = 0;
    for file in texts() {
        let text = text_of(&file);
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            n_links += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.starts_with("https://") {
                continue;
            }
            let here = top().join(&file);
            let to = if path.is_empty() { here } else { here.with_file_name("").join(path) };
            assert!(to.exists(), "{file}: {link}");
            let is_there = || anchors(&fs::read_to_string(&to).unwrap()).contains(anchor);
            assert!(anchor.is_empty() || is_there(), "{file}: {link}");
        }
    }
    assert!(n_links > 25, "{n_links}");
}

/// What the README, the manual and the packages' texts name of the source is there.
#[test]
fn every_file_that_is_named_is_there() {
    let folders = ["packaging/", "src/", "tests/"];
    for file in texts() {
        let text = text_of(&file);
        let words = text.split(|c: char| c.is_whitespace() || "`()[],;:\"".contains(c));
        for word in words.filter(|word| folders.iter().any(|folder| word.starts_with(folder))) {
            let path = word.trim_end_matches(['.', '\'', '?']);
            assert!(top().join(path).exists(), "{file}: {path}");
        }
    }
}
