//! The command line: options, exit statuses, JSON, and what it leaves on the disk.

use crate::harness::{House, run};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

#[test]
fn common_options_stand_before_or_after_the_command() {
    let house = House::bare();
    house.add("Ann");
    let dir = house.dir();
    let dir = dir.to_str().unwrap();
    for args in [
        ["--data-dir", dir, "--format", "json", "-q", "account", "list"],
        ["account", "--data-dir", dir, "list", "--format", "json", "-q"],
        ["account", "list", "-q", "--data-dir", dir, "--format", "json"],
    ] {
        let ran = run(house.command_anywhere().args(args), "").done();
        assert_eq!(ran.json()[0]["name"], "Ann", "{args:?}");
        assert_eq!(ran.stderr, "", "{args:?}");
    }
    let by_environment =
        run(house.command_anywhere().env("AUCTION_DATA_DIR", dir).args(["account", "list"]), "");
    assert!(by_environment.done().stdout.contains("Ann"));
    let flag_first = run(
        house.command_anywhere().env("AUCTION_DATA_DIR", "/nowhere").args([
            "--data-dir",
            dir,
            "account",
            "list",
        ]),
        "",
    );
    assert!(flag_first.done().stdout.contains("Ann"));
    let home = run(house.command_anywhere().args(["house", "set", "name", "Home"]), "").done();
    assert_eq!(home.status, 0);
    assert!(house.home().join(".local/share/auction/auction.db").exists(), "the platform's own folder");
}

#[test]
fn the_exit_status_says_how_it_ended() {
    let house = House::bare();
    assert_eq!(house.run(&["account", "list"]).status, 3, "there is no house");
    assert!(!house.dir().exists(), "and none was made");
    house.add("Ann");
    for (args, status) in [
        (&["account", "list"][..], 0),
        (&["--version"], 0),
        (&["--help"], 0),
        (&["settle", "--due"], 0),
        (&["account", "show", "nobody@example.org"], 1),
        (&["settle", "99"], 1),
        (&["listing", "show", "99"], 1),
        (&["house", "set", "colour", "red"], 1),
        (&["house", "set", "premium_bps", "10001"], 1),
        (&["verify", "no receipt"], 1),
        (&["reverse", "99", "--why", "x"], 1),
        (&["account", "add", "--email", "nobody", "--name", "N", "--no-password"], 1),
        (&["backup", "home"], 1),
        (&["export", "ledger", "--open"], 1),
        (&["restore", "/nowhere.tar"], 3),
        (&["man", "/proc/nowhere"], 3),
        (&["completions", "nosh"], 2),
        (&["account", "credit", "ann@example.org", "1.50", "--why", "x"], 2),
        (&[], 2),
        (&["sing"], 2),
        (&["settle"], 2),
        (&["settle", "x"], 2),
        (&["settle", "1", "--due"], 2),
        (&["account", "list", "--format", "yaml"], 2),
        (&["listing", "add", "--seller", "ann@example.org", "--title", "T", "--opening", "5"], 2),
        (
            &[
                "listing",
                "add",
                "--seller",
                "ann@example.org",
                "--title",
                "T",
                "--opening",
                "5",
                "--closes-in",
                "1s",
            ],
            1,
        ),
    ] {
        let ran = house.run(args);
        assert_eq!(ran.status, status, "{args:?}: {ran:?}");
        if status != 0 {
            assert_eq!(ran.stdout, "", "{args:?}: words go to stderr");
            assert!(!ran.stderr.is_empty(), "{args:?}");
        }
    }
    std::fs::write(
        house.database(),
        "no database at all, but longer than a header of one hundred bytes ".repeat(9),
    )
    .unwrap();
    assert_eq!(house.run(&["account", "list"]).status, 3);
}

