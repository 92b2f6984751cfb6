//! Faults at the worst moment: programs killed half way, a full disk, two of everything, things that moved. After each, every
//! listing is settled once, the books agree, lines that are somebody else's are as they were, and the doctor had named it.

use crate::cron::tab_file;
use crate::harness::{House, Inside, PAID_IN, email, int, put_script, run, until};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// As Debian's: into a new file, and put in place whole. Files beside it say when it is to fail.
const CRONTAB: &str = r#"#!/bin/sh
cd "$(/usr/bin/dirname "$0")"
[ ! -f hangs ] || exec /bin/sleep 100
case "$1" in
  -l) if [ -f tab ]; then /bin/cat tab; else echo "no crontab for ann" >&2; exit 1; fi ;;
  *) [ ! -f dies ] || { /usr/bin/head -c 40 > new; kill -KILL $$; }
     if [ -f full ]; then /bin/cat > /dev/full || exit 1; fi
     /bin/cat > new && /bin/mv new tab
     [ ! -f "dies after" ] || kill -KILL $$ ;;
esac
"#;

const FOREIGN: &str = "# my own\t\n17 4 * * 1-5 echo \"a % b\"\n@daily 한국\n# END auction of a fence";
const AN_HOUR_AGO: i64 = -3_600_000;

/// A house with the cast, a person's own lines in the tab, and nothing running.
fn house() -> House {
    let house = House::bare();
    put_script(&house.bin().join("crontab"), CRONTAB);
    fs::write(tab_file(&house), FOREIGN).unwrap();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::of(&house, AN_HOUR_AGO);
    for name in ["Ann", "Bob", "Cleo"] {
        inside.credit(name, PAID_IN);
    }
    drop(inside);
    house.set("scheduler", "cron");
    house
}

/// Lamps on each of which Bob bid 1,000 an hour ago, and which nobody settled.
fn overdue(house: &House, n: usize) -> Vec<i64> {
    let inside = Inside::of(house, AN_HOUR_AGO);
    let bid_for = |_| {
        let id = inside.list(|_| ());
        inside.bid("Bob", id, 1_000);
        id
    };
    (0..n).map(bid_for).collect()
}

/// All `n` are sold to Bob, once each; whatever else was in the tab stands as it was.
fn all_is_well(house: &House, n: usize) {
    house.run(&["settle", "--due"]).done();
    let n = i64::try_from(n).unwrap();
    for sql in [
        "select count(*) from settlement where outcome = 'sold'",
        "select count(distinct listing_id) from settlement",
        "select count(*) from transfer where cause = 'sale'",
        "select count(*) from event where kind = 'settled'",
    ] {
        assert_eq!(house.number(sql), n, "{sql}");
    }
    let bob = house.told(&["account", "show", &email("Bob")]);
    assert_eq!((int(&bob["balance"]), int(&bob["held"])), (PAID_IN - n * 1_000, 0));
    house.audit();
    foreign_lines_stand(house);
}

fn foreign_lines_stand(house: &House) {
    let tab = fs::read_to_string(tab_file(house)).unwrap();
    let mut inside = false;
    let outside = tab.split_inclusive('\n').filter(|line| {
        inside |= line.starts_with("# BEGIN auction ");
        let ours = inside;
        inside &= !line.starts_with("# END auction ") || line.contains(" of a fence");
        !ours
    });
    assert_eq!(outside.collect::<String>(), FOREIGN, "{tab}");
}

fn flag(house: &House, name: &str) -> PathBuf {
    house.bin().join(name)
}

#[track_caller]
fn doctor_names(command: Command, name: &str, words: &str) {
    let mut command = command;
    let ran = run(command.args(["doctor", "--format", "json"]), "");
    assert_eq!(ran.status, 1, "{ran:?}");
    let findings = ran.json();
    let bad = findings.as_array().unwrap().iter().filter(|finding| finding["ok"] == false);
    let named =
        |finding: &Value| finding["name"] == name && finding["words"].as_str().unwrap().contains(words);
    assert!(bad.clone().any(named), "no {name} with {words:?} in {:?}", bad.collect::<Vec<_>>());
}

