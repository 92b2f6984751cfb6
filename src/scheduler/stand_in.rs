//! What the tests of cron, schtasks and systemd share: a folder with a shell script in the place of the real program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use super::entry::{Entry, Owner};
use super::run;

pub(super) struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new(program: &str, script: &str) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "state", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let bench = Bench { folder };
        bench.put(program, script);
        bench
    }

    /// Written by a shell: a file that this process holds open for writing while another test forks cannot be run.
    pub fn put(&self, program: &str, script: &str) {
        let write = format!("cat > '{0}' && chmod 755 '{0}'", self.bin(program).display());
        let ran = run::run(Path::new("/bin/sh"), &["-c", &write], script.as_bytes(), run::PATIENCE).unwrap();
        assert!(ran.status.success());
    }

    pub fn bin(&self, name: &str) -> PathBuf {
        self.folder.path().join("bin").join(name)
    }

    pub fn owner(&self, house_id: &str) -> Owner {
        Owner {
            house_id: house_id.into(),
            program: "/opt/auction".into(),
            data_dir: self.folder.path().join("data"),
        }
    }
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn entry(listing: i64, fires_at: &str) -> Entry {
    entry_at(listing, at(fires_at))
}

pub(super) fn entry_at(listing: i64, fires_at: DateTime<Utc>) -> Entry {
    Entry { listing, closes_at: fires_at, fires_at, turn: 1 }
}

/// A clock that runs on from this instant, a hundred times as fast as the real one.
pub(super) fn from(text: &str) -> impl Fn() -> DateTime<Utc> {
    let (start, began) = (at(text), Instant::now());
    move || start + TimeDelta::from_std(began.elapsed() * 100).unwrap()
}

/// Wanted entries that stay the same.
pub(super) fn list(entries: &[Entry]) -> impl FnMut() -> anyhow::Result<Vec<Entry>> {
    let entries = entries.to_vec();
    move || Ok(entries.clone())
}
