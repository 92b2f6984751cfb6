//! The verbs of the business, one a file. A verb answers `Ok(Ok(…))` when it was done, `Ok(Err(Refusal))` when the house
//! does not do it, and `Err(…)` when something is broken. A refusal has written nothing.

pub mod accounts;
pub mod audit;
pub mod buy;
pub mod cancel;
pub mod doctor;
pub mod funds;
pub mod keep;
pub mod list;
pub mod log_in;
pub mod password;
pub mod pictures;
pub mod place_bid;
pub mod replay;
pub mod reverse;
pub mod schedule;
pub mod settings;
pub mod settle;
pub mod shapes;
pub mod show;
pub mod tell;
pub mod watch;

use crate::rules::listing::{Listing, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::clock::Clock;
use crate::store::writer::Writer;
use crate::store::{Conn, Patience, Snapshot, Store, Tx};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

/// What every verb answers.
pub type Answer<T> = Result<Result<T, Refusal>>;

/// Listings whose unchanging terms are kept in memory.
const MAX_REMEMBERED: usize = 10_000;

/// One auction house: its data directory and its database. Clones are the same house.
#[derive(Clone)]
pub struct House {
    dir: Arc<PathBuf>,
    store: Store,
    writing: Writing,
    remembered: Remembered,
}

#[derive(Clone)]
enum Writing {
    /// A command beside the server: a connection of its own.
    Own(Arc<Mutex<Conn>>),
    /// The server: the one writer thread.
    Thread(Writer<place_bid::Job>),
}

/// What a house is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Make the house where there is none.
    Make,
    /// Refuse where there is none.
    Existing,
}

impl House {
    /// Opens the house in `dir` for a command.
    pub fn open(dir: &Path, opening: Opening, clock: Clock) -> Result<House> {
        let store = open_store(dir, opening, clock)?;
        let own = store.conn(Patience::Beside)?;
        Ok(House::with(dir, store, Writing::Own(Arc::new(Mutex::new(own)))))
    }

    /// Opens, and makes where there is none, the house in `dir` for a server: all its writes go through one thread, which
    /// calls `after_commit` whenever it may have written.
    pub fn open_to_serve(
        dir: &Path,
        clock: Clock,
        after_commit: impl Fn() + Send + 'static,
    ) -> Result<(House, JoinHandle<()>)> {
        let store = open_store(dir, Opening::Make, clock)?;
        let (writer, thread) = Writer::start(store.conn(Patience::Server)?, after_commit)?;
        Ok((House::with(dir, store, Writing::Thread(writer)), thread))
    }

    fn with(dir: &Path, store: Store, writing: Writing) -> House {
        House { dir: Arc::new(dir.to_owned()), store, writing, remembered: Remembered::default() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn now(&self) -> Time {
        self.store.now()
    }

    pub fn read<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.store.read(f)
    }

    /// A connection of one's own, for who reads for as long as the house stands.
    pub fn conn(&self) -> Result<Conn> {
        self.store.conn(Patience::Server)
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        match &self.writing {
            Writing::Own(conn) => conn.lock().expect("no command panics while it writes").write(f),
            Writing::Thread(writer) => writer.write(f),
        }
    }

    /// Lets the writer finish what is queued, and end.
    pub fn stop_writing(&self) {
        if let Writing::Thread(writer) = &self.writing {
            writer.stop();
        }
    }

    /// A listing's terms, from memory if they were read before: they never change.
    pub fn listing(&self, snapshot: &Snapshot<'_>, id: ListingId) -> Result<Option<Arc<Listing>>> {
        self.remembered.listing(snapshot, id)
    }
}

fn open_store(dir: &Path, opening: Opening, clock: Clock) -> Result<Store> {
    let file = dir.join("auction.db");
    if opening == Opening::Existing && !file.exists() {
        bail!("there is no house in {}; `auction serve` makes one", dir.display());
    }
    if opening == Opening::Make {
        make_private_dir(dir)?;
        make_private_dir(&dir.join("pictures"))?;
    }
    if opening == Opening::Make {
        make_private_file(&file)?;
    }
    let store = Store::open(&file, opening == Opening::Make, clock)?;
    settings::name_the_house(&store)?;
    Ok(store)
}

fn make_private_dir(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("make {}", dir.display()))
}

/// The database is its owner's alone even where the directory was there before, and open to others.
fn make_private_file(file: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).with_context(|| format!("make {}", file.display()))?;
    Ok(())
}

/// Terms of listings, kept in memory up to [`MAX_REMEMBERED`].
#[derive(Clone, Default)]
pub(crate) struct Remembered(Arc<RwLock<HashMap<ListingId, Arc<Listing>>>>);

impl Remembered {
    fn listing(&self, snapshot: &Snapshot<'_>, id: ListingId) -> Result<Option<Arc<Listing>>> {
        if let Some(known) = self.0.read().expect("no reader panics here").get(&id) {
            return Ok(Some(known.clone()));
        }
        let Some(listing) = snapshot.listing(id)?.map(Arc::new) else {
            return Ok(None);
        };
        let mut known = self.0.write().expect("no writer panics here");
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(id, listing.clone());
        Ok(Some(listing))
    }
}
