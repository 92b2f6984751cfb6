//! A journal within one process, with the faults that a simulation wants: machines that die before an append, after it, or
//! after their own commit; answers that are lost; machines that sleep while they have the turn.

use super::{Appended, Away, Head, Keeper, Session, Standby, Status, Stored, Turn};
use crate::rules::time::Time;
use crate::store::clock::Clock;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a turn is waited for, at most.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// Nothing comes back by itself here.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a follower waits for more.
const MORE_WAIT: Duration = Duration::from_millis(20);

/// What goes wrong with the next append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The page does not arrive, and nobody says so.
    NotSent,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// Neither this page nor anything after it arrives, until [`Memory::mend`].
    Away,
    /// It arrives, and the machine hears of nothing any more, until [`Memory::mend`].
    AwayAfter,
}

/// The journal. Clones are the same.
#[derive(Clone)]
pub struct Memory {
    shared: Arc<Shared>,
}

type Meanwhile = Box<dyn FnOnce() + Send>;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    clock: Clock,
}

#[derive(Default)]
struct State {
    pages: Vec<Stored>,
    /// Which session has the turn.
    holder: Option<u64>,
    n_sessions: u64,
    trouble: Option<Trouble>,
    meanwhile: Option<Meanwhile>,
    is_away: bool,
    house: Option<String>,
    snapshot: Option<(i64, Vec<u8>)>,
    pictures: HashMap<String, Vec<u8>>,
    /// Which session delivers through a channel.
    post: HashMap<i32, u64>,
}

