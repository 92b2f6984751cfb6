//! `/listings/{id}/proof`: the chain of a listing for people, a page of links at a time.

use crate::house::books::proof::Link;
use crate::rules::listing::ListingId;
use crate::web::api::proof::after;
use crate::web::app::App;
use crate::web::pages::parts::context::PageContext;
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
    // A reversal is not in the chain: it is shown beside the settlement.
    let reversed_at = at.listing.reversed_at.map(|at| at.utc());
    let page = ProofPage {
        frame: PageContext::of(request).frame(app, at.cursor)?,
        id: id.0,
        title: at.listing.title,
        house: request.public_address(&app.settings()),
        n_bids: proof.n_bids,
        head: proof.head,
        links: proof.links.iter().map(|link| row(link, reversed_at)).collect(),
        next: proof.next,
    };
    Reply::page(200, &page)
}

fn row(link: &Link, reversed_at: Option<DateTime<Utc>>) -> Row {
    match link {
        Link::Listing(listing) => Row {
            kind: listing.kind,
            seq: None,
            who: listing.seller.clone(),
            amount: Some(listing.opening),
            at: listing.created_at.utc(),
            hash: listing.hash.clone(),
            reversed_at: None,
        },
        Link::Bid(bid) => Row {
            kind: bid.kind,
            seq: Some(bid.seq),
            who: bid.bidder.clone(),
            amount: Some(bid.amount),
            at: bid.at.utc(),
            hash: bid.hash.clone(),
            reversed_at: None,
        },
        Link::Timing(timing) => Row {
            kind: timing.kind,
            seq: None,
            who: String::new(),
            amount: None,
            at: timing.at.utc(),
            hash: timing.hash.clone(),
            reversed_at: None,
        },
        Link::Settlement(end) => Row {
            kind: end.kind,
            seq: None,
            who: end.buyer.clone().unwrap_or_default(),
            amount: end.hammer,
            at: end.settled_at.utc(),
            hash: end.hash.clone(),
            reversed_at,
        },
    }
}
