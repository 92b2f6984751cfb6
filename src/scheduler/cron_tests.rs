//! cron's side against a stand-in `crontab`, so that refusals, hangs and the second of each install can be had at will.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::cron::{Cron, LINES_BUSYBOX};
use super::stand_in::{Bench, at, entry, entry_at, from, list};
use super::{Choice, Damaged, Entry, Owner, Scheduler, pick_on};
use chrono::{DateTime, TimeDelta, Utc};

/// Installs go to `installs/N` one after the other, so that each keeps its time; `tab` is the newest.
const CRONTAB: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 9
[ -f hangs ] && exec sleep 60
[ -f refuses ] && { cat refuses >&2; exit 1; }
case "$1" in
-l) [ -f tab ] || { echo "no crontab for ann" >&2; exit 1; }
    cat tab ;;
-)  cat > new
    [ -f strict ] && [ -s new ] && [ -n "$(tail -c 1 new)" ] && { echo "new crontab file is missing newline" >&2; exit 1; }
    n=$(ls installs | wc -l)
    cp new "installs/$n" && mv new tab ;;
esac
"#;

fn bench() -> Bench {
    let bench = Bench::new("crontab", CRONTAB);
    fs::create_dir(bench.bin("installs")).unwrap();
    bench
}

impl Bench {
    fn cron(&self) -> Cron {
        Cron {
            program: self.bin("crontab"),
            localtime: self.folder.path().join("no-zone"),
            lock_folder: Some(self.folder.path().join("state")),
            patience: Duration::from_secs(60),
        }
    }

    fn set_tab(&self, text: &str) {
        fs::write(self.bin("tab"), text).unwrap();
    }

    fn tab(&self) -> String {
        fs::read_to_string(self.bin("tab")).unwrap()
    }

    /// The wall-clock second of each install, as cron would see the age of the tab.
    fn installs(&self) -> Vec<u64> {
        let age = |file: fs::DirEntry| {
            let at = file.metadata().unwrap().modified().unwrap();
            at.duration_since(UNIX_EPOCH).unwrap().as_secs()
        };
        let mut seconds: Vec<u64> =
            fs::read_dir(self.bin("installs")).unwrap().map(|file| age(file.unwrap())).collect();
        seconds.sort_unstable();
        seconds
    }

    /// The wall clock, by which the stand-in's files are stamped too.
    fn now(&self) -> DateTime<Utc> {
        let file = tempfile::NamedTempFile::new_in(self.folder.path().join("state")).unwrap();
        DateTime::from(file.as_file().metadata().unwrap().modified().unwrap())
    }
}

#[test]
fn what_is_wanted_is_installed_once_and_read_back() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    let wanted = [entry(7, "2026-11-22T18:00:00Z"), entry(3, "2026-12-31T23:59:00Z")];
    bench.set_tab("0 5 * * * backup");

    let put = cron.put(&owner, &mut list(&wanted), false, &now).unwrap();
    assert_eq!((put.armed, put.installed, put.beyond_window), (vec![3, 7], true, 0));
    let data = owner.data_dir.display();
    let line = |when: &str, what: &str| format!("{when} '/opt/auction' --data-dir '{data}' settle {what}\n");
    let block = [
        "# BEGIN auction h1\n".into(),
        line("* * * * *", "--due"),
        line("@reboot", "--due"),
        line("0 18 22 11 *", "7"),
        line("59 23 31 12 *", "3"),
        "# END auction h1\n".into(),
    ]
    .concat();
    assert_eq!(bench.tab(), format!("{block}0 5 * * * backup"));

    for prune in [false, true] {
        let again = cron.put(&owner, &mut list(&wanted), prune, &now).unwrap();
        assert_eq!((again.armed, again.installed), (vec![3, 7], false));
    }
    let held = cron.held(&owner).unwrap();
    assert!(held.sweep && held.reboot && !held.moved && held.damaged.is_none());
    assert_eq!(
        held.entries.iter().map(|e| (e.listing, &*e.when)).collect::<Vec<_>>(),
        [(7, "0 18 22 11 *"), (3, "59 23 31 12 *")]
    );

    cron.clear(&owner, &now).unwrap();
    assert_eq!(bench.tab(), "0 5 * * * backup");
    cron.clear(&owner, &now).unwrap();
    assert_eq!(bench.installs().len(), 2);
}

