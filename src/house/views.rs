//! The JSON views of the business, the same in the API, in events and on the command line. Amounts are minor units.

use crate::house::bidder_names::{Naming, ShownBidder};
use crate::rules::bidding::{Standing, buy_now_offered, minimum, reserve_met};
use crate::rules::hash::hex;
use crate::rules::listing::{AccountId, Listing, ListingId, ListingState};
use crate::rules::money::Money;
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::accounts::Account;
use crate::store::bids::StoredBid;
use crate::store::listings::{State, StoredStanding};
use crate::store::settlements::Settlement;
use anyhow::Result;
use serde::Serialize;

/// A listing as everyone may see it: without its reserve and without any maximum.
#[derive(Clone, Debug, Serialize)]
pub struct ListingView {
    pub id: ListingId,
    pub title: String,
    pub description: String,
    pub category: Option<String>,
    /// The seller's public name.
    pub seller: String,
    pub seller_id: AccountId,
    pub state: ListingState,
    pub opening: Money,
    /// The current price; null if there are no bids.
    pub price: Option<Money>,
    /// The lowest amount that the next bid may have; null once it has ended.
    pub minimum: Option<Money>,
    /// The leader as they are shown.
    pub leader: Option<String>,
    /// The leader's account: names may repeat, ids do not.
    pub leader_id: Option<AccountId>,
    /// The leader's bidder number, where it is shown; omitted elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader_number: Option<i64>,
    pub n_bids: i64,
    /// Null if there is no reserve.
    pub reserve_met: Option<bool>,
    pub buy_now: Option<Money>,
    pub buy_now_offered: bool,
    /// The listing's own fixed increment; null if the house's increments apply.
    pub increment: Option<Money>,
    pub soft_close: Option<SoftClose>,
    /// How long before the close an outage prolongs the listing, in seconds; null if outages do not prolong it.
    pub outage_s: Option<i64>,
    pub closes_at: Time,
    /// Whether the close has been moved since it was listed.
    pub extended: bool,
    /// Path of the first picture.
    pub picture: Option<String>,
    pub thumbnail: Option<String>,
    /// Paths of all pictures, in order.
    pub pictures: Vec<String>,
    /// `sold`, `unsold`, `cancelled`; null until it has ended.
    pub outcome: Option<&'static str>,
    /// When the sale was reversed; null if it was not.
    pub reversed_at: Option<Time>,
    /// The code of the sale that it is a lot of; null outside of sales, as are the three after it.
    pub sale: Option<String>,
    /// Its code in the sale.
    pub lot: Option<String>,
    pub section: Option<String>,
    /// When bidding opens; null, too, if the sale was open from its publication.
    pub opens_at: Option<Time>,
}

impl ListingView {
    /// Builds the view from `stored`, with the leader's name. It does not know of a reversal, nor how the leader is
    /// shown: [`ListingView::read`] looks that up.
    pub fn of(listing: &Listing, stored: &StoredStanding, now: Time) -> ListingView {
        let standing = &stored.standing;
        let ended = stored.state != State::Open;
        let lot = listing.lot.as_ref();
        ListingView {
            id: listing.id,
            title: listing.title.clone(),
            description: listing.description.clone(),
            category: listing.category.clone(),
            seller: listing.seller_name.clone(),
            seller_id: listing.seller,
            state: stored.state_at(listing, now),
            opening: listing.opening,
            price: standing.price,
            minimum: (!ended).then(|| minimum(listing, standing.price)),
            leader: standing.lead.as_ref().map(|lead| lead.name.clone()),
            leader_id: standing.lead.as_ref().map(|lead| lead.bidder),
            leader_number: None,
            n_bids: standing.n_bids,
            reserve_met: reserve_met(listing, standing.price),
            buy_now: listing.buy_now,
            buy_now_offered: !ended && buy_now_offered(listing, standing).is_some(),
            increment: listing.increment,
            soft_close: listing.soft_close,
            outage_s: listing.outage_s,
            closes_at: standing.closes_at,
            extended: standing.closes_at > listing.first_closes_at,
            picture: listing.pictures.first().map(|name| picture_path(name)),
            thumbnail: listing.pictures.first().map(|name| thumbnail_path(name)),
            pictures: listing.pictures.iter().map(|name| picture_path(name)).collect(),
            outcome: ended.then(|| stored.state.name()),
            reversed_at: None,
            sale: lot.map(|lot| lot.sale.clone()),
            lot: lot.map(|lot| lot.code.clone()),
            section: lot.and_then(|lot| lot.section.clone()),
            opens_at: listing.opens_at(),
        }
    }
}

