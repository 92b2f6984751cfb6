//! The verbs of the business, one a file. A verb returns an [`Answer`]: its result, or the [`Fault`] that prevented it.
//! A verb that refuses has written nothing.

pub mod bid_cache;
pub mod bidder_names;
pub mod bidding;
pub mod books;
pub mod bought;
pub mod branding;
pub mod candidates;
pub mod care;
pub mod closing;
pub mod desk;
mod house_lock;
pub mod listings;
pub mod members;
pub mod money;
pub mod notices;
pub mod own_pages;
pub mod people;
mod raised;
pub mod sales;
mod session_cache;
pub mod settings;
mod uses;
pub mod views;

use crate::files::private;
use crate::rules::listing::{Listing, ListingId};
use crate::rules::time::Time;
use crate::store::fault::Unopened;
pub use crate::store::fault::{Answer, Fault, unless_refused};
use crate::store::journal::{Keeper, whole};
use crate::store::log::Actor;
use crate::store::migrate::{self, Content};
use crate::store::sessions::TokenHash;
use crate::store::writer::Writer;
use crate::store::{Conn, Means, Patience, Snapshot, Store, Tx};
use anyhow::{Context, Result, bail};
use bid_cache::BidCache;
use bidder_names::{Naming, NamingCell};
use bidding::place_bid::{self, Decisions};
use closing::following::SeenCell;
use closing::outage::Serving;
use house_lock::HouseLock;
use notices::everywhere::IdleSessions;
use quick_cache::sync::Cache;
use raised::Raised;
use sales::ended::EndedSales;
use session_cache::SessionCache;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uses::Uses;

/// Reports progress: the name of the step, how much of it is done, and out of how much.
pub type Progress<'a> = &'a mut dyn FnMut(&'static str, u64, u64);

/// The most listings whose terms are kept in memory.
const MAX_REMEMBERED: usize = 10_000;

const DATABASE: &str = "auction.db";
/// How long a command of an older version may still hold the house.
const OLDER_PATIENCE: Duration = Duration::from_secs(10);
/// A database that another process is creating is empty for a moment.
const MAKING_PATIENCE: Duration = Duration::from_secs(1);

/// One auction house: its data directory and its database. Clones are the same house.
#[derive(Clone)]
pub struct House {
    dir: Arc<PathBuf>,
    store: Store,
    writing: Writing,
    serving: Serving,
    remembered: Remembered,
    session_cache: SessionCache,
    bid_cache: BidCache,
    ended_sales: EndedSales,
    /// Set once a published sale was seen: none ever goes away.
    has_sales: Arc<AtomicBool>,
    raised: Arc<Mutex<Raised>>,
    naming: NamingCell,
    seen_sessions: Uses<TokenHash>,
    /// Whether the write-ahead log may hold something of a closed account.
    has_to_erase: Arc<AtomicBool>,
    used_tokens: Uses<i64>,
    journal_seen: SeenCell,
    idle_sessions: IdleSessions,
    /// Who acts at the command line, for the log; none in a server.
    actor: Option<Actor>,
    /// A field after the connections, so that it is dropped after them.
    _in_use: Arc<HouseLock>,
}

#[derive(Clone)]
enum Writing {
    /// A command beside the server, with its own connection.
    Own(Arc<Mutex<Conn>>),
    /// The server, with its one writer thread.
    Thread(Writer<place_bid::Job>),
}

/// What to do if there is no house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Create it.
    Make,
    /// Create it for a server, but refuse an empty database file: it once held a house, and its content is lost.
    Serve,
    /// Refuse.
    Existing,
}

impl House {
    /// Opens the house in `dir` for a command.
    pub fn open(dir: &Path, opening: Opening, means: impl Into<Means>) -> Result<House> {
        let (store, in_use) = open_store(dir, opening, means.into())?;
        let house = House::beside(dir, store, in_use)?;
        house.catch_up()?;
        Ok(house)
    }

    fn beside(dir: &Path, store: Store, in_use: HouseLock) -> Result<House> {
        let own = store.conn(Patience::Beside)?;
        let (writing, serving) =
            (Writing::Own(Arc::new(Mutex::new(own))), Serving::beside(dir, store.has_journal()));
        Ok(House::with(dir, store, writing, serving, in_use))
    }

