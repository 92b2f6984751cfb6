//! The watchlist: the listings that a person follows. It creates no obligation, and nobody else sees it.

use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::refusal::Refusal;

/// The most listings that one person may watch.
const MAX_WATCHED: i64 = 1_000;

impl House {
    /// Adds a listing to the watchlist or removes it; doing either twice changes nothing. Refuses `not_found` and
    /// `invalid` (too many).
    pub fn watch(&self, account: AccountId, listing: ListingId, on: bool) -> Answer<()> {
        self.write(move |tx| {
            if tx.listing(listing)?.is_none() {
                return Err(Refusal::NotFound("listing").into());
            }
            if !on {
                return Ok(tx.unwatch(account, listing)?);
            }
            if tx.n_watched(account)? >= MAX_WATCHED {
                return Err(Refusal::invalid("watch", "At most 1,000 listings can be watched.").into());
            }
            Ok(tx.watch(account, listing)?)
        })
    }

    /// Adds the listings that a guest's browser watched before the person logged in.
    pub fn watch_all(&self, account: AccountId, listings: Vec<ListingId>) -> Answer<()> {
        self.write(move |tx| {
            let room = usize::try_from(MAX_WATCHED - tx.n_watched(account)?).unwrap_or(0);
            for listing in listings.into_iter().take(room) {
                if tx.listing(listing)?.is_some() {
                    tx.watch(account, listing)?;
                }
            }
            Ok(())
        })
    }
}
