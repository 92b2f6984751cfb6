//! Listings and where they stand.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::bidding::{Lead, Standing};
use crate::rules::chain::{self, Hash, Salt};
use crate::rules::listing::{AccountId, Closes, Draft, Listing, ListingId};
use crate::rules::money::{Bps, Money};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use anyhow::{Context, Result, ensure};
use rusqlite::{OptionalExtension, Row, named_params};

pub const FILE: &str = include_str!("../../sql/listings.sql");
const ADD_LISTING: &str = named(FILE, "add_listing");
const ADD_PICTURE: &str = named(FILE, "add_picture");
const ADD_STANDING: &str = named(FILE, "add_standing");
const N_OPEN_OF_SELLER: &str = named(FILE, "n_open_of_seller");
const LISTING: &str = named(FILE, "listing");
const STANDING: &str = named(FILE, "standing");
const MOVE: &str = named(FILE, "move");
const EXTEND: &str = named(FILE, "extend");
const CLOSE: &str = named(FILE, "close");
const BUY: &str = named(FILE, "buy");
const DUE: &str = named(FILE, "due");
const WAITING: &str = named(FILE, "waiting");
const NEXT_CLOSE: &str = named(FILE, "next_close");
const LISTINGS_OF_SELLER: &str = named(FILE, "listings_of_seller");
const LISTINGS_BID_ON: &str = named(FILE, "listings_bid_on");
const LISTINGS_BIDDING: &str = named(FILE, "listings_bidding");
const LISTINGS_WON: &str = named(FILE, "listings_won");
const LISTINGS_WATCHED: &str = named(FILE, "listings_watched");
const ALL_LISTINGS: &str = named(FILE, "all_listings");
const PICTURES: &str = named(FILE, "pictures");

/// A listing's state as it is stored; `closing` is `Open` past the close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Sold,
    Unsold,
    Cancelled,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Sold => "sold",
            State::Unsold => "unsold",
            State::Cancelled => "cancelled",
        }
    }

    fn of(name: &str) -> State {
        match name {
            "open" => State::Open,
            "sold" => State::Sold,
            "unsold" => State::Unsold,
            _ => State::Cancelled,
        }
    }
}

/// Where a listing stands, with its stored state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStanding {
    pub state: State,
    pub standing: Standing,
}

/// The terms that a new listing copies from the house, so that a later change never touches it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    /// None with the outage policy `settle`.
    pub outage_s: Option<i64>,
}

/// Whose listings, and why they are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Selling,
    BidOn,
    /// Bid on, and not ended yet.
    Bidding,
    Won,
    Watched,
}

impl Snapshot<'_> {
    pub fn listing(&self, id: ListingId) -> Result<Option<Listing>> {
        let mut statement = self.statement(LISTING)?;
        let found = statement.query_row(named_params! {":id": id}, listing).optional();
        found.with_context(|| format!("listing {id}: read"))
    }

    pub fn standing(&self, id: ListingId) -> Result<StoredStanding> {
        let mut statement = self.statement(STANDING)?;
        let found = statement.query_row(named_params! {":listing_id": id}, stored);
        found.with_context(|| format!("listing {id}: read where it stands"))
    }

    /// Up to `limit` open listings whose close has passed, the earliest first; without those that wait for a server, where
    /// none was seen since `served_until`.
    pub fn due(&self, now: Time, served_until: Time, limit: i64) -> Result<Vec<ListingId>> {
        self.overdue(DUE, now, served_until, limit)
    }

    /// Up to `limit` open listings whose close has passed and which wait for a server.
    pub fn waiting(&self, now: Time, served_until: Time, limit: i64) -> Result<Vec<ListingId>> {
        self.overdue(WAITING, now, served_until, limit)
    }

    fn overdue(
        &self,
        sql: &'static str,
        now: Time,
        served_until: Time,
        limit: i64,
    ) -> Result<Vec<ListingId>> {
        let parameters = named_params! {":now": now, ":served_until": served_until, ":limit": limit};
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read what is overdue")
    }

    pub fn next_close(&self) -> Result<Option<Time>> {
        self.statement(NEXT_CLOSE)?.query_row([], |row| row.get(0)).context("read the next close")
    }

    /// Up to `limit` of someone's listings, the newest first, each with its place; those after `after`, if it is named.
    pub fn listings_of(
        &self,
        account: AccountId,
        relation: Relation,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Vec<(ListingId, i64)>> {
        let sql = match relation {
            Relation::Selling => LISTINGS_OF_SELLER,
            Relation::BidOn => LISTINGS_BID_ON,
            Relation::Bidding => LISTINGS_BIDDING,
            Relation::Won => LISTINGS_WON,
            Relation::Watched => LISTINGS_WATCHED,
        };
        let mut statement = self.statement(sql)?;
        let before = after.unwrap_or(i64::MAX);
        let parameters = named_params! {":account_id": account, ":before": before, ":limit": limit};
        let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("account {account}: read the listings"))
    }

    /// How many listings of a seller have not ended, counted up to `limit`.
    pub fn n_open_of(&self, seller: AccountId, limit: i64) -> Result<i64> {
        let mut statement = self.statement(N_OPEN_OF_SELLER)?;
        let n = statement.query_row(named_params! {":seller_id": seller, ":limit": limit}, |row| row.get(0));
        n.with_context(|| format!("account {seller}: count the open listings"))
    }

    pub fn all_listings(&self) -> Result<Vec<ListingId>> {
        let mut statement = self.statement(ALL_LISTINGS)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read all listings")
    }

    /// The name of every picture that a listing has.
    pub fn pictures(&self) -> Result<Vec<String>> {
        let mut statement = self.statement(PICTURES)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read the names of the pictures")
    }
}

