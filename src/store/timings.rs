//! Timings: prolongations, postponements, pauses and resumes of listings. Written once, never changed.

use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::bidding::Standing;
use crate::rules::listing::ListingId;
use crate::rules::outage::Outage;
use crate::rules::time::Time;
use crate::rules::timing::{Linked, Timing, TimingLink};
use anyhow::{Context, Result, ensure};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/timings.sql");
const CONCERNED: &str = named(FILE, "concerned");
const ADD_TIMING: &str = named(FILE, "add_timing");
const RETIME: &str = named(FILE, "retime");
const TIMINGS: &str = named(FILE, "timings");
const PAUSE_BESIDE: &str = named(FILE, "pause_beside");
const PAUSED_SALES: &str = named(FILE, "paused_sales");
const LAST_OUTAGE: &str = named(FILE, "last_outage");

const KIND: WordColumn = WordColumn { table: "timing", name: "kind" };

/// A sale with paused lots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedSale {
    pub code: String,
    /// How many of its lots are paused.
    pub n_lots: i64,
    pub since: Time,
}

impl Snapshot<'_> {
    /// The open listings whose last seconds before the close, as their terms count them, overlap the outage; of paused
    /// ones, the part of it before their pause.
    pub fn concerned(&self, outage: Outage) -> Result<Vec<ListingId>> {
        let parameters = named_params! {":from": outage.from, ":until": outage.until};
        self.rows(CONCERNED, parameters, first).context("read the listings that an outage concerns")
    }

    /// Who paused the sale of a lot, and why, if other lots of it are paused now.
    pub fn pause_beside(&self, lot: ListingId) -> Result<Option<(String, String)>> {
        self.row(PAUSE_BESIDE, named_params! {":listing_id": lot}, |row| Ok((row.get(0)?, row.get(1)?)))
            .with_context(|| format!("listing {lot}: read whether its sale is paused"))
    }

    /// The sales that are paused; the one that has been paused longest comes first.
    pub fn paused_sales(&self) -> Result<Vec<PausedSale>> {
        let read =
            |row: &Row<'_>| Ok(PausedSale { code: row.get(0)?, n_lots: row.get(1)?, since: row.get(2)? });
        self.rows(PAUSED_SALES, [], read).context("read the paused sales")
    }

    /// All timings of a listing, in the order of its chain.
    pub fn timings(&self, listing: ListingId) -> Result<Vec<Linked>> {
        self.rows(TIMINGS, named_params! {":listing_id": listing}, |row| linked(row, listing))
            .with_context(|| format!("listing {listing}: read the timings"))
    }

    /// The last outage that moved the close, if any.
    pub fn last_outage(&self, listing: ListingId) -> Result<Option<Outage>> {
        let read = |row: &Row<'_>| Ok(Outage { from: row.get(0)?, until: row.get(1)? });
        self.row(LAST_OUTAGE, named_params! {":listing_id": listing}, read)
            .with_context(|| format!("listing {listing}: read the last outage"))
    }
}

impl Tx<'_> {
    /// Writes a timing, and the standing after it, whose head is the timing's hash. Fails if the listing is not open.
    pub fn add_timing(&self, linked: &Linked, after: &Standing) -> Result<()> {
        let Linked { link, hash } = linked;
        let TimingLink { listing, after_seq, closes_at, at, timing } = link;
        let outage = timing.outage();
        let by_s = if let Timing::Postponement { by_s, .. } = timing { Some(by_s) } else { None };
        let parameters = named_params! {
            ":listing_id": listing, ":kind": timing.name(), ":after_seq": after_seq, ":closes_at": closes_at,
            ":outage_from": outage.map(|outage| outage.from), ":outage_until": outage.map(|outage| outage.until),
            ":by_s": by_s, ":at": at, ":who": timing.who(), ":why": timing.why(), ":hash": hash,
        };
        self.execute(ADD_TIMING, parameters)
            .with_context(|| format!("listing {listing}: add a {}", timing.name()))?;
        let parameters = named_params! {
            ":listing_id": listing, ":closes_at": after.closes_at, ":paused_at": after.paused_at,
            ":cap_from": after.cap_from, ":head": hash,
        };
        let n = self.execute(RETIME, parameters);
        let n = n.with_context(|| format!("listing {listing}: change when it closes"))?;
        ensure!(n == 1, "listing {listing} was not open");
        Ok(())
    }
}

fn linked(row: &Row<'_>, listing: ListingId) -> Result<Linked> {
    let nth: i64 = row.get(0)?;
    let word: String = row.get(1)?;
    let (who, why) = (|| row.get(8), || row.get(9));
    let timing = match word.as_str() {
        "prolongation" => Timing::Prolongation { outage: Outage { from: row.get(4)?, until: row.get(5)? } },
        "postponement" => Timing::Postponement { by_s: row.get(6)?, who: who()?, why: why()? },
        "pause" => Timing::Pause { who: who()?, why: why()? },
        "resume" => Timing::Resume { who: who()? },
        unknown => return Err(KIND.unknown(format!("{listing}/{nth}"), unknown).into()),
    };
    let (after_seq, closes_at, at) = (row.get(2)?, row.get(3)?, row.get(7)?);
    Ok(Linked { link: TimingLink { listing, after_seq, closes_at, at, timing }, hash: row.get(10)? })
}
