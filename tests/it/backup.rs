//! Backup while bids run, and restore: nothing acknowledged is missing, nothing altered gets in, the old house stays.

use crate::harness::{House, int, put_script, run, until};
use auction::rules::hash::hex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 90, 90]))
        .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    bytes
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn tar(house: &House) -> PathBuf {
    house.home().join("house.tar")
}

/// A served house with a lamp that has a picture, and a bid of Bob's on it; backed up and stopped. The backup, and the lamp.
fn backed_up() -> (House, PathBuf, i64) {
    let (mut house, ann, bob, _) = House::open();
    let fields = [("title", "Lamp"), ("opening", "1000"), ("closes_in_s", "7200")];
    let answer = house.post("/api/v1/listings").by(&ann).multipart(&fields, Some(&png(10))).send();
    let id = int(&answer.done(201)["id"]);
    house.bid(&bob, id, 1_000).done(201);
    let file = tar(&house);
    house.run(&["backup", text(&file)]).done();
    assert_eq!(house.stop().1, 0);
    (house, file, id)
}

/// Restores `file` into a folder that is not there yet; how it went, and the folder.
fn restored_elsewhere(house: &House, file: &Path) -> (crate::harness::Ran, PathBuf) {
    let dir = house.home().join("elsewhere");
    let mut command = house.command_anywhere();
    (run(command.args(["--data-dir", text(&dir), "restore", text(file)]), ""), dir)
}

/// Ends what runs until `done`, however the test ends.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until so many bids were acknowledged; patient, for all tests run at once.
fn reach(what: &str, n: usize, acknowledged: &Mutex<HashMap<(i64, i64), String>>) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while acknowledged.lock().unwrap().len() < n {
        assert!(Instant::now() < deadline, "waited too long until {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn every_bid_acknowledged_before_is_in_a_backup_made_under_32_connections() {
    let (mut house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "0")]);
    let ids: Vec<i64> = (0..8).map(|_| house.list(&ann, json!({"increment": 1}))).collect();
    let (done, acknowledged) = (AtomicBool::new(false), Mutex::new(HashMap::<(i64, i64), String>::new()));
    let before = thread::scope(|scope| {
        let ends = Ends(&done);
        for n in 0..32 {
            let (house, done, acknowledged, ids) = (&house, &done, &acknowledged, &ids);
            let bidder = if n % 2 == 0 { &bob } else { &cleo };
            scope.spawn(move || {
                let mut turn = n;
                while !done.load(Ordering::Relaxed) {
                    turn += 1;
                    // 32 connections that leave the machine to the other tests, too.
                    thread::park_timeout(Duration::from_millis(50));
                    let id = ids[turn % ids.len()];
                    let amount = house.listing(id)["minimum"].as_i64().unwrap();
                    let answer = house.bid(bidder, id, amount);
                    if answer.status == 201 {
                        let bid = &answer.body()["bid"];
                        let hash = bid["hash"].as_str().unwrap().to_owned();
                        acknowledged.lock().unwrap().insert((id, int(&bid["seq"])), hash);
                    }
                }
            });
        }
        reach("bids run", 60, &acknowledged);
        let before = acknowledged.lock().unwrap().clone();
        let made = house.told(&["backup", text(&tar(&house))]);
        assert!(int(&made["n_bids"]) >= before.len() as i64, "{made}");
        let n = acknowledged.lock().unwrap().len();
        reach("bids go on", n + 20, &acknowledged);
        drop(ends);
        before
    });
    house.audit();
    assert_eq!(house.stop().1, 0);
    let (ran, dir) = restored_elsewhere(&house, &tar(&house));
    ran.done();
    let ran = run(house.command_anywhere().args(["--data-dir", text(&dir), "audit"]), "").done();
    assert!(ran.stdout.contains("all agrees"), "{ran:?}");
    let conn = rusqlite::Connection::open(dir.join("auction.db")).unwrap();
    for ((listing, seq), hash) in before {
        let sql = "select lower(hex(hash)) from bid where listing_id = ?1 and seq = ?2";
        let kept: String = conn.query_row(sql, [listing, seq], |row| row.get(0)).unwrap();
        assert_eq!(kept, hash, "listing {listing}, bid {seq}");
    }
}

