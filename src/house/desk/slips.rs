//! Slips for bids that the desk has entered: what their bidders take along. A slip never shows a maximum, for others
//! hold the tablet after them; the bidder's own pages do.

use crate::house::{Answer, House};
use crate::rules::bidding::BidKind;
use crate::rules::desk::Source;
use crate::rules::listing::ListingId;
use crate::rules::money::Money;
use crate::rules::receipt::Receipt;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::passes::Pass;
use anyhow::Context;
use serde::Deserialize;

/// A bid that the desk has entered, as its slip has it.
#[derive(Clone, Debug)]
pub struct BidSlip {
    pub lot: String,
    pub title: String,
    pub listing: ListingId,
    /// The number and the name of its bidder.
    pub number: i64,
    pub name: String,
    pub seq: i64,
    /// What everyone may see of it, in minor units.
    pub amount: Money,
    /// Whether it only raised the maximum of a bidder who led.
    pub is_raise: bool,
    /// Its public receipt, as the lot's verification page takes it.
    pub receipt: String,
    pub at: Time,
    pub source: Source,
    /// Whether its bidder led right after it.
    pub led: bool,
}

/// What the kept answer to a bid says of it; its secrets are not read.
#[derive(Deserialize)]
struct Kept {
    bid: KeptBid,
    leading: bool,
    listing: KeptListing,
}

#[derive(Deserialize)]
struct KeptBid {
    seq: i64,
}

#[derive(Deserialize)]
struct KeptListing {
    id: i64,
}

impl House {
    /// The slip of the bid that the pass entered under `key`. Refuses `not_found` for a key under which it entered none.
    pub fn bid_slip(&self, pass: &Pass, key: &str) -> Answer<BidSlip> {
        self.answer(|snapshot| {
            let answer = snapshot.desk_answer(pass.id, key)?;
            let kept = answer.and_then(|(_, json)| serde_json::from_str::<Kept>(&json).ok());
            let kept = kept.ok_or(Refusal::NotFound("bid"))?;
            let id = ListingId(kept.listing.id);
            let listing = self.listing(snapshot, id)?.context("a bid is on a listing")?;
            let bid = snapshot.bids_after(id, kept.bid.seq - 1, 1)?.into_iter().next();
            let bid = bid.context("a kept answer is of a bid")?;
            let source = bid.desk.as_ref().context("the desk entered the bid")?.source;
            let number =
                snapshot.number_of(pass.sale, bid.bidder)?.context("a bidder at the desk has a number")?;
            let guest = snapshot.registration(pass.sale, number)?.context("a number is of a guest")?;
            Ok(BidSlip {
                lot: listing.lot.as_ref().map_or(String::new(), |lot| lot.code.clone()),
                title: listing.title.clone(),
                listing: id,
                number,
                name: guest.name,
                seq: bid.seq,
                amount: bid.amount,
                is_raise: bid.kind == BidKind::Raise,
                receipt: Receipt { secret: None, ..bid.receipt() }.to_string(),
                at: bid.at,
                source,
                led: kept.leading,
            })
        })
    }
}
