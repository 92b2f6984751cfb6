//! Listings, and where each stands.

use super::named::named;
use super::values::{WordColumn, as_word};
use super::{Snapshot, Tx, first};
use crate::rules::bidding::{Lead, Standing};
use crate::rules::chain;
use crate::rules::hash::{Hash, Salt};
use crate::rules::listing::{AccountId, Draft, Listing, ListingId, ListingState, Lot};
use crate::rules::money::{Bps, Money};
use crate::rules::sale::{LotId, SaleId};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use anyhow::{Context, Result, ensure};
use rusqlite::{Row, named_params};

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
const N_PAUSED: &str = named(FILE, "n_paused");
const LISTINGS_OF_SELLER: &str = named(FILE, "listings_of_seller");
const LISTINGS_BID_ON: &str = named(FILE, "listings_bid_on");
const LISTINGS_BIDDING: &str = named(FILE, "listings_bidding");
const LISTINGS_WON: &str = named(FILE, "listings_won");
const LISTINGS_WATCHED: &str = named(FILE, "listings_watched");
const ALL_LISTINGS: &str = named(FILE, "all_listings");
const PICTURES: &str = named(FILE, "pictures");

const STATE: WordColumn = WordColumn { table: "standing", name: "state" };

/// A listing's state as it is stored. `Open` past its close is [`ListingState::Closing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Sold,
    Unsold,
    Cancelled,
}

impl State {
    pub const ALL: [State; 4] = [State::Open, State::Sold, State::Unsold, State::Cancelled];

    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Sold => "sold",
            State::Unsold => "unsold",
            State::Cancelled => "cancelled",
        }
    }

    fn of(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

as_word!(State);

/// Where a listing stands, with its stored state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStanding {
    pub state: State,
    pub standing: Standing,
}

impl StoredStanding {
    /// The state that people see at `now`.
    pub fn state_at(&self, listing: &Listing, now: Time) -> ListingState {
        match self.state {
            State::Open if self.standing.paused_at.is_some() => ListingState::Paused,
            State::Open if self.standing.is_past_close(now) => ListingState::Closing,
            State::Open if listing.is_upcoming(now) => ListingState::Upcoming,
            State::Open => ListingState::Open,
            State::Sold => ListingState::Sold,
            State::Unsold => ListingState::Unsold,
            State::Cancelled => ListingState::Cancelled,
        }
    }
}

/// The house's terms that a new listing copies, so that a later change never affects it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    /// None with the outage policy `settle`.
    pub outage_s: Option<i64>,
}

/// The lot of a sale that a listing becomes.
#[derive(Clone, Copy, Debug)]
pub struct LotPlace {
    pub lot: LotId,
    pub sale: SaleId,
    pub opens_at: Option<Time>,
}

/// How a listing relates to a person.
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
        self.row(LISTING, named_params! {":id": id}, listing).with_context(|| format!("listing {id}: read"))
    }

    /// Where a listing stands. Fails if there is no such listing.
    pub fn standing(&self, id: ListingId) -> Result<StoredStanding> {
        self.the_row(STANDING, named_params! {":listing_id": id}, |row| standing(row, id))
            .with_context(|| format!("listing {id}: read where it stands"))
    }

    /// Up to `limit` open listings past their close, the earliest first, without those that wait for a server: none
    /// was seen after `served_until`.
    pub fn due(&self, now: Time, served_until: Time, limit: i64) -> Result<Vec<ListingId>> {
        self.overdue(DUE, now, served_until, limit)
    }

    /// Up to `limit` open listings past their close that wait for a server.
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
        self.rows(sql, parameters, first).context("read what is overdue")
    }

    /// How many listings are paused; counts no further than `limit`.
    pub fn n_paused(&self, limit: i64) -> Result<i64> {
        self.the_row(N_PAUSED, named_params! {":limit": limit}, first).context("count the paused listings")
    }

    /// The earliest close of all open listings, past or ahead.
    pub fn next_close(&self) -> Result<Option<Time>> {
        self.the_row(NEXT_CLOSE, [], first).context("read the next close")
    }

    /// Up to `limit` listings with this relation to a person, newest first, each with its place in that order. Begins
    /// after the place `after`, if given.
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
        let before = after.unwrap_or(i64::MAX);
        let parameters = named_params! {":account_id": account, ":before": before, ":limit": limit};
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, row.get(1)?));
        self.rows(sql, parameters, read).with_context(|| format!("account {account}: read the listings"))
    }

    /// How many open listings a seller has; counts no further than `limit`.
    pub fn n_open_of(&self, seller: AccountId, limit: i64) -> Result<i64> {
        self.the_row(N_OPEN_OF_SELLER, named_params! {":seller_id": seller, ":limit": limit}, first)
            .with_context(|| format!("account {seller}: count the open listings"))
    }

    pub fn all_listings(&self) -> Result<Vec<ListingId>> {
        self.rows(ALL_LISTINGS, [], first).context("read all listings")
    }

    /// The names of all pictures of all listings.
    pub fn pictures(&self) -> Result<Vec<String>> {
        self.rows(PICTURES, [], first).context("read the names of the pictures")
    }
}