impl Tx<'_> {
    /// Stores a checked draft; its close and its chain begin with this transaction's `now`.
    pub fn add_listing(
        &self,
        seller: AccountId,
        draft: &Draft,
        closes: Closes,
        terms: Terms,
    ) -> Result<Listing> {
        let soft = draft.soft_close;
        let closes_at = closes.at(self.now);
        let mut reserve_salt: Salt = [0; 16];
        getrandom::fill(&mut reserve_salt)?;
        let (category_id, category) = self.category_of(draft)?.unzip();
        let id = self.statement(ADD_LISTING)?.insert(named_params! {
            ":seller_id": seller, ":title": draft.title.trim(), ":description": draft.description,
            ":opening": draft.opening, ":reserve": draft.reserve, ":reserve_salt": reserve_salt,
            ":buy_now": draft.buy_now, ":increment": draft.increment, ":first_closes_at": closes_at,
            ":window_s": soft.map(|s| s.window_s), ":extension_s": soft.map(|s| s.extension_s),
            ":cap_s": soft.map(|s| s.cap_s), ":premium_bps": terms.premium_bps,
            ":commission_bps": terms.commission_bps, ":outage_s": terms.outage_s, ":category": category,
            ":picture": draft.pictures.first(), ":created_at": self.now,
        });
        let id = ListingId(id.context("add a listing")?);
        for (nth, name) in (1_i64..).zip(&draft.pictures).skip(1) {
            self.statement(ADD_PICTURE)?
                .execute(named_params! {":listing_id": id, ":nth": nth, ":name": name})
                .with_context(|| format!("listing {id}: add a picture"))?;
        }
        let listing = self.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        let head = chain::genesis(&listing);
        self.statement(ADD_STANDING)?
            .execute(named_params! {
                ":listing_id": id, ":seller_id": seller, ":category_id": category_id, ":opening": listing.opening,
                ":closes_at": closes_at, ":head": head,
            })
            .with_context(|| format!("listing {id}: set where it stands"))?;
        self.enter(id, &listing.title, &listing.description, listing.category.as_deref())?;
        Ok(listing)
    }

    /// Writes where an open listing stands after a bid, its close aside.
    pub fn move_standing(&self, id: ListingId, standing: &Standing) -> Result<()> {
        let lead = standing.lead.as_ref();
        self.statement(MOVE)?
            .execute(named_params! {
                ":listing_id": id, ":price": standing.price, ":leader_id": lead.map(|l| l.bidder),
                ":leader_max": lead.map(|l| l.max), ":held": lead.map_or(0, |l| l.held),
                ":n_bids": standing.n_bids, ":head": standing.head,
            })
            .with_context(|| format!("listing {id}: write where it stands"))?;
        Ok(())
    }

    pub fn extend(&self, id: ListingId, closes_at: Time) -> Result<()> {
        self.statement(EXTEND)?
            .execute(named_params! {":listing_id": id, ":closes_at": closes_at})
            .with_context(|| format!("listing {id}: extend"))?;
        Ok(())
    }

    /// Ends an open listing: compare-and-set, so that it ends once.
    pub fn close(&self, id: ListingId, state: State, head: &Hash) -> Result<()> {
        let parameters = named_params! {":listing_id": id, ":state": state.name(), ":head": head};
        let n = self.statement(CLOSE)?.execute(parameters).with_context(|| format!("listing {id}: close"))?;
        ensure!(n == 1, "listing {id} was not open");
        Ok(())
    }

    /// The buyer at the buy-now price takes the lead, and bidding ends at this transaction's `now`.
    pub fn buy(&self, id: ListingId, buyer: AccountId, price: Money) -> Result<()> {
        let parameters =
            named_params! {":listing_id": id, ":leader_id": buyer, ":price": price, ":closes_at": self.now};
        let n = self.statement(BUY)?.execute(parameters).with_context(|| format!("listing {id}: buy"))?;
        ensure!(n == 1, "listing {id} was not open");
        Ok(())
    }
}

fn listing(row: &Row<'_>) -> rusqlite::Result<Listing> {
    let window_s: Option<i64> = row.get(10)?;
    let soft_close = match window_s {
        None => None,
        Some(window_s) => Some(SoftClose { window_s, extension_s: row.get(11)?, cap_s: row.get(12)? }),
    };
    Ok(Listing {
        id: row.get(0)?,
        seller: row.get(1)?,
        seller_name: row.get(2)?,
        title: row.get(3)?,
        description: row.get(4)?,
        opening: row.get(5)?,
        reserve: row.get(6)?,
        buy_now: row.get(7)?,
        increment: row.get(8)?,
        first_closes_at: row.get(9)?,
        soft_close,
        premium_bps: row.get(13)?,
        commission_bps: row.get(14)?,
        outage_s: row.get(15)?,
        pictures: row
            .get_ref(16)?
            .as_str()?
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        created_at: row.get(17)?,
        reserve_salt: row.get(18)?,
        category: row.get(19)?,
    })
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredStanding> {
    let leader: Option<AccountId> = row.get(3)?;
    let lead = match leader {
        None => None,
        Some(bidder) => Some(Lead { bidder, name: row.get(4)?, max: row.get(5)?, held: row.get(6)? }),
    };
    let state = State::of(row.get_ref(0)?.as_str()?);
    let open = state == State::Open;
    let standing = Standing {
        open,
        closes_at: row.get(1)?,
        price: row.get(2)?,
        lead,
        n_bids: row.get(7)?,
        head: row.get(8)?,
    };
    Ok(StoredStanding { state, standing })
}
