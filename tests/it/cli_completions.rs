//! Completions in a real shell: keys of settings, codes of sales and lots, email addresses; nothing is written, and no
//! error ever reaches the prompt.

use crate::harness::{House, Ran, run};
use crate::tablet::sale_of;
use auction::files::lock::acquire;
use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};

/// What bash proposes for the last of these words.
fn completed(house: &House, words: &[&str]) -> Ran {
    let bin = house.bin().join("auction");
    if !bin.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_auction"), &bin).unwrap();
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
    let script = format!(
        "source <(auction completions bash)\n\
         call=$(complete -p auction); call=${{call##*-F }}; call=${{call%% *}}\n\
         COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9\n\
         $call auction '{last}' '{before}'\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words.len() - 1
    );
    let mut bash = Command::new("/bin/bash");
    bash.args(["--norc", "--noprofile", "-c", &script]).env_clear().env("HOME", house.home());
    bash.env("PATH", format!("{}:/usr/bin:/bin", house.bin().display())).env("AUCTION_DATA_DIR", house.dir());
    run(bash.current_dir(house.home()), "")
}

#[track_caller]
fn proposes(house: &House, words: &[&str], expected: &[&str]) {
    let ran = completed(house, words);
    assert_eq!(ran.stderr, "", "{words:?}");
    let found: Vec<&str> = ran.stdout.lines().collect();
    for word in expected {
        assert!(found.contains(word), "{word} for {words:?}: {found:?}");
    }
    assert!(!expected.is_empty() || ran.stdout.trim().is_empty(), "{words:?}: {found:?}");
}

#[test]
fn bash_completes_keys_codes_and_addresses() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 2);
    proposes(&house, &["auction", "ho"], &["house"]);
    proposes(&house, &["auction", "house", "set", "cur"], &["currency"]);
    proposes(&house, &["auction", "house", "set", ""], &["currency", "zone", "premium_bps"]);
    proposes(&house, &["auction", "sale", "set", "spring", "clo"], &["closes_at"]);
    proposes(&house, &["auction", "sale", "show", ""], &["spring"]);
    proposes(&house, &["auction", "report", "--sale", "sp"], &["spring"]);
    proposes(&house, &["auction", "bidder", "list", "sp"], &["spring"]);
    proposes(&house, &["auction", "account", "show", "b"], &["bob@example.org"]);
    proposes(&house, &["auction", "account", "credit", ""], &["ann@example.org", "cleo@example.org"]);
    proposes(&house, &["auction", "listing", "add", "--seller", "a"], &["ann@example.org"]);
    proposes(&house, &["auction", "listing", "show", "A"], &["A1", "A2"]);
    proposes(&house, &["auction", "account", "show", "zz"], &[]);
    // A key of the house, whatever else is called `sale`.
    let with_a_sale = ["auction", "house", "--data-dir", "sale", "set", "cur"];
    proposes(&house, &with_a_sale, &["currency"]);
    // What two sales have is proposed with its sale.
    sale_of(&house, "autumn", 1);
    proposes(&house, &["auction", "listing", "show", ""], &["A2", "autumn/A1", "spring/A1"]);
    proposes(&house, &["auction", "listing", "show", "A1"], &[]);
}

/// Bash puts a proposed word into the command line as it is, and anybody may join by such an address.
#[test]
fn no_word_is_proposed_that_a_shell_would_run() {
    let house = House::bare();
    house.add("Ann");
    let hostile = [
        "a`reboot`",
        "a$home",
        "a|sh",
        "a&poweroff&",
        "a'b",
        "a*",
        "a!b",
        "a{b,c}",
        "a#b",
        "a~b",
        "-a",
        "\u{e4}",
    ];
    let add = |local: &&str| {
        let address = format!("{local}@example.org");
        let named = format!("Person {}", hostile.iter().position(|known| known == local).unwrap());
        let args = ["account", "add", "--name", &named, "--no-password", &format!("--email={address}")];
        house.run(&args).status == 0
    };
    // Those with a comma are no addresses at all.
    assert_eq!(hostile.iter().filter(|local| add(local)).count(), hostile.len() - 1);
    for typed in ["", "a"] {
        let ran = completed(&house, &["auction", "account", "credit", typed]);
        let proposed: Vec<&str> = ran.stdout.lines().filter(|word| word.contains('@')).collect();
        assert_eq!(proposed, ["ann@example.org"], "{typed:?}: {ran:?}");
    }
}

#[test]
fn the_house_of_the_typed_command_is_asked_also_below_the_user_s_home() {
    let house = House::bare();
    house.add("Ann");
    std::os::unix::fs::symlink(house.dir(), house.home().join("other")).unwrap();
    let elsewhere = House::bare();
    std::os::unix::fs::symlink(house.dir(), elsewhere.home().join("other")).unwrap();
    for words in [&["--data-dir", "~/other"][..], &["--data-dir", "=", "other"]] {
        let words = [&["auction"], words, &["account", "show", "a"]].concat();
        proposes(&elsewhere, &words, &["ann@example.org"]);
    }
}

#[test]
fn completing_reads_only_and_says_nothing_where_there_is_no_house() {
    let bare = House::bare();
    proposes(&bare, &["auction", "account", "show", "a"], &[]);
    proposes(&bare, &["auction", "house", "set", "cur"], &["currency"]);
    assert!(!bare.dir().exists(), "and none was made");
    let house = House::bare();
    house.add("Ann");
    let before = house.number("pragma user_version");
    house.connection().pragma_update(None, "user_version", before - 1).unwrap();
    proposes(&house, &["auction", "account", "show", "a"], &[]);
    assert_eq!(house.number("pragma user_version"), before - 1, "an older house is not brought forward");
    std::fs::write(house.database(), "no database at all").unwrap();
    proposes(&house, &["auction", "account", "show", "a"], &[]);
}

/// Other commands wait five seconds for a restore, and for a busy database.
#[test]
fn completing_waits_for_nobody_and_makes_no_file() {
    let house = House::bare();
    house.add("Ann");
    let at_once = |expected: &[&str]| {
        let started = Instant::now();
        proposes(&house, &["auction", "account", "show", "a"], expected);
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    };
    let lock_file = house.dir().join("auction.lock");
    {
        let restoring = File::open(&lock_file).unwrap();
        assert!(acquire(&restoring, File::try_lock, Duration::ZERO).unwrap());
        at_once(&[]);
    }
    {
        let busy = house.connection();
        busy.execute_batch("pragma locking_mode = exclusive; update account set verified_at = 1").unwrap();
        at_once(&[]);
    }
    std::fs::remove_file(&lock_file).unwrap();
    let names = || {
        let entries = std::fs::read_dir(house.dir()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    at_once(&["ann@example.org"]);
    assert_eq!(names(), before);
}

#[test]
fn each_shell_has_a_script_that_asks_the_program() {
    let house = House::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = house.run(&["completions", shell]).done().stdout;
        assert!(script.contains("AUCTION_COMPLETE") && script.contains("settle"), "{shell}: {script}");
    }
}
