//! The real house on a real file: a server with its one writer, and commands beside it, each with a connection of its own.

use crate::copies::{self, Copies};
use crate::statements;
use auction::house::{House, Opening};
use auction::rules::time::Time;
use auction::store::Means;
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
    copies: Option<Copies>,
}

impl Doors {
    /// Opens the house in `dir`, and makes it where there is none. It never touches a scheduler.
    pub fn open(dir: &Path, clock: &Clock) -> Doors {
        Doors::open_with(dir, clock, None)
    }

    /// The same, where the commands are on machines of their own if there are copies.
    pub fn open_with(dir: &Path, clock: &Clock, copies: Option<&Copies>) -> Doors {
        statements::watch();
        let keeper = copies.map(|copies| copies.begin(dir, clock));
        let means = Means { clock: clock.clone(), keeper };
        let (server, writer) = House::open_to_serve(dir, means.clone(), |decided| decided.tell()).unwrap();
        server.catch_up().unwrap();
        server.set("scheduler", "none").unwrap();
        let beside = |n: usize| {
            let dir = copies.map_or(dir, |copies| &copies.dirs[n]);
            House::open(dir, Opening::Existing, means.clone()).unwrap()
        };
        let houses = std::iter::once(server).chain((0..N_BESIDE).map(beside)).collect();
        let doors = Doors { dir: dir.canonicalize().unwrap(), houses, writer, copies: copies.cloned() };
        doors.level();
        doors
    }

    /// All copies repeat what they lack, and are the same then, table by table.
    pub fn level(&self) {
        let Some(copies) = &self.copies else {
            return;
        };
        self.houses.iter().for_each(|house| house.catch_up().unwrap());
        let tables = copies::tables(&self.dir);
        for dir in &copies.dirs {
            for (one, other) in tables.iter().zip(copies::tables(dir)) {
                assert_eq!(one, &other, "a copy differs");
            }
        }
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
