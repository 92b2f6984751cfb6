//! One connection's part in the journal: a write transaction that takes the turn, repeats what it has missed, decides, and
//! is in force once the journal has its page.
//!
//! The lock order is: the turn, then the file. A page whose answer is lost is looked for until it is known what became of it,
//! and nobody is told before.

use super::page::{self, Page, Steps};
use super::{Appended, Away, Head, Keeper, Session, Status, Stored, Token, Turn, replay};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::fault::{Answer, Fault, Unopened};
use anyhow::{Context, Result, anyhow};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the turn is kept while there is more to write.
const KEPT_FOR: Duration = Duration::from_millis(50);
/// The time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// When a refused person may try again.
const RETRY_AFTER_S: u64 = 5;
/// Pages that are repeated in one transaction.
pub const PAGES_AT_ONCE: i64 = 256;

/// A connection's session with the journal, and its turn.
pub struct Link {
    session: Box<dyn Session>,
    held: Option<Held>,
    patience: Duration,
}

struct Held {
    turn: Turn,
    taken: Instant,
}

/// What a transaction under the turn needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub head: Head,
    pub now: Time,
}

impl Link {
    pub fn new(keeper: &dyn Keeper) -> Link {
        Link { session: keeper.session(), held: None, patience: keeper.patience() }
    }

    /// Takes the turn unless this connection has it. `Busy` where the journal stays away.
    pub fn take_turn(&mut self) -> Answer<Begun> {
        if self.held.is_none() {
            let turn = patiently(self.patience, || self.session.take_turn())?;
            self.held = Some(Held { turn, taken: Instant::now() });
        }
        let held = self.held.as_ref().expect("the turn was just taken");
        Ok(Begun { head: held.turn.head, now: self.session.now(&held.turn, held.taken.elapsed()) })
    }

    /// Up to [`PAGES_AT_ONCE`] pages after this number.
    pub fn pages_after(&mut self, seq: i64) -> Result<Vec<Stored>, Away> {
        self.session.pages_after(seq, PAGES_AT_ONCE)
    }

    /// The pages after a copy's last one. Fails with a sentence where the journal has another page of that number, or has not
    /// come so far.
    pub fn pages_after_patiently(&mut self, here: Head) -> Answer<Vec<Stored>> {
        let pages = patiently(self.patience, || self.session.pages_after(here.seq, PAGES_AT_ONCE))?;
        if pages.is_empty() {
            let head = patiently(self.patience, || self.session.head())?;
            if head.seq < here.seq || (head.seq == here.seq && head.hash != here.hash) {
                return Err(Fault::Broken(replay::strayed(here.seq).into()));
            }
        }
        Ok(pages)
    }

    /// The pages after a copy's last one, once there are any or a moment has passed.
    pub fn pages_to_follow(&mut self, here: Head) -> Result<Vec<Stored>, Away> {
        let pages = self.session.pages_after(here.seq, PAGES_AT_ONCE)?;
        if !pages.is_empty() {
            return Ok(pages);
        }
        self.session.wait_for_more(here.seq)?;
        self.session.pages_after(here.seq, PAGES_AT_ONCE)
    }

    /// Appends what was written: in force once this returns a head, which the copy then notes. A refusal leaves nothing.
    pub fn append(&mut self, begun: Begun, steps: Steps) -> Answer<Head> {
        if begun.head.seq == 0 {
            let words = "The journal was begun, and not finished: run `auction journal start` again.";
            return Err(Fault::Broken(Unopened(words.into()).into()));
        }
        self.append_page(begun.head, &Page::Steps(steps))
    }

    pub(super) fn append_page(&mut self, head: Head, page: &Page) -> Answer<Head> {
        let (seq, bytes) = (head.seq + 1, page.encode()?);
        let mut token: Token = Default::default();
        getrandom::fill(&mut token).map_err(|error| anyhow!("draw random bytes: {error}"))?;
        let stored = Stored { seq, token, hash: page::chained(&head.hash, seq, &bytes), bytes };
        let session = &mut self.session;
        let mut is_doubtful = false;
        let appended = patiently(self.patience, || {
            if is_doubtful && let Some(known) = session.look_for(&stored)? {
                return Ok(known);
            }
            is_doubtful = true;
            session.append(&stored)
        });
        match appended {
            Ok(Appended::InForce) => {
                let head = Head { seq, hash: stored.hash };
                if let Some(held) = &mut self.held {
                    held.turn.head = head;
                }
                Ok(head)
            }
            Ok(Appended::Lost) => {
                tracing::warn!(seq, "another machine has written this page: the turn was lost");
                self.let_go();
                Err(Refusal::Busy { retry_after_s: 1 }.into())
            }
            Err(fault) => {
                self.let_go();
                Err(fault)
            }
        }
    }

    pub fn report(&mut self, name: &str, through: i64) -> Result<(), Away> {
        self.session.report(name, through)
    }

    pub fn status(&mut self) -> Result<Status, Away> {
        self.session.status()
    }

    pub(super) fn prepare(&mut self) -> Result<(), Away> {
        self.session.prepare()
    }

    pub(super) fn house(&mut self) -> Result<Option<String>, Away> {
        self.session.house()
    }

    pub(super) fn claim(&mut self, house: &str) -> Result<(), Away> {
        self.session.claim(house)
    }

    pub(super) fn put_snapshot(&mut self, seq: i64, file: &Path) -> Result<(), Away> {
        self.session.put_snapshot(seq, file)
    }

    pub fn has_turn(&self) -> bool {
        self.held.is_some()
    }

    /// Lets the turn go if it was kept for long enough.
    pub fn let_go_in_time(&mut self) {
        if self.held.as_ref().is_some_and(|held| held.taken.elapsed() >= KEPT_FOR) {
            self.let_go();
        }
    }

    /// Lets the turn go, so that another connection or machine may write.
    pub fn let_go(&mut self) {
        if self.held.take().is_some() {
            self.session.let_go();
        }
    }
}

/// Tries until it is answered, or this long.
fn patiently<T>(patience: Duration, mut ask: impl FnMut() -> Result<T, Away>) -> Answer<T> {
    let until = Instant::now() + patience;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(away) if Instant::now() >= until => {
                tracing::error!(%away, "the journal is away: nothing is written");
                return Err(Refusal::JournalAway { retry_after_s: RETRY_AFTER_S }.into());
            }
            Err(_) => std::thread::sleep(TRY_AGAIN),
        }
    }
}

/// Brings the copy up to the head of a turn, in the transaction that is open. None if it was level; else whether somebody
/// was renamed. Fails where this copy is ahead of the journal, or has other pages.
pub fn catch_up(link: &mut Link, conn: &Connection, to: Head) -> Answer<Option<bool>> {
    let mut repeated = None;
    loop {
        let here = replay::head(conn)?.context("the house has no journal")?;
        if here.seq > to.seq || (here.seq == to.seq && here.hash != to.hash) {
            return Err(Fault::Broken(replay::strayed(here.seq).into()));
        }
        if here.seq == to.seq {
            return Ok(repeated);
        }
        let pages = patiently(link.patience, || link.pages_after(here.seq))?;
        if pages.is_empty() {
            return Err(anyhow!("the journal has no page after {}, and says that it has", here.seq).into());
        }
        repeated = Some(replay::apply(conn, &pages)? || repeated.unwrap_or(false));
    }
}
