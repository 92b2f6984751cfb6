//! systemd's side against a stand-in `systemctl`, whose manager knows of the files only what it read at its last
//! reload.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::stand_in::{Bench, at, entry, from, list};
use super::systemd::{Manager, Systemd};
use super::{Choice, Entry, Owner, Scheduler, pick_on};

fn bench() -> Bench {
    Bench::new("systemctl", include_str!("../../tests/it/systemctl.sh"))
}

impl Bench {
    fn systemd(&self) -> Systemd {
        // A busy machine gets everything done in one call, too.
        let long = Duration::from_secs(300);
        Systemd { program: self.bin("systemctl"), manager: Manager::System, patience: long, at_work: long }
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.bin("etc dir/systemd/system").join(name)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let listed = fs::read_dir(self.bin(folder)).unwrap();
        let mut names: Vec<String> =
            listed.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn units(&self) -> Vec<String> {
        self.names("etc dir/systemd/system")
    }

    /// How often the manager read its units anew.
    fn n_reloads(&self) -> usize {
        fs::read_to_string(self.bin("calls")).unwrap().matches("daemon-reload").count()
    }
}

const FIXED: [&str; 3] = ["auction-h1-due@.service", "auction-h1-settle@.service", "auction-h1-sweep.timer"];

#[test]
fn many_listings_are_made_with_one_reload_once_and_read_back() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(7, "2026-11-22T18:00:17Z"), entry(3, "2026-12-31T23:59:59Z")];
    let put = systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
    assert_eq!((put.armed, put.installed, put.beyond_window), (vec![3, 7], true, 0));
    assert_eq!(bench.n_reloads(), 1);
    let timers = ["auction-h1-settle-3.timer", "auction-h1-settle-7.timer", "auction-h1-sweep.timer"];
    assert_eq!(bench.names("runs"), timers);
    assert_eq!(bench.names("enabled"), timers[2..]);

    for prune in [false, true] {
        let again = systemd.put(&owner, &mut list(&wanted), prune, &now).unwrap();
        assert_eq!((again.armed, again.installed), (vec![3, 7], false));
    }
    assert_eq!(bench.n_reloads(), 1);

    let held = systemd.held(&owner).unwrap();
    assert!(held.sweep && held.reboot && !held.moved && held.damaged.is_none());
    let entries: Vec<_> =
        held.entries.iter().map(|entry| (entry.listing, &*entry.when, &*entry.text)).collect();
    assert_eq!(
        entries,
        [
            (7, "2026-11-22 18:00:17 UTC", "auction-h1-settle-7.timer"),
            (3, "2026-12-31 23:59:59 UTC", "auction-h1-settle-3.timer")
        ]
    );
}

#[test]
fn clearing_leaves_nothing_of_ours_and_all_of_the_others() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let other = bench.owner("h1-2");
    let wanted = [entry(7, "2026-11-22T18:00:17Z")];
    systemd.put(&other, &mut list(&wanted), false, &now).unwrap();
    fs::write(bench.unit("auction.service"), "[Service]\nExecStart=/bin/true\n").unwrap();
    let (files, running) = (bench.units(), bench.names("runs"));

    systemd.put(&owner, &mut list(&wanted), true, &now).unwrap();
    systemd.put(&owner, &mut list(&[]), true, &now).unwrap();
    systemd.put(&owner, &mut list(&wanted), true, &now).unwrap();
    fs::remove_file(bench.bin("runs/auction-h1-sweep.timer")).unwrap();
    systemd.clear(&owner).unwrap();
    assert_eq!((bench.units(), bench.names("runs")), (files, running));
    assert_eq!(bench.names("enabled"), ["auction-h1-2-sweep.timer"]);
    assert!(!systemd.held(&owner).unwrap().sweep && systemd.held(&other).unwrap().reboot);

    let n_reloads = bench.n_reloads();
    systemd.clear(&owner).unwrap();
    assert_eq!(bench.n_reloads(), n_reloads, "there was nothing to clear");
}

