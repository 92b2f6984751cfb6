//! Bids: the history of a listing in the order of `seq`, and the answers kept under an Idempotency-Key.

use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::bidding::BidKind;
use crate::rules::chain::{self, BidLink};
use crate::rules::desk::{DeskMark, PassId, Source};
use crate::rules::hash::{Hash, Salt};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::receipt::Receipt;
use crate::rules::terms::TermsMark;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/bids.sql");
const PLACE: &str = named(FILE, "place");
const PARTICIPATE: &str = named(FILE, "participate");
const BIDS_AFTER: &str = named(FILE, "bids_after");
const BIDS_BEFORE: &str = named(FILE, "bids_before");
const BIDDERS_NAMED: &str = named(FILE, "bidders_named");
const ANSWER: &str = named(FILE, "answer");
const KEEP_ANSWER: &str = named(FILE, "keep_answer");
const PRUNE_ANSWERS: &str = named(FILE, "prune_answers");

const KIND: WordColumn = WordColumn { table: "bid", name: "kind" };
const SOURCE: WordColumn = WordColumn { table: "bid", name: "source" };

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
    /// The price after it.
    pub price: Money,
    pub closes_at: Time,
    pub at: Time,
    pub message: String,
    /// Secret like `max`: it opens the commitment.
    pub salt: Salt,
    pub hash: Hash,
    /// Set where the desk entered the bid.
    pub desk: Option<DeskMark>,
    /// The terms that the bidder had accepted; none for an automatic bid, one from the desk, or in a house without terms.
    pub terms: Option<TermsMark>,
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
            desk: self.desk.as_ref(),
        }
    }

    /// The receipt for the bidder alone: it opens the commitment.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            listing: self.listing,
            seq: self.seq,
            hash: self.hash,
            secret: Some((self.max, self.salt)),
            terms: self.terms.map(|terms| terms.hash),
        }
    }
}

impl Snapshot<'_> {
    /// Up to `limit` bids after `after`, oldest first.
    pub fn bids_after(&self, listing: ListingId, after: i64, limit: i64) -> Result<Vec<StoredBid>> {
        let parameters = named_params! {":listing_id": listing, ":after": after, ":limit": limit};
        self.rows(BIDS_AFTER, parameters, |row| bid(listing, row))
            .with_context(|| format!("listing {listing}: read bids"))
    }

    /// Up to `limit` bids before `before`, newest first.
    pub fn bids_before(&self, listing: ListingId, before: i64, limit: i64) -> Result<Vec<StoredBid>> {
        let parameters = named_params! {":listing_id": listing, ":before": before, ":limit": limit};
        self.rows(BIDS_BEFORE, parameters, |row| bid(listing, row))
            .with_context(|| format!("listing {listing}: read bids"))
    }

    /// The only bidder or buyer of a listing with this name; none if several have it. Reads the whole history.
    pub fn bidder_named(&self, listing: ListingId, name: &str) -> Result<Option<AccountId>> {
        let parameters = named_params! {":listing_id": listing, ":name": name};
        let found: Vec<AccountId> = self
            .rows(BIDDERS_NAMED, parameters, first)
            .with_context(|| format!("listing {listing}: find a bidder"))?;
        Ok(if let [only] = found[..] { Some(only) } else { None })
    }

    /// The answer kept for this person under `key`: the hash of the request, and the body.
    pub fn answer(&self, account: AccountId, key: &str) -> Result<Option<(Hash, String)>> {
        let parameters = named_params! {":account_id": account, ":key": key};
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, row.get(1)?));
        self.row(ANSWER, parameters, read).context("read an answer")
    }
}

impl Tx<'_> {
    /// Writes a bid; `pass` is the one that entered it, if it came from the desk.
    pub fn place(&self, bid: &StoredBid, pass: Option<PassId>) -> Result<()> {
        let parameters = named_params! {
            ":listing_id": bid.listing, ":seq": bid.seq, ":kind": bid.kind, ":bidder_id": bid.bidder,
            ":amount": bid.amount, ":max": bid.max, ":price": bid.price, ":closes_at": bid.closes_at,
            ":at": bid.at, ":message": bid.message, ":salt": bid.salt, ":hash": bid.hash,
            ":pass_id": pass, ":source": bid.desk.as_ref().map(|desk| desk.source.name()),
            ":terms_version": bid.terms.map(|terms| terms.version),
        };
        self.execute(PLACE, parameters)
            .with_context(|| format!("listing {}: place bid {}", bid.listing, bid.seq))?;
        Ok(())
    }

    /// Remembers that this person has bid on this listing.
    pub fn participate(&self, bidder: AccountId, listing: ListingId) -> Result<()> {
        let parameters = named_params! {":bidder_id": bidder, ":listing_id": listing};
        self.execute(PARTICIPATE, parameters).with_context(|| format!("listing {listing}: participate"))?;
        Ok(())
    }

    pub fn keep_answer(&self, account: AccountId, key: &str, request: &Hash, body: &str) -> Result<()> {
        let parameters = named_params! {
            ":account_id": account, ":key": key, ":request_hash": request, ":body": body, ":at": self.now,
        };
        self.execute(KEEP_ANSWER, parameters).context("keep an answer")?;
        Ok(())
    }

    pub fn prune_answers(&self, before: Time) -> Result<()> {
        self.execute(PRUNE_ANSWERS, named_params! {":before": before}).context("prune answers")?;
        Ok(())
    }
}

fn bid(listing: ListingId, row: &Row<'_>) -> Result<StoredBid> {
    let seq: i64 = row.get(0)?;
    let pass: Option<String> = row.get(12)?;
    let source = match row.get_ref(13)? {
        ValueRef::Null => None,
        _ => Some(SOURCE.read(row, 13, format_args!("{listing}/{seq}"), Source::of)?),
    };
    let version: Option<i64> = row.get(14)?;
    let terms = version.map(|version| anyhow::Ok(TermsMark { version, hash: row.get(15)? })).transpose()?;
    Ok(StoredBid {
        listing,
        seq,
        kind: KIND.read(row, 1, format_args!("{listing}/{seq}"), BidKind::of)?,
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
        desk: pass.zip(source).map(|(pass, source)| DeskMark { pass, source }),
        terms,
    })
}
