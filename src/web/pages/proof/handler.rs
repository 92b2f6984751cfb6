//! `/listings/{id}/proof`: the chain of a listing for people, a page of links at a time.

use crate::house::books::proof::Link;
use crate::rules::listing::ListingId;
use crate::web::api::proof::after;
use crate::web::app::App;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::proof::view::{Link as Row, ProofPage};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use chrono::{DateTime, Utc};

/// The most bids on a page.
const N_BIDS: i64 = 100;

/// Shows a page of the proof. Refuses `not_found`.
pub fn show(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let at = app.house.show(id)?;
    let proof = app.house.proof(id, after(request)?, N_BIDS)?;
    // A reversal is shown beside its settlement, too: one from before reversals were links is only there.
    let reversed_at = at.listing.reversed_at.map(|at| at.utc());
    let frame = PageContext::of(request).frame(app, at.cursor)?;
    let page = ProofPage {
        id: id.0,
        title: at.listing.title,
        house: request.public_address(&app.settings()),
        n_bids: proof.n_bids,
        head: proof.head,
        links: proof.links.iter().map(|link| row(link, &frame, reversed_at)).collect(),
        next: proof.next,
        frame,
    };
    Reply::page(200, &page)
}

fn row(link: &Link, frame: &Frame, reversed_at: Option<DateTime<Utc>>) -> Row {
    match link {
        Link::Listing(listing) => Row {
            lot: listing.lot.as_ref().map(|lot| lot.lot.clone()),
            who: listing.seller.clone(),
            amount: Some(listing.opening),
            ..Row::new(listing.kind, listing.created_at.utc(), &listing.hash)
        },
        Link::Bid(bid) => Row {
            seq: Some(bid.seq),
            who: frame.bidder(&bid.bidder, bid.bidder_number),
            amount: Some(bid.amount),
            desk: bid.desk.clone(),
            ..Row::new(bid.kind, bid.at.utc(), &bid.hash)
        },
        Link::Timing(timing) => Row {
            by_s: timing.by_s,
            closes_at: timing.closes_at.map(|at| at.utc()),
            who: timing.who.clone().unwrap_or_default(),
            why: timing.why.clone().unwrap_or_default(),
            ..Row::new(timing.kind, timing.at.utc(), &timing.hash)
        },
        Link::Settlement(end) => Row {
            who: end.buyer.as_ref().map_or(String::new(), |buyer| frame.bidder(buyer, end.buyer_number)),
            amount: end.hammer,
            reversed_at,
            ..Row::new(end.kind, end.settled_at.utc(), &end.hash)
        },
        Link::Reversal(reversal) => Row {
            who: reversal.who.clone(),
            why: reversal.why.clone(),
            ..Row::new(reversal.kind, reversal.at.utc(), &reversal.hash)
        },
    }
}
