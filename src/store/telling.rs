//! Whom to tell that a listing closes soon, that a sale has opened, or of their bills; and how far that has come. It is
//! written a chunk at a time, so that a bid never waits for thousands of notices.

use super::named::named;
use super::values::{WordColumn, as_word};
use super::{Snapshot, Tx, first};
use crate::rules::bidding::BidKind;
use crate::rules::ending::{Change, Made};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::notice::{About, NoticeKind};
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/telling.sql");
const CLOSING_SOON: &str = named(FILE, "closing_soon");
const BIDS_MADE: &str = named(FILE, "bids_made");
const CLOSE_CHANGES: &str = named(FILE, "close_changes");
const WATCHERS_AND_BIDDERS: &str = named(FILE, "watchers_and_bidders");
const BEGIN_ENDING: &str = named(FILE, "begin_ending");
const GO_ON_ENDING: &str = named(FILE, "go_on_ending");
const PRUNE_ENDINGS: &str = named(FILE, "prune_endings");
const NOTIFY_ALL: &str = named(FILE, "notify_all");
const PLAN_TO_TELL: &str = named(FILE, "plan_to_tell");
const SALES_TO_TELL: &str = named(FILE, "sales_to_tell");
const WATCHERS_OF_SALE: &str = named(FILE, "watchers_of_sale");
const GO_ON_TELLING: &str = named(FILE, "go_on_telling");

const SALE_KIND: WordColumn = WordColumn { table: "sale_told", name: "kind" };
const BID_KIND: WordColumn = WordColumn { table: "bid", name: "kind" };

/// An open listing that closes soon, and what people have been told of its close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingSoon {
    pub listing: ListingId,
    pub closes_at: Time,
    pub told: Option<EndingTold>,
}

/// The notice `ending` of a listing, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndingTold {
    /// The close that was told.
    pub closes_at: Time,
    /// When that began.
    pub at: Time,
    /// When the close before that was told.
    pub before_at: Option<Time>,
    /// The account up to which all have been told; none: all have.
    pub told_through: Option<AccountId>,
}

/// What people are told of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfSale {
    Opens,
    Bill,
}

/// Something that people are to be told of a sale now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleToTell {
    pub sale: SaleId,
    pub kind: OfSale,
    /// The account up to which all have been told.
    pub told_through: AccountId,
    /// Whether any of its lots is open.
    pub is_open: bool,
}

as_word!(OfSale);

impl OfSale {
    fn name(self) -> &'static str {
        match self {
            OfSale::Opens => "opens",
            OfSale::Bill => "bill",
        }
    }

    fn of(name: &str) -> Option<OfSale> {
        [OfSale::Opens, OfSale::Bill].into_iter().find(|kind| kind.name() == name)
    }
}

impl Snapshot<'_> {
    /// Up to `limit` listings that run and close by `until`, after this place in the order of their closes.
    pub fn closing_soon(
        &self,
        after: (Time, ListingId),
        until: Time,
        limit: i64,
    ) -> Result<Vec<ClosingSoon>> {
        let parameters = named_params! {
            ":closes_at": after.0, ":listing_id": after.1, ":until": until, ":limit": limit,
        };
        let read = |row: &Row<'_>| {
            let told = match row.get(2)? {
                None => None,
                Some(closes_at) => Some(EndingTold {
                    closes_at,
                    at: row.get(3)?,
                    before_at: row.get(4)?,
                    told_through: row.get(5)?,
                }),
            };
            Ok(ClosingSoon { listing: row.get(0)?, closes_at: row.get(1)?, told })
        };
        self.rows(CLOSING_SOON, parameters, read).context("read what closes soon")
    }

    /// The bids of a listing that can change who leads, and everything that changed its close, both in their order.
    /// Reads the whole history.
    pub fn close_history(&self, listing: ListingId) -> Result<(Vec<Made>, Vec<Change>)> {
        let (mut made, mut changes): (Vec<Made>, Vec<Change>) = (Vec::new(), Vec::new());
        let bid = |row: &Row<'_>| {
            let (at, bidder, max): (Time, AccountId, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
            let closes_at: Time = row.get(4)?;
            if changes.last().is_none_or(|last| last.closes_at != Some(closes_at)) {
                changes.push(Change { at, closes_at: Some(closes_at) });
            }
            match BID_KIND.read(row, 2, listing, BidKind::of)? {
                BidKind::Bid => made.push(Made { at, bidder, max }),
                BidKind::Raise => {
                    let leads = made.iter_mut().rev().find(|made| made.bidder == bidder);
                    leads.into_iter().for_each(|made| made.max = made.max.max(max));
                }
                BidKind::Automatic => {}
            }
            anyhow::Ok(())
        };
        let parameters = named_params! {":listing_id": listing};
        let named = || format!("listing {listing}: read what changed its close");
        self.rows(BIDS_MADE, parameters, bid).with_context(named)?;
        let mut is_paused = false;
        let timing = |row: &Row<'_>| {
            let closes_at: Time = row.get(1)?;
            is_paused = match row.get_ref(2)?.as_str()? {
                "pause" => true,
                "resume" => false,
                _ => is_paused,
            };
            anyhow::Ok(Change { at: row.get(0)?, closes_at: (!is_paused).then_some(closes_at) })
        };
        changes.extend(self.rows(CLOSE_CHANGES, parameters, timing).with_context(named)?);
        // Stable: of one instant, a bid came before the pause.
        changes.sort_by_key(|change| change.at);
        Ok((made, changes))
    }

    /// Everyone after `after` who watches a listing or has bid on it, in the order of their accounts.
    pub fn watchers_and_bidders(&self, listing: ListingId, after: AccountId) -> Result<Vec<AccountId>> {
        let parameters = named_params! {":listing_id": listing, ":after": after};
        self.rows(WATCHERS_AND_BIDDERS, parameters, first)
            .with_context(|| format!("listing {listing}: read whom its close concerns"))
    }

    /// Everyone after `after` who watches a lot of a sale, in the order of their accounts.
    pub fn watchers_of_sale(&self, sale: SaleId, after: AccountId) -> Result<Vec<AccountId>> {
        self.rows(WATCHERS_OF_SALE, named_params! {":sale_id": sale, ":after": after}, first)
            .context("read who watches a sale's lots")
    }

    /// Up to `limit` things that people are to be told of sales now: of one that has opened and is not paused, and of one
    /// whose last lot has been settled.
    pub fn sales_to_tell(&self, now: Time, limit: i64) -> Result<Vec<SaleToTell>> {
        let read = |row: &Row<'_>| {
            let sale: SaleId = row.get(0)?;
            let kind = SALE_KIND.read(row, 1, sale.0, OfSale::of)?;
            anyhow::Ok(SaleToTell { sale, kind, told_through: row.get(2)?, is_open: row.get(3)? })
        };
        self.rows(SALES_TO_TELL, named_params! {":now": now, ":limit": limit}, read)
            .context("read what there is to tell of sales")
    }
}

