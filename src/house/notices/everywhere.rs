//! Delivering from several machines: the right to empty the outbox through a channel is a lock in the journal, too.

use crate::house::House;
use crate::rules::notice::Channel;
use crate::store::journal::Session;
use anyhow::{Context, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The right to deliver through a channel, held in a session with the journal that the next round uses again.
pub(super) struct Everywhere {
    session: Option<Box<dyn Session>>,
    channel: i32,
    idle: IdleSessions,
}

/// Sessions with the journal that no round uses.
pub(in crate::house) type IdleSessions = Arc<Mutex<Vec<Box<dyn Session>>>>;

impl Drop for Everywhere {
    fn drop(&mut self) {
        if let Some(mut session) = self.session.take() {
            session.let_go_post(self.channel);
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
    }
}

impl House {
    /// Takes the right among all machines, unless another has it.
    pub(super) fn begin_everywhere(&self, channel: Channel) -> Result<Option<Everywhere>> {
        let idle = self.idle_sessions.clone();
        let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session =
            known.or_else(|| self.store.journal_session()).context("the house has no journal")?;
        let channel = match channel {
            Channel::Mail => 1,
            Channel::Webhook => 2,
            Channel::Push => 3,
        };
        // While the journal is away nothing is delivered.
        if session.try_post(channel).unwrap_or(false) {
            return Ok(Some(Everywhere { session: Some(session), channel, idle }));
        }
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(None)
    }
}
