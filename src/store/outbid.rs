//! The open listings on which a person has bid and does not lead.

use super::Snapshot;
use super::listings::FILE;
use super::named::named;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

const OUTBID_OF: &str = named(FILE, "outbid_of");

/// The listings that are looked through: the newest on which the person has bid. Every page asks.
const NEWEST: i64 = 200;

/// An open listing on which a person was outbid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbid {
    pub listing: ListingId,
    pub title: String,
    /// In minor units.
    pub price: Money,
}

impl Snapshot<'_> {
    /// Up to `limit` open listings on which a person was outbid, the one with the newest bid first. None that is past its
    /// close: nobody can bid there any more.
    pub fn outbid_of(&self, account: AccountId, now: Time, limit: i64) -> Result<Vec<Outbid>> {
        let parameters =
            named_params! {":account_id": account, ":now": now, ":newest": NEWEST, ":limit": limit};
        let read = |row: &Row<'_>| {
            anyhow::Ok(Outbid { listing: row.get(0)?, title: row.get(1)?, price: row.get(2)? })
        };
        self.rows(OUTBID_OF, parameters, read)
            .with_context(|| format!("account {account}: read where they were outbid"))
    }
}
