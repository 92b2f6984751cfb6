//! What people may see: listings, their history, and a person's own lists. Each is read from one consistent snapshot,
//! with its cursor, as of now, or as of the last event if the clock is behind it: a bid is decided by the same time.

use crate::house::bid_cache::History;
use crate::house::bidder_names::{ShownBidder, ShownBidders};
use crate::house::bought::{Bought, Unpaid};
use crate::house::listings::lot::LotRoom;
use crate::house::views::{BidView, ListingView};
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::{AccountId, Listing, ListingId};
use crate::rules::money::{Bps, Money};
use crate::rules::outage::Outage;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use crate::store::listings::{Relation, State, StoredStanding};
use crate::store::search::{Cursor, Search};
use crate::store::settlements::Settlement;
use anyhow::{Context, Result};
use serde::Serialize;
use std::sync::Arc;

/// The most bytes of JSON on a page of listings; the others follow on the next page.
const MAX_PAGE_BYTES: usize = 1_024 * 1_024;

/// A listing, with the cursor in the stream of events at which it was read.
#[derive(Clone, Debug, Serialize)]
pub struct ListingAt {
    #[serde(flatten)]
    pub listing: ListingView,
    /// The scheduler's entry: `armed` once the operating system was seen to hold it, otherwise `pending`.
    pub entry: &'static str,
    /// The last outage for which the close was moved; null if there was none.
    pub outage: Option<Outage>,
    pub cursor: i64,
    /// For the seller and admins only.
    #[serde(flatten)]
    pub secret: Option<ReserveView>,
}

/// A listing's reserve, and what opens its commitment in the chain (a commitment to 0 if there is no reserve).
#[derive(Clone, Debug, Serialize)]
pub struct ReserveView {
    pub reserve: Option<Money>,
    pub reserve_salt: String,
}

/// A listing with a person's own relation to it.
#[derive(Clone, Debug, Serialize)]
pub struct OwnListing {
    #[serde(flatten)]
    pub listing: ListingView,
    pub leading: bool,
    /// The person's own maximum while they lead.
    pub max: Option<Money>,
    /// The amount held for the lead, premium included.
    pub held: Option<Money>,
    /// The charge to the person, if they have won it.
    #[serde(flatten)]
    pub bought: Option<Bought>,
}

/// Everything that a listing's page shows, at one moment.
pub struct Room {
    pub at: ListingAt,
    /// The listing's terms.
    pub terms: Arc<Listing>,
    pub stored: StoredStanding,
    pub bids: History,
    /// Its bidders and its buyer as they are shown: a name in `bids`, `stored` or `settlement` is for nobody's eyes.
    pub bidders: ShownBidders,
    pub buyer: Option<ShownBidder>,
    pub settlement: Option<Settlement>,
    /// What its buyer pays.
    pub bought: Option<Bought>,
    /// Its place in a sale.
    pub lot: Option<LotRoom>,
}

impl House {
    /// A listing as everyone may see it. Refuses `not_found`.
    pub fn show(&self, id: ListingId) -> Answer<ListingAt> {
        self.answer(|snapshot| self.show_in(snapshot, id))
    }

    fn show_in(&self, snapshot: &Snapshot<'_>, id: ListingId) -> Answer<ListingAt> {
        let Some(listing) = self.listing(snapshot, id)? else {
            return Err(Refusal::NotFound("listing").into());
        };
        let last = snapshot.last_event()?;
        Ok(ListingAt {
            listing: ListingView::read(snapshot, &listing, self.naming(), self.now().max(last.at))?,
            entry: if snapshot.is_armed(id)? { "armed" } else { "pending" },
            outage: snapshot.last_outage(id)?,
            cursor: last.id,
            secret: None,
        })
    }

    /// The buyer's premium on top of the hammer price, in basis points. Refuses `not_found`.
    pub fn premium_bps(&self, id: ListingId) -> Answer<Bps> {
        let found = self.read(|snapshot| self.listing(snapshot, id))?;
        Ok(found.ok_or(Refusal::NotFound("listing"))?.premium_bps)
    }

    /// A listing with its reserve, for its seller or an admin. Refuses `not_found`.
    pub fn show_with_reserve(&self, id: ListingId) -> Answer<ListingAt> {
        self.answer(|snapshot| {
            let at = self.show_in(snapshot, id)?;
            let terms = self.listing(snapshot, id)?.context("it was there in this view")?;
            let reserve_salt = hex(&terms.reserve_salt);
            let secret = Some(ReserveView { reserve: terms.reserve, reserve_salt });
            Ok(ListingAt { secret, ..at })
        })
    }