#[test]
fn every_list_and_show_speaks_json() {
    let house = House::bare();
    house.add("Ann");
    let add = [
        "listing",
        "add",
        "--seller",
        "ann@example.org",
        "--title",
        "Lamp",
        "--opening",
        "1000",
        "--closes-in",
        "1h",
        "--reserve",
        "2000",
        "--buy-now",
        "5000",
        "--increment",
        "10",
        "--soft-close",
        "2m,2m,30m",
        "--description",
        "D",
    ];
    let listed = house.told(&add);
    assert_eq!(
        (&listed["title"], &listed["soft_close"]["cap_s"]),
        (&Value::from("Lamp"), &Value::from(1_800))
    );
    for args in [
        &["account", "list"][..],
        &["account", "show", "ann@example.org"],
        &["listing", "list"],
        &["listing", "list", "--state", "open"],
        &["listing", "show", "1"],
        &["house", "show"],
        &["scheduler", "list"],
        &["audit"],
        &["replay", "1"],
    ] {
        let told = house.told(args);
        assert!(told.is_object() || told.is_array(), "{args:?}: {told}");
    }
    let cancelled = house.told(&["listing", "cancel", "1", "--why", "lost"]);
    assert_eq!(cancelled["state"], "cancelled");
}

#[test]
fn the_house_is_private_to_its_user() {
    let house = House::bare();
    house.add("Ann");
    for path in [house.dir(), house.dir().join("pictures")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", path.display());
    }
}

/// The contract's list of commands, from an empty folder to a restored house; each one's answer is JSON, and nothing but data
/// stands on stdout.
#[test]
fn the_contract_is_walked_through_command_by_command() {
    let house = House::bare();
    let told = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        house.told(&words)
    };
    let (ann, bob) = ("ann@example.org", "bob@example.org");
    assert_eq!(told("house set currency EUR")["value"], "EUR");
    assert_eq!(told("house set premium_bps 1000")["key"], "premium_bps");
    let settings = told("house show");
    let source_of = |key: &str| {
        let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
        found.unwrap()["source"].as_str().unwrap().to_owned()
    };
    assert_eq!([source_of("premium_bps"), source_of("commission_bps")], ["house", "default"]);
    for (name, email) in [("Ann", ann), ("Bob", bob)] {
        assert_eq!(
            told(&format!("account add --email {email} --name {name} --admin --no-password"))["admin"],
            true
        );
    }
    assert_eq!(told(&format!("account credit {bob} 9000 --why cash"))["balance"], 9_000);
    assert_eq!(told(&format!("account debit {bob} 1000 --why cash"))["balance"], 8_000);
    assert_eq!(told(&format!("account limit {bob} 500"))["available"], 8_500);
    assert_eq!(told(&format!("account suspend {bob} --why unpaid"))["email"], bob);
    assert_eq!(told(&format!("account restore {bob}"))["email"], bob);
    let new_password = house.run_with(&["account", "password", bob, "--format", "json"], "a new password");
    assert_eq!(new_password.done().json()["email"], bob);
    assert_eq!(told("account list")[1]["balance"], 8_000);
    assert_eq!(told(&format!("account show {bob}"))["credit_limit"], 500);
    assert_eq!(told(&format!("account statement {bob}"))["closing"], 8_000);

    std::fs::write(
        house.home().join("lots.csv"),
        "seller,title,opening,closes_in_s\nann@example.org,Vase,5,60\n",
    )
    .unwrap();
    let inside = crate::harness::Inside::of(&house, 0);
    let lamp = inside.list(|draft| draft.closes = Some(auction::rules::listing::Closes::In { seconds: 5 }));
    inside.bid("Bob", lamp, 1_000);
    drop(inside);
    assert_eq!(told(&format!("settle {lamp}"))["hammer"], 1_000, "it waits for the instant");
    assert_eq!(told(&format!("settle {lamp}"))["outcome"], "sold");
    assert_eq!(house.run(&["settle", "--due"]).done().stdout, "", "nothing is due any more");
    assert_eq!(told("listing import --check home/lots.csv")["n"], 1);
    assert_eq!(told("listing import home/lots.csv")["ids"][0], 2);
    let add =
        format!("listing add --seller {ann} --title Jar --opening 5 --closes-in 24h --soft-close 2m,2m,30m");
    assert_eq!(told(&add)["id"], 3);
    assert_eq!(told("listing cancel 3 --why cracked")["state"], "cancelled");
    assert_eq!(told("listing cancel 3 --why cracked")["state"], "cancelled", "done already is done");
    assert_eq!(told("listing list --state open")[0]["title"], "Vase");
    assert_eq!(told("listing show 1")["state"], "sold");
    let hash = told("replay 1")["steps"][0]["hash"].as_str().unwrap().to_owned();
    assert_eq!(told(&format!("verify auction-receipt:1:1:{hash}"))["disagreement"], Value::Null);
    assert!(told("reverse 1 --why broken").is_object());
    assert_eq!(told("scheduler list")["scheduler"], "none");
    assert!(told("scheduler sync")["armed"].is_array());
    assert_eq!(told("scheduler clear")["cleared"], true);
    for findings in ["doctor", "scheduler check"] {
        let words: Vec<&str> = findings.split(' ').chain(["--format", "json"]).collect();
        let ran = house.run(&words);
        assert!(ran.status == 1 && ran.json()[0]["name"].is_string(), "no scheduler keeps it: {ran:?}");
    }
    assert_eq!(told("audit")["disagreement"], Value::Null);
    for what in ["listings", "bids", "ledger", "settlements"] {
        assert!(house.run(&["export", what]).done().stdout.lines().count() > 1, "{what}");
    }
    assert_eq!(told("backup home/house.tar")["n_listings"], 3);
    assert_eq!(told("restore home/house.tar --scheduler none")["n_bids"], 1);
    assert_eq!(told("listing show 1")["state"], "sold");
}