/// Killed before it put the new tab in place, killed after that, a full disk: tried again till it is taken.
#[test]
fn a_crontab_that_dies_or_finds_the_disk_full_is_tried_again() {
    for (fault, words, stands) in
        [("dies", "signal: 9", false), ("dies after", "signal: 9", true), ("full", "No space left", false)]
    {
        let mut house = house();
        overdue(&house, 1);
        fs::write(flag(&house, fault), "").unwrap();
        house.serve_by("cron");
        let ann = house.log_in("Ann");
        let id = house.list(&ann, json!({"closes_in_s": 7_200}));
        until("the fault is in the log", || house.log().contains(words).then_some(()));
        // What was put in place before it died is found to stand at the next look, and is no trouble any more.
        if !stands {
            until("the fault is noted", || {
                let noted = "select count(*) from house where key = 'scheduler_trouble' and value <> ''";
                (house.number(noted) == 1).then_some(())
            });
            doctor_names(house.command(), "server_entries", words);
        }
        assert_eq!(fs::read_to_string(tab_file(&house)).unwrap().contains("# BEGIN"), stands, "{fault}");
        foreign_lines_stand(&house);
        fs::remove_file(flag(&house, fault)).unwrap();
        let began = Instant::now();
        while house.listing(id)["entry"] != "armed" {
            assert!(began.elapsed() < Duration::from_secs(60), "{fault}: {}", house.log());
            thread::park_timeout(Duration::from_millis(50));
        }
        house.stop();
        all_is_well(&house, 1);
    }
}

/// The lock ends with its holder, even if the `crontab` that it started lives on.
#[test]
fn a_killed_holder_of_the_scheduler_s_lock_keeps_nobody() {
    let house = house();
    fs::write(flag(&house, "hangs"), "").unwrap();
    let mut holder = house.command().args(["scheduler", "sync"]).stdin(Stdio::null()).spawn().unwrap();
    let lock = house.home().join(".local/state/auction/scheduler.lock");
    until("it holds the lock", || fs::File::open(&lock).ok()?.try_lock().is_err().then_some(()));
    holder.kill().unwrap();
    holder.wait().unwrap();
    fs::remove_file(flag(&house, "hangs")).unwrap();
    house.run(&["scheduler", "sync"]).done();
    assert!(fs::read_to_string(tab_file(&house)).unwrap().contains("settle --due"));
    overdue(&house, 2);
    all_is_well(&house, 2);
}

