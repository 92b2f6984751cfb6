//! The Task Scheduler's side against a stand-in `schtasks`, which keeps each task's file in a folder and tells by its
//! exit status alone what it did, with words in no known language.

use std::fs;
use std::time::Duration;

use super::schtasks::Schtasks;
use super::stand_in::{Bench, at, entry, from, list};
use super::{Choice, Entry, Owner, Scheduler, pick_on};

const SCHTASKS: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 9
echo "$1 $*" >> calls
while [ $# -gt 0 ]; do
    case "$1" in
    /Create|/Delete|/Query) verb=$1 ;;
    /TN) name=$(printf %s "$2" | tr '\\' '_'); shift ;;
    /XML) file=$2; [ $# -gt 1 ] && shift ;;
    esac
    shift
done
[ -f hangs ] && exec sleep 60
case "$verb" in
/Create)
    iconv -f UTF-16 -t UTF-8 "$file" > new || exit 1
    [ -f unprivileged ] && grep -q S-1-5-18 new && { echo "XXX 0x5" >&2; exit 1; }
    [ -f refuses ] && { echo "XXX" >&2; exit 1; }
    [ -f forgets ] || cp "$file" "$name" ;;
/Delete) rm "$name" 2>/dev/null || exit 1 ;;
/Query) [ -f blind ] && exit 0
    [ -z "$name" ] || cat "$name" 2>/dev/null || exit 1 ;;
esac
"#;

fn bench() -> Bench {
    Bench::new("schtasks", SCHTASKS)
}

impl Bench {
    fn schtasks(&self) -> Schtasks {
        // A busy machine gets everything done in one call, too.
        let long = Duration::from_secs(300);
        Schtasks { program: self.bin("schtasks"), patience: long, at_work: long }
    }

    fn tasks(&self) -> Vec<String> {
        let names =
            fs::read_dir(self.bin("")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut tasks: Vec<String> =
            names.filter_map(|name| name.strip_prefix("_Auction_h1_").map(str::to_owned)).collect();
        tasks.sort();
        tasks
    }

    fn n_created(&self) -> usize {
        fs::read_to_string(self.bin("calls")).unwrap().matches("/Create /Create").count()
    }
}

#[test]
fn what_is_wanted_is_made_once_and_read_back() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(7, "2026-11-22T18:00:17Z"), entry(3, "2026-12-31T23:59:59Z")];
    let put = schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap();
    assert_eq!((put.armed, put.installed, put.beyond_window), (vec![3, 7], true, 0));
    assert_eq!(bench.tasks(), ["boot", "settle-3", "settle-7", "sweep"]);

    let n_created = bench.n_created();
    for prune in [false, true] {
        let again = schtasks.put(&owner, &mut list(&wanted), prune, &now).unwrap();
        assert_eq!((again.armed, again.installed), (vec![3, 7], false));
    }
    assert_eq!(bench.n_created(), n_created);

    let held = schtasks.held(&owner).unwrap();
    assert!(held.sweep && held.reboot && !held.moved && held.damaged.is_none());
    let entries: Vec<_> =
        held.entries.iter().map(|entry| (entry.listing, &*entry.when, &*entry.text)).collect();
    assert_eq!(
        entries,
        [
            (7, "2026-11-22T18:00:17Z", r"\Auction\h1\settle-7"),
            (3, "2026-12-31T23:59:59Z", r"\Auction\h1\settle-3")
        ]
    );

    schtasks.clear(&owner).unwrap();
    assert!(bench.tasks().is_empty());
    assert!(!owner.data_dir.join("task.xml").exists());
    schtasks.clear(&owner).unwrap();
}

#[test]
fn a_stale_task_goes_with_a_prune_and_a_moved_one_is_made_again() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let [one, two] = [1, 2].map(|listing| entry(listing, "2026-11-22T18:00:17Z"));
    schtasks.put(&owner, &mut list(&[one, two]), false, &now).unwrap();
    assert!(!schtasks.put(&owner, &mut list(&[one]), false, &now).unwrap().installed);
    assert!(schtasks.put(&owner, &mut list(&[one]), true, &now).unwrap().installed);
    assert_eq!(bench.tasks(), ["boot", "settle-1", "sweep"]);

    let later = entry(1, "2026-11-22T18:05:17Z");
    assert_eq!(schtasks.put(&owner, &mut list(&[later]), false, &now).unwrap().armed, [1]);
    assert_eq!(schtasks.held(&owner).unwrap().entries[0].when, "2026-11-22T18:05:17Z");
}

#[test]
fn a_task_that_somebody_deleted_is_noticed_and_made_again() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [1, 2].map(|listing| entry(listing, "2026-11-22T18:00:17Z"));
    schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap();
    fs::remove_file(bench.bin("_Auction_h1_settle-2")).unwrap();
    assert_eq!(schtasks.held(&owner).unwrap().entries.len(), 1);
    assert_eq!(schtasks.put(&owner, &mut list(&wanted), true, &now).unwrap().armed, [1, 2]);
    assert_eq!(bench.tasks().len(), 4);

    // One of its name that is not ours is none.
    fs::copy(bench.bin("_Auction_h1_settle-1"), bench.bin("_Auction_h1_settle-2")).unwrap();
    assert_eq!(schtasks.held(&owner).unwrap().entries.len(), 1);
}