    /// Opens the house in `dir` for a server, and creates it if there is none. One thread does all writes: it calls
    /// `after_commit` with the bids it has decided whenever it may have written, and waits for that to return. If an
    /// outage preceded this server, the affected listings are prolonged first.
    pub fn open_to_serve(
        dir: &Path,
        means: impl Into<Means>,
        after_commit: impl Fn(Decisions) + Send + 'static,
    ) -> Result<(House, JoinHandle<()>)> {
        let (store, in_use) = open_store(dir, Opening::Serve, means.into())?;
        let conn = store.conn(Patience::Server)?;
        let serving = Serving::begin(dir, &conn)?;
        let (writer, thread) = Writer::start(conn, move |decided| after_commit(Decisions::of(decided)))?;
        Ok((House::with(dir, store, Writing::Thread(writer), serving, in_use), thread))
    }

    fn with(dir: &Path, store: Store, writing: Writing, serving: Serving, in_use: HouseLock) -> House {
        let (dir, in_use) = (Arc::new(dir.to_owned()), Arc::new(in_use));
        let naming = match &writing {
            Writing::Own(_) => Naming::Staff,
            Writing::Thread(_) => Naming::USUAL,
        };
        House {
            dir,
            store,
            writing,
            serving,
            remembered: Remembered::default(),
            session_cache: SessionCache::default(),
            bid_cache: BidCache::default(),
            ended_sales: EndedSales::default(),
            has_sales: Arc::default(),
            raised: Arc::default(),
            naming: NamingCell::new(naming),
            seen_sessions: Uses::default(),
            has_to_erase: Arc::default(),
            used_tokens: Uses::default(),
            journal_seen: SeenCell::default(),
            idle_sessions: IdleSessions::default(),
            actor: None,
            _in_use: in_use,
        }
    }

    /// The same house, in which whatever is changed is logged as the work of `actor`.
    pub fn acting_as(self, actor: Actor) -> House {
        House { actor: Some(actor), ..self }
    }

    /// The house's data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The clock's time; after a jump, the time without the jump.
    pub fn now(&self) -> Time {
        self.store.now()
    }

    /// The time that a transaction would see: now, or the instant of the last event if the clock is behind it.
    fn now_in(&self, snapshot: &Snapshot<'_>) -> Result<Time> {
        Ok(self.store.look_at_clock(snapshot)?.now.max(snapshot.last_event()?.at))
    }

    /// Reads from one consistent snapshot.
    pub fn read<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        self.store.read(f)
    }

    /// Reads like [`House::read`], for a question that may be refused.
    fn answer<T>(&self, f: impl FnOnce(&Snapshot<'_>) -> Answer<T>) -> Answer<T> {
        self.store.read(f)
    }

    /// Opens a connection for a reader that lives as long as the house.
    pub fn conn(&self) -> Result<Conn> {
        self.store.conn(Patience::Server)
    }

    /// Runs one write transaction. If `f` refuses or fails, nothing is written.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let actor = self.actor.clone();
        let f = move |tx: &Tx<'_>| {
            tx.act_as(actor);
            f(tx)
        };
        match &self.writing {
            Writing::Own(conn) => conn.lock().expect("no command panics while it writes").write(f),
            Writing::Thread(writer) => {
                let answer = writer.write(f);
                self.session_cache.forget();
                answer
            }
        }
    }

    /// Whether the house lives on several machines.
    pub fn has_journal(&self) -> bool {
        self.store.has_journal()
    }

    /// Repeats what other machines have written, where the house has a journal, until this copy is level with it.
    pub fn catch_up(&self) -> Answer<()> {
        match &self.writing {
            Writing::Own(conn) => conn.lock().expect("no command panics while it writes").catch_up(),
            Writing::Thread(_) => self.store.conn(Patience::Server)?.catch_up(),
        }
    }

    /// The number of jobs that wait for the server's writer.
    pub fn n_waiting(&self) -> usize {
        match &self.writing {
            Writing::Own(_) => 0,
            Writing::Thread(writer) => writer.n_waiting(),
        }
    }

    /// Lets the writer finish its queue, and ends it.
    pub fn stop_writing(&self) {
        if let Writing::Thread(writer) = &self.writing {
            writer.stop();
        }
    }

    /// A listing's terms, from memory if they were read since somebody was last renamed: nothing else in them changes.
    pub fn listing(&self, snapshot: &Snapshot<'_>, id: ListingId) -> Result<Option<Arc<Listing>>> {
        self.remembered.listing(snapshot, id)
    }
}

