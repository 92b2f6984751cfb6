//! A disk that is full or read-only when the server starts: what can be read is read, what would be written is busy, and all
//! goes on by itself once the disk takes something again. On a small disk of the test's own; needs root.
#![cfg(target_os = "linux")]

use crate::harness::{House, until};
use crate::real_cron::is_root;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file system in memory, gone at the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(dir: &Path) -> Option<Disk> {
        std::fs::create_dir(dir).unwrap();
        let words = ["-t", "tmpfs", "-o", "size=6m,mode=700", "auction-test"];
        mount(&[&words[..], &[dir.to_str().unwrap()]].concat()).then(|| Disk(dir.to_owned()))
    }

    /// Not a byte is left but for so many pages.
    fn fill(&self, but_pages: u64) {
        let mut file = std::fs::File::create(self.0.join("fill")).unwrap();
        while std::io::Write::write_all(&mut file, &[0; 4_096]).is_ok() {}
        let len = file.metadata().unwrap().len();
        file.set_len((len / 4_096 - but_pages) * 4_096).unwrap();
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("fill")).unwrap();
    }

    fn remount(&self, how: &str) {
        assert!(mount(&["-o", &format!("remount,{how}"), self.0.to_str().unwrap()]), "{how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("/bin/umount").args(["-l".as_ref(), self.0.as_os_str()]).status().ok();
    }
}

fn mount(args: &[&str]) -> bool {
    Command::new("/bin/mount").args(args).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[test]
fn a_disk_that_takes_nothing_is_read_from_after_a_restart_and_written_once_it_does() {
    assert!(is_root(), "this test mounts a disk: run it as root");
    let mut house = House::bare();
    let Some(disk) = Disk::mount(&house.dir()) else {
        println!("skipped: this machine lets nobody mount");
        return;
    };
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, crate::harness::PAID_IN);
    }
    house.serve();
    let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| house.log_in(name));
    let id = house.list(&ann, json!({"closes_in_s": 3_600}));
    let mut price = 1_000;
    house.bid(&bob, id, price).done(201);
    type Do<'a> = &'a dyn Fn(&Disk);
    let cases: [(&str, bool, Do<'_>, Do<'_>); 5] = [
        ("full, without its log", true, &|disk| disk.fill(0), &Disk::empty),
        ("full but for what is read by", true, &|disk| disk.fill(9), &Disk::empty),
        ("full after a power cut", false, &|disk| disk.fill(0), &Disk::empty),
        ("read-only, without its log", true, &|disk| disk.remount("ro"), &|disk| disk.remount("rw")),
        ("read-only after a power cut", false, &|disk| disk.remount("ro"), &|disk| disk.remount("rw")),
    ];
    for (what, in_order, take_away, give_back) in cases {
        println!("{what}");
        if in_order {
            assert_eq!(house.stop().1, 0);
            // The last that has the database open takes its log away.
            house.run(&["house", "show"]).done();
        } else {
            house.kill();
        }
        take_away(&disk);
        house.serve();
        for path in ["/", "/api/v1/listings", "/healthz", "/readyz", "/metrics", &format!("/listings/{id}")] {
            assert_eq!(house.get(path).send().status, 200, "{what}: {path}: {}", house.log());
        }
        let bids = house.bids(id);
        assert_eq!(bids.last().unwrap()["amount"], json!(price), "{what}: what was acknowledged is shown");
        let listed =
            house.try_list(&ann, json!({"title": "x".repeat(100), "description": "y".repeat(9_000)}));
        if what != "full after a power cut" {
            listed.refused(503, "busy");
            let refused = house.bid(&cleo, id, price + 500).refused(503, "busy");
            assert!(refused["retry_after_s"].as_i64().unwrap() >= 1, "{what}: {refused}");
            assert_eq!(house.bids(id), bids, "{what}");
        }
        give_back(&disk);
        price += 1_000;
        let bidder = if bids.last().unwrap()["bidder"] == "Bob" { &cleo } else { &bob };
        until("it is written again", || (house.bid(bidder, id, price).status == 201).then_some(()));
        house.try_list(&ann, json!({"closes_in_s": 3_600})).done(201);
        let beat =
            "select count(*) from heartbeat where of = 'server' and at > (select max(at) from bid) - 20000";
        assert_eq!(house.number(beat), 1, "{what}: it serves");
        house.audit();
    }
    house.kill();
}