#[test]
fn a_stale_timer_goes_with_a_prune_and_a_moved_one_is_made_again() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let [one, two] = [1, 2].map(|listing| entry(listing, "2026-11-22T18:00:17Z"));
    systemd.put(&owner, &mut list(&[one, two]), false, &now).unwrap();
    assert!(!systemd.put(&owner, &mut list(&[one]), false, &now).unwrap().installed);
    assert!(systemd.put(&owner, &mut list(&[one]), true, &now).unwrap().installed);
    assert_eq!(bench.units(), [FIXED[0], "auction-h1-settle-1.timer", FIXED[1], FIXED[2]]);
    assert_eq!(bench.names("runs").len(), 2);
    let calls = fs::read_to_string(bench.bin("calls")).unwrap();
    assert!(calls.contains("clean --what=state auction-h1-settle-2.timer"), "{calls}");

    let later = entry(1, "2026-11-22T18:05:17Z");
    assert_eq!(systemd.put(&owner, &mut list(&[later]), false, &now).unwrap().armed, [1]);
    assert_eq!(systemd.held(&owner).unwrap().entries[0].when, "2026-11-22 18:05:17 UTC");
}

#[test]
fn what_somebody_changed_stopped_or_disabled_is_put_right() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [1, 2].map(|listing| entry(listing, "2026-11-22T18:00:17Z"));
    systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
    let file = bench.unit("auction-h1-settle-2.timer");
    let whole = fs::read_to_string(&file).unwrap();
    let harms: [&dyn Fn(); 6] = [
        &|| fs::remove_file(&file).unwrap(),
        &|| fs::write(&file, whole.replace("18:00", "19:00")).unwrap(),
        &|| fs::write(&file, [0xff, 0xfe]).unwrap(),
        &|| fs::remove_file(bench.bin("runs/auction-h1-settle-2.timer")).unwrap(),
        &|| fs::remove_file(bench.bin("enabled/auction-h1-sweep.timer")).unwrap(),
        &|| fs::write(bench.unit(FIXED[1]), "[Service]\nExecStart=/bin/true\n").unwrap(),
    ];
    for (n, harm) in harms.iter().enumerate() {
        harm();
        let held = systemd.held(&owner).unwrap();
        let is_seen = [held.entries.len() == 1, held.sweep && !held.reboot, held.moved];
        assert_eq!(is_seen, [n < 4, n == 4, n == 5], "harm {n}: {held:?}");
        let put = systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
        assert_eq!((put.armed, put.installed), (vec![1, 2], true), "harm {n}");
        assert_eq!(fs::read_to_string(&file).unwrap(), whole);
        assert!(systemd.held(&owner).unwrap().reboot);
    }
}

/// A run that was killed between writing and reloading.
#[test]
fn a_file_that_the_manager_has_not_read_is_read() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z")];
    systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
    fs::write(bench.bin("read/auction-h1-settle-1.timer"), "[Timer]\nOnCalendar=2026-11-22 18:00:17 UTC\n")
        .unwrap();
    assert!(systemd.held(&owner).unwrap().entries.is_empty());
    assert!(systemd.put(&owner, &mut list(&wanted), false, &now).unwrap().installed);
    assert_eq!(systemd.held(&owner).unwrap().entries.len(), 1);
}

#[test]
fn a_refusal_is_an_error_and_an_unseen_timer_is_not_armed() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z"), entry(2, "2026-11-22T18:00:18Z")];
    fs::write(bench.bin("refuses"), "").unwrap();
    let error = systemd.put(&owner, &mut list(&wanted), false, &now).unwrap_err().to_string();
    assert!(error.contains("No medium found"), "{error}");
    assert!(!systemd.check()[0].ok && systemd.clear(&owner).is_err());
    fs::remove_file(bench.bin("refuses")).unwrap();

    fs::write(bench.bin("forgets"), "").unwrap();
    assert!(systemd.put(&owner, &mut list(&wanted), false, &now).unwrap().armed.is_empty());
    fs::remove_file(bench.bin("forgets")).unwrap();

    // One that cannot start is named once it is the last one missing, and never keeps the others from it.
    fs::write(bench.bin("masked"), "auction-h1-settle-2.timer").unwrap();
    assert_eq!(systemd.put(&owner, &mut list(&wanted), false, &now).unwrap().armed, [1]);
    let error = systemd.put(&owner, &mut list(&wanted), false, &now).unwrap_err().to_string();
    assert!(error.contains("masked"), "{error}");

    fs::write(bench.bin("folderless"), "").unwrap();
    assert!(systemd.held(&owner).unwrap_err().to_string().contains("no folder"));
    let nowhere = Systemd { program: bench.bin("nothing"), ..systemd };
    assert!(nowhere.held(&owner).unwrap_err().to_string().contains("cannot be started"));
}