/// Each round kills one sweep and one `settle` of several ids at another instant, from their start to their end.
#[test]
fn settle_killed_at_any_instant_settles_nothing_twice_and_nothing_by_halves() {
    const N: usize = 60;
    let house = house();
    // The sweep's own lines are not what is tried here, and each write of them takes a second.
    house.set("scheduler", "none");
    let ids: Vec<String> = overdue(&house, N).iter().map(i64::to_string).collect();
    let (mut n_killed, mut pause_us) = (0, 500);
    for round in 0.. {
        let open = house.number("select count(*) from standing where state = 'open'");
        if open == 0 || round == 60 {
            break;
        }
        let some: Vec<&str> = ids.iter().skip(round * 3 % N).take(5).map(String::as_str).collect();
        let mut children = [spawn(house.command().args(["settle", "--due"])), {
            let mut one = house.command();
            spawn(one.arg("settle").args(&some))
        }];
        thread::sleep(Duration::from_micros(pause_us));
        for child in &mut children {
            child.kill().unwrap();
            n_killed += usize::from(child.wait().unwrap().code().is_none());
        }
        // From before the first statement on, so that the kills walk through all of it until one sweep comes through.
        pause_us += 700;
        house.audit();
        let half = "select count(*) from standing s left join settlement t on t.listing_id = s.listing_id \
                    where (s.state = 'open') <> (t.id is null)";
        assert_eq!(house.number(half), 0);
    }
    println!("{n_killed} were killed before they had ended");
    assert!(n_killed > 0);
    all_is_well(&house, N);
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// All four turns, each held by a process of its own.
fn hold_turns(house: &House) -> Vec<Child> {
    let hold = |n: usize| {
        let file = house.dir().join(format!("settle-{n}.lock"));
        let script = format!("exec 9>'{}'; flock 9; exec sleep 100", file.display());
        let child = spawn(Command::new("/bin/sh").args(["-c", &script]));
        until("the turn is taken", || fs::File::open(&file).ok()?.try_lock().is_err().then_some(()));
        child
    };
    (1..=4).map(hold).collect()
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How `settle` ended, and how long that took.
fn settle_beside(house: &House, id: i64, meanwhile: impl FnOnce()) -> (Option<i32>, Duration) {
    let began = Instant::now();
    let mut settling = spawn(house.command().args(["settle", &id.to_string()]));
    meanwhile();
    loop {
        if let Some(status) = settling.try_wait().unwrap() {
            return (status.code(), began.elapsed());
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it waits for ever");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Turns are locks, and end with their holders.
#[test]
fn a_killed_holder_of_a_turn_keeps_nobody() {
    let house = house();
    let id = overdue(&house, 1)[0];
    let mut holders = hold_turns(&house);
    let (status, _) = settle_beside(&house, id, || end(&mut holders[2]));
    assert_eq!(status, Some(0));
    holders.iter_mut().for_each(end);
    all_is_well(&house, 1);
}

/// Four work already: the fifth waits, but not for ever, should they hang.
#[test]
fn a_fifth_that_settles_waits_for_a_turn_for_ten_seconds() {
    let house = house();
    let id = overdue(&house, 1)[0];
    let mut holders = hold_turns(&house);
    let (status, waited) = settle_beside(&house, id, || ());
    assert_eq!(status, Some(0));
    assert!(waited >= Duration::from_secs(9), "it did not wait for a turn: {waited:?}");
    holders.iter_mut().for_each(end);
    all_is_well(&house, 1);
}

#[test]
fn two_servers_on_one_house_settle_once() {
    let mut house = house();
    house.serve_by("cron");
    let mut second = house.command();
    second.args(["serve", "--listen", "127.0.0.1:0", "--scheduler", "cron"]).stdin(Stdio::null());
    let mut second = second.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(second.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    let ids: Vec<i64> = (0..3).map(|_| house.list(&ann, json!({"closes_in_s": 5}))).collect();
    for id in &ids {
        house.bid(&bob, *id, 1_000).done(201);
    }
    for id in &ids {
        assert_eq!(house.settlement(*id)["hammer"], 1_000);
    }
    assert!(second.try_wait().unwrap().is_none(), "the second one goes on");
    second.kill().unwrap();
    second.wait().unwrap();
    all_is_well(&house, 3);
}

#[test]
fn two_houses_of_one_user_keep_out_of_each_other_s_lines() {
    let house = house();
    overdue(&house, 1);
    let other = house.home().join("other house");
    let there = |args: &[&str]| run(house.command().env("AUCTION_DATA_DIR", &other).args(args), "").done();
    there(&["house", "set", "scheduler", "cron"]);
    there(&["account", "add", "--email", "ann@example.org", "--name", "Ann", "--no-password"]);
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1"];
    let add = [&add[..], &["--closes-in", "2h"]].concat();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| there(&add));
            scope.spawn(|| house.run(&add).done());
        }
    });
    let tab = || fs::read_to_string(tab_file(&house)).unwrap();
    for dir in [house.dir().canonicalize().unwrap(), other.canonicalize().unwrap()] {
        let line = format!("--data-dir '{}' settle 2\n", dir.display());
        assert_eq!(tab().matches(&line).count(), 1, "{line}{}", tab());
    }
    foreign_lines_stand(&house);
    there(&["scheduler", "clear"]);
    assert_eq!(tab().matches("# BEGIN").count(), 1);
    house.run(&["scheduler", "clear"]).done();
    assert_eq!(tab(), FOREIGN);
    there(&["audit"]);
    all_is_well(&house, 1);
}

/// A copy of the program under another name, as this house's command.
fn by(house: &House, program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", house.home()).env("PATH", house.bin()).env("AUCTION_DATA_DIR", dir);
    command
}

#[test]
fn a_program_that_moved_is_named_and_its_lines_are_put_right() {
    let house = house();
    let (old, new) = (house.home().join("auction-1"), house.home().join("auction-2"));
    // By another process: a file that is open for writing here while another test forks cannot be run.
    assert!(Command::new("/bin/cp").arg(env!("CARGO_BIN_EXE_auction")).arg(&old).status().unwrap().success());
    run(by(&house, &old, &house.dir()).args(["scheduler", "sync"]), "").done();
    fs::rename(&old, &new).unwrap();
    doctor_names(by(&house, &new, &house.dir()), "program", "is not there");
    run(by(&house, &new, &house.dir()).args(["scheduler", "sync"]), "").done();
    let tab = fs::read_to_string(tab_file(&house)).unwrap();
    assert!(tab.contains("/auction-2' --data-dir") && !tab.contains("/auction-1'"), "{tab}");
    foreign_lines_stand(&house);
    overdue(&house, 2);
    all_is_well(&house, 2);
}

#[test]
fn a_house_that_moved_is_named_and_its_lines_are_put_right() {
    let house = house();
    overdue(&house, 2);
    house.run(&["scheduler", "sync"]).done();
    let (old, new) = (house.dir(), house.home().join("a new house"));
    fs::rename(&old, &new).unwrap();
    // What cron still runs then: it makes no new house, and says why.
    let lost = house.run(&["settle", "--due"]);
    assert!(lost.status == 3 && lost.stderr.contains("there is no house"), "{lost:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_auction"));
    doctor_names(by(&house, program, &new), "program", "name the data directory");
    run(by(&house, program, &new).args(["settle", "--due"]), "").done();
    let tab = fs::read_to_string(tab_file(&house)).unwrap();
    assert!(tab.contains("/a new house' settle --due") && !tab.contains("/data' settle"), "{tab}");
    foreign_lines_stand(&house);
    fs::rename(&new, &old).unwrap();
    house.run(&["scheduler", "sync"]).done();
    all_is_well(&house, 2);
}
