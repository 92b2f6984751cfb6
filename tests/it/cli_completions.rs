//! Completions in a real shell: keys of settings, codes of sales and lots, email addresses; nothing is written, and no
//! error ever reaches the prompt.

use crate::harness::{House, Ran, run};
use crate::tablet::sale_of;
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
    let started = Instant::now();
    proposes(&house, &["auction", "sale", "show", "s"], &[]);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn each_shell_has_a_script_that_asks_the_program() {
    let house = House::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = house.run(&["completions", shell]).done().stdout;
        assert!(script.contains("AUCTION_COMPLETE") && script.contains("settle"), "{shell}: {script}");
    }
}
