//! The watchlist: what a person keeps an eye on. It binds to nothing and nobody else sees it.

use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::refusal::Refusal;

/// Listings that one person may watch.
const MAX_WATCHED: i64 = 1_000;

impl House {
    /// Watches a listing, or no longer; either twice is done already. Refuses `not_found`, `invalid` (too many).
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

    /// Keeps on watching, as a person, what was watched before there was an account to the browser.
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
