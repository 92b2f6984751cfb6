//! The README, taken at its word: the commands of the first auction and of the restore drill are run as they stand there, and the
//! table of settings has all that the program takes.

use crate::harness::{House, PASSWORD, Ran, int, run, until};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

fn section(title: &str) -> String {
    let text = readme();
    let (_, after) =
        text.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    after.split("\n## ").next().unwrap().to_owned()
}

/// The commands of a section's blocks, without their comments.
fn commands(title: &str) -> Vec<String> {
    let section = section(title);
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
    let lines = commands("The first real auction");
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
    for line in commands("Backup and restore") {
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

#[test]
fn the_table_of_settings_is_whole_and_the_picture_is_there() {
    let house = House::bare();
    let help = house.run(&["serve", "--help"]).done().stdout;
    let options = help.split_once("Options:").unwrap().1.split("Examples:").next().unwrap().to_owned();
    let mut taken = settings(&options);
    let not_settings = ["--demo", "--quiet", "--help"];
    taken.retain(|word| !not_settings.contains(&word.as_str()));
    let table: String = section("Settings").lines().filter(|line| line.starts_with('|')).collect();
    // Where the post goes stands in no flag, for it holds secrets.
    let of_post = ["AUCTION_SMTP_URL", "AUCTION_MAIL_FROM", "AUCTION_WEBHOOK_URL", "AUCTION_WEBHOOK_SECRET"];
    taken.extend(of_post.map(str::to_owned));
    assert_eq!(settings(&table), taken);
    for picture in readme().split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(picture);
        assert!(picture.starts_with("http") || here.exists(), "{picture}");
    }
}