impl Tx<'_> {
    /// Writes a notice for each of these people by each open channel that they want it by, unless the same one waits.
    /// Leaves out closed accounts.
    pub fn notify_all(&self, kind: NoticeKind, people: &[AccountId], about: About) -> Result<()> {
        let ids: Vec<i64> = people.iter().map(|person| person.0).collect();
        let parameters = named_params! {
            ":ids": serde_json::to_string(&ids)?, ":about": about.id(), ":kind": kind, ":bit": kind.bit(), ":at": self.now,
        };
        self.execute(NOTIFY_ALL, parameters).with_context(|| format!("write the notices {}", kind.name()))?;
        Ok(())
    }

    /// Records that people are told of this close from now on, and through which account they have been; none: all.
    pub fn begin_ending(
        &self,
        listing: ListingId,
        closes_at: Time,
        through: Option<AccountId>,
    ) -> Result<()> {
        let parameters = named_params! {
            ":listing_id": listing, ":closes_at": closes_at, ":now": self.now, ":through": through,
        };
        self.execute(BEGIN_ENDING, parameters)
            .with_context(|| format!("listing {listing}: record who is told of its close"))?;
        Ok(())
    }

    /// Records that people from `from` through this account have been told of a close. Returns whether nobody else had
    /// told them meanwhile.
    pub fn go_on_ending(
        &self,
        listing: ListingId,
        from: AccountId,
        through: Option<AccountId>,
    ) -> Result<bool> {
        let parameters = named_params! {":listing_id": listing, ":from": from, ":through": through};
        let n = self.execute(GO_ON_ENDING, parameters);
        Ok(n.with_context(|| format!("listing {listing}: record who was told of its close"))? == 1)
    }

    /// Forgets up to `limit` notices `ending` of listings that have ended.
    pub fn prune_endings(&self, limit: i64) -> Result<usize> {
        self.execute(PRUNE_ENDINGS, named_params! {":limit": limit}).context("prune what closed")
    }

    /// Has people told of a sale when it opens, and of their bills when it is over.
    pub(super) fn plan_to_tell(&self, sale: SaleId) -> Result<()> {
        self.execute(PLAN_TO_TELL, named_params! {":sale_id": sale})
            .context("plan what to tell of a sale")?;
        Ok(())
    }

    /// Records that people from `from` through this account have been told of a sale; none: all. Returns whether nobody
    /// else had told them meanwhile.
    pub fn go_on_telling(
        &self,
        told: &SaleToTell,
        from: AccountId,
        through: Option<AccountId>,
    ) -> Result<bool> {
        let parameters = named_params! {
            ":sale_id": told.sale, ":kind": told.kind, ":from": from, ":through": through, ":now": self.now,
        };
        Ok(self.execute(GO_ON_TELLING, parameters).context("record who was told of a sale")? == 1)
    }
}