impl Memory {
    pub fn new(clock: Clock) -> Memory {
        Memory { shared: Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), clock }) }
    }

    /// Has the next append go wrong.
    pub fn trouble(&self, trouble: Trouble) {
        self.state().trouble = Some(trouble);
    }

    /// Has the machine that appends next sleep before it does: it loses the turn, and this happens.
    pub fn meanwhile(&self, f: impl FnOnce() + Send + 'static) {
        self.state().meanwhile = Some(Box::new(f));
    }

    /// The journal can be reached again.
    pub fn mend(&self) {
        let mut state = self.state();
        (state.trouble, state.is_away) = (None, false);
    }

    pub fn n_pages(&self) -> usize {
        self.state().pages.len()
    }

    /// Waits until nobody has the turn.
    pub fn end_turn(&self) {
        let has_holder = |state: &mut State| state.holder.is_some();
        let waited = self.shared.changed.wait_timeout_while(self.state(), TURN_WAIT, has_holder);
        drop(waited);
    }

    /// Loses the last pages, as a standby that was promoted without them has.
    pub fn lose(&self, n: usize) {
        let mut state = self.state();
        let left = state.pages.len().saturating_sub(n);
        state.pages.truncate(left);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper for Memory {
    fn session(&self) -> Box<dyn Session> {
        let mut state = self.state();
        state.n_sessions += 1;
        Box::new(InMemory { journal: self.clone(), id: state.n_sessions })
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}

struct InMemory {
    journal: Memory,
    id: u64,
}

impl State {
    fn reach(&self) -> Result<(), Away> {
        if self.is_away { Err(Away("it is made to be away".into())) } else { Ok(()) }
    }

    fn head(&self) -> Head {
        self.pages.last().map_or(Head::default(), |page| Head { seq: page.seq, hash: page.hash })
    }

    fn push(&mut self, page: &Stored) -> Appended {
        if page.seq != self.head().seq + 1 {
            return Appended::Lost;
        }
        self.pages.push(page.clone());
        Appended::InForce
    }
}

impl Session for InMemory {
    fn take_turn(&mut self) -> Result<Turn, Away> {
        let is_held =
            |state: &mut State| !state.is_away && state.holder.is_some_and(|holder| holder != self.id);
        let waited = self.journal.shared.changed.wait_timeout_while(self.journal.state(), TURN_WAIT, is_held);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.reach()?;
        // Whoever keeps it for longer loses it.
        state.holder = Some(self.id);
        Ok(Turn { head: state.head(), now: self.journal.shared.clock.now() })
    }

    fn let_go(&mut self) {
        let mut state = self.journal.state();
        if state.holder == Some(self.id) {
            state.holder = None;
            self.journal.shared.changed.notify_all();
        }
    }

    fn now(&self, _: &Turn, _: Duration) -> Time {
        self.journal.shared.clock.now()
    }

    fn pages_after(&mut self, seq: i64, limit: i64) -> Result<Vec<Stored>, Away> {
        let state = self.journal.state();
        state.reach()?;
        let after = state.pages.iter().filter(|page| page.seq > seq);
        Ok(after.take(usize::try_from(limit).unwrap_or(0)).cloned().collect())
    }

    fn append(&mut self, page: &Stored) -> Result<Appended, Away> {
        let mut state = self.journal.state();
        state.reach()?;
        if let Some(f) = state.meanwhile.take() {
            state.holder = None;
            drop(state);
            f();
            state = self.journal.state();
        }
        match state.trouble.take() {
            Some(Trouble::NotSent) => Err(Away("not sent".into())),
            Some(Trouble::AnswerLost) => {
                state.push(page);
                Err(Away("the answer was lost".into()))
            }
            Some(trouble @ (Trouble::Away | Trouble::AwayAfter)) => {
                if trouble == Trouble::AwayAfter {
                    state.push(page);
                }
                state.is_away = true;
                Err(Away("it went away".into()))
            }
            None => {
                let appended = state.push(page);
                self.journal.shared.changed.notify_all();
                Ok(appended)
            }
        }
    }

    fn look_for(&mut self, page: &Stored) -> Result<Option<Appended>, Away> {
        let state = self.journal.state();
        state.reach()?;
        let found = state.pages.iter().find(|stored| stored.seq == page.seq);
        Ok(found.map(|stored| if stored.token == page.token { Appended::InForce } else { Appended::Lost }))
    }

    fn prepare(&mut self) -> Result<(), Away> {
        self.journal.state().reach()
    }

    fn house(&mut self) -> Result<Option<String>, Away> {
        let state = self.journal.state();
        state.reach()?;
        Ok(state.house.clone())
    }

    fn claim(&mut self, house: &str) -> Result<(), Away> {
        self.journal.state().house = Some(house.to_owned());
        Ok(())
    }

    fn put_snapshot(&mut self, seq: i64, file: &Path) -> Result<(), Away> {
        let bytes = std::fs::read(file).map_err(|error| Away(error.to_string()))?;
        self.journal.state().snapshot = Some((seq, bytes));
        Ok(())
    }

    fn newest_snapshot(&mut self, file: &Path) -> Result<Option<i64>, Away> {
        let state = self.journal.state();
        state.reach()?;
        let Some((seq, bytes)) = &state.snapshot else {
            return Ok(None);
        };
        std::fs::write(file, bytes).map_err(|error| Away(error.to_string()))?;
        Ok(Some(*seq))
    }

    fn head(&mut self) -> Result<Head, Away> {
        let state = self.journal.state();
        state.reach()?;
        Ok(state.head())
    }

    fn put_picture(&mut self, file: &str, bytes: &[u8]) -> Result<(), Away> {
        self.journal.state().pictures.insert(file.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn picture(&mut self, file: &str) -> Result<Option<Vec<u8>>, Away> {
        let state = self.journal.state();
        state.reach()?;
        Ok(state.pictures.get(file).cloned())
    }

    fn forget_picture(&mut self, file: &str) -> Result<(), Away> {
        self.journal.state().pictures.remove(file);
        Ok(())
    }

    fn try_post(&mut self, channel: i32) -> Result<bool, Away> {
        let mut state = self.journal.state();
        state.reach()?;
        Ok(*state.post.entry(channel).or_insert(self.id) == self.id)
    }

    fn let_go_post(&mut self, channel: i32) {
        let mut state = self.journal.state();
        if state.post.get(&channel) == Some(&self.id) {
            state.post.remove(&channel);
        }
    }

    fn status(&mut self) -> Result<Status, Away> {
        let state = self.journal.state();
        state.reach()?;
        let turn = state.holder.map(|holder| holder.to_string());
        Ok(Status { head: state.head(), nodes: Vec::new(), turn, standby: Standby::InSync })
    }

    fn report(&mut self, _: &str, _: i64) -> Result<(), Away> {
        self.journal.state().reach()
    }

    fn wait_for_more(&mut self, seq: i64) -> Result<(), Away> {
        let state = self.journal.state();
        state.reach()?;
        let has_none = |state: &mut State| state.head().seq <= seq;
        let waited = self.journal.shared.changed.wait_timeout_while(state, MORE_WAIT, has_none);
        drop(waited);
        Ok(())
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        self.let_go();
        self.journal.state().post.retain(|_, holder| *holder != self.id);
    }
}
