//! The scheduler's entries as this house last saw them. The database decides; the operating system holds a copy.

use super::listings::FILE;
use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::ListingId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};

const OPEN_DEADLINES: &str = named(FILE, "open_deadlines");
const NEAREST_DEADLINES: &str = named(FILE, "nearest_deadlines");
const PUT_ENTRY: &str = named(FILE, "put_entry");
const DISARM_ALL: &str = named(FILE, "disarm_all");
const FORGET_ENTRY: &str = named(FILE, "forget_entry");
const ENTRY: &str = named(FILE, "entry");

/// A deadline that the scheduler should keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub listing: ListingId,
    pub closes_at: Time,
    /// When its entry fires; none if it never had one.
    pub fires_at: Option<Time>,
    /// Whether the operating system was seen to hold it.
    pub armed: bool,
    /// Its rank among its seller's deadlines; 1 is the nearest.
    pub turn: i64,
}

impl Snapshot<'_> {
    /// Future deadlines of open listings, nearest first: the nearest `limit`, and the first `limit` when all sellers
    /// take turns.
    pub fn open_deadlines(&self, now: Time, limit: i64) -> Result<Vec<Deadline>> {
        self.deadlines(OPEN_DEADLINES, now, limit)
    }

    /// The nearest `limit` future deadlines.
    pub fn nearest_deadlines(&self, now: Time, limit: i64) -> Result<Vec<Deadline>> {
        self.deadlines(NEAREST_DEADLINES, now, limit)
    }

    fn deadlines(&self, sql: &'static str, now: Time, limit: i64) -> Result<Vec<Deadline>> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(named_params! {":now": now, ":limit": limit}, |row| {
            Ok(Deadline {
                listing: row.get(0)?,
                closes_at: row.get(1)?,
                fires_at: row.get(2)?,
                armed: row.get(3)?,
                turn: row.get(4)?,
            })
        })?;
        rows.collect::<rusqlite::Result<_>>().context("read the open deadlines")
    }

    /// Whether the operating system was seen to hold this listing's entry.
    pub fn is_armed(&self, listing: ListingId) -> Result<bool> {
        let mut statement = self.statement(ENTRY)?;
        let found = statement.query_row(named_params! {":listing_id": listing}, |row| row.get(1)).optional();
        Ok(found.with_context(|| format!("listing {listing}: read the entry"))?.unwrap_or(false))
    }
}

impl Tx<'_> {
    /// Records the entry of an open listing; does nothing if it has ended meanwhile.
    pub fn put_entry(&self, listing: ListingId, fires_at: Time, armed: bool) -> Result<()> {
        let parameters = named_params! {":listing_id": listing, ":fires_at": fires_at, ":armed": armed};
        self.execute_locally(PUT_ENTRY, parameters)
            .with_context(|| format!("listing {listing}: note the entry"))?;
        Ok(())
    }

    /// Records that no entry is armed: the operating system refused them, or they were cleared.
    pub fn disarm_all(&self) -> Result<()> {
        self.execute_locally(DISARM_ALL, &[]).context("note that no entry is armed")?;
        Ok(())
    }

    /// Forgets the entry of a listing that has ended.
    pub fn forget_entry(&self, listing: ListingId) -> Result<()> {
        // Each machine has its own entry of what has ended.
        self.execute_everywhere(FORGET_ENTRY, named_params! {":listing_id": listing})
            .with_context(|| format!("listing {listing}: forget the entry"))?;
        Ok(())
    }
}
