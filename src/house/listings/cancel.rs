//! Cancelling: by the seller before the first bid, by an admin at any time while the listing is open.

use crate::house::closing::ending::end;
use crate::house::notices::notify;
use crate::house::{Answer, House};
use crate::rules::faults::check_why;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::settlement::Outcome;
use crate::rules::text;
use crate::store::log::LogLine;

/// The person who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    Seller(AccountId),
    Admin,
}

impl House {
    /// Cancels a listing. Refuses `not_found`, `listing_closed`, `not_allowed` (not the seller, or there is a bid
    /// already), `invalid` (no reason).
    pub fn cancel(&self, id: ListingId, by: Canceller, why: &str) -> Answer<()> {
        let why = text::one_line(why);
        check_why(&why)?;
        self.write(move |tx| {
            let Some(listing) = tx.listing(id)? else {
                return Err(Refusal::NotFound("listing").into());
            };
            let standing = tx.standing(id)?.standing;
            if let Canceller::Seller(seller) = by
                && seller != listing.seller
            {
                return Err(Refusal::NotTheSeller.into());
            }
            if !standing.open || standing.is_past_close(tx.now) {
                return Err(Refusal::ListingClosed.into());
            }
            if by != Canceller::Admin && standing.n_bids > 0 {
                return Err(Refusal::HasBids.into());
            }
            tx.log(&LogLine::of("listing.cancel").listing(id).account(listing.seller).why(&why))?;
            end(tx, &listing, &standing, &Outcome::Cancelled { why })?;
            if by == Canceller::Admin {
                notify::cancelled(tx, &listing)?;
            }
            Ok(())
        })
    }
}
