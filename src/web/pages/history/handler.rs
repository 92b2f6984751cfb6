//! The history on a listing's page: drawn for each bidder, and once for everyone else.

use crate::house::bid_cache::History;
use crate::house::bidder_names::ShownBidders;
use crate::rules::bidding::BidKind;
use crate::rules::listing::{AccountId, ListingId};
use crate::store::bids::StoredBid;
use crate::text::dates::{Zone, same_day};
use crate::text::i18n::Lang;
use crate::web::compress::Part;
use crate::web::pages::history::view::{Bid, Rows};
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::Outcome;
use anyhow::Context;
use askama::Template;
use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use std::sync::Arc;

/// The most histories that are kept, each up to about 100 KiB.
const MAX_KEPT: usize = 64;

/// A cache of histories drawn for people who have not bid.
pub struct Drawn(Cache<(ListingId, Lang), Arc<DrawnHistory>>);

impl Default for Drawn {
    fn default() -> Drawn {
        Drawn(Cache::new(MAX_KEPT))
    }
}

/// A history drawn of the bids up to `newest`, which is read anew once somebody was renamed. It is valid on the same day in the same zone, because the times are
/// written differently on another day, and while its bidders are shown as they are in it. Each change of the settings
/// makes a new zone.
struct DrawnHistory {
    part: Arc<Part>,
    newest: Option<Arc<StoredBid>>,
    bidders: ShownBidders,
    zone: Arc<Zone>,
    at: DateTime<Utc>,
}

impl Drawn {
    /// Returns the drawn history, from the cache if it is still valid.
    pub fn part(
        &self,
        frame: &Frame,
        id: ListingId,
        history: &History,
        bidders: &ShownBidders,
    ) -> Outcome<Arc<Part>> {
        let newest = history.first();
        let key = (id, frame.words.lang);
        if let Some(drawn) = self.0.get(&key)
            && drawn.newest.as_ref().map(Arc::as_ptr) == newest.map(Arc::as_ptr)
            && drawn.bidders == *bidders
            && Arc::ptr_eq(&drawn.zone, &frame.zone)
            && same_day(&frame.zone, drawn.at, frame.now)
        {
            return Ok(drawn.part.clone());
        }
        let part = Arc::new(Part::new(draw(frame, history, bidders, None)?.into_bytes()));
        let drawn = DrawnHistory {
            part: part.clone(),
            newest: newest.cloned(),
            bidders: bidders.clone(),
            zone: frame.zone.clone(),
            at: frame.now,
        };
        self.0.insert(key, Arc::new(drawn));
        Ok(part)
    }
}

/// Draws the rows as `me` sees them.
pub fn draw(
    frame: &Frame,
    history: &History,
    bidders: &ShownBidders,
    me: Option<AccountId>,
) -> Outcome<String> {
    let row = |bid: &Arc<StoredBid>| {
        let bidder = bidders.show(bid.bidder, &bid.bidder_name);
        row(bid, frame.bidder(&bidder.name, bidder.number), me)
    };
    let bids: Vec<Bid> = history.iter().map(row).collect();
    Ok(Rows { frame, bids: &bids }.render().context("draw a history")?)
}

fn row(bid: &StoredBid, bidder: String, me: Option<AccountId>) -> Bid {
    Bid {
        seq: bid.seq,
        bidder,
        amount: bid.amount,
        automatic: bid.kind == BidKind::Automatic,
        by_desk: bid.desk.is_some(),
        message: bid.message.clone(),
        at: bid.at.utc(),
        own: Some(bid.bidder) == me,
    }
}