fn open_store(dir: &Path, opening: Opening, means: Means) -> Result<(Store, HouseLock)> {
    let file = dir.join(DATABASE);
    let is_there = file.try_exists().with_context(|| format!("look into {}", dir.display()))?;
    if opening == Opening::Existing && !is_there && means.keeper.is_none() {
        bail!("there is no house in {}; `auction serve` makes one", dir.display());
    }
    if opening != Opening::Existing {
        private::make_folder(dir)?;
        private::make_folder(&dir.join("pictures"))?;
    }
    let is_there = match &means.keeper {
        Some(keeper) if !is_there => fill(dir, &file, &**keeper)?,
        _ => is_there,
    };
    let in_use = HouseLock::share(dir)?;
    if is_there && opening == Opening::Serve && stays_empty(&file)? {
        bail!(
            "there is no house in {}: it is empty; restore a backup, or remove it for a new house",
            file.display()
        );
    }
    if opening != Opening::Existing && !is_there {
        private::open(&file)?;
    }
    let in_use = match migrate::look(&file)? {
        Content::House { is_behind: true } if means.keeper.is_some() => {
            let words = "This house is of an older version and has a journal. Before it is brought forward, make one machine's copy \
                         the whole house by `auction journal stop` of the older program; then begin a journal in an empty database.";
            return Err(Unopened(words.into()).into());
        }
        Content::House { is_behind: true } => bring_forward(dir, in_use, means.clone())?,
        Content::House { is_behind: false } => in_use,
        Content::Nothing if opening != Opening::Existing => in_use,
        // An empty database must not pass for a house in which nothing has happened yet.
        Content::Nothing => bail!("there is no house in {}: it is empty; restore a backup", file.display()),
        Content::Stranger => bail!("there is no house in {}: it is another program's", file.display()),
    };
    let store = Store::open(&file, opening != Opening::Existing, means)?;
    settings::name_the_house(&store)?;
    Ok((store, in_use))
}

/// Fills an empty data directory from the house's journal, while nobody else does.
fn fill(dir: &Path, file: &Path, keeper: &dyn Keeper) -> Result<bool> {
    private::make_folder(dir)?;
    private::make_folder(&dir.join("pictures"))?;
    let words = "Another program fills this data directory; try again when that is done.";
    let alone = HouseLock::alone(dir, OLDER_PATIENCE, words)?;
    if !file.exists() {
        whole::fill(file, keeper)?;
    }
    drop(alone);
    Ok(true)
}

/// Whether the database is still empty after a moment: another process may be creating it.
fn stays_empty(file: &Path) -> Result<bool> {
    let until = Instant::now() + MAKING_PATIENCE;
    loop {
        let meta = file.metadata().with_context(|| format!("look at {}", file.display()))?;
        if meta.len() > 0 || Instant::now() >= until {
            return Ok(meta.len() == 0);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Migrates an older house while nobody else has it open: a running server of the older version would go on with
/// outdated knowledge.
fn bring_forward(dir: &Path, in_use: HouseLock, means: Means) -> Result<HouseLock> {
    drop(in_use);
    let words = "This house is of an older version and must be brought forward, but a server or a command of that version \
                 still has it open. Restart the server with this program.";
    let alone = HouseLock::alone(dir, OLDER_PATIENCE, words)?;
    Store::open(&dir.join(DATABASE), false, means)?;
    drop(alone);
    HouseLock::share(dir)
}

/// A cache of listings' terms, up to [`MAX_REMEMBERED`].
#[derive(Clone)]
pub(crate) struct Remembered(Arc<Cache<ListingId, Known>>);

/// A listing, and how many renames its snapshot had counted: the seller's name may change.
type Known = (u64, Arc<Listing>);

impl Default for Remembered {
    fn default() -> Remembered {
        Remembered(Arc::new(Cache::new(MAX_REMEMBERED)))
    }
}

impl Remembered {
    fn listing(&self, snapshot: &Snapshot<'_>, id: ListingId) -> Result<Option<Arc<Listing>>> {
        let n_renames = snapshot.n_renames();
        if let Some((_, known)) = self.0.get(&id).filter(|(known, _)| *known == n_renames) {
            return Ok(Some(known));
        }
        let listing = snapshot.listing(id)?.map(Arc::new);
        if let Some(listing) = &listing {
            self.0.insert(id, (n_renames, listing.clone()));
        }
        Ok(listing)
    }
}
