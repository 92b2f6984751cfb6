//! The listings that a person watches.

use super::listings::FILE;
use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::{AccountId, ListingId};
use anyhow::{Context, Result};
use rusqlite::named_params;

const WATCH: &str = named(FILE, "watch_listing");
const UNWATCH: &str = named(FILE, "unwatch_listing");
const IS_WATCHED: &str = named(FILE, "is_watched");
const N_WATCHED: &str = named(FILE, "n_watched");

impl Snapshot<'_> {
    pub fn is_watched(&self, account: AccountId, listing: ListingId) -> Result<bool> {
        let parameters = named_params! {":account_id": account, ":listing_id": listing};
        let found = self.statement(IS_WATCHED)?.query_row(parameters, |row| row.get(0));
        found.with_context(|| format!("listing {listing}: read who watches"))
    }

    pub fn n_watched(&self, account: AccountId) -> Result<i64> {
        let found =
            self.statement(N_WATCHED)?.query_row(named_params! {":account_id": account}, |row| row.get(0));
        found.with_context(|| format!("account {account}: count what is watched"))
    }
}

impl Tx<'_> {
    /// Watching a watched listing changes nothing.
    pub fn watch(&self, account: AccountId, listing: ListingId) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":listing_id": listing};
        self.execute(WATCH, parameters).with_context(|| format!("listing {listing}: watch"))?;
        Ok(())
    }

    pub fn unwatch(&self, account: AccountId, listing: ListingId) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":listing_id": listing};
        self.execute(UNWATCH, parameters).with_context(|| format!("listing {listing}: unwatch"))?;
        Ok(())
    }
}
