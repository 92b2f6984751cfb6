//! Bids: the history of a listing, in the order of `seq`, and what was answered under an Idempotency-Key.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::bidding::BidKind;
use crate::rules::chain::{self, BidLink, Hash, Salt};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::receipt::Receipt;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, Row, named_params};

pub const FILE: &str = include_str!("../../sql/bids.sql");
const PLACE: &str = named(FILE, "place");
const PARTICIPATE: &str = named(FILE, "participate");
const BIDS_AFTER: &str = named(FILE, "bids_after");
const BIDS_BEFORE: &str = named(FILE, "bids_before");
const ANSWER: &str = named(FILE, "answer");
const KEEP_ANSWER: &str = named(FILE, "keep_answer");
const PRUNE_ANSWERS: &str = named(FILE, "prune_answers");

/// A row of the history as it is stored, its secrets included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBid {
    pub listing: ListingId,
    pub seq: i64,
    pub kind: BidKind,
    pub bidder: AccountId,
    pub bidder_name: String,
    pub amount: Money,
    /// Secret.
    pub max: Money,
    /// The price that stood after it.
    pub price: Money,
    pub closes_at: Time,
    pub at: Time,
    pub message: String,
    /// Secret, with the max: it opens the commitment.
    pub salt: Salt,
    pub hash: Hash,
}

impl StoredBid {
    /// The public form of the row, as it enters the chain.
    pub fn link(&self) -> BidLink<'_> {
        BidLink {
            listing: self.listing,
            seq: self.seq,
            kind: self.kind,
            bidder: self.bidder,
            amount: self.amount,
            price: self.price,
            closes_at: self.closes_at,
            at: self.at,
            message: &self.message,
            commitment: chain::commit(&self.salt, self.max),
        }
    }

    /// For its owner alone: it holds what opens the commitment.
    pub fn receipt(&self) -> Receipt {
        Receipt { listing: self.listing, seq: self.seq, hash: self.hash, secret: Some((self.max, self.salt)) }
    }
}

impl Snapshot<'_> {
    /// Up to `limit` bids after `after`, oldest first.
    pub fn bids_after(&self, listing: ListingId, after: i64, limit: i64) -> Result<Vec<StoredBid>> {
        let mut statement = self.statement(BIDS_AFTER)?;
        let parameters = named_params! {":listing_id": listing, ":after": after, ":limit": limit};
        let rows = statement.query_map(parameters, |row| bid(listing, row))?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("listing {listing}: read bids"))
    }

    /// Up to `limit` bids before `before`, newest first.
    pub fn bids_before(&self, listing: ListingId, before: i64, limit: i64) -> Result<Vec<StoredBid>> {
        let mut statement = self.statement(BIDS_BEFORE)?;
        let parameters = named_params! {":listing_id": listing, ":before": before, ":limit": limit};
        let rows = statement.query_map(parameters, |row| bid(listing, row))?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("listing {listing}: read bids"))
    }

    /// What was answered to this person under `key`: the hash of the request, and the answer's body.
    pub fn answer(&self, account: AccountId, key: &str) -> Result<Option<(Hash, String)>> {
        let mut statement = self.statement(ANSWER)?;
        let parameters = named_params! {":account_id": account, ":key": key};
        let found = statement.query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?))).optional();
        found.context("read an answer")
    }
}

impl Tx<'_> {
    pub fn place(&self, bid: &StoredBid) -> Result<()> {
        self.statement(PLACE)?
            .execute(named_params! {
                ":listing_id": bid.listing, ":seq": bid.seq, ":kind": bid.kind.name(), ":bidder_id": bid.bidder,
                ":amount": bid.amount, ":max": bid.max, ":price": bid.price, ":closes_at": bid.closes_at,
                ":at": bid.at, ":message": bid.message, ":salt": bid.salt, ":hash": bid.hash,
            })
            .with_context(|| format!("listing {}: place bid {}", bid.listing, bid.seq))?;
        Ok(())
    }

    /// Remembers that this person has bid on this listing.
    pub fn participate(&self, bidder: AccountId, listing: ListingId) -> Result<()> {
        let parameters = named_params! {":bidder_id": bidder, ":listing_id": listing};
        self.statement(PARTICIPATE)?
            .execute(parameters)
            .with_context(|| format!("listing {listing}: participate"))?;
        Ok(())
    }

    pub fn keep_answer(&self, account: AccountId, key: &str, request: &Hash, body: &str) -> Result<()> {
        let parameters = named_params! {
            ":account_id": account, ":key": key, ":request_hash": request, ":body": body, ":at": self.now,
        };
        self.statement(KEEP_ANSWER)?.execute(parameters).context("keep an answer")?;
        Ok(())
    }

    pub fn prune_answers(&self, before: Time) -> Result<()> {
        self.statement(PRUNE_ANSWERS)?.execute(named_params! {":before": before}).context("prune answers")?;
        Ok(())
    }
}

fn bid(listing: ListingId, row: &Row<'_>) -> rusqlite::Result<StoredBid> {
    Ok(StoredBid {
        listing,
        seq: row.get(0)?,
        kind: BidKind::of(row.get_ref(1)?.as_str()?).expect("the schema knows these kinds only"),
        bidder: row.get(2)?,
        bidder_name: row.get(3)?,
        amount: row.get(4)?,
        max: row.get(5)?,
        price: row.get(6)?,
        closes_at: row.get(7)?,
        at: row.get(8)?,
        message: row.get(9)?,
        salt: row.get(10)?,
        hash: row.get(11)?,
    })
}
