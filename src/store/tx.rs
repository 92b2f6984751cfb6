//! One write transaction.

use super::clock::Look;
use super::journal::page::Steps;
use super::recorder::{Parameters, Recorder};
use super::{Snapshot, log};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::Result;
use rusqlite::Row;
use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Deref;

/// What a transaction has written.
#[derive(Default)]
pub(super) struct Written {
    /// Whether it has changed a name.
    pub renames: bool,
    /// For the journal; empty where there is none.
    pub steps: Steps,
}

/// One write transaction, and the instant at which it takes place.
pub struct Tx<'c> {
    snapshot: Snapshot<'c>,
    /// Through it goes all that is written.
    pub(super) recorder: Recorder<'c>,
    pub now: Time,
    pub(super) look: Look,
    /// Whether any channel is open, once that was asked.
    pub(super) has_channels: OnceCell<bool>,
    /// Who acts, as the log names them.
    pub(super) actor: RefCell<Option<log::Actor>>,
    /// Whether it has changed a name.
    pub(super) renames: Cell<bool>,
}

impl<'c> Tx<'c> {
    /// The transaction that has just begun on the connection of this view.
    pub(super) fn begun(snapshot: Snapshot<'c>, recorder: Recorder<'c>, look: Look) -> Result<Tx<'c>> {
        let last = snapshot.last_event()?;
        Ok(Tx {
            snapshot,
            recorder,
            now: look.now.max(last.at),
            look,
            has_channels: OnceCell::new(),
            actor: RefCell::new(None),
            renames: Cell::new(false),
        })
    }

    /// What was written, once all is.
    pub(super) fn end(self) -> Written {
        let renames = self.renames.get();
        let steps = self.recorder.into_steps().unwrap_or_default();
        Written { renames, steps: Steps { renames, ..steps } }
    }

    /// Runs a statement; how many rows it has changed.
    pub(super) fn execute(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        self.recorder.execute(sql, parameters)
    }

    /// Inserts one row; its id.
    pub(super) fn insert(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<i64> {
        self.recorder.insert(sql, parameters)
    }

    /// Runs a statement that returns what it has changed, each row as `read` reads it.
    pub(super) fn returning<T>(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.recorder.returning(sql, parameters, read)
    }

    /// Runs a statement that each machine repeats, though it may have changed nothing here.
    pub(super) fn execute_everywhere(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        self.recorder.execute_everywhere(sql, parameters)
    }

    /// Runs a statement about this machine alone, such as what its scheduler holds: no journal repeats it elsewhere.
    pub(super) fn execute_locally(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        self.recorder.execute_locally(sql, parameters)
    }

    /// Refuses after a jump of the clock.
    pub fn check_clock(&self) -> Result<(), Refusal> {
        self.look.check()
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Snapshot<'c>;

    fn deref(&self) -> &Snapshot<'c> {
        &self.snapshot
    }
}
