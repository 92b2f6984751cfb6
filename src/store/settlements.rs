//! Settlements: how each listing ended, recorded once and never changed.

use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::chain::{ReversalLink, SettlementLink};
use crate::rules::hash::Hash;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::settlement::{Outcome, Sale, Unsold};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/settlements.sql");
const RECORD: &str = named(FILE, "record");
const SETTLEMENT_OF: &str = named(FILE, "settlement_of");
const REVERSED_AT: &str = named(FILE, "reversed_at");
const LISTING_OF_SETTLEMENT: &str = named(FILE, "listing_of_settlement");
const REVERSAL: &str = named(FILE, "reversal");
const ADD_REVERSAL: &str = named(FILE, "add_reversal");
const REVERSED_HEAD: &str = named(FILE, "reversed_head");
const RAISED_AFTER: &str = named(FILE, "raised_after");
const LATENESS: &str = named(FILE, "lateness");

const OUTCOME: WordColumn = WordColumn { table: "settlement", name: "outcome" };
const REASON: WordColumn = WordColumn { table: "settlement", name: "reason" };

/// How a listing ended, as the books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub id: i64,
    pub listing: ListingId,
    pub outcome: Outcome,
    /// The buyer's public name; none unless it was sold.
    pub buyer_name: Option<String>,
    pub seller: AccountId,
    pub seller_name: String,
    pub closes_at: Time,
    pub settled_at: Time,
    pub hash: Hash,
    /// When the sale was reversed, and why; none while it stands.
    pub reversed_at: Option<Time>,
    pub reversed_why: Option<String>,
    /// The public name of the role that reversed it; none, too, if it was reversed before reversals were links.
    pub reversed_by: Option<String>,
}

/// The last link of a listing whose sale was reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    pub at: Time,
    pub why: String,
    /// The public name of the role that reversed it, such as `cli`.
    pub who: String,
    pub hash: Hash,
}

impl Reversal {
    /// The public form, as it enters the chain.
    pub fn link(&self, listing: ListingId, settlement: i64) -> ReversalLink<'_> {
        ReversalLink { listing, settlement, at: self.at, who: &self.who, why: &self.why }
    }
}

impl Settlement {
    pub fn sale(&self) -> Option<&Sale> {
        self.outcome.sale()
    }

    /// Why the sale was reversed, if that is public: it is in the link of the reversal. From before there were such links,
    /// the reason was written for the people concerned.
    pub fn public_reversed_why(&self) -> Option<&str> {
        self.reversed_why.as_deref().filter(|_| self.reversed_by.is_some())
    }

    pub fn buyer(&self) -> Option<AccountId> {
        self.sale().map(|sale| sale.buyer)
    }

    /// The public form, as it enters the chain.
    pub fn link(&self) -> SettlementLink<'_> {
        SettlementLink::of(self.listing, &self.outcome, self.closes_at, self.settled_at)
    }
}

impl Snapshot<'_> {
    /// The settlement of a listing; none while it is open.
    pub fn settlement_of(&self, listing: ListingId) -> Result<Option<Settlement>> {
        self.row(SETTLEMENT_OF, named_params! {":listing_id": listing}, settlement)
            .with_context(|| format!("listing {listing}: read the settlement"))
    }

    /// The hammer prices of what was sold after the transfer `after`, less those of what was reversed since, in minor units;
    /// and the last transfer.
    pub fn raised_after(&self, after: i64) -> Result<(i64, Money)> {
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.the_row(RAISED_AFTER, named_params! {":after": after}, read).context("read what was raised")
    }

    /// Milliseconds from the close to the settlement, for the newest `limit` listings that reached their close.
    pub fn lateness_ms(&self, limit: i64) -> Result<Vec<i64>> {
        self.rows(LATENESS, named_params! {":limit": limit}, first).context("read how late settlements were")
    }

    /// When the sale of a listing was reversed; none while it stands, or if nothing was sold.
    pub fn reversed_at(&self, listing: ListingId) -> Result<Option<Time>> {
        self.row(REVERSED_AT, named_params! {":listing_id": listing}, first)
            .with_context(|| format!("listing {listing}: read whether its sale is reversed"))
    }

    /// The link of a settlement's reversal; none while it stands, and for one that was reversed before reversals were
    /// links.
    pub fn reversal(&self, settlement: i64) -> Result<Option<Reversal>> {
        let read = |row: &Row<'_>| {
            Ok(Reversal { at: row.get(0)?, why: row.get(1)?, who: row.get(2)?, hash: row.get(3)? })
        };
        self.row(REVERSAL, named_params! {":settlement_id": settlement}, read)
            .with_context(|| format!("settlement {settlement}: read the reversal"))
    }

    /// The listing that a settlement ended; none if there is no such settlement.
    pub fn listing_of_settlement(&self, id: i64) -> Result<Option<ListingId>> {
        self.row(LISTING_OF_SETTLEMENT, named_params! {":id": id}, first)
            .with_context(|| format!("settlement {id}: read"))
    }
}