#[test]
fn a_moved_program_rewrites_the_services_and_leaves_the_timers() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z")];
    systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
    let moved = Owner { program: "/usr/bin/auction".into(), ..owner };
    assert!(systemd.held(&moved).unwrap().moved);
    assert_eq!(systemd.put(&moved, &mut list(&wanted), false, &now).unwrap().armed, [1]);
    let held = systemd.held(&moved).unwrap();
    assert!(!held.moved && held.sweep && held.reboot);
    let calls = fs::read_to_string(bench.bin("calls")).unwrap();
    assert_eq!(calls.matches(" restart ").count(), 1, "{calls}");
}

#[test]
fn the_nearest_two_hundred_units_are_held_and_a_crowd_shares_one() {
    let bench = bench();
    let (systemd, owner, now) = (bench.systemd(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let crowd = (1..=300).map(|listing| entry(listing, "2026-11-22T18:00:00Z"));
    let spread = (0..220).map(|n| {
        let when = format!("2026-11-23T{:02}:{:02}:00Z", n / 60, n % 60);
        entry(1_000 + n, &when)
    });
    let wanted: Vec<Entry> = crowd.chain(spread).collect();
    let put = systemd.put(&owner, &mut list(&wanted), false, &now).unwrap();
    assert_eq!(put.beyond_window, 520 - 300 - 196);
    assert_eq!(bench.units().len(), 200);
    let held = systemd.held(&owner).unwrap();
    assert_eq!(held.entries.iter().filter(|entry| entry.text == "auction-h1-settle-1.timer").count(), 300);

    // So many end at once after a sale: a call takes away what it can in bounded time, the next ones the rest.
    for left in [140, 80, 20, 3, 3] {
        systemd.put(&owner, &mut list(&[]), true, &now).unwrap();
        assert_eq!((bench.units().len(), bench.names("runs").len()), (left, left - 2));
    }
}

#[test]
fn an_entry_whose_time_is_over_is_neither_made_nor_reported() {
    let bench = bench();
    let (systemd, owner) = (bench.systemd(), bench.owner("h1"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z")];
    let put = |time: &str| systemd.put(&owner, &mut list(&wanted), true, &|| at(time)).unwrap();
    assert!(put("2026-11-22T18:00:17Z").armed.is_empty());
    assert_eq!(put("2026-11-22T12:00:00Z").armed, [1]);
    assert_eq!(put("2026-11-22T18:00:59Z").armed, [1]);
    assert!(put("2026-11-22T18:01:17Z").armed.is_empty());
    assert_eq!(bench.units(), FIXED);
}

#[test]
fn a_user_manager_without_lingering_is_found() {
    let bench = bench();
    let systemd = Systemd { manager: Manager::User(1000), ..bench.systemd() };
    let lingering = || systemd.check().into_iter().find(|finding| finding.name == "lingering").unwrap();
    assert!(systemd.check()[0].words.ends_with("own/systemd/user"), "{:?}", systemd.check()[0]);
    assert!(!lingering().ok, "there is no loginctl");
    let says = |word: &str| {
        let script =
            format!("#!/bin/sh\n[ \"$*\" = \"show-user 1000 --property=Linger\" ] && echo Linger={word}\n");
        bench.put("loginctl", &script);
    };
    says("no");
    assert!(lingering().what_to_do.contains("loginctl enable-linger"));
    says("yes");
    assert!(lingering().ok);
    assert_eq!(bench.systemd().check().len(), 1, "the system's manager needs no lingering");
    assert!(fs::read_to_string(bench.bin("calls")).unwrap().contains("--user --no-ask-password show"));
}

#[test]
fn auto_takes_systemd_only_without_cron_and_with_an_answer() {
    let bench = bench();
    let path = bench.bin("").into_os_string();
    let auto = || pick_on(Choice::Auto, Some(&path)).0.name();
    assert_eq!(auto(), "systemd");
    fs::write(bench.bin("refuses"), "").unwrap();
    assert_eq!(auto(), "none");
    assert!(matches!(pick_on(Choice::Systemd, Some(&path)).0, Scheduler::Systemd(_)));
    fs::remove_file(bench.bin("refuses")).unwrap();
    fs::copy(bench.bin("systemctl"), bench.bin("crontab")).unwrap();
    assert_eq!(auto(), "cron");
}
