//! What `doctor`, `readyz`, `/metrics`, the pages and the log say of the scheduler and of the house's place, each with what to
//! do. The canary: nothing is called alive before the sweep has really been run.

use crate::cron::{STAND_IN, tab_file, with_cron};
use crate::harness::{House, Inside, Ran, put_script, run, until};
use crate::post::Mailbox;
use auction::rules::listing::Closes;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

/// The doctor's finding of this name.
#[track_caller]
fn finding(house: &House, name: &str) -> Value {
    let findings = findings(house.run(&["doctor", "--format", "json"]));
    let found = findings.iter().find(|finding| finding["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {findings:?}")).clone()
}

/// Exit status 1 if, and only if, one of them is not well; who is not well is told what to do.
#[track_caller]
fn findings(ran: Ran) -> Vec<Value> {
    let findings: Vec<Value> = ran.json().as_array().unwrap().clone();
    let well = findings.iter().all(|finding| finding["ok"] == true);
    assert_eq!(ran.status, i32::from(!well), "{ran:?}");
    for finding in &findings {
        let told = |field: &str| !finding[field].as_str().unwrap().is_empty();
        assert!(told("words") && (finding["ok"] == true || told("what_to_do")), "{finding}");
    }
    findings
}

/// It is not well, and the words and what to do hold these.
#[track_caller]
fn is_bad(house: &House, name: &str, words: &str, what_to_do: &str) {
    let found = finding(house, name);
    assert_eq!(found["ok"], false, "{found}");
    for (field, part) in [("words", words), ("what_to_do", what_to_do)] {
        assert!(found[field].as_str().unwrap().contains(part), "no {part:?} in {found}");
    }
}

#[track_caller]
fn is_good(house: &House, name: &str) {
    let found = finding(house, name);
    assert_eq!(found["ok"], true, "{found}");
}

fn ready(house: &House) -> (u16, Value) {
    let answer = house.get("/readyz").send();
    (answer.status, answer.body())
}

fn has_state(house: &House, state: &str) -> bool {
    let metrics = house.get("/metrics").send().text();
    let states = metrics.lines().filter(|line| line.starts_with("auction_scheduler_state{"));
    let holds: Vec<&str> = states.filter(|line| line.ends_with("} 1")).collect();
    assert_eq!(holds.len(), 1, "{metrics}");
    holds[0].contains(&format!("{{state=\"{state}\"}}"))
}

/// As cron runs it.
fn sweep(house: &House) {
    house.run(&["settle", "--due"]).done();
}

#[test]
fn the_scheduler_is_waited_for_proven_and_missed_in_every_place_that_tells() {
    let mut house = with_cron();
    house.set("scheduler", "cron");
    is_bad(&house, "heartbeat", "holds nothing", "start the server");

    house.serve_by("cron");
    let ann = house.log_in("Ann");
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    let (status, waiting) = ready(&house);
    assert_eq!((status, &waiting["scheduler"]), (200, &json!("waiting")));
    assert!(waiting["since"].is_string() && waiting["proven_at"].is_null(), "{waiting}");
    assert!(has_state(&house, "waiting"));
    let found = finding(&house, "heartbeat");
    assert_eq!(found["ok"], true, "{found}");
    assert!(found["what_to_do"].as_str().unwrap().contains("two minutes"), "{found}");
    let page = || house.get(&format!("/listings/{id}")).in_browser(&ann).send().text();
    until("the log says that it waits", || house.log().contains("waiting since").then_some(()));
    until("the seller is told that it waits", || page().contains("data-entry=\"unproven\"").then_some(()));

    sweep(&house);
    let (status, alive) = ready(&house);
    assert_eq!((status, &alive["scheduler"]), (200, &json!("alive")));
    assert!(alive["proven_at"].is_string() && alive["last_at"].is_string(), "{alive}");
    assert!(has_state(&house, "alive"));
    is_good(&house, "heartbeat");
    until("the log says that it is proven", || house.log().contains("is proven since").then_some(()));
    until("the seller is told that it stands", || page().contains("data-entry=\"armed\"").then_some(()));
    assert!(!page().contains("class=\"warning\""));

    let age = "update heartbeat set at = at - 200000 where of in ('sweep', 'canary', 'proven')";
    house.connection().execute_batch(age).unwrap();
    let (status, silent) = ready(&house);
    assert_eq!((status, &silent["scheduler"]), (503, &json!("silent")));
    assert!(has_state(&house, "silent"));
    is_bad(&house, "heartbeat", "does not run our entries", "systemctl status cron");
    until("the log says that it is silent", || house.log().contains("`auction doctor`").then_some(()));
    until("every page warns", || page().contains("class=\"warning\"").then_some(()));

    sweep(&house);
    until("it is well again", || (!page().contains("class=\"warning\"")).then_some(()));
}

