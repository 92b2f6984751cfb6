//! The search: which listings are found, in which order, page by page.

use super::Snapshot;
use super::listings::FILE;
use super::named::named;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::named_params;

const BY_CLOSES_AT: &str = named(FILE, "listings_by_closes_at");
const BY_NEWEST: &str = named(FILE, "listings_by_newest");
const BY_PRICE: &str = named(FILE, "listings_by_price");
const BY_PRICE_DESC: &str = named(FILE, "listings_by_price_desc");
const BY_BIDS: &str = named(FILE, "listings_by_bids");

/// Which listings to read, and from where on.
#[derive(Clone, Debug)]
pub struct Search {
    /// `open`, `closing`, `sold`, `unsold`, `cancelled` or `all`.
    pub state: Wanted,
    pub sort: Sort,
    /// Words, each of which stands in the title, the description or the category.
    pub text: Option<String>,
    pub filter: Filter,
    pub after: Option<Place>,
    pub limit: i64,
}

/// What else a listing must be to be found; the default lets all through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Closes by then.
    pub until: Option<Time>,
    pub no_bids: bool,
    /// On this shelf.
    pub category: Option<String>,
    /// The price as it stands, or the opening while nobody has bid.
    pub price_from: Option<Money>,
    pub price_to: Option<Money>,
    /// Sold or bid on by this person.
    pub mine: Option<AccountId>,
    pub watched_by: Option<AccountId>,
    /// One of these.
    pub among: Option<Vec<ListingId>>,
}

/// A place in a sorted list: the sort key and the id of the last row seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub key: i64,
    pub id: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Open,
    Closing,
    Sold,
    Unsold,
    Cancelled,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    ClosesAt,
    Newest,
    Price,
    PriceDesc,
    Bids,
}

impl Snapshot<'_> {
    /// A page of listings by their ids, each with its place; the last one's place is where the next page begins.
    pub fn search(&self, search: &Search, now: Time) -> Result<Vec<(ListingId, Place)>> {
        let state = match search.state {
            Wanted::Open | Wanted::Closing => "open",
            Wanted::Sold => "sold",
            Wanted::Unsold => "unsold",
            Wanted::Cancelled => "cancelled",
            Wanted::All => "all",
        };
        // By close, what is open begins now: the index need not be walked from the first listing ever made.
        let from_now = search.state == Wanted::Open && search.sort == Sort::ClosesAt;
        let first =
            if from_now { Place { key: now.0, id: i64::MAX } } else { Place { key: i64::MIN, id: i64::MIN } };
        let after = search.after.unwrap_or(first);
        let filter = &search.filter;
        let closed_by = (search.state == Wanted::Closing).then_some(now);
        let among =
            filter.among.as_ref().map(|ids| ids.iter().fold(",".to_owned(), |all, id| format!("{all}{id},")));
        let mut statement = self.statement(sorted(search.sort))?;
        let rows = statement.query_map(
            named_params! {
                ":state": state,
                ":from": (search.state == Wanted::Open).then_some(now),
                ":until": closed_by.or(filter.until),
                ":price_from": filter.price_from, ":price_to": filter.price_to,
                ":n_bids": filter.no_bids.then_some(0), ":category": filter.category, ":mine": filter.mine,
                ":watched_by": filter.watched_by, ":among": among,
                ":words": search.text.as_deref().map(words).transpose()?,
                ":after_key": after.key, ":after_id": after.id, ":limit": search.limit,
            },
            |row| {
                let id: ListingId = row.get(0)?;
                Ok((id, Place { key: row.get(1)?, id: id.0 }))
            },
        )?;
        rows.collect::<rusqlite::Result<_>>().context("search the listings")
    }
}

fn sorted(sort: Sort) -> &'static str {
    match sort {
        Sort::ClosesAt => BY_CLOSES_AT,
        Sort::Newest => BY_NEWEST,
        Sort::Price => BY_PRICE,
        Sort::PriceDesc => BY_PRICE_DESC,
        Sort::Bids => BY_BIDS,
    }
}

/// What each word of a text is looked for by, as a JSON list.
fn words(text: &str) -> Result<String> {
    let like = |word: &str| {
        let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{escaped}%")
    };
    let words: Vec<String> = text.split_whitespace().map(like).collect();
    serde_json::to_string(&words).context("write the words that are looked for")
}