impl ListingView {
    /// Reads the listing's state, its reversal included, from this snapshot.
    pub fn read(
        snapshot: &Snapshot<'_>,
        listing: &Listing,
        naming: Naming,
        now: Time,
    ) -> Result<ListingView> {
        let stored = snapshot.standing(listing.id)?;
        let reversed_at = match stored.state {
            State::Sold => snapshot.reversed_at(listing.id)?,
            _ => None,
        };
        let mut view = ListingView { reversed_at, ..ListingView::of(listing, &stored, now) };
        if let (false, Some(lead)) = (naming.is_by_name(), &stored.standing.lead) {
            let shown = naming.bidders(snapshot, listing.id).show(lead.bidder, &lead.name)?;
            (view.leader, view.leader_number) = (Some(shown.name), shown.number);
        }
        Ok(view)
    }
}

/// A bid in the history as everyone may see it.
#[derive(Clone, Debug, Serialize)]
pub struct BidView {
    pub seq: i64,
    pub bidder: String,
    pub bidder_id: AccountId,
    /// The bidder number, where it is shown; omitted elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidder_number: Option<i64>,
    pub amount: Money,
    pub automatic: bool,
    /// Whether the desk entered it for the bidder. The proof names the pass and the source.
    pub by_desk: bool,
    pub message: String,
    pub at: Time,
    pub hash: String,
}

impl BidView {
    /// Builds the view of a bid by `bidder`.
    pub fn of(bid: &StoredBid, bidder: ShownBidder) -> BidView {
        BidView {
            seq: bid.seq,
            bidder: bidder.name,
            bidder_id: bid.bidder,
            bidder_number: bidder.number,
            amount: bid.amount,
            automatic: bid.kind == crate::rules::bidding::BidKind::Automatic,
            by_desk: bid.desk.is_some(),
            message: bid.message.clone(),
            at: bid.at,
            hash: hex(&bid.hash),
        }
    }
}

/// The event `bid`.
#[derive(Debug, Serialize)]
pub struct BidEvent<'a> {
    pub listing: ListingId,
    pub seq: i64,
    pub bidder: &'a str,
    pub bidder_id: AccountId,
    pub amount: Money,
    pub automatic: bool,
    pub by_desk: bool,
    pub message: &'a str,
    pub price: Option<Money>,
    pub minimum: Money,
    pub leader: Option<&'a str>,
    pub leader_id: Option<AccountId>,
    pub n_bids: i64,
    pub reserve_met: Option<bool>,
    pub closes_at: Time,
    pub at: Time,
}

impl<'a> BidEvent<'a> {
    /// Builds the event. `standing` is the listing's standing once the whole bid, with any automatic bid, is placed.
    pub fn of(listing: &Listing, standing: &'a Standing, bid: &'a StoredBid) -> BidEvent<'a> {
        BidEvent {
            listing: listing.id,
            seq: bid.seq,
            bidder: &bid.bidder_name,
            bidder_id: bid.bidder,
            amount: bid.amount,
            automatic: bid.kind == crate::rules::bidding::BidKind::Automatic,
            by_desk: bid.desk.is_some(),
            message: &bid.message,
            price: standing.price,
            minimum: minimum(listing, standing.price),
            leader: standing.lead.as_ref().map(|lead| lead.name.as_str()),
            leader_id: standing.lead.as_ref().map(|lead| lead.bidder),
            n_bids: bid.seq,
            reserve_met: reserve_met(listing, standing.price),
            closes_at: standing.closes_at,
            at: bid.at,
        }
    }
}

/// How a listing ended. `buyer` is as they are shown, `seller` a public name.
#[derive(Clone, Debug, Serialize)]
pub struct SettlementView {
    pub id: i64,
    pub listing: ListingId,
    pub outcome: &'static str,
    pub reason: Option<String>,
    pub hammer: Option<Money>,
    pub premium: Option<Money>,
    pub commission: Option<Money>,
    pub buyer: Option<String>,
    /// The buyer's bidder number, where it is shown; omitted elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_number: Option<i64>,
    pub seller: String,
    pub settled_at: Time,
    pub closes_at: Time,
    pub hash: String,
}