/// A server that was away for long, or a new scheduler, gives the sweep its two minutes again: no red at each boot.
#[test]
fn after_an_outage_the_canary_is_sent_again_and_after_a_restart_it_is_not() {
    let mut house = with_cron();
    house.serve_by("cron");
    sweep(&house);
    until("the server's heart beats", || (house.number("select count(*) from heartbeat") == 4).then_some(()));
    house.stop();
    let age = |of: &str| {
        house
            .connection()
            .execute_batch(&format!("update heartbeat set at = at - 9000000 where of in ({of})"))
    };
    age("'sweep', 'canary', 'proven'").unwrap();
    let state = |house: &House| ready(house).1["scheduler"].clone();
    house.serve_by("cron");
    assert_eq!(state(&house), "silent", "a server that is started again and again hides nothing");
    house.stop();
    house.connection().execute_batch("update heartbeat set at = at - 9000000 where of = 'server'").unwrap();
    house.serve_by("cron");
    assert_eq!(state(&house), "waiting", "after an outage");
}

/// Regression: cron missed a tab that was written in the second in which it had read its tabs, for good.
#[test]
fn a_scheduler_that_misses_the_sweep_is_made_to_read_the_tab_again() {
    let mut house = with_cron();
    house.serve_by("cron");
    until("the block stands", || {
        fs::read_to_string(tab_file(&house)).is_ok_and(|t| t.contains("--due")).then_some(())
    });
    let tab = fs::read(tab_file(&house)).unwrap();
    let written = || fs::metadata(tab_file(&house)).unwrap().modified().unwrap();
    let before = written();
    house.connection().execute_batch("update heartbeat set at = at - 70000 where of = 'canary'").unwrap();
    // A beat apart, and not while cron reads its tabs.
    let began = std::time::Instant::now();
    while written() == before {
        assert!(began.elapsed().as_secs() < 60, "it was not written again");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(fs::read(tab_file(&house)).unwrap(), tab);
}

/// A person who sweeps at a terminal is no scheduler.
#[test]
fn a_sweep_by_hand_proves_nothing() {
    let house = with_cron();
    house.set("scheduler", "cron");
    let mut by_hand = Command::new("/usr/bin/script");
    by_hand.args(["-qec", &format!("'{}' settle --due", env!("CARGO_BIN_EXE_auction")), "/dev/null"]);
    by_hand.env("AUCTION_DATA_DIR", house.dir()).env("HOME", house.home()).env("PATH", house.bin());
    let ran = run(by_hand.env("SHELL", "/bin/sh"), "");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(house.number("select count(*) from heartbeat where of = 'sweep'"), 0);
    sweep(&house);
    assert_eq!(house.number("select count(*) from heartbeat where of = 'sweep'"), 1);
}

#[test]
fn entries_that_differ_are_named_and_a_refusing_crontab_hides_no_other_finding() {
    let house = with_cron();
    house.set("scheduler", "cron");
    sweep(&house);
    for name in ["database", "ledger", "clock", "crontab", "zone", "program", "reach", "entries", "heartbeat"]
    {
        is_good(&house, name);
    }
    let tab = fs::read_to_string(tab_file(&house)).unwrap();
    fs::write(tab_file(&house), tab.replace("# END", "# And")).unwrap();
    is_bad(&house, "entries", "# END auction", "mend the markers");
    fs::write(tab_file(&house), tab.replace("@reboot", "@yearly")).unwrap();
    crate::cron::add(&house);
    fs::write(tab_file(&house), "").unwrap();
    is_bad(&house, "entries", "1 entries differ", "scheduler sync");
    put_script(&house.bin().join("crontab"), "#!/bin/sh\necho 'you are not allowed' >&2; exit 1\n");
    is_bad(&house, "crontab", "you are not allowed", "cron.allow");
    is_bad(&house, "entries", "you are not allowed", "");
    fs::remove_file(house.bin().join("crontab")).unwrap();
    is_bad(&house, "crontab", "cannot be started", "install cron");
    assert!(house.run(&["doctor"]).stdout.contains("NOT OK"));
}

/// Regression: what is further off than the scheduler takes was said to differ, whatever one did.
#[test]
fn entries_that_the_scheduler_takes_later_are_no_fault() {
    let house = with_cron();
    fs::rename(house.bin().join("crontab"), house.bin().join("busybox")).unwrap();
    std::os::unix::fs::symlink("busybox", house.bin().join("crontab")).unwrap();
    house.set("scheduler", "cron");
    let inside = Inside::of(&house, 0);
    for seconds in (0..210).map(|n| 7_200 + n * 60) {
        inside.list(|draft| draft.closes = Some(Closes::In { seconds }));
    }
    drop(inside);
    is_bad(&house, "entries", "200 entries differ", "scheduler sync");
    house.run(&["scheduler", "sync"]).done();
    is_good(&house, "entries");
    let listed = house.told(&["scheduler", "list"]);
    let held = listed["entries"].as_array().unwrap().iter().filter(|entry| entry["held"].is_string());
    assert_eq!(held.count(), 200);
    assert_eq!(house.run(&["scheduler", "list"]).done().stdout.matches(" later").count(), 10);
    let tab = fs::read_to_string(tab_file(&house)).unwrap();
    fs::write(tab_file(&house), tab.replace("settle 7\n", "settle 1007\n")).unwrap();
    is_bad(&house, "entries", "1 entries differ", "scheduler sync");
}

#[test]
fn a_server_that_is_refused_is_known_to_who_asks_in_another_process() {
    let mut house = with_cron();
    fs::write(house.bin().join("refuses"), "").unwrap();
    house.serve_by("cron");
    until("it has tried", || house.log().contains("not allowed").then_some(()));
    let noted = "select count(*) from house where key = 'scheduler_trouble' and value <> ''";
    until("it is noted", || (house.number(noted) == 1).then_some(()));
    is_bad(&house, "server_entries", "not allowed", "SupplementaryGroups=crontab");
    house.kill();
    fs::rename(house.bin().join("refuses"), house.bin().join("refused")).unwrap();
    house.serve_by("cron");
    until("a new server has no old trouble", || (house.number(noted) == 0).then_some(()));
    until("its block stands", || tab_file(&house).exists().then_some(()));
    fs::rename(house.bin().join("refused"), house.bin().join("refuses")).unwrap();
    let ann = house.log_in("Ann");
    house.list(&ann, json!({"closes_in_s": 7_200}));
    until("it is noted again", || (house.number(noted) == 1).then_some(()));
    fs::remove_file(house.bin().join("refuses")).unwrap();
    until("it is taken", || (house.number(noted) == 0).then_some(()));
    let findings = findings(house.run(&["doctor", "--format", "json"]));
    assert!(findings.iter().all(|finding| finding["name"] != "server_entries"), "{findings:?}");
}

#[test]
fn a_program_or_a_house_that_moved_is_named_and_put_right() {
    let house = with_cron();
    house.set("scheduler", "cron");
    let id = crate::cron::add(&house);
    let program = fs::canonicalize(env!("CARGO_BIN_EXE_auction")).unwrap();
    let stands = || fs::read_to_string(tab_file(&house)).unwrap();
    let tab = stands();
    let elsewhere = |from: &str, to: &str| fs::write(tab_file(&house), tab.replace(from, to)).unwrap();
    for (there, words) in [("/nowhere/auction", "not there"), ("/usr/bin/env", "and this is")] {
        elsewhere(program.to_str().unwrap(), there);
        is_bad(&house, "program", words, "scheduler sync");
        is_bad(&house, "entries", "missing", "scheduler sync");
    }
    elsewhere("/data' settle", "/gone' settle");
    is_bad(&house, "program", "/gone", "scheduler sync");
    house.run(&["scheduler", "sync"]).done();
    is_good(&house, "program");
    assert!(stands().contains(&format!("settle {id}\n")) && stands() == tab);
}

#[test]
fn what_others_can_read_and_whose_the_house_is() {
    let house = House::bare();
    put_script(&house.bin().join("crontab"), STAND_IN);
    house.set("name", "Test");
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    is_good(&house, "modes");
    mode(&house.dir(), 0o755);
    assert!(finding(&house, "modes")["what_to_do"].as_str().unwrap().contains("chmod 0700"));
    mode(&house.database(), 0o644);
    is_bad(&house, "modes", "the secrets in it", "chmod 0600");
    mode(&house.dir(), 0o777);
    is_bad(&house, "modes", "another database", "chmod 0700");
    is_good(&house, "data_directory");
    chown(house.dir(), Some(1), None).expect("this test runs as root");
    is_bad(&house, "data_directory", "belongs to", "sudo -u");
}

#[test]
fn a_clock_behind_the_newest_event_is_named() {
    let house = with_cron();
    house.credit("Ann", 5);
    is_good(&house, "clock");
    for (ahead_ms, words) in [(60_000, "ms behind"), (86_400_000, "was wrong then")] {
        let sql = format!(
            "insert into event (at, kind, data) values ((select max(at) from event) + {ahead_ms}, 'x', '')"
        );
        house.connection().execute_batch(&sql).unwrap();
        is_bad(&house, "clock", words, "NTP");
    }
}

/// On a file system of 64 MiB, in a mount namespace of its own.
#[test]
fn a_disk_that_is_nearly_full_is_named() {
    let house = with_cron();
    is_good(&house, "disk");
    if !crate::real_nights::may_make_worlds() {
        println!("skipped: this machine allows no mount namespaces");
        return;
    }
    let there = house.home().join("small");
    fs::create_dir(&there).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=64m,mode=0700 tmpfs '{0}' && cd '{1}' && for f in *; do cp -r \"$f\" '{0}/'; done && \
         PATH='{2}' exec '{3}' --data-dir '{0}' --format json doctor",
        there.display(),
        house.dir().display(),
        house.bin().display(),
        env!("CARGO_BIN_EXE_auction"),
    );
    let mut small = Command::new("unshare");
    small.args(["--mount", "sh", "-c", &script]).env("HOME", house.home());
    let findings = findings(run(&mut small, ""));
    let disk = findings.iter().find(|finding| finding["name"] == "disk").unwrap();
    assert_eq!(disk["ok"], false, "{disk}");
    assert!(disk["words"].as_str().unwrap().contains("bids may soon be refused"), "{disk}");
}

#[test]
fn the_mail_server_is_asked_whether_it_is_there() {
    let (house, ..) = House::open();
    let mut mailbox = Mailbox::open(&[]);
    fs::write(house.dir().join("auction.toml"), mailbox.entries()).unwrap();
    let found = finding(&house, "mail");
    assert_eq!(found["ok"], true, "{found}");
    assert!(found["what_to_do"].as_str().unwrap().contains("public_url"), "{found}");
    house.set("public_url", "https://auction.example.org");
    assert_eq!(finding(&house, "mail")["what_to_do"], "");
    mailbox.end();
    is_bad(&house, "mail", "SMTP server", "auction notify test");
}