#[test]
fn a_stale_line_goes_with_the_next_write_or_with_a_prune() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    let [one, two, three] = [1, 2, 3].map(|listing| entry(listing, "2026-11-22T18:00:00Z"));
    cron.put(&owner, &mut list(&[one, two]), false, &now).unwrap();

    assert!(!cron.put(&owner, &mut list(&[one]), false, &now).unwrap().installed);
    assert!(bench.tab().contains("settle 2\n"));
    assert!(cron.put(&owner, &mut list(&[one]), true, &now).unwrap().installed);
    assert!(!bench.tab().contains("settle 2\n"));

    assert!(cron.put(&owner, &mut list(&[one, three]), false, &now).unwrap().installed);
    let moved = entry(3, "2026-11-22T18:05:00Z");
    assert_eq!(cron.put(&owner, &mut list(&[moved]), false, &now).unwrap().armed, [3]);
    assert!(bench.tab().contains("5 18 22 11 * ") && !bench.tab().contains("settle 1\n"));
}

#[test]
fn nothing_is_pruned_while_cron_reads_its_tabs() {
    let bench = bench();
    let (cron, owner) = (bench.cron(), bench.owner("h1"));
    cron.put(&owner, &mut list(&[entry(1, "2026-11-22T18:00:00Z")]), false, &from("2026-11-22T12:00:10Z"))
        .unwrap();
    let now = from("2026-11-22T12:00:58Z");
    assert!(cron.put(&owner, &mut list(&[]), true, &now).unwrap().installed);
    assert!(now() >= at("2026-11-22T12:01:03Z"));
    // What is missing is installed at any second.
    let now = || at("2026-11-22T12:02:59Z");
    assert!(cron.put(&owner, &mut list(&[entry(2, "2026-11-22T18:00:00Z")]), true, &now).unwrap().installed);
}

#[test]
fn an_entry_whose_time_is_over_is_neither_brought_in_nor_reported() {
    let bench = bench();
    let (cron, owner) = (bench.cron(), bench.owner("h1"));
    let wanted = [entry(1, "2026-11-22T18:00:00Z"), entry(2, "2026-11-22T18:30:00Z")];
    let put = |at_: &str, wanted: &[Entry]| cron.put(&owner, &mut list(wanted), true, &|| at(at_)).unwrap();
    assert_eq!(put("2026-11-22T18:00:05Z", &wanted).armed, [2]);
    assert_eq!(put("2026-11-22T12:00:05Z", &wanted).armed, [1, 2]);
    // Its line stands while cron may still start it, and is stale after.
    let running = put("2026-11-22T18:00:59Z", &wanted);
    assert_eq!((running.armed, running.installed), (vec![1, 2], false));
    let more = [wanted[0], wanted[1], entry(3, "2026-11-22T19:00:00Z")];
    assert_eq!(put("2026-11-22T18:00:59Z", &more).armed, [1, 2, 3]);
    let over = put("2026-11-22T18:01:05Z", &wanted);
    assert_eq!((over.armed, over.installed), (vec![2], true));
}

#[test]
fn a_line_that_came_in_too_late_is_not_reported_as_armed() {
    let bench = bench();
    let (cron, owner) = (bench.cron(), bench.owner("h1"));
    // A clock that jumps past the minute once the tab has been written.
    let installs = bench.bin("installs/0");
    let now = || at(if installs.exists() { "2026-11-22T18:00:01Z" } else { "2026-11-22T17:59:40Z" });
    let wanted = [entry(1, "2026-11-22T18:00:00Z"), entry(2, "2026-11-22T18:01:00Z")];
    assert_eq!(cron.put(&owner, &mut list(&wanted), false, &now).unwrap().armed, [2]);
}