#[test]
fn a_backup_is_private_never_overwrites_and_leaves_nothing_beside() {
    let house = House::bare();
    house.add("Ann");
    let file = tar(&house);
    let made = house.told(&["backup", text(&file)]);
    assert_eq!(made["n_bids"], 0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made["n_bytes"], fs::metadata(&file).unwrap().len());
    let whole = fs::read(&file).unwrap();
    house.add("Bob");
    let refused = house.run(&["backup", text(&file)]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("--replace"), "{refused:?}");
    assert_eq!(fs::read(&file).unwrap(), whole);
    house.run(&["backup", "--replace", text(&file)]).done();
    assert_ne!(fs::read(&file).unwrap(), whole);
    let names: Vec<_> = fs::read_dir(house.home()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["house.tar"]);
    assert_eq!(house.run(&["backup", "/nowhere/at/all.tar"]).status, 3);
}

#[test]
fn a_house_that_does_not_agree_with_itself_is_not_backed_up() {
    let house = House::bare();
    house.add("Ann");
    house.credit("Ann", 500);
    house.connection().execute("update purse set balance = balance + 1 where id = 1", []).unwrap();
    let refused = house.run(&["backup", text(&tar(&house))]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("account 1"), "{refused:?}");
    assert!(!tar(&house).exists());
    assert_eq!(fs::read_dir(house.home()).unwrap().count(), 0);
}

