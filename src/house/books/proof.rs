//! The proof of a listing: every link of its chain with everything that its hash covers, so that anyone can recompute
//! it without trusting the house. It never contains a maximum, a reserve, a salt or an email address.

use crate::house::bidder_names::Bidders;
use crate::house::{Answer, House};
use crate::rules::chain::{self, commit_reserve, pictures_form};
use crate::rules::desk::DeskMark;
use crate::rules::hash::{Hash, hex};
use crate::rules::listing::{AccountId, Listing, ListingId};
use crate::rules::money::{Bps, Money};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::rules::timing::{Linked, Timing};
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use crate::store::settlements::{Reversal, Settlement};
use anyhow::Result;
use serde::Serialize;

/// A page of a chain. Pages join up: `previous` is the hash of the link before the first one here.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    pub listing: ListingId,
    pub n_bids: i64,
    /// 64 zeros before the first link of the chain.
    pub previous: String,
    /// In the order of the chain. The fields of each link, `kind` first, are in the order of its canonical form, except
    /// for the name and the number of a person, which are for reading only.
    pub links: Vec<Link>,
    /// The `after` of the next page; null on the last, which ends with the head.
    pub next: Option<i64>,
    /// The hash of the chain's last link so far.
    pub head: String,
}

/// A link of the chain.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Link {
    Listing(Box<ListingShown>),
    Bid(BidShown),
    Timing(TimingShown),
    Settlement(Box<SettlementShown>),
    Reversal(ReversalShown),
}

/// The first link: the item and the terms on which it was offered.
#[derive(Clone, Debug, Serialize)]
pub struct ListingShown {
    pub kind: &'static str,
    pub listing: ListingId,
    pub seller_id: AccountId,
    pub seller: String,
    pub title: String,
    pub description: String,
    /// The first 32 digits of the SHA-256 of each picture as it is served, joined by commas.
    pub picture: Option<String>,
    pub opening: Money,
    pub reserve_commitment: String,
    pub buy_now: Option<Money>,
    pub increment: Option<Money>,
    pub first_closes_at: Time,
    pub window_s: Option<i64>,
    pub extension_s: Option<i64>,
    pub cap_s: Option<i64>,
    pub premium_bps: Bps,
    pub commission_bps: Bps,
    pub outage_s: Option<i64>,
    pub created_at: Time,
    /// Only in the first link of a lot: its place in the sale.
    #[serde(flatten)]
    pub lot: Option<LotShown>,
    pub hash: String,
}

/// The place of a lot, as its first link has it.
#[derive(Clone, Debug, Serialize)]
pub struct LotShown {
    pub sale: String,
    pub lot: String,
    pub opens_at: Option<Time>,
}

/// A bid as the chain records it.
#[derive(Clone, Debug, Serialize)]
pub struct BidShown {
    /// `bid`, `raise` or `automatic`; `desk-bid` for a bid or a raise that the desk entered.
    pub kind: &'static str,
    pub listing: ListingId,
    pub seq: i64,
    pub bidder_id: AccountId,
    pub bidder: String,
    /// The bidder number, where it is shown; omitted elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidder_number: Option<i64>,
    pub amount: Money,
    pub price: Money,
    pub closes_at: Time,
    pub at: Time,
    pub message: String,
    pub commitment: String,
    /// Only of a bid from the desk: the pass that entered it, and where it came from.
    #[serde(flatten)]
    pub desk: Option<DeskMark>,
    pub hash: String,
    /// Only of a bid whose bidder had accepted the terms: which. For reading and for receipts; the hash does not cover it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<TermsShown>,
}

/// A version of the terms, by the hash of its text.
#[derive(Clone, Debug, Serialize)]
pub struct TermsShown {
    pub version: i64,
    pub hash: String,
}

/// A link that changes when the listing closes. The fields that its kind does not have are left out.
#[derive(Clone, Debug, Serialize)]
pub struct TimingShown {
    /// `prolongation`, `postponement`, `pause` or `resume`.
    pub kind: &'static str,
    pub listing: ListingId,
    pub after_seq: i64,
    /// The close after it; left out for a pause, which moves none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage_from: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage_until: Option<Time>,
    pub at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    pub hash: String,
}