impl Tx<'_> {
    /// Records how a listing ended at this transaction's `now`; returns the settlement's id. The schema refuses a
    /// second settlement of a listing.
    pub fn record(&self, listing: ListingId, outcome: &Outcome, closes_at: Time, hash: &Hash) -> Result<i64> {
        let sale = outcome.sale();
        let parameters = named_params! {
            ":listing_id": listing, ":outcome": outcome.name(), ":reason": outcome.reason(),
            ":buyer_id": sale.map(|s| s.buyer), ":hammer": sale.map(|s| s.hammer),
            ":premium": sale.map(|s| s.premium), ":commission": sale.map(|s| s.commission),
            ":closes_at": closes_at, ":settled_at": self.now, ":hash": hash,
        };
        self.insert(RECORD, parameters).with_context(|| format!("listing {listing}: record the settlement"))
    }

    /// Writes the last link of a listing whose sale is reversed, and makes it the head of the chain.
    pub fn add_reversal(&self, listing: ListingId, settlement: i64, who: &str, hash: &Hash) -> Result<()> {
        let parameters = named_params! {":settlement_id": settlement, ":who": who, ":hash": hash};
        self.execute(ADD_REVERSAL, parameters)
            .with_context(|| format!("listing {listing}: add a reversal"))?;
        self.execute(REVERSED_HEAD, named_params! {":listing_id": listing, ":head": hash})
            .with_context(|| format!("listing {listing}: move the head"))?;
        Ok(())
    }
}

fn settlement(row: &Row<'_>) -> Result<Settlement> {
    let id = row.get(0)?;
    Ok(Settlement {
        id,
        listing: row.get(1)?,
        outcome: outcome(row, id)?,
        buyer_name: row.get(5)?,
        seller: row.get(9)?,
        seller_name: row.get(10)?,
        closes_at: row.get(11)?,
        settled_at: row.get(12)?,
        hash: row.get(13)?,
        reversed_at: row.get(14)?,
        reversed_why: row.get(15)?,
        reversed_by: row.get(16)?,
    })
}

fn outcome(row: &Row<'_>, id: i64) -> Result<Outcome> {
    let reason: Option<String> = row.get(3)?;
    let unknown_reason = || REASON.unknown(id, reason.as_deref().unwrap_or("null"));
    let word = row.get_ref(2)?.as_str()?;
    let has_figures =
        [4, 6, 7, 8].into_iter().any(|at| row.get_ref(at).is_ok_and(|value| value != ValueRef::Null));
    if ["unsold", "cancelled"].contains(&word) && has_figures {
        return Err(OUTCOME.unknown(id, &format!("{word}, with the figures of a sale")).into());
    }
    Ok(match word {
        "sold" => Outcome::Sold(Sale {
            buy_now: match reason.as_deref() {
                None => false,
                Some("buy_now") => true,
                Some(_) => return Err(unknown_reason().into()),
            },
            buyer: row.get(4)?,
            hammer: row.get(6)?,
            premium: row.get(7)?,
            commission: row.get(8)?,
        }),
        "unsold" => Outcome::Unsold(match reason.as_deref() {
            Some("no_bids") => Unsold::NoBids,
            Some("reserve_not_met") => Unsold::ReserveNotMet,
            _ => return Err(unknown_reason().into()),
        }),
        "cancelled" => Outcome::Cancelled { why: reason.unwrap_or_default() },
        unknown => return Err(OUTCOME.unknown(id, unknown).into()),
    })
}
