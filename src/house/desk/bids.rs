//! Bids that the desk enters for guests: from paper, by phone, left beforehand, or called in the room. The rules and the
//! holds are those of any bid.

use super::sale::{LotAsked, find_lot};
use crate::house::bidding::place_bid::{self, Key};
use crate::house::{Answer, House};
use crate::rules::desk::{DeskMark, Right, Source};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;

/// A bid as the desk enters it. Amounts are minor units.
#[derive(Clone, Debug)]
pub struct DeskBid {
    pub lot: String,
    pub number: i64,
    pub amount: Money,
    pub max: Option<Money>,
    pub source: Source,
}

impl House {
    /// The bid to place for a guest. Refuses `not_allowed` for a pass that is not for bids, and `not_found` for a lot or
    /// a number that the sale of the pass does not have.
    pub fn bid_at_desk(&self, pass: &Pass, key: Key, asked: DeskBid) -> Answer<place_bid::Request> {
        self.answer(|snapshot| {
            pass.require(Right::Bid)?;
            let lot = find_lot(snapshot, pass, &LotAsked::Code(asked.lot))?;
            let listing = lot.listing.ok_or(Refusal::NotFound("lot"))?;
            let guest = snapshot.registration(pass.sale, asked.number)?.ok_or(Refusal::NotFound("bidder"))?;
            Ok(place_bid::Request {
                listing,
                bidder: guest.account,
                amount: asked.amount,
                max: asked.max,
                rises: false,
                message: String::new(),
                key: Some(key),
                desk: Some((pass.id, DeskMark { pass: pass.name.clone(), source: asked.source })),
            })
        })
    }
}
