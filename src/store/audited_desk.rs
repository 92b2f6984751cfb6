//! What only an audit reads of the desk: each act of a pass beside what it rests on.

use super::audit::FILE;
use super::named::named;
use super::{Snapshot, first};
use crate::rules::desk::PassId;
use crate::rules::listing::ListingId;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const STRAY_REVERSAL: &str = named(FILE, "stray_reversal");
const UNLINKED_REVERSAL: &str = named(FILE, "unlinked_reversal");
const AUDITED_REGISTRATIONS: &str = named(FILE, "audited_registrations");
const AUDITED_PAYMENTS: &str = named(FILE, "audited_payments");
const AUDITED_VOIDS: &str = named(FILE, "audited_voids");
const AUDITED_HANDOVERS: &str = named(FILE, "audited_handovers");
const AUDITED_DESK_BIDS: &str = named(FILE, "audited_desk_bids");

/// A bidder number that a pass gave.
#[derive(Clone, Debug)]
pub struct AuditedRegistration {
    pub sale_code: String,
    pub number: i64,
    pub sale: SaleId,
    pub at: Time,
    pub pass: PassId,
}

/// A payment that a till took.
#[derive(Clone, Copy, Debug)]
pub struct AuditedPayment {
    pub id: i64,
    pub at: Time,
    pub pass: PassId,
    /// When its payer got a number in the sale of the pass; none without a number there.
    pub registered_at: Option<Time>,
}

/// A void, and what it voids.
#[derive(Clone, Copy, Debug)]
pub struct AuditedVoid {
    pub id: i64,
    pub at: Time,
    /// None for an admin at the command line.
    pub pass: Option<PassId>,
    pub payment: i64,
    pub paid_at: Time,
    /// Whether what it voids is a payment at all.
    pub is_of_payment: bool,
    /// The sale whose desk took the payment; none for one at the command line.
    pub sale: Option<SaleId>,
    pub is_opposite: bool,
    /// Whether the payment has another void.
    pub has_another: bool,
}

/// A lot that was handed over.
#[derive(Clone, Debug)]
pub struct AuditedHandover {
    pub settlement: i64,
    pub at: Time,
    pub pass: Option<PassId>,
    pub is_sold: bool,
    pub settled_at: Time,
    pub reversed_at: Option<Time>,
    /// Its sale, with the code, and its own code; none outside of sales.
    pub lot: Option<(SaleId, String, String)>,
}

/// A bid that the desk entered.
#[derive(Clone, Copy, Debug)]
pub struct AuditedDeskBid {
    pub seq: i64,
    pub at: Time,
    pub pass: PassId,
    /// The sale of the listing.
    pub sale: Option<SaleId>,
    /// When the bidder got a number there.
    pub registered_at: Option<Time>,
}

impl Snapshot<'_> {
    /// The first settlement whose reversal is only a transfer, or only a row.
    pub fn stray_reversal(&self) -> Result<Option<i64>> {
        self.row(STRAY_REVERSAL, [], first).context("look for stray reversals")
    }

    /// The first settlement whose reversal is no link, though the house already had reversals that are, or payments.
    pub fn unlinked_reversal(&self) -> Result<Option<i64>> {
        self.row(UNLINKED_REVERSAL, [], first).context("look for reversals without a link")
    }

    pub fn audited_registrations(&self) -> Result<Vec<AuditedRegistration>> {
        let read = |row: &Row<'_>| {
            Ok(AuditedRegistration {
                sale_code: row.get(0)?,
                number: row.get(1)?,
                sale: row.get(2)?,
                at: row.get(3)?,
                pass: row.get(4)?,
            })
        };
        self.rows(AUDITED_REGISTRATIONS, [], read).context("read the bidder numbers")
    }

    pub fn audited_payments(&self) -> Result<Vec<AuditedPayment>> {
        let read = |row: &Row<'_>| {
            Ok(AuditedPayment {
                id: row.get(0)?,
                at: row.get(1)?,
                pass: row.get(2)?,
                registered_at: row.get(3)?,
            })
        };
        self.rows(AUDITED_PAYMENTS, [], read).context("read the payments of the tills")
    }

    pub fn audited_voids(&self) -> Result<Vec<AuditedVoid>> {
        let read = |row: &Row<'_>| {
            Ok(AuditedVoid {
                id: row.get(0)?,
                at: row.get(1)?,
                pass: row.get(2)?,
                payment: row.get(3)?,
                paid_at: row.get(4)?,
                is_of_payment: row.get(5)?,
                sale: row.get(6)?,
                is_opposite: row.get(7)?,
                has_another: row.get(8)?,
            })
        };
        self.rows(AUDITED_VOIDS, [], read).context("read the voids")
    }

    pub fn audited_handovers(&self) -> Result<Vec<AuditedHandover>> {
        let read = |row: &Row<'_>| {
            let sale: Option<SaleId> = row.get(6)?;
            let lot = sale.map(|sale| anyhow::Ok((sale, row.get(7)?, row.get(8)?))).transpose()?;
            Ok(AuditedHandover {
                settlement: row.get(0)?,
                at: row.get(1)?,
                pass: row.get(2)?,
                is_sold: row.get(3)?,
                settled_at: row.get(4)?,
                reversed_at: row.get(5)?,
                lot,
            })
        };
        self.rows(AUDITED_HANDOVERS, [], read).context("read the handovers")
    }

    /// The bids of a listing that the desk entered.
    pub fn audited_desk_bids(&self, listing: ListingId) -> Result<Vec<AuditedDeskBid>> {
        let read = |row: &Row<'_>| {
            Ok(AuditedDeskBid {
                seq: row.get(0)?,
                at: row.get(1)?,
                pass: row.get(2)?,
                sale: row.get(3)?,
                registered_at: row.get(4)?,
            })
        };
        self.rows(AUDITED_DESK_BIDS, named_params! {":listing_id": listing}, read)
            .with_context(|| format!("listing {listing}: read the bids from the desk"))
    }
}