#[test]
fn the_nearest_five_thousand_are_held() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    let first = at("2026-11-22T18:00:00Z");
    let wanted: Vec<Entry> = (0..5_010).map(|n| entry_at(n, first + TimeDelta::minutes(5_010 - n))).collect();
    let put = cron.put(&owner, &mut list(&wanted), false, &now).unwrap();
    assert_eq!((put.armed.len(), put.armed[0], put.beyond_window), (5_000, 10, 10));
    assert!(!cron.put(&owner, &mut list(&wanted), true, &now).unwrap().installed);
}

/// As time goes by, what was too far off comes up, without anything being asked for anew.
#[test]
fn the_rest_of_the_window_comes_up_in_time_and_busybox_holds_two_hundred() {
    let bench = bench();
    let (cron, owner) = (bench.cron(), bench.owner("h1"));
    fs::rename(bench.bin("crontab"), bench.bin("busybox")).unwrap();
    std::os::unix::fs::symlink(bench.bin("busybox"), bench.bin("crontab")).unwrap();
    let first = at("2026-11-22T18:00:00Z");
    let wanted: Vec<Entry> = (0..250).map(|n| entry_at(n, first + TimeDelta::minutes(n))).collect();
    let put = |now: &str| cron.put(&owner, &mut list(&wanted), true, &|| at(now)).unwrap();
    let early = put("2026-11-22T12:00:10Z");
    assert_eq!((early.armed.len(), early.armed[199], early.beyond_window), (200, 199, 50));
    let later = put("2026-11-22T18:30:10Z");
    assert_eq!((later.armed[0], later.armed[199], later.beyond_window), (30, 229, 20));
    let tab = bench.tab();
    assert!(tab.contains("settle 229\n") && !tab.contains("settle 29\n") && tab.lines().count() < 256);
    assert!(cron.held(&owner).unwrap().reboot && !tab.contains('@'), "its daemon dies of it: {tab}");
    let own = format!("\n# mine\n{}", "0 5 * * * backup\n".repeat(100));
    bench
        .set_tab(&(tab.replace("# END", "@reboot '/opt/auction' --data-dir 'x' settle --due\n# END") + &own));
    assert_eq!(put("2026-11-22T18:30:10Z").armed.len(), 154);
    assert!(!bench.tab().contains('@') && bench.tab().ends_with(&own));
    assert_eq!(bench.tab().lines().filter(|line| line.contains(" * ")).count(), LINES_BUSYBOX);
    // What busybox says of a person without a tab.
    fs::remove_file(bench.bin("tab")).unwrap();
    fs::write(bench.bin("refuses"), "crontab: can't open 'ann': No such file or directory\n").unwrap();
    assert!(cron.held(&owner).unwrap().entries.is_empty());
}

#[test]
fn lines_are_written_anew_when_the_zone_of_the_machine_changes() {
    let bench = bench();
    let zone_file = bench.folder.path().join("localtime");
    let cron = Cron { localtime: zone_file.clone(), ..bench.cron() };
    let (owner, now) = (bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    let wanted = [entry(7, "2026-11-22T18:00:00Z")];
    for (name, line, offset) in [
        ("Asia/Seoul", "0 3 23 11 *", "+09:00"),
        ("America/New_York", "0 13 22 11 *", "-05:00"),
        ("Asia/Kathmandu", "45 23 22 11 *", "+05:45"),
    ] {
        fs::write(&zone_file, fs::read(Path::new("/usr/share/zoneinfo").join(name)).unwrap()).unwrap();
        let put = cron.put(&owner, &mut list(&wanted), false, &now).unwrap();
        assert_eq!((put.armed, put.installed), (vec![7], true), "{name}");
        assert_eq!(cron.held(&owner).unwrap().entries[0].when, line);
        assert_eq!(Scheduler::Cron(cron.clone()).offset(wanted[0].fires_at).unwrap(), offset);
        assert!(!cron.put(&owner, &mut list(&wanted), false, &now).unwrap().installed);
    }
    assert_eq!(bench.tab().matches("settle 7").count(), 1);
}

/// Regression: cron never saw a tab that was written in the second in which it had read its tabs, and nothing was
/// written after that, because nothing was missing.
#[test]
fn a_nudge_writes_the_same_tab_once_more() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    bench.set_tab("0 5 * * * backup");
    cron.nudge(&owner, &now).unwrap();
    assert_eq!(bench.installs().len(), 0, "there is nothing of ours");
    cron.put(&owner, &mut list(&[entry(7, "2026-11-22T18:00:00Z")]), false, &now).unwrap();
    let tab = bench.tab();
    cron.nudge(&owner, &now).unwrap();
    assert_eq!((bench.installs().len(), bench.tab()), (2, tab));
}

