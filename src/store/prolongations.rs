//! Prolongations: closes moved because no server ran before them. Written once, never changed.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::chain::ProlongationLink;
use crate::rules::hash::Hash;
use crate::rules::listing::ListingId;
use crate::rules::outage::Outage;
use crate::rules::time::Time;
use anyhow::{Context, Result, ensure};
use rusqlite::{OptionalExtension, named_params};

pub const FILE: &str = include_str!("../../sql/prolongations.sql");
const CONCERNED: &str = named(FILE, "concerned");
const PROLONG: &str = named(FILE, "prolong");
const MOVE_CLOSE: &str = named(FILE, "move_close");
const PROLONGATIONS: &str = named(FILE, "prolongations");
const LAST_OUTAGE: &str = named(FILE, "last_outage");

/// A prolongation as the books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prolongation {
    pub listing: ListingId,
    /// The number of the last bid before it; 0 where there is none.
    pub after_seq: i64,
    /// The close after it.
    pub closes_at: Time,
    pub outage: Outage,
    pub at: Time,
    pub hash: Hash,
}

impl Prolongation {
    /// The form in which it enters the chain.
    pub fn link(&self) -> ProlongationLink {
        ProlongationLink {
            listing: self.listing,
            after_seq: self.after_seq,
            closes_at: self.closes_at,
            outage: self.outage,
            at: self.at,
        }
    }
}

impl Snapshot<'_> {
    /// The open listings whose last seconds before the close, as their terms count them, overlap the outage.
    pub fn concerned(&self, outage: Outage) -> Result<Vec<ListingId>> {
        let mut statement = self.statement(CONCERNED)?;
        let parameters = named_params! {":from": outage.from, ":until": outage.until};
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read the listings that an outage concerns")
    }

    /// All prolongations of a listing, in order.
    pub fn prolongations(&self, listing: ListingId) -> Result<Vec<Prolongation>> {
        let mut statement = self.statement(PROLONGATIONS)?;
        let rows = statement.query_map(named_params! {":listing_id": listing}, |row| {
            Ok(Prolongation {
                listing,
                after_seq: row.get(0)?,
                closes_at: row.get(1)?,
                outage: Outage { from: row.get(2)?, until: row.get(3)? },
                at: row.get(4)?,
                hash: row.get(5)?,
            })
        })?;
        let rows = rows.collect::<rusqlite::Result<_>>();
        rows.with_context(|| format!("listing {listing}: read the prolongations"))
    }

    /// The last outage that moved the close, if any.
    pub fn last_outage(&self, listing: ListingId) -> Result<Option<Outage>> {
        let mut statement = self.statement(LAST_OUTAGE)?;
        let found = statement.query_row(named_params! {":listing_id": listing}, |row| {
            Ok(Outage { from: row.get(0)?, until: row.get(1)? })
        });
        found.optional().with_context(|| format!("listing {listing}: read the last outage"))
    }
}

impl Tx<'_> {
    /// Moves an open listing's close and the head of its chain.
    pub fn prolong(&self, prolongation: &Prolongation) -> Result<()> {
        let Prolongation { listing, after_seq, closes_at, outage, at, hash } = prolongation;
        self.statement(PROLONG)?
            .execute(named_params! {
                ":listing_id": listing, ":after_seq": after_seq, ":closes_at": closes_at,
                ":outage_from": outage.from, ":outage_until": outage.until, ":at": at, ":hash": hash,
            })
            .with_context(|| format!("listing {listing}: prolong"))?;
        let moved = named_params! {":listing_id": listing, ":closes_at": closes_at, ":head": hash};
        let n = self.statement(MOVE_CLOSE)?.execute(moved);
        let n = n.with_context(|| format!("listing {listing}: move the close"))?;
        ensure!(n == 1, "listing {listing} was not open");
        Ok(())
    }
}