#[test]
fn without_the_sweep_none_of_what_was_noted_is_believed() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted: Vec<Entry> = (1..=30).map(|listing| entry(listing, "2026-11-22T18:00:17Z")).collect();
    schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap();
    for name in bench.tasks() {
        fs::remove_file(bench.bin(&format!("_Auction_h1_{name}"))).unwrap();
    }
    assert!(!schtasks.held(&owner).unwrap().sweep);
    assert_eq!(schtasks.put(&owner, &mut list(&wanted), true, &now).unwrap().armed.len(), 30);
    assert_eq!(bench.tasks().len(), 32);
}

#[test]
fn a_person_without_privileges_gets_tasks_of_their_own_and_a_warning() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    assert!(schtasks.check(&owner).iter().all(|finding| finding.ok));
    fs::write(bench.bin("unprivileged"), "").unwrap();
    let put = schtasks.put(&owner, &mut list(&[entry(1, "2026-11-22T18:00:17Z")]), false, &now).unwrap();
    assert_eq!(put.armed, [1]);
    assert_eq!(bench.tasks(), ["settle-1", "sweep"]);
    let bad: Vec<_> = schtasks.check(&owner).into_iter().filter(|finding| !finding.ok).collect();
    assert_eq!(bad.iter().map(|finding| finding.name).collect::<Vec<_>>(), ["principal"]);
}

#[test]
fn a_refusal_is_an_error_and_an_unseen_task_is_not_armed() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z")];
    fs::write(bench.bin("refuses"), "").unwrap();
    let error = schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap_err().to_string();
    assert!(error.contains("/Create") && error.contains("XXX"), "{error}");
    fs::remove_file(bench.bin("refuses")).unwrap();

    fs::write(bench.bin("forgets"), "").unwrap();
    assert!(schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap().armed.is_empty());
    fs::remove_file(bench.bin("forgets")).unwrap();
    assert_eq!(schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap().armed, [1]);

    // One that shows nothing is believed by its exit status.
    fs::write(bench.bin("blind"), "").unwrap();
    let more = [wanted[0], entry(2, "2026-11-22T18:00:17Z")];
    assert_eq!(schtasks.put(&owner, &mut list(&more), true, &now).unwrap().armed, [1, 2]);

    fs::write(bench.bin("hangs"), "").unwrap();
    let hanging = Schtasks { patience: Duration::from_millis(200), ..schtasks };
    assert!(hanging.held(&owner).unwrap_err().to_string().contains("still running"));
}

#[test]
fn a_moved_program_makes_every_task_anew() {
    let bench = bench();
    let (schtasks, owner, now) = (bench.schtasks(), bench.owner("h1"), from("2026-11-22T12:00:00Z"));
    let wanted = [entry(1, "2026-11-22T18:00:17Z")];
    schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap();
    let moved = Owner { program: "/usr/bin/auction".into(), ..owner };
    let held = schtasks.held(&moved).unwrap();
    assert!(held.moved && !held.sweep && !held.reboot);
    assert!(schtasks.put(&moved, &mut list(&wanted), false, &now).unwrap().installed);
    let held = schtasks.held(&moved).unwrap();
    assert!(!held.moved && held.sweep && held.reboot);
}

#[test]
fn an_entry_whose_time_is_over_is_neither_made_nor_reported() {
    let bench = bench();
    let (schtasks, owner) = (bench.schtasks(), bench.owner("h1"));
    let wanted: Vec<Entry> = vec![entry(1, "2026-11-22T18:00:17Z")];
    let put = |time: &str| schtasks.put(&owner, &mut list(&wanted), true, &|| at(time)).unwrap();
    assert!(put("2026-11-22T18:00:17Z").armed.is_empty());
    assert_eq!(put("2026-11-22T12:00:00Z").armed, [1]);
    assert_eq!(put("2026-11-22T18:00:59Z").armed, [1]);
    assert!(put("2026-11-22T18:01:17Z").armed.is_empty());
    assert_eq!(bench.tasks(), ["boot", "sweep"]);
}

#[test]
fn a_task_that_was_made_too_late_is_not_reported_as_armed() {
    let bench = bench();
    let (schtasks, owner) = (bench.schtasks(), bench.owner("h1"));
    // A clock that jumps past the start once the first task has been made.
    let made = bench.bin("_Auction_h1_sweep");
    let now = || at(if made.exists() { "2026-11-22T18:00:17Z" } else { "2026-11-22T18:00:10Z" });
    let wanted = [entry(1, "2026-11-22T18:00:17Z"), entry(2, "2026-11-22T18:00:18Z")];
    assert_eq!(schtasks.put(&owner, &mut list(&wanted), false, &now).unwrap().armed, [2]);
}

#[test]
fn schtasks_is_found_by_either_of_its_names() {
    let bench = bench();
    let path = bench.folder.path().join("bin").into_os_string();
    let found = || match pick_on(Choice::Schtasks, Some(&path)).0 {
        Scheduler::Schtasks(schtasks) => schtasks.program,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(), bench.bin("schtasks"));
    fs::rename(bench.bin("schtasks"), bench.bin("schtasks.exe")).unwrap();
    assert_eq!(found(), bench.bin("schtasks.exe"));
}
