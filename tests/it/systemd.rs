//! The entries as systemd's timers, with a stand-in for `systemctl`: folders beside it are the manager's. What is written is
//! judged by the real `systemd-analyze`.

use crate::harness::{House, put_script, until};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn with_systemd() -> House {
    let house = House::bare();
    put_script(&house.bin().join("systemctl"), include_str!("systemctl.sh"));
    house.add("Ann");
    house
}

/// Where the stand-in's manager reads its units.
fn folder(house: &House) -> PathBuf {
    house.bin().join("etc dir/systemd/system")
}

fn names(folder: &Path) -> Vec<String> {
    let listed = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = listed.collect();
    names.sort();
    names
}

fn value(unit: &Path, key: &str) -> String {
    let text = fs::read_to_string(unit).unwrap_or_else(|error| panic!("{}: {error}", unit.display()));
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {key} in {text}")).to_owned()
}

/// Runs what the timer starts, as the manager would.
fn fire(house: &House, timer: &str) {
    let service = value(&folder(house).join(timer), "Unit");
    let (template, instance) = service.strip_suffix(".service").unwrap().split_once('@').unwrap();
    let line = value(&folder(house).join(format!("{template}@.service")), "ExecStart");
    // Of quotes alone, which the shell reads as systemd does.
    let output = Command::new("/bin/sh")
        .args(["-c", &line.replace("%i", instance)])
        .env_clear()
        .env("HOME", house.home())
        .env("PATH", house.bin())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
}

#[test]
fn a_listing_is_armed_settled_by_its_timer_and_its_units_are_gone() {
    let mut house = with_systemd();
    house.serve_by("systemd");
    let ann = house.log_in("Ann");
    let far = house.list(&ann, json!({"closes_in_s": 7_200}));
    let near = house.list(&ann, json!({"closes_in_s": 12}));
    until("both are armed", || {
        [far, near].iter().all(|id| house.listing(*id)["entry"] == "armed").then_some(())
    });
    house.kill();
    let listed = house.told(&["scheduler", "list"]);
    assert_eq!(
        (&listed["scheduler"], &listed["sweep"], &listed["reboot"]),
        (&json!("systemd"), &json!(true), &json!(true))
    );
    let entry = listed["entries"].as_array().unwrap().iter().find(|entry| entry["listing"] == far).unwrap();
    assert_eq!(entry["held"], entry["wanted"]);
    let house_id: String = house
        .connection()
        .query_row("select value from house where key = 'house_id'", [], |row| row.get(0))
        .unwrap();
    let unit = |rest: &str| format!("auction-{house_id}-{rest}");
    let timers = [unit(&format!("settle-{near}.timer")), unit(&format!("settle-{far}.timer"))];
    assert_eq!(value(&folder(&house).join(&timers[1]), "OnCalendar"), entry["wanted"].as_str().unwrap());

    fire(&house, &timers[0]);
    let outcome = |id: i64| house.told(&["listing", "show", &id.to_string()])["outcome"].clone();
    assert_eq!((outcome(near), outcome(far)), (json!("unsold"), Value::Null));
    fire(&house, &unit("sweep.timer"));
    let fixed = ["due@.service", "settle@.service", "sweep.timer"].map(unit);
    let mut left = [&timers[1..], &fixed].concat();
    left.sort();
    assert_eq!(names(&folder(&house)), left, "the settled listing's timer has gone");

    house.run(&["scheduler", "clear"]).done();
    for left in [folder(&house), house.bin().join("runs"), house.bin().join("enabled")] {
        assert_eq!(names(&left), [""; 0], "in {}", left.display());
    }
}

#[test]
fn a_refused_timer_is_tried_again_within_ten_seconds() {
    let mut house = with_systemd();
    house.serve_by("systemd");
    let ann = house.log_in("Ann");
    fs::write(house.bin().join("refuses"), "").unwrap();
    let id = house.list(&ann, json!({"closes_in_s": 7_200}));
    until("the refusal is in the log", || house.log().contains("No medium found").then_some(()));
    assert_eq!(house.listing(id)["entry"], "pending");
    assert_ne!(house.run(&["scheduler", "check"]).status, 0);
    fs::remove_file(house.bin().join("refuses")).unwrap();
    until("it is armed after all", || (house.listing(id)["entry"] == "armed").then_some(()));
}

#[test]
fn without_a_crontab_auto_takes_a_systemd_that_answers() {
    let mut house = with_systemd();
    house.serve_by("auto");
    assert_eq!(house.told(&["scheduler", "list"])["scheduler"], "systemd");
    assert!(house.log().contains("systemd's timers"), "{}", house.log());
    house.stop();
    fs::write(house.bin().join("refuses"), "").unwrap();
    house.serve_by("auto");
    assert_eq!(house.told(&["scheduler", "list"])["scheduler"], "none");
}

fn analyze(args: &[&str], files: &[PathBuf], home: &Path) -> Output {
    let mut command = Command::new("/usr/bin/systemd-analyze");
    command.args(args).args(files).env("HOME", home).env("XDG_RUNTIME_DIR", home).env("LC_ALL", "C");
    command.output().expect("this test needs systemd-analyze: apt-get install systemd")
}

/// What is said of our units, and whether they pass.
fn verify(manager: &str, files: &[PathBuf], home: &Path) -> (bool, String) {
    let output = analyze(&[manager, "--man=no", "verify"], files, home);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("auction")).collect();
    (output.status.success(), ours.join("\n"))
}

#[test]
fn systemd_reads_the_units_as_they_are_meant_whatever_the_paths() {
    let house = with_systemd();
    let awkward = house.bin().join("100% $HOME ${x}; 집 %n");
    fs::create_dir(&awkward).unwrap();
    let program = awkward.join("auction");
    // By another process: a file that this one holds open for writing while another test forks cannot be run.
    let copied = Command::new("/bin/cp").arg(env!("CARGO_BIN_EXE_auction")).arg(&program).status().unwrap();
    assert!(copied.success());
    let dir = awkward.join("an \"old\" \\house\\x41's\n%h");
    let run = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.env_clear().env("HOME", house.home()).env("PATH", house.bin()).args(args);
        let output = command.arg("--data-dir").arg(&dir).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    };
    run(&["house", "set", "scheduler", "systemd"]);
    run(&["account", "add", "--email", "ann@example.org", "--name", "Ann", "--no-password"]);
    let closes = ["2h", "300d"];
    for closes in closes {
        run(&[
            "listing",
            "add",
            "--seller",
            "ann@example.org",
            "--title",
            "Lamp",
            "--opening",
            "1000",
            "--closes-in",
            closes,
        ]);
    }
    let files: Vec<PathBuf> =
        names(&folder(&house)).into_iter().map(|name| folder(&house).join(name)).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for manager in ["--system", "--user"] {
        assert_eq!(verify(manager, &files, &house.home()), (true, String::new()));
    }
    for timer in files.iter().filter(|file| file.extension().unwrap() == "timer") {
        let when = value(timer, "OnCalendar");
        let output = analyze(&["calendar", &when], &[], &house.home());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && !said.contains("never"), "{when}: {output:?}");
        assert!(said.contains(&format!("Normalized form: {when}\n")), "{when} is shown as {said}");
    }

    let service = files.iter().find(|file| file.to_str().unwrap().ends_with("settle@.service")).unwrap();
    let text = fs::read_to_string(service).unwrap();
    fs::write(service, text.replace("%%n", "%n")).unwrap();
    assert!(!verify("--system", &files, &house.home()).0, "a wrong unit would not have been noticed");
}