/// A bar is for who waits at a terminal: a log, a file or a pipe has only the words, and the quiet have none.
#[test]
fn progress_is_shown_at_a_terminal_only() {
    let house = House::bare();
    house.add("Ann");
    std::fs::write(
        house.home().join("lots.csv"),
        "seller,title,opening,closes_in_s\nann@example.org,Vase,5,60\n",
    )
    .unwrap();
    for (words, bar) in [
        ("listing import home/lots.csv", "%"),
        ("export listings >home/out.csv", "exporting 1 rows"),
        ("audit", "auditing"),
        ("backup --replace home/house.tar", "%"),
    ] {
        let seen = house.at_terminal(words, &[]);
        assert!(seen.contains(bar), "{words}: {seen:?}");
        let seen = house.at_terminal(&format!("-q {words}"), &[]);
        assert!(!seen.contains(bar), "{words}: {seen:?}");
        let seen = house.at_terminal(&format!("{words} 2>home/words"), &[]);
        let written = std::fs::read_to_string(house.home().join("words")).unwrap();
        assert!(!seen.contains(bar) && !written.contains(bar), "{words}: {seen:?}, {written:?}");
    }
    let seen = house.at_terminal("export listings", &[]);
    assert!(seen.contains("Vase") && !seen.contains("rows"), "rows and bar would mix: {seen:?}");
    let seen = house.at_terminal("account list", &[]);
    assert!(!seen.contains('\x1b'), "a table has no colours: {seen:?}");
}

#[test]
fn completions_and_man_pages_are_made() {
    let house = House::bare();
    for shell in ["bash", "zsh", "fish"] {
        assert!(house.run(&["completions", shell]).done().stdout.contains("settle"));
    }
    let man = house.home().join("man");
    house.run(&["man", man.to_str().unwrap()]).done();
    assert!(std::fs::read_to_string(man.join("auction.1")).unwrap().contains("auction"));
}

#[test]
fn a_server_that_is_asked_to_ends_within_five_seconds() {
    let (mut house, ann, ..) = House::open();
    house.list(&ann, serde_json::json!({}));
    let watcher = house.watch("listings=all", Some(&ann));
    let (took, status) = house.stop();
    assert_eq!(status, 0);
    assert!(took.as_millis() < 5_000, "{took:?}");
    while watcher.next().is_some() {}
    house.audit();
}

#[test]
fn no_color_is_honoured() {
    let house = House::bare();
    let help = |no_color: &[(&str, &str)]| {
        let forced = [&[("CLICOLOR_FORCE", "1")], no_color].concat();
        run(house.command().envs(forced).arg("--help"), "").done().stdout
    };
    assert!(help(&[]).contains('\x1b'), "colours can be asked for");
    assert!(!help(&[("NO_COLOR", "1")]).contains('\x1b'));
}