/// The settlement: the last link, unless its sale was reversed.
#[derive(Clone, Debug, Serialize)]
pub struct SettlementShown {
    pub kind: &'static str,
    pub listing: ListingId,
    pub outcome: &'static str,
    pub reason: Option<String>,
    pub buyer_id: Option<AccountId>,
    pub buyer: Option<String>,
    /// The buyer's bidder number, where it is shown; omitted elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_number: Option<i64>,
    pub hammer: Option<Money>,
    pub premium: Option<Money>,
    pub commission: Option<Money>,
    pub closes_at: Time,
    pub settled_at: Time,
    pub hash: String,
}

/// The reversal of a sale, which follows its settlement. One from before reversals were links is not in the chain.
#[derive(Clone, Debug, Serialize)]
pub struct ReversalShown {
    pub kind: &'static str,
    pub listing: ListingId,
    /// The settlement's number.
    pub settlement: i64,
    pub at: Time,
    /// The public name of the role that reversed it.
    pub who: String,
    pub why: String,
    pub hash: String,
}

impl House {
    /// Returns the links after bid `after` (0: from the first link on), with up to `limit` bids.
    ///
    /// Refuses `not_found` for an unknown listing, or an unknown bid `after`.
    pub fn proof(&self, id: ListingId, after: i64, limit: i64) -> Answer<Proof> {
        self.answer(|snapshot| {
            let Some(listing) = self.listing(snapshot, id)? else {
                return Err(Refusal::NotFound("listing").into());
            };
            let timings = snapshot.timings(id)?;
            let previous = if after == 0 {
                chain::NOTHING
            } else {
                match snapshot.bids_after(id, after - 1, 1)?.first() {
                    Some(bid) if bid.seq == after => {
                        after_bid(&timings, after).last().map_or(bid.hash, |linked| linked.hash)
                    }
                    _ => return Err(Refusal::NotFound("bid").into()),
                }
            };
            let bidders = self.naming().bidders(snapshot, id);
            Ok(page(snapshot, &listing, &timings, after, limit, &previous, bidders)?)
        })
    }
}

/// The timings between bid `seq` and the next one.
pub(super) fn after_bid(timings: &[Linked], seq: i64) -> impl Iterator<Item = &Linked> {
    timings.iter().filter(move |linked| linked.link.after_seq == seq)
}

fn page(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    timings: &[Linked],
    after: i64,
    limit: i64,
    previous: &Hash,
    mut bidders: Bidders<'_, '_>,
) -> Result<Proof> {
    let stored = snapshot.standing(listing.id)?;
    let (bids, next) = snapshot.bids_page(listing.id, after, limit)?;
    let mut links = Vec::with_capacity(bids.len() + 2);
    if after == 0 {
        links.push(Link::Listing(Box::new(ListingShown::of(listing))));
        links.extend(after_bid(timings, 0).map(TimingShown::link));
    }
    for bid in &bids {
        links.push(Link::Bid(BidShown::of(bid, &mut bidders)?));
        links.extend(after_bid(timings, bid.seq).map(TimingShown::link));
    }
    let settlement = if next.is_none() { snapshot.settlement_of(listing.id)? } else { None };
    if let Some(settlement) = settlement {
        let reversal = snapshot.reversal(settlement.id)?;
        let reversal = reversal.map(|reversal| ReversalShown::of(listing.id, settlement.id, reversal));
        links.push(Link::Settlement(Box::new(SettlementShown::of(settlement, &mut bidders)?)));
        links.extend(reversal.map(Link::Reversal));
    }
    Ok(Proof {
        listing: listing.id,
        n_bids: stored.standing.n_bids,
        previous: hex(previous),
        links,
        next,
        head: hex(&stored.standing.head),
    })
}