/// A settlement with what happened after it: the settlement itself never changes.
#[derive(Clone, Debug, Serialize)]
pub struct SettlementNow {
    #[serde(flatten)]
    pub settlement: SettlementView,
    /// When the sale was reversed; omitted if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed_at: Option<Time>,
    /// The public name of the role that reversed it, and why. Omitted, too, if it was reversed before reversals were links
    /// of the chain: nothing says who made that, and its reason is not public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed_why: Option<String>,
}

impl SettlementNow {
    /// Builds the view of a sale to `buyer`, or of another end, with the reversal if there was one.
    pub fn of(settlement: &Settlement, buyer: Option<ShownBidder>) -> SettlementNow {
        SettlementNow {
            settlement: SettlementView::of(settlement, buyer),
            reversed_at: settlement.reversed_at,
            reversed_by: settlement.reversed_by.clone(),
            reversed_why: settlement.public_reversed_why().map(str::to_owned),
        }
    }
}

impl SettlementView {
    fn of(settlement: &Settlement, buyer: Option<ShownBidder>) -> SettlementView {
        let sale = settlement.sale();
        let buyer_number = buyer.as_ref().and_then(|buyer| buyer.number);
        SettlementView {
            id: settlement.id,
            listing: settlement.listing,
            outcome: settlement.outcome.name(),
            reason: settlement.outcome.reason().map(str::to_owned),
            hammer: sale.map(|sale| sale.hammer),
            premium: sale.map(|sale| sale.premium),
            commission: sale.map(|sale| sale.commission),
            buyer: buyer.map(|buyer| buyer.name),
            buyer_number,
            seller: settlement.seller_name.clone(),
            settled_at: settlement.settled_at,
            closes_at: settlement.closes_at,
            hash: hex(&settlement.hash),
        }
    }
}

/// A purse as its owner sees it; also the event `funds`. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct FundsView {
    pub balance: Money,
    pub held: Money,
    pub available: Money,
    pub credit_limit: Money,
}

impl From<crate::rules::bidding::Purse> for FundsView {
    fn from(purse: crate::rules::bidding::Purse) -> FundsView {
        FundsView {
            balance: purse.balance,
            held: purse.held,
            available: purse.available(),
            credit_limit: purse.credit_limit,
        }
    }
}

/// A person as an admin sees them.
#[derive(Clone, Debug, Serialize)]
pub struct AccountView {
    pub id: AccountId,
    /// Null for a guest whom the desk has registered without one.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub name: String,
    pub admin: bool,
    pub state: &'static str,
    pub why: Option<String>,
    pub created_at: Time,
    #[serde(flatten)]
    pub funds: FundsView,
    /// What they still owe for what they bought.
    pub owed: Money,
    /// The newest version of the terms that they have accepted.
    pub terms_version: Option<i64>,
}

impl AccountView {
    pub fn of(account: Account, purse: crate::rules::bidding::Purse, owed: Money) -> AccountView {
        AccountView {
            id: account.id,
            email: account.email,
            phone: account.phone,
            name: account.name,
            admin: account.is_admin,
            state: account.state.name(),
            why: account.why,
            created_at: account.created_at,
            funds: purse.into(),
            owed,
            terms_version: account.terms_version,
        }
    }
}

/// The event `outbid`.
#[derive(Serialize)]
pub struct OutbidEvent<'a> {
    pub listing: ListingId,
    pub title: &'a str,
    pub price: Option<Money>,
    /// `None` if the listing was bought at once.
    pub minimum: Option<Money>,
    pub leader: Option<&'a str>,
    pub leader_id: Option<AccountId>,
}

/// The path at which the picture called `name` is served.
pub fn picture_path(name: &str) -> String {
    format!("/pictures/{name}.jpg")
}

/// The path at which the thumbnail of the picture called `name` is served.
pub fn thumbnail_path(name: &str) -> String {
    format!("/pictures/{name}-thumb.jpg")
}