/// What was lost is not to be taken for a house in which nothing has happened.
#[test]
fn an_empty_or_a_foreign_database_is_no_house() {
    let house = House::bare();
    std::fs::create_dir(house.dir()).unwrap();
    std::fs::write(house.database(), "").unwrap();
    for args in [&["audit"][..], &["settle", "--due"], &["listing", "list"], &["doctor"]] {
        let ran = house.run(args);
        assert!(ran.status == 3 && ran.stderr.contains("it is empty"), "{args:?}: {ran:?}");
    }
    let served = house.run(&["serve", "--listen", "127.0.0.1:0", "--scheduler", "none"]);
    assert!(served.status == 3 && served.stderr.contains("it is empty"), "{served:?}");
    assert_eq!(std::fs::metadata(house.database()).unwrap().len(), 0);
    rusqlite::Connection::open(house.database()).unwrap().execute_batch("create table t (a)").unwrap();
    for args in [&["audit"][..], &["house", "set", "name", "X"]] {
        let ran = house.run(args);
        assert!(ran.status == 3 && ran.stderr.contains("another program's"), "{args:?}: {ran:?}");
    }
    std::fs::write(house.database(), "").unwrap();
    house.add("Ann");
}

#[test]
fn settings_come_from_the_flag_the_environment_and_the_file_in_this_order() {
    let house = House::bare();
    house.add("Ann");
    std::fs::write(house.dir().join("auction.toml"), "format = \"json\"\n").unwrap();
    let list = |variables: &[(&str, &str)], args: &[&str]| {
        let args = [&["account", "list"], args].concat();
        run(house.command().envs(variables.iter().copied()).args(args), "").done().stdout
    };
    assert!(list(&[], &[]).starts_with('['));
    assert!(list(&[("AUCTION_FORMAT", "")], &[]).starts_with('['), "set to nothing is not set");
    assert!(!list(&[("AUCTION_FORMAT", "text")], &[]).starts_with('['));
    assert!(list(&[("AUCTION_FORMAT", "text")], &["--format", "json"]).starts_with('['));
    assert_eq!(house.run(&["--data-dir", "", "account", "list"]).status, 2, "but a flag is");
    let empty = run(house.command_anywhere().env("AUCTION_DATA_DIR", "").args(["account", "list"]), "");
    assert!(empty.status == 3 && empty.stderr.contains("no house"), "{empty:?}");
}

#[test]
fn who_asks_for_quiet_hears_of_data_and_refusals_only() {
    let house = House::bare();
    house.add("Ann");
    for args in [&["house", "set", "name", "X"][..], &["account", "suspend", "ann@example.org", "--why", "x"]]
    {
        assert_eq!(house.run(&[&["-q"], args].concat()).done().stdout, "", "{args:?}");
        assert_ne!(house.run(args).done().stdout, "", "{args:?}");
    }
    assert_ne!(house.run(&["-q", "account", "list"]).done().stdout, "");
    assert_ne!(house.run(&["-q", "account", "show", "nobody@example.org"]).stderr, "");
}

#[test]
fn what_is_not_in_order_is_a_sentence_on_stderr_too() {
    let house = House::bare();
    house.add("Ann");
    house.connection().execute("update purse set balance = 1 where id = 1", []).unwrap();
    let ran = house.run(&["audit"]);
    assert!(
        ran.status == 1 && ran.stderr.contains("the books disagree: ") && ran.stdout.contains("DISAGREES"),
        "{ran:?}"
    );
    let ran = house.run(&["doctor"]);
    assert!(ran.status == 1 && ran.stderr.starts_with("auction: not in order: "), "{ran:?}");
}

/// However long it is: no more than the largest picture is read.
#[test]
fn a_picture_without_an_end_is_too_large() {
    let house = House::bare();
    house.add("Ann");
    let ran = house.add_lamp("2h", &["--picture", "/dev/zero"]);
    assert!(ran.status == 1 && ran.stderr.contains("at most 10 MiB"), "{ran:?}");
    std::fs::remove_dir(house.dir().join("pictures")).unwrap();
    let picture = house.home().join("p.png");
    image::RgbImage::new(8, 8).save(&picture).unwrap();
    house.add_lamp("2h", &["--picture", picture.to_str().unwrap()]).done();
}