#[test]
fn two_houses_and_a_moved_program_live_in_one_tab() {
    let bench = bench();
    let (cron, now) = (bench.cron(), from("2026-11-22T12:00:10Z"));
    let wanted = [entry(1, "2026-11-22T18:00:00Z")];
    let (one, two) = (bench.owner("h1"), bench.owner("h2"));
    cron.put(&one, &mut list(&wanted), false, &now).unwrap();
    cron.put(&two, &mut list(&wanted), false, &now).unwrap();
    let moved = Owner { program: "/usr/bin/auction".into(), ..one.clone() };
    let held = cron.held(&moved).unwrap();
    assert!(held.moved && !held.sweep && !held.reboot);
    assert_eq!(cron.put(&moved, &mut list(&wanted), false, &now).unwrap().armed, [1]);
    assert!(!cron.held(&moved).unwrap().moved);
    cron.clear(&moved, &now).unwrap();
    assert!(!cron.put(&two, &mut list(&wanted), true, &now).unwrap().installed);
    cron.clear(&two, &now).unwrap();
    assert_eq!(bench.tab(), "");
}

#[test]
fn a_line_that_a_person_adds_during_the_wait_is_kept() {
    let bench = bench();
    let (cron, owner) = (bench.cron(), bench.owner("h1"));
    cron.put(&owner, &mut list(&[]), false, &|| at("2026-11-22T12:00:10Z")).unwrap();
    // The clock is read until it leaves the second of the last install; the person writes while it is.
    let reads = AtomicI64::new(0);
    let now = || match reads.fetch_add(1, SeqCst) {
        0..3 => at("2026-11-22T12:00:10Z"),
        3 => {
            bench.set_tab(&format!("{}0 5 * * * backup\n", bench.tab()));
            at("2026-11-22T12:00:11Z")
        }
        _ => at("2026-11-22T12:00:12Z"),
    };
    let put = cron.put(&owner, &mut list(&[entry(1, "2026-11-22T18:00:00Z")]), false, &now).unwrap();
    assert_eq!(put.armed, [1]);
    assert!(bench.tab().ends_with("# END auction h1\n0 5 * * * backup\n"));
}

#[test]
fn damaged_markers_change_nothing() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    bench.set_tab("# BEGIN auction h1\n0 5 * * * mine\n");
    let refused = cron.put(&owner, &mut list(&[entry(1, "2026-11-22T18:00:00Z")]), true, &now).unwrap_err();
    assert!(refused.downcast_ref::<Damaged>().is_some());
    assert!(cron.clear(&owner, &now).unwrap_err().is::<Damaged>());
    assert!(cron.held(&owner).unwrap().damaged.unwrap().contains("crontab -e"));
    assert_eq!(bench.installs().len(), 0);
}

#[test]
fn only_no_crontab_means_empty() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    assert!(cron.held(&owner).unwrap().entries.is_empty());
    for said in ["You (ann) are not allowed to use this program (crontab)", "tab: Input/output error", ""] {
        fs::write(bench.bin("refuses"), said).unwrap();
        let error = cron.put(&owner, &mut list(&[]), true, &now).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(cron.held(&owner).is_err() && cron.clear(&owner, &now).is_err());
    }
    fs::remove_file(bench.bin("refuses")).unwrap();
    assert!(cron.put(&owner, &mut list(&[]), true, &now).unwrap().installed);
}

