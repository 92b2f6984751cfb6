//! Events in the order of their ids, each written in the transaction that causes it.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, Row, named_params};

pub const FILE: &str = include_str!("../../sql/events.sql");
const ADD_EVENT: &str = named(FILE, "add_event");
const LAST_EVENT: &str = named(FILE, "last_event");
const FIRST_EVENT: &str = named(FILE, "first_event");
const EVENTS_AFTER: &str = named(FILE, "events_after");
const EVENT_BY_ID: &str = named(FILE, "event_by_id");
const EVENT_SCOPES: &str = named(FILE, "event_scopes");
const ADD_RESET: &str = named(FILE, "add_reset");
const PRUNE_EVENTS: &str = named(FILE, "prune_events");

/// An event to write: about a listing, for one person only, or both.
pub struct NewEvent<'a> {
    pub kind: &'static str,
    pub listing: Option<ListingId>,
    pub account: Option<AccountId>,
    /// JSON.
    pub data: &'a str,
}

/// An event as it was written.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: i64,
    pub kind: String,
    pub listing: Option<ListingId>,
    /// The only person who may see it; if none, everyone may.
    pub account: Option<AccountId>,
    pub data: String,
}

/// Which listing and person an event concerns.
#[derive(Clone, Copy, Debug)]
pub struct EventScope {
    pub id: i64,
    pub listing: Option<ListingId>,
    pub account: Option<AccountId>,
}

/// The newest event: its id is a cursor, and no later transaction is earlier than `at`, which is its time or that of the
/// newest terms. Zero in a new house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastEvent {
    pub id: i64,
    pub at: Time,
}

impl Snapshot<'_> {
    pub fn last_event(&self) -> Result<LastEvent> {
        let mut statement = self.statement(LAST_EVENT)?;
        let last =
            statement.query_row([], |row| Ok(LastEvent { id: row.get(0)?, at: row.get(1)? })).optional();
        if let Some(last) = last.context("read the last event")? {
            return Ok(last);
        }
        let terms = self.terms_versions(1)?;
        Ok(LastEvent { id: 0, at: terms.first().map_or(Time::default(), |newest| newest.at) })
    }

    /// The id of the oldest event that is kept.
    pub fn first_event(&self) -> Result<Option<i64>> {
        self.statement(FIRST_EVENT)?
            .query_row([], |row| row.get(0))
            .optional()
            .context("read the first event")
    }

    /// Up to `limit` events after the cursor, oldest first.
    pub fn events_after(&self, after: i64, limit: i64) -> Result<Vec<Event>> {
        let mut statement = self.statement(EVENTS_AFTER)?;
        let rows = statement.query_map(named_params! {":after": after, ":limit": limit}, event)?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("read the events after {after}"))
    }

    /// These events, in this order, without those already forgotten.
    pub fn events(&self, ids: &[i64]) -> Result<Vec<Event>> {
        let mut statement = self.statement(EVENT_BY_ID)?;
        let mut events = Vec::with_capacity(ids.len());
        for id in ids {
            let found = statement.query_row(named_params! {":id": id}, event).optional();
            events.extend(found.with_context(|| format!("read the event {id}"))?);
        }
        Ok(events)
    }

    /// The scopes of up to `limit` events after the cursor, up to and including `through`, oldest first; without
    /// their data.
    pub fn event_scopes(&self, after: i64, through: i64, limit: i64) -> Result<Vec<EventScope>> {
        let mut statement = self.statement(EVENT_SCOPES)?;
        let parameters = named_params! {":after": after, ":through": through, ":limit": limit};
        let rows = statement.query_map(parameters, |row| {
            Ok(EventScope { id: row.get(0)?, listing: row.get(1)?, account: row.get(2)? })
        })?;
        rows.collect::<rusqlite::Result<_>>()
            .with_context(|| format!("read the scopes of the events after {after}"))
    }
}

impl Tx<'_> {
    /// Writes an event; returns its id, which is the cursor after it.
    pub fn add_event(&self, new: &NewEvent<'_>) -> Result<i64> {
        let parameters = named_params! {
            ":at": self.now, ":kind": new.kind, ":listing_id": new.listing,
            ":account_id": new.account, ":data": new.data,
        };
        self.insert(ADD_EVENT, parameters).with_context(|| format!("write the event {}", new.kind))
    }

    /// Restarts the events of a house restored from a backup: forgets them, and continues the ids from the
    /// microseconds of Unix time. Any id given out since the backup is smaller, so that whoever returns with one gets
    /// `reset`.
    pub fn restart_events(&self) -> Result<()> {
        let last = self.last_event()?.id;
        let id = self.now.0.saturating_mul(1_000).max(last + 1);
        self.prune_events(last)?;
        self.execute(ADD_RESET, named_params! {":id": id, ":at": self.now})
            .context("begin the events anew")?;
        Ok(())
    }

    /// Forgets the events up to and including `through`; whoever asks for them gets `reset`.
    pub fn prune_events(&self, through: i64) -> Result<usize> {
        self.execute(PRUNE_EVENTS, named_params! {":through": through}).context("prune events")
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get(0)?,
        kind: row.get(1)?,
        listing: row.get(2)?,
        account: row.get(3)?,
        data: row.get(4)?,
    })
}