impl ListingShown {
    fn of(listing: &Listing) -> ListingShown {
        let soft = listing.soft_close;
        ListingShown {
            kind: chain::first_kind(listing),
            listing: listing.id,
            seller_id: listing.seller,
            seller: listing.seller_name.clone(),
            title: listing.title.clone(),
            description: listing.description.clone(),
            picture: (!listing.pictures.is_empty()).then(|| pictures_form(&listing.pictures)),
            opening: listing.opening,
            reserve_commitment: hex(&commit_reserve(listing)),
            buy_now: listing.buy_now,
            increment: listing.increment,
            first_closes_at: listing.first_closes_at,
            window_s: soft.map(|soft| soft.window_s),
            extension_s: soft.map(|soft| soft.extension_s),
            cap_s: soft.map(|soft| soft.cap_s),
            premium_bps: listing.premium_bps,
            commission_bps: listing.commission_bps,
            outage_s: listing.outage_s,
            created_at: listing.created_at,
            lot: listing.lot.as_ref().map(|lot| LotShown {
                sale: lot.sale.clone(),
                lot: lot.code.clone(),
                opens_at: lot.opens_at,
            }),
            hash: hex(&chain::genesis(listing)),
        }
    }
}

impl BidShown {
    pub(super) fn of(bid: &StoredBid, bidders: &mut Bidders<'_, '_>) -> Result<BidShown> {
        let shown = bidders.show(bid.bidder, &bid.bidder_name)?;
        Ok(BidShown {
            kind: bid.link().name(),
            listing: bid.listing,
            seq: bid.seq,
            bidder_id: bid.bidder,
            bidder: shown.name,
            bidder_number: shown.number,
            amount: bid.amount,
            price: bid.price,
            closes_at: bid.closes_at,
            at: bid.at,
            message: bid.message.clone(),
            commitment: hex(&bid.link().commitment),
            desk: bid.desk.clone(),
            hash: hex(&bid.hash),
            terms: bid.terms.map(|terms| TermsShown { version: terms.version, hash: hex(&terms.hash) }),
        })
    }
}

impl TimingShown {
    fn link(linked: &Linked) -> Link {
        let Linked { link, hash } = linked;
        let timing = &link.timing;
        let outage = timing.outage();
        Link::Timing(TimingShown {
            kind: timing.name(),
            listing: link.listing,
            after_seq: link.after_seq,
            closes_at: (!matches!(timing, Timing::Pause { .. })).then_some(link.closes_at),
            by_s: if let Timing::Postponement { by_s, .. } = timing { Some(*by_s) } else { None },
            outage_from: outage.map(|outage| outage.from),
            outage_until: outage.map(|outage| outage.until),
            at: link.at,
            who: timing.who().map(str::to_owned),
            why: timing.why().map(str::to_owned),
            hash: hex(hash),
        })
    }
}

impl SettlementShown {
    fn of(settlement: Settlement, bidders: &mut Bidders<'_, '_>) -> Result<SettlementShown> {
        let sale = settlement.sale();
        let buyer = settlement.buyer().zip(settlement.buyer_name.as_deref());
        let shown = buyer.map(|(buyer, name)| bidders.show(buyer, name)).transpose()?;
        Ok(SettlementShown {
            kind: "settlement",
            listing: settlement.listing,
            outcome: settlement.outcome.name(),
            reason: settlement.outcome.reason().map(str::to_owned),
            buyer_id: settlement.buyer(),
            hammer: sale.map(|sale| sale.hammer),
            premium: sale.map(|sale| sale.premium),
            commission: sale.map(|sale| sale.commission),
            buyer_number: shown.as_ref().and_then(|buyer| buyer.number),
            buyer: shown.map(|buyer| buyer.name),
            closes_at: settlement.closes_at,
            settled_at: settlement.settled_at,
            hash: hex(&settlement.hash),
        })
    }
}

impl ReversalShown {
    fn of(listing: ListingId, settlement: i64, reversal: Reversal) -> ReversalShown {
        ReversalShown {
            kind: "reversal",
            listing,
            settlement,
            at: reversal.at,
            who: reversal.who,
            why: reversal.why,
            hash: hex(&reversal.hash),
        }
    }
}