/// Killed at any moment, a backup is whole under its name or not there.
#[test]
fn a_killed_backup_leaves_no_file() {
    let house = House::bare();
    house.add("Ann");
    for n in 0..6_u64 {
        let file = house.home().join(format!("{n}.tar"));
        let mut child = house
            .command()
            .args(["backup", text(&file)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // At the latest when there is something beside the file; the first at once.
        until("it has begun", || {
            let begun = fs::read_dir(house.home()).unwrap().count() > usize::try_from(n).unwrap();
            (n == 0 || begun || child.try_wait().unwrap().is_some()).then_some(())
        });
        thread::park_timeout(Duration::from_millis(n * n));
        child.kill().unwrap();
        child.wait().unwrap();
        if file.exists() {
            let dir = house.home().join(format!("{n}"));
            let mut command = house.command_anywhere();
            run(command.args(["--data-dir", text(&dir), "restore", text(&file)]), "").done();
        }
    }
    house.run(&["backup", text(&tar(&house))]).done();
}

#[test]
fn a_house_comes_back_with_its_pictures_and_the_old_one_is_kept() {
    let (mut house, file, id) = backed_up();
    let pictures = house.dir().join("pictures");
    let picture = house.told(&["listing", "show", &id.to_string()])["picture"].as_str().unwrap().to_owned();
    let picture_file = pictures.join(picture.rsplit('/').next().unwrap());
    let bytes = fs::read(&picture_file).unwrap();
    house.add("Dora");
    fs::write(&picture_file, "broken").unwrap();
    let restored = house.told(&["restore", text(&file)]);
    assert_eq!(
        (int(&restored["n_listings"]), int(&restored["n_bids"]), int(&restored["n_pictures"])),
        (1, 1, 2)
    );
    assert_eq!(house.run(&["account", "show", "dora@example.org"]).status, 1, "she came later");
    assert_eq!(fs::read(&picture_file).unwrap(), bytes);
    let kept = PathBuf::from(restored["kept"].as_str().unwrap());
    assert!(kept.starts_with(house.dir()), "{}", kept.display());
    let mut command = house.command_anywhere();
    run(command.args(["--data-dir", text(&kept), "account", "show", "dora@example.org"]), "").done();
    assert_eq!(fs::read(kept.join("pictures").join(picture_file.file_name().unwrap())).unwrap(), b"broken");
    assert_eq!(fs::metadata(house.database()).unwrap().permissions().mode() & 0o777, 0o600);
    let left =
        fs::read_dir(house.dir()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.starts_with("restoring-")));
    house.serve();
    let cleo = house.log_in("Cleo");
    assert_eq!(house.get(&picture).send().status, 200);
    house.bid(&cleo, id, 2_000).done(201);
    house.audit();
    let (ran, dir) = restored_elsewhere(&house, &file);
    assert_eq!(ran.done().stderr, "");
    assert!(dir.join("pictures").join(picture_file.file_name().unwrap()).exists());
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
}

/// Each round kills it at another instant, from its start to its end.
#[test]
fn a_restore_that_is_killed_leaves_the_old_house_or_the_new_one_whole() {
    let (house, file, id) = backed_up();
    house.add("Dora");
    let (mut n_killed, mut pause) = (0, Duration::from_millis(1));
    loop {
        let mut command = house.command();
        command.args(["restore", text(&file)]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::park_timeout(pause);
        child.kill().unwrap();
        let ended_by_itself = child.wait().unwrap().success();
        n_killed += usize::from(!ended_by_itself);
        pause = pause * 3 / 2;
        house.audit();
        assert_eq!(house.told(&["listing", "show", &id.to_string()])["n_bids"], 1);
        let is_old = house.run(&["account", "show", "dora@example.org"]).status == 0;
        assert!(!(is_old && ended_by_itself), "a restore that is done is done");
        if ended_by_itself {
            break;
        }
    }
    println!("{n_killed} were killed before they had ended");
    assert!(n_killed > 3);
    let left =
        || fs::read_dir(house.dir()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(!left().any(|name| name.starts_with("restoring-")), "what the killed ones left is gone");
    let old = left().filter(|name| name.starts_with("before-restore-")).any(|name| {
        let mut command = house.command_anywhere();
        let kept = house.dir().join(name);
        run(command.args(["--data-dir", text(&kept), "account", "show", "dora@example.org"]), "").status == 0
    });
    assert!(old, "the old house is kept");
}

/// The commands in packaging/litestream.yml that follow Litestream's own: from the one file that it gives back, and the pictures.
#[test]
fn what_litestream_gives_back_becomes_a_house_again() {
    let (mut house, _, id) = backed_up();
    house.serve();
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    house.list(&ann, json!({"title": "after the backup"}));
    let back = house.home().join("back");
    fs::create_dir(&back).unwrap();
    // As Litestream does: the database as it stood at one moment, while bids go on.
    house.connection().execute("vacuum into ?1", [text(&back.join("auction.db"))]).unwrap();
    house.bid(&bob, id, 5_000).done(201);
    house.kill();
    let saved = house.home().join("saved");
    let copied = std::process::Command::new("/bin/cp")
        .arg("-r")
        .arg(house.dir().join("pictures"))
        .arg(&saved)
        .status();
    assert!(copied.unwrap().success());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/litestream.yml");
    let words = fs::read_to_string(file).unwrap();
    let lines = words.lines().filter_map(|line| line.strip_prefix("#   "));
    let after = lines.skip_while(|line| !line.contains("litestream restore")).skip(1);
    let lines: Vec<&str> = after.collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let new = house.home().join("new");
    for line in lines {
        let line = line
            .replace("/mnt/disk/pictures", text(&saved))
            .replace("/tmp/back.tar", text(&house.home().join("back.tar")))
            .replace("/tmp/back", text(&back))
            .replace("/var/lib/auction", text(&new));
        let line = match line.strip_prefix("auction ") {
            Some(rest) => format!("'{}' {rest}", env!("CARGO_BIN_EXE_auction")),
            None => line.replace("cp -r", "/bin/cp -r"),
        };
        let mut shell = std::process::Command::new("/bin/sh");
        run(shell.args(["-c", &line]).env_clear().env("HOME", house.home()).env("PATH", house.bin()), "")
            .done();
    }
    let shown = |what: &[&str]| {
        let mut command = house.command_anywhere();
        run(command.args(["--data-dir", text(&new), "--format", "json"]).args(what), "").done().json()
    };
    assert_eq!(
        shown(&["listing", "show", &id.to_string()])["n_bids"],
        1,
        "the last second is lost, and no more"
    );
    assert_eq!(shown(&["listing", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(fs::read_dir(new.join("pictures")).unwrap().count(), 2);
    shown(&["audit"]);
}

#[test]
fn a_restore_under_a_running_server_is_refused() {
    let (mut house, file, _) = backed_up();
    house.serve();
    house.add("Dora");
    let refused = house.run(&["restore", text(&file)]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("Stop the server"), "{refused:?}");
    house.run(&["account", "show", "dora@example.org"]).done();
    // The lock dies with the process, however it ends.
    house.kill();
    house.run(&["restore", text(&file)]).done();
    assert_eq!(house.run(&["account", "show", "dora@example.org"]).status, 1);
}

#[test]
fn a_file_that_is_cut_off_or_altered_is_refused_and_changes_nothing() {
    let (house, file, _) = backed_up();
    let whole = fs::read(&file).unwrap();
    let bad = house.home().join("bad.tar");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&bad, bytes).unwrap();
        let (ran, dir) = restored_elsewhere(&house, &bad);
        assert_eq!(ran.status, 1, "{what}: {ran:?}");
        assert!(ran.stderr.contains("bad.tar"), "{what}: {ran:?}");
        assert!(!dir.exists(), "{what}");
    };
    for at in [0, 110, 512, 4_096, whole.len() / 2, whole.len() * 3 / 4, whole.len() - 1_900, whole.len() - 1]
    {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        refused(&bytes, &format!("byte {at}"));
    }
    for n in [0, 700, whole.len() / 2, whole.len() - 512] {
        refused(&whole[..n], &format!("cut off at {n}"));
    }
    refused(b"no backup at all", "something else");
    let before = fs::read(house.database()).unwrap();
    assert_eq!(house.run(&["restore", text(&bad)]).status, 1);
    assert_eq!(fs::read(house.database()).unwrap(), before);
    assert_eq!(house.run(&["restore", "/nowhere.tar"]).status, 3);
}

/// A backup as somebody else might write it: with a good seal.
struct Forged(tar::Builder<Vec<u8>>, &'static str);

impl Forged {
    fn new() -> Forged {
        Forged(tar::Builder::new(Vec::new()), "9.9.9")
    }

    fn add(mut self, name: &str, kind: tar::EntryType, size: u64, bytes: &[u8]) -> Forged {
        let mut header = tar::Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_link_name("/etc/passwd").unwrap();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    fn file(self, name: &str, bytes: &[u8]) -> Forged {
        let size = bytes.len() as u64;
        self.add(name, tar::EntryType::Regular, size, bytes)
    }

    /// By a program of this name, which is newer.
    fn made_by(self, program: &'static str) -> Forged {
        Forged(self.0, program)
    }

    fn sealed(self, version: usize, n_missing: u64) -> Vec<u8> {
        let mut body = self.0.into_inner().unwrap();
        body.truncate(body.len() - 1_024);
        let format = if self.1 == "9.9.9" { 1 } else { 2 };
        sealed(
            &body,
            json!({
                "format": format, "made_at": "2026-11-23T00:00:00.000Z", "version": version, "program": self.1,
                "n_pictures": 0, "n_missing": n_missing,
            }),
        )
    }
}

/// A backup of these entries with a good seal, as anybody may make one: `seal` and, in it, the hash of what is before.
pub fn sealed(body: &[u8], mut seal: Value) -> Vec<u8> {
    seal["sha256"] = "".into();
    let before = [body, seal.to_string().as_bytes()].concat();
    seal["sha256"] = hex(&<sha2::Sha256 as sha2::Digest>::digest(&before)).into();
    let mut header = tar::Header::new_ustar();
    header.set_path("seal.json").unwrap();
    header.set_size(512);
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    [body, header.as_bytes(), format!("{:<511}\n", seal.to_string()).as_bytes(), &[0; 1_024]].concat()
}

#[test]
fn a_forged_backup_gets_nothing_out_of_its_place() {
    let (house, file, _) = backed_up();
    let mut whole = tar::Archive::new(fs::File::open(&file).unwrap());
    let mut database = Vec::new();
    std::io::Read::read_to_end(&mut whole.entries().unwrap().next().unwrap().unwrap(), &mut database)
        .unwrap();
    let bad = house.home().join("bad.tar");
    let refused = |bytes: Vec<u8>, words: &str| {
        fs::write(&bad, bytes).unwrap();
        let (ran, dir) = restored_elsewhere(&house, &bad);
        assert_eq!(ran.status, 1, "{words}: {ran:?}");
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
        assert!(!dir.exists(), "{words}");
        let raw = ran.stderr.chars().find(|&c| c.is_control() && c != '\n');
        assert_eq!(raw, None, "a terminal obeys it: {ran:?}");
    };
    let forged = || Forged::new().file("auction.db", &database);
    refused(forged().file("../escaped", b"x").sealed(1, 0), "has no place");
    refused(forged().file("\u{1b}]0;x\u{7}\u{9b}2J", b"x").sealed(1, 0), "has no place");
    refused(forged().made_by("9\u{1b}[2J\u{9b}2J").sealed(99, 0), "is not restored");
    refused(forged().file("/escaped", b"x").sealed(1, 0), "has no place");
    refused(forged().file("pictures/../../escaped", b"x").sealed(1, 0), "has no place");
    refused(forged().add("auction.db", tar::EntryType::Symlink, 0, b"").sealed(1, 0), "no plain file");
    let name = format!("pictures/{}.jpg", "a".repeat(32));
    refused(forged().add(&name, tar::EntryType::Link, 0, b"").sealed(1, 0), "no plain file");
    refused(forged().add(&name, tar::EntryType::Regular, 1 << 60, b"x").sealed(1, 0), "larger than");
    refused(forged().file("auction.db", &database).sealed(1, 0), "comes twice");
    refused(Forged::new().file(&name, b"x").sealed(1, 0), "no database");
    refused(Forged::new().file("auction.db", b"no database").sealed(1, 0), "is not restored");
    refused(forged().sealed(99, 0), "newer");
    refused(forged().sealed(1, 0), "pictures are missing");
    assert!(!house.home().join("escaped").exists());
    // A picture that was not there when the backup was made is no reason to refuse it.
    fs::write(&bad, forged().sealed(1, 2)).unwrap();
    restored_elsewhere(&house, &bad).0.done();
}

/// A trigger that somebody put into a backup would have acted for ever after in the house that it was restored to.
#[test]
fn a_backup_with_another_schema_is_refused_by_the_name_of_each_difference() {
    let (house, file, _) = backed_up();
    let mut whole = tar::Archive::new(fs::File::open(&file).unwrap());
    let database = house.home().join("forged.db");
    std::io::copy(
        &mut whole.entries().unwrap().next().unwrap().unwrap(),
        &mut fs::File::create(&database).unwrap(),
    )
    .unwrap();
    let forge = |sql: &str| {
        rusqlite::Connection::open(&database).unwrap().execute_batch(sql).unwrap();
        let bad = house.home().join("bad.tar");
        let forged = Forged::new().file("auction.db", &fs::read(&database).unwrap()).sealed(1, 2);
        fs::write(&bad, forged).unwrap();
        restored_elsewhere(&house, &bad).0
    };
    forge("pragma journal_mode = delete").done();
    let ran = forge(
        "create trigger gift after insert on bid begin update purse set held = 0 where id = 1; end;
         drop trigger posting_is_kept; drop index posting_purse; create table extra (id integer);",
    );
    assert_eq!(ran.status, 1, "{ran:?}");
    for words in [
        "is not restored",
        "trigger posting_is_kept is missing",
        "index posting_purse is missing",
        "table extra is not the house's",
        "trigger gift is not the house's",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    // Whatever it was called, no terminal obeys it.
    let ran = forge(
        "pragma foreign_keys = off; create table \"x\u{1b}[2J\u{202e}\" (id integer references nowhere (id));
         insert into \"x\u{1b}[2J\u{202e}\" values (1)",
    );
    assert!(ran.status == 1 && ran.stderr.contains("x\\u{1b}[2J"), "{ran:?}");
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
}

#[test]
fn who_comes_back_to_a_restored_house_is_told_to_load_the_page_again() {
    let (mut house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"increment": 1}));
    house.run(&["backup", text(&tar(&house))]).done();
    house.bid(&bob, id, 1_000).done(201);
    let cursor = int(&house.listing(id)["cursor"]);
    assert_eq!(house.stop().1, 0);
    house.run(&["restore", text(&tar(&house))]).done();
    house.serve();
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    assert_eq!(house.listing(id)["n_bids"], 0);
    // More happens than was lost: a cursor from before must not be taken for one of now.
    for n in 0..5 {
        house.list(&ann, json!({"title": format!("Lamp {n}")}));
    }
    let watcher = house.watch_from("listings=all", Some(&bob), Some(cursor));
    let first = watcher.event();
    assert_eq!(first.kind, "reset", "{first:?}");
    assert!(first.id.unwrap() > cursor && first.id.unwrap() < 1 << 53, "{first:?}");
    house.list(&ann, json!({"title": "the next"}));
    assert_eq!(watcher.event().data["title"], "the next");
    assert_eq!(int(&house.listing(id)["cursor"]) - first.id.unwrap(), 1);
    house.audit();
}

/// Root, who restores a service's house, would lock the service out of it. Only root can try this.
#[test]
fn a_house_of_another_user_is_not_restored() {
    let (house, file, _) = backed_up();
    if std::os::unix::fs::chown(house.dir(), Some(65_534), None).is_err() {
        return;
    }
    let before = fs::read(house.database()).unwrap();
    let refused = house.run(&["restore", text(&file)]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("belongs to another user"), "{refused:?}");
    assert_eq!(fs::read(house.database()).unwrap(), before);
}

/// As in cron.rs: a file beside it is the tab.
const CRONTAB: &str = r#"#!/bin/sh
cd "$(/usr/bin/dirname "$0")"
case "$1" in
  -l) if [ -f tab ]; then /bin/cat tab; else echo "no crontab for ann" >&2; exit 1; fi ;;
  *) /bin/cat > new && /bin/mv new tab ;;
esac
"#;

#[test]
fn a_restore_puts_the_scheduler_right_and_a_copy_never_takes_the_entries_over_unasked() {
    let house = House::bare();
    put_script(&house.bin().join("crontab"), CRONTAB);
    house.add("Ann");
    house.set("scheduler", "cron");
    let add = |title: &str| {
        let args = [
            "listing",
            "add",
            "--seller",
            "ann@example.org",
            "--opening",
            "1000",
            "--closes-in",
            "2h",
            "--title",
        ];
        house.run(&[&args[..], &[title]].concat()).done().stdout.trim().to_owned()
    };
    let tab = || fs::read_to_string(house.bin().join("tab")).unwrap();
    let first = add("Lamp");
    house.run(&["backup", text(&tar(&house))]).done();
    let second = add("Second lamp");
    assert!(tab().contains(&format!("settle {first}")) && tab().contains(&second), "{}", tab());
    let told = house.told(&["restore", text(&tar(&house))]);
    assert_eq!(told["scheduler"], Value::Null);
    assert!(tab().contains(&format!("settle {first}\n")), "{}", tab());
    assert!(!tab().contains(&format!("settle {second}\n")), "{}", tab());
    assert_eq!(house.told(&["listing", "show", &first])["entry"], "armed");
    let before = tab();
    let (refused, dir) = restored_elsewhere(&house, &tar(&house));
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("--scheduler none") && !dir.exists(), "{refused:?}");
    let file = tar(&house);
    let args = ["--data-dir", text(&dir), "restore", "--scheduler", "none", text(&file)];
    run(house.command_anywhere().args(args), "").done();
    let settle = ["--data-dir", text(&dir), "settle", "--due"];
    run(house.command_anywhere().args(settle), "").done();
    assert_eq!(tab(), before, "the copy leaves the crontab alone");
}

#[test]
fn nobody_opens_a_house_while_it_is_being_restored() {
    let house = House::bare();
    house.add("Ann");
    let lock = fs::File::open(house.dir().join("auction.lock")).unwrap();
    lock.lock().unwrap();
    let refused = house.run(&["account", "list"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("being restored"), "{refused:?}");
    drop(lock);
    house.run(&["account", "list"]).done();
}