impl Tx<'_> {
    /// Stores a checked draft that closes at `closes_at`, in its place of a sale if it has one. Its chain begins at this
    /// transaction's `now`.
    pub fn add_listing(
        &self,
        seller: AccountId,
        draft: &Draft,
        closes_at: Time,
        terms: Terms,
        place: Option<LotPlace>,
    ) -> Result<Listing> {
        let soft = draft.soft_close;
        let mut reserve_salt: Salt = [0; 16];
        getrandom::fill(&mut reserve_salt)?;
        let (category_id, category) = self.category_of(draft)?.unzip();
        let parameters = named_params! {
            ":seller_id": seller, ":title": draft.title.trim(), ":description": draft.description,
            ":opening": draft.opening, ":reserve": draft.reserve, ":reserve_salt": reserve_salt,
            ":buy_now": draft.buy_now, ":increment": draft.increment, ":first_closes_at": closes_at,
            ":window_s": soft.map(|s| s.window_s), ":extension_s": soft.map(|s| s.extension_s),
            ":cap_s": soft.map(|s| s.cap_s), ":premium_bps": terms.premium_bps,
            ":commission_bps": terms.commission_bps, ":outage_s": terms.outage_s, ":category": category,
            ":picture": draft.pictures.first(), ":created_at": self.now,
        };
        let id = ListingId(self.insert(ADD_LISTING, parameters).context("add a listing")?);
        for (nth, name) in (1_i64..).zip(&draft.pictures).skip(1) {
            self.execute(ADD_PICTURE, named_params! {":listing_id": id, ":nth": nth, ":name": name})
                .with_context(|| format!("listing {id}: add a picture"))?;
        }
        if let Some(place) = place {
            self.list_lot(place.lot, id)?;
        }
        let listing = self.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
        let head = chain::genesis(&listing);
        let parameters = named_params! {
            ":listing_id": id, ":seller_id": seller, ":category_id": category_id, ":opening": listing.opening,
            ":closes_at": closes_at, ":head": head, ":sale_id": place.map(|place| place.sale),
            ":opens_at": place.and_then(|place| place.opens_at),
        };
        self.execute(ADD_STANDING, parameters)
            .with_context(|| format!("listing {id}: set where it stands"))?;
        self.add_to_search(id, &listing.title, &listing.description, listing.category.as_deref())?;
        Ok(listing)
    }

    /// Writes where an open listing stands after a bid, except its close.
    pub fn move_standing(&self, id: ListingId, standing: &Standing) -> Result<()> {
        let lead = standing.lead.as_ref();
        let parameters = named_params! {
            ":listing_id": id, ":price": standing.price, ":leader_id": lead.map(|l| l.bidder),
            ":leader_max": lead.map(|l| l.max), ":held": lead.map_or(0, |l| l.held),
            ":n_bids": standing.n_bids, ":head": standing.head,
        };
        self.execute(MOVE, parameters).with_context(|| format!("listing {id}: write where it stands"))?;
        Ok(())
    }

    pub fn extend(&self, id: ListingId, closes_at: Time) -> Result<()> {
        self.execute(EXTEND, named_params! {":listing_id": id, ":closes_at": closes_at})
            .with_context(|| format!("listing {id}: extend"))?;
        Ok(())
    }

    /// Ends an open listing. Fails if it is not open, so that it ends once.
    pub fn close(&self, id: ListingId, state: State, head: &Hash) -> Result<()> {
        let parameters = named_params! {":listing_id": id, ":state": state, ":head": head};
        let n = self.execute(CLOSE, parameters).with_context(|| format!("listing {id}: close"))?;
        ensure!(n == 1, "listing {id} was not open");
        Ok(())
    }

    /// Gives the lead to the buyer at the buy-now price, and ends the bidding at this transaction's `now`. Fails if
    /// the listing is not open.
    pub fn buy(&self, id: ListingId, buyer: AccountId, price: Money) -> Result<()> {
        let parameters =
            named_params! {":listing_id": id, ":leader_id": buyer, ":price": price, ":closes_at": self.now};
        let n = self.execute(BUY, parameters).with_context(|| format!("listing {id}: buy"))?;
        ensure!(n == 1, "listing {id} was not open");
        Ok(())
    }
}

fn listing(row: &Row<'_>) -> Result<Listing> {
    let window_s: Option<i64> = row.get(10)?;
    let soft_close = match window_s {
        None => None,
        Some(window_s) => Some(SoftClose { window_s, extension_s: row.get(11)?, cap_s: row.get(12)? }),
    };
    let sale: Option<String> = row.get(20)?;
    let lot = match sale {
        None => None,
        Some(sale) => Some(Lot { sale, code: row.get(21)?, section: row.get(22)?, opens_at: row.get(23)? }),
    };
    let pictures = row.get_ref(16)?.as_str()?.split(',').filter(|name| !name.is_empty());
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
        pictures: pictures.map(str::to_owned).collect(),
        created_at: row.get(17)?,
        reserve_salt: row.get(18)?,
        category: row.get(19)?,
        lot,
    })
}

pub(super) fn standing(row: &Row<'_>, id: ListingId) -> Result<StoredStanding> {
    let leader: Option<AccountId> = row.get(3)?;
    let lead = match leader {
        None => None,
        Some(bidder) => Some(Lead { bidder, name: row.get(4)?, max: row.get(5)?, held: row.get(6)? }),
    };
    let state = STATE.read(row, 0, id, State::of)?;
    let standing = Standing {
        open: state == State::Open,
        closes_at: row.get(1)?,
        paused_at: row.get(9)?,
        cap_from: row.get(10)?,
        price: row.get(2)?,
        lead,
        n_bids: row.get(7)?,
        head: row.get(8)?,
    };
    Ok(StoredStanding { state, standing })
}
