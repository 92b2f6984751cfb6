//! The real house on a real file: a server with its one writer, and commands beside it, each with a connection of its own.

use crate::statements;
use auction::house::{House, Opening};
use auction::rules::time::Time;
use auction::store::clock::Clock;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Commands beside the server that are open at once.
const N_BESIDE: usize = 2;

pub struct Doors {
    pub dir: PathBuf,
    houses: Vec<House>,
    writer: JoinHandle<()>,
}

impl Doors {
    /// Opens the house in `dir`, and makes it where there is none. It never touches a scheduler.
    pub fn open(dir: &Path, clock: &Clock) -> Doors {
        statements::watch();
        let (server, writer) = House::open_to_serve(dir, clock.clone(), |decided| decided.tell()).unwrap();
        server.set("scheduler", "none").unwrap();
        let beside = || House::open(dir, Opening::Existing, clock.clone()).unwrap();
        let houses = std::iter::once(server).chain((0..N_BESIDE).map(|_| beside())).collect();
        Doors { dir: dir.canonicalize().unwrap(), houses, writer }
    }

    pub fn len(&self) -> usize {
        self.houses.len()
    }

    /// The server is the first.
    pub fn house(&self, door: usize) -> &House {
        &self.houses[door]
    }

    /// The server finishes what is queued, and all connections are closed.
    pub fn close(self) {
        self.houses[0].stop_writing();
        self.writer.join().unwrap();
    }
}

/// A folder of its own, in memory where there is such a place: what is tried here is not whether the disk keeps its word.
pub fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

pub fn clock_at(ms: i64) -> Clock {
    let clock = Clock::standing();
    clock.set_ahead(ms);
    assert_eq!(clock.now(), Time(ms));
    clock
}