#[test]
fn a_last_line_without_its_end_is_ended_only_where_crontab_insists() {
    let bench = bench();
    let (cron, owner, now) = (bench.cron(), bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    bench.set_tab("0 5 * * * backup");
    fs::write(bench.bin("strict"), "").unwrap();
    cron.put(&owner, &mut list(&[]), false, &now).unwrap();
    assert!(bench.tab().ends_with("# END auction h1\n0 5 * * * backup\n"));
}

#[test]
fn a_crontab_that_hangs_is_ended_and_one_that_is_missing_is_named() {
    let bench = bench();
    let (owner, now) = (bench.owner("h1"), from("2026-11-22T12:00:10Z"));
    fs::write(bench.bin("hangs"), "").unwrap();
    let hanging = Cron { patience: Duration::from_millis(200), ..bench.cron() };
    let began = Instant::now();
    let error = hanging.put(&owner, &mut list(&[]), false, &now).unwrap_err().to_string();
    assert!(error.contains("still running"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(30), "it would hang for a minute");

    let missing = Cron { program: bench.bin("nowhere"), ..bench.cron() };
    assert!(missing.held(&owner).unwrap_err().to_string().contains("nowhere"));
}

#[test]
fn eight_writers_keep_every_line_and_install_once_a_second() {
    let bench = bench();
    bench.set_tab("0 5 * * * backup\n");
    let wanted: Vec<Entry> = (1..=25).map(|listing| entry(listing, "2099-11-22T18:00:00Z")).collect();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (bench, wanted) = (&bench, &wanted);
            scope.spawn(move || {
                let put = bench
                    .cron()
                    .put(&bench.owner(&format!("h{n}")), &mut list(wanted), false, &|| bench.now())
                    .unwrap();
                assert_eq!(put.armed.len(), 25);
            });
        }
    });
    assert_eq!(bench.tab().matches("0 18 22 11 * ").count(), 8 * 25);
    assert!(bench.tab().ends_with("0 5 * * * backup\n"));
    let mut seconds = bench.installs();
    seconds.dedup();
    assert_eq!(seconds.len(), 8);
}

#[test]
fn of_two_writers_of_one_house_the_later_one_has_the_later_wish() {
    let bench = bench();
    let newest = AtomicI64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let now = from("2026-11-22T12:00:10Z");
                newest.fetch_add(1, SeqCst);
                let mut wish =
                    || Ok((1..=newest.load(SeqCst)).map(|n| entry(n, "2026-11-22T18:00:00Z")).collect());
                bench.cron().put(&bench.owner("h1"), &mut wish, true, &now).unwrap();
            });
        }
    });
    assert_eq!(bench.cron().held(&bench.owner("h1")).unwrap().entries.len(), 4);
}

#[test]
fn auto_takes_cron_where_a_crontab_is_on_the_path() {
    let bench = bench();
    let path = bench.folder.path().join("bin").into_os_string();
    match pick_on(Choice::Auto, Some(&path)) {
        (Scheduler::Cron(cron), _) => assert_eq!(cron.program, bench.bin("crontab")),
        other => panic!("{other:?}"),
    }
    let empty = bench.folder.path().join("data").into_os_string();
    let (none, sentence) = pick_on(Choice::Auto, Some(&empty));
    assert!(matches!(none, Scheduler::None) && sentence.contains("no OS scheduler"), "{sentence}");
    assert!(
        matches!(pick_on(Choice::Cron, None).0, Scheduler::Cron(cron) if cron.program == Path::new("crontab"))
    );
    assert!("at".parse::<Choice>().is_err());
    assert_eq!("schtasks".parse(), Ok(Choice::Schtasks));
}
