//! A write transaction from its beginning to its commit, in a house of its own and in one with a journal.

use super::connection::{is_busy, roll_back, run};
use super::fault::{Answer, Fault};
use super::journal::link::{Begun, Link, catch_up};
use super::journal::{Status, Stored, replay};
use super::recorder::Recorder;
use super::tx::{Tx, Written};
use super::{Conn, Patience, Snapshot};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::Connection;
use std::sync::atomic::Ordering;

impl Conn {
    /// One write transaction: committed if `f` agrees, rolled back if it refuses or fails. `busy` when another
    /// process holds the database for longer than 5 s, or the house's journal stays away.
    pub fn write<T>(&self, f: impl FnOnce(&Tx<'_>) -> Answer<T>) -> Answer<T> {
        drop(self.thaw()?);
        if let Some(first) = self.first.take()
            && let Err(error) = first(self)
        {
            *self.first.borrow_mut() = Some(first);
            return Err(error.into());
        }
        let conn = self.thaw()?;
        let Some(link) = &self.link else {
            begin(&conn)?;
            let (done, written) = self.decide(&conn, Recorder::silent(&conn), None, f)?;
            self.commit(&conn, &written)?;
            return Ok(done);
        };
        let mut link = link.borrow_mut();
        let answer = self.write_in_turn(&conn, &mut link, f);
        match self.patience {
            Patience::Server => link.let_go_in_time(),
            Patience::Beside => link.let_go(),
        }
        answer
    }

    /// The same under a journal: the turn comes before the lock on the file, and the append is the commit.
    fn write_in_turn<T>(
        &self,
        conn: &Connection,
        link: &mut Link,
        f: impl FnOnce(&Tx<'_>) -> Answer<T>,
    ) -> Answer<T> {
        let begun = link.take_turn()?;
        self.begin_level(conn, link, begun)?;
        let (done, mut written) = self.decide(conn, Recorder::recording(conn), Some(begun.now), f)?;
        let steps = std::mem::take(&mut written.steps);
        if steps.is_empty() {
            self.commit(conn, &written)?;
            return Ok(done);
        }
        let head = link.append(begun, steps).inspect_err(|_| roll_back(conn))?;
        let noted = replay::set_head(conn, head).map_err(Fault::from);
        if let Err(fault) = noted.and_then(|()| self.commit(conn, &written)) {
            // It is in force: this copy repeats it as it would another machine's.
            roll_back(conn);
            tracing::error!(%fault, seq = head.seq, "a page of the journal is not in this copy yet");
        }
        Ok(done)
    }

    /// Begins to write once the copy holds all pages before the turn.
    fn begin_level(&self, conn: &Connection, link: &mut Link, begun: Begun) -> Answer<()> {
        begin(conn)?;
        let repeated = catch_up(link, conn, begun.head).inspect_err(|_| roll_back(conn))?;
        if let Some(renames) = repeated {
            self.commit(conn, &Written { renames, ..Written::default() })?;
            begin(conn)?;
        }
        Ok(())
    }

    fn decide<'c, T>(
        &self,
        conn: &'c Connection,
        recorder: Recorder<'c>,
        now: Option<Time>,
        f: impl FnOnce(&Tx<'c>) -> Answer<T>,
    ) -> Answer<(T, Written)> {
        let decided =
            self.tx(conn, recorder, now).map_err(Fault::from).and_then(|tx| Ok((f(&tx)?, tx.end())));
        decided.inspect_err(|_| roll_back(conn))
    }

    fn commit(&self, conn: &Connection, written: &Written) -> Answer<()> {
        if let Err(error) = run(conn, "commit").context("commit") {
            roll_back(conn);
            return Err(error.into());
        }
        if written.renames {
            self.place.n_renames.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// The transaction that has just begun, at the journal's time if there is one. Its `now` is read with the lock held, and
    /// is never before the last event, nor before the newest terms.
    fn tx<'c>(&self, conn: &'c Connection, recorder: Recorder<'c>, now: Option<Time>) -> Result<Tx<'c>> {
        let snapshot = Snapshot { conn, n_renames: self.n_renames() };
        let look = snapshot.look_at_clock(&self.clock)?;
        Tx::begun(snapshot, recorder, now.map_or(look, |now| look.at(now)))
    }

    pub fn has_journal(&self) -> bool {
        self.link.is_some()
    }

    /// Whether this connection keeps the journal's turn.
    pub fn has_turn(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.borrow().has_turn())
    }

    /// Lets the journal's turn go: there is nothing more to write for a moment.
    pub fn rest(&self) {
        if let Some(link) = &self.link {
            link.borrow_mut().let_go();
        }
    }

    /// Repeats pages of others until there are no more, where the house has a journal. Waits for one that does not answer.
    pub fn catch_up(&self) -> Answer<()> {
        let Some(link) = &self.link else {
            return Ok(());
        };
        loop {
            let here = replay::head(&*self.thaw()?)?.unwrap_or_default();
            let pages = link.borrow_mut().pages_after_patiently(here)?;
            if !self.repeat(pages)? {
                return Ok(());
            }
        }
    }

    /// Waits until there may be pages of others, or a moment has passed, and repeats them; whether there were any. Takes no turn.
    pub fn follow(&self) -> Answer<bool> {
        let Some(link) = &self.link else {
            return Ok(false);
        };
        let here = replay::head(&*self.thaw()?)?.unwrap_or_default();
        let pages = link.borrow_mut().pages_to_follow(here)?;
        self.repeat(pages)
    }

    /// The last page in this copy, and how the journal is.
    pub fn journal_status(&self) -> Answer<(i64, Status)> {
        let link = self.link.as_ref().context("the house has no journal")?;
        let here = replay::head(&*self.thaw()?)?.unwrap_or_default();
        Ok((here.seq, link.borrow_mut().status()?))
    }

    /// Says under this name how far the copy has come; its last page, and how the journal is.
    pub fn report_to_journal(&self, name: &str) -> Answer<(i64, Status)> {
        let link = self.link.as_ref().context("the house has no journal")?;
        let here = replay::head(&*self.thaw()?)?.unwrap_or_default();
        let mut link = link.borrow_mut();
        link.report(name, here.seq)?;
        Ok((here.seq, link.status()?))
    }

    fn repeat(&self, pages: Vec<Stored>) -> Answer<bool> {
        if pages.is_empty() {
            return Ok(false);
        }
        let conn = self.thaw()?;
        begin(&conn)?;
        // The writer may have repeated some of them meanwhile.
        let here = replay::head(&conn).inspect_err(|_| roll_back(&conn))?.unwrap_or_default();
        let more: Vec<_> = pages.into_iter().filter(|page| page.seq > here.seq).collect();
        let renames = replay::apply(&conn, &more).inspect_err(|_| roll_back(&conn))?;
        self.commit(&conn, &Written { renames, ..Written::default() })?;
        Ok(true)
    }
}

fn begin(conn: &Connection) -> Answer<()> {
    match run(conn, "begin immediate") {
        Err(error) if is_busy(&error) => Err(Refusal::Busy { retry_after_s: 1 }.into()),
        other => Ok(other.context("begin to write")?),
    }
}