    /// A listing with its newest bids. Refuses `not_found`.
    pub fn room(&self, id: ListingId) -> Answer<Room> {
        self.answer(|snapshot| {
            let at = self.show_in(snapshot, id)?;
            let settlement = snapshot.settlement_of(id)?;
            let bought = settlement.as_ref().map(|end| Bought::of(snapshot, end)).transpose()?.flatten();
            let terms = self.listing(snapshot, id)?.context("it was there in this view")?;
            let bids = self.bid_cache.newest(snapshot, id, at.listing.n_bids)?;
            let bidders = self.naming().bidders(snapshot, id);
            let bidders = bidders.show_all(bids.iter().map(|bid| (bid.bidder, bid.bidder_name.as_str())))?;
            Ok(Room {
                lot: self.lot_room(snapshot, &terms)?,
                terms,
                stored: snapshot.standing(id)?,
                bids,
                bidders,
                buyer: settlement
                    .as_ref()
                    .map(|end| self.naming().buyer(snapshot, end))
                    .transpose()?
                    .flatten(),
                settlement,
                bought,
                at,
            })
        })
    }

    /// Returns a page of listings, the place of the next page if there is one, and the cursor of the events.
    pub fn search(&self, search: &Search) -> Result<(Vec<ListingView>, Option<Cursor>, i64)> {
        let more = Search { limit: search.limit + 1, ..search.clone() };
        self.read(|snapshot| {
            let last = snapshot.last_event()?;
            let now = self.now().max(last.at);
            let found = snapshot.search(&more, now)?;
            let (listings, next) = page(found, search.limit, |id| self.view(snapshot, id, now))?;
            Ok((listings, next, last.id))
        })
    }

    /// The first `limit` categories that have listings open for bids, each with the number of them.
    pub fn open_categories(&self, limit: i64) -> Result<Vec<(String, i64)>> {
        self.read(|snapshot| snapshot.open_categories(self.now(), limit))
    }

    fn view(&self, snapshot: &Snapshot<'_>, id: ListingId, now: Time) -> Result<ListingView> {
        let listing = self.listing(snapshot, id)?.with_context(|| format!("listing {id} is gone"))?;
        ListingView::read(snapshot, &listing, self.naming(), now)
    }

    /// Returns up to `limit` bids after bid `after`, oldest first, and the place of the next page if there is one.
    /// Refuses `not_found`.
    pub fn bids(&self, id: ListingId, after: i64, limit: i64) -> Answer<(Vec<BidView>, Option<i64>)> {
        self.answer(|snapshot| {
            if self.listing(snapshot, id)?.is_none() {
                return Err(Refusal::NotFound("listing").into());
            }
            let (bids, next) = snapshot.bids_page(id, after, limit)?;
            let mut bidders = self.naming().bidders(snapshot, id);
            let view = |bid: &StoredBid| Ok(BidView::of(bid, bidders.show(bid.bidder, &bid.bidder_name)?));
            Ok((bids.iter().map(view).collect::<Result<_>>()?, next))
        })
    }

    /// Returns up to `limit` listings that a person sells, has bid on, has won or watches, newest first, after the
    /// place `after`; and the place of the next page if there is one.
    pub fn listings_of(
        &self,
        account: AccountId,
        relation: Relation,
        after: Option<i64>,
        limit: i64,
    ) -> Result<(Vec<OwnListing>, Option<i64>)> {
        self.read(|snapshot| {
            let now = self.now_in(snapshot)?;
            let unpaid = if relation == Relation::Won { Some(Unpaid::of(snapshot, account)?) } else { None };
            let bought = |id| match &unpaid {
                Some(unpaid) => Ok(snapshot.settlement_of(id)?.and_then(|end| unpaid.bought(&end))),
                None => anyhow::Ok(None),
            };
            let own = |id: ListingId| {
                let stored = snapshot.standing(id)?;
                let listing = self.view(snapshot, id, now)?;
                let open = stored.state == State::Open;
                let lead = stored.standing.lead.filter(|lead| open && lead.bidder == account);
                let held = lead.as_ref().map(|lead| lead.held);
                let (leading, max) = (lead.is_some(), lead.map(|lead| lead.max));
                Ok(OwnListing { listing, leading, max, held, bought: bought(id)? })
            };
            page(snapshot.listings_of(account, relation, after, limit + 1)?, limit, own)
        })
    }
}

/// Cuts what was found to `limit` and to [`MAX_PAGE_BYTES`], but never to nothing, and returns the place of the last
/// item if more follow.
fn page<T: Serialize, P>(
    found: Vec<(ListingId, P)>,
    limit: i64,
    shape: impl Fn(ListingId) -> Result<T>,
) -> Result<(Vec<T>, Option<P>)> {
    let limit = usize::try_from(limit).context("a page has a positive limit")?;
    let (mut listings, mut last, mut bytes) = (Vec::new(), None, 0);
    for (id, place) in found {
        if listings.len() == limit {
            return Ok((listings, last));
        }
        let listing = shape(id)?;
        bytes += serde_json::to_vec(&listing)?.len();
        if bytes > MAX_PAGE_BYTES && !listings.is_empty() {
            return Ok((listings, last));
        }
        listings.push(listing);
        last = Some(place);
    }
    Ok((listings, None))
}
