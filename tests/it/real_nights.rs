//! The nights of the year on Debian's own cron: both changes to and from summer time, New Year and a leap day, each in a small
//! world of its own (mount and process namespaces) in which libfaketime moves the clock of every process, cron and its jobs
//! among them. Needs root and `faketime`; the machine's own cron, crontabs and clock are never touched.
#![cfg(target_os = "linux")]

use crate::real_cron::{User, is_root};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Preloaded into every process of the world, `crontab` (set-group-id) too, by a private `/etc/ld.so.preload`. The offset is
/// from the real time, so that all agree. cron is given a second of its own before the tab is written: it would never see
/// one of the second in which it reads (a server's keeper helps then; here none runs).
const WORLD: &str = r#"set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
cp -a /etc /run/etc
mount --bind /run/etc /etc
mount -t tmpfs tmpfs /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
chmod 1730 /var/spool/cron/crontabs
rm -f /etc/localtime
cp "/usr/share/zoneinfo/$ZONE" /etc/localtime
start=$(date -u -d "$START" +%s)
echo "+$((start - $(date +%s)))" >/etc/faketimerc
echo "$FAKETIME_SO" >/etc/ld.so.preload
/usr/sbin/cron -f &
sleep 2
as_owner() {
  runuser -u "$OWNER" -- env -i HOME="$OWNER_HOME" LOGNAME="$OWNER" PATH=/usr/bin:/bin \
    "$OWNER_HOME/auction" --data-dir "$HOUSE" "$@"
}
as_owner house set scheduler cron >&2
as_owner account add --email ann@example.org --name Ann --no-password >&2
id=$(as_owner listing add --seller ann@example.org --title Lamp --opening 1000 --closes-at "$CLOSES")
runuser -u "$OWNER" -- crontab -l
n=0
while [ "$(as_owner listing show "$id" --format json | grep -c '"state":"unsold"')" = 0 ]; do
  n=$((n + 1))
  [ "$n" -lt 150 ] || { echo "not settled at $(date -u)" >&2; exit 1; }
  sleep 1
done
as_owner settle "$id" --format json
as_owner audit >&2
as_owner doctor >&2
"#;

struct Night {
    name: &'static str,
    zone: &'static str,
    /// The listing closes 15 s later.
    minute: &'static str,
    line: &'static str,
}

const NIGHTS: [Night; 4] = [
    // 02:00 for the second time: a line "0 2" would have run an hour ago.
    Night { name: "autumn", zone: "Europe/Berlin", minute: "2027-10-31T01:00:00Z", line: "0 * 31 10 *" },
    // 01:59 is followed by 03:00.
    Night { name: "spring", zone: "Europe/Berlin", minute: "2027-03-28T01:00:00Z", line: "0 * 28 3 *" },
    Night { name: "new year", zone: "Asia/Seoul", minute: "2026-12-31T15:00:00Z", line: "0 0 1 1 *" },
    Night {
        name: "leap day",
        zone: "America/New_York",
        minute: "2028-02-29T17:30:00Z",
        line: "30 12 29 2 *",
    },
];

#[test]
fn real_cron_keeps_a_deadline_on_every_night_of_the_year() {
    assert!(is_root(), "this test makes a user and namespaces: run it as root");
    let Some(faketime) = faketime() else { panic!("this test needs libfaketime: apt-get install faketime") };
    if !may_make_worlds() {
        println!("skipped: this machine allows no mount namespaces");
        return;
    }
    let owner = User::make("night");
    thread::scope(|scope| {
        for night in &NIGHTS {
            let (owner, faketime) = (&owner, &faketime);
            scope.spawn(move || night.is_kept(owner, faketime));
        }
    });
}

impl Night {
    fn is_kept(&self, owner: &User, faketime: &str) {
        let minute: DateTime<Utc> = self.minute.parse().unwrap();
        let seconds = |s| chrono::TimeDelta::seconds(s);
        let (start, closes) = (minute - seconds(40), minute + seconds(15));
        let ran = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", WORLD])
            .env("ZONE", self.zone)
            .env("START", start.to_rfc3339())
            .env("CLOSES", closes.to_rfc3339())
            .env("FAKETIME_SO", faketime)
            .env("OWNER", &owner.name)
            .env("OWNER_HOME", &owner.home)
            .env("HOUSE", owner.home.join(self.name))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (said, told) = (String::from_utf8_lossy(&ran.stderr), String::from_utf8_lossy(&ran.stdout));
        assert!(ran.status.success(), "{}: {}\n{told}\n{said}", self.name, ran.status);
        assert!(
            told.lines().any(|l| l.starts_with(self.line) && l.ends_with(" settle 1")),
            "{}: {told}",
            self.name
        );
        let settlement: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        let settled: DateTime<Utc> = settlement["settled_at"].as_str().unwrap().parse().unwrap();
        let late_ms = (settled - closes).num_milliseconds();
        println!("{}: settled {late_ms} ms after the close", self.name);
        // The next sweep would come 45 s after the close.
        assert!((0..40_000).contains(&late_ms), "{}: {late_ms} ms late\n{told}\n{said}", self.name);
    }
}

pub fn faketime() -> Option<String> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let mut found =
        folders.map(|folder| folder.join("faketime/libfaketime.so.1")).filter(|file| file.exists());
    found.next().map(|file| file.display().to_string())
}

/// Some containers give root no namespaces of its own.
pub fn may_make_worlds() -> bool {
    let script = "mount --make-rprivate / && mount -t tmpfs tmpfs /run";
    let mut make = Command::new("unshare");
    make.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]);
    Path::new("/usr/bin/unshare").exists()
        && make.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
