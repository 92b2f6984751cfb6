//! The terms of a search: which listings are found, and in which order. Finding them is in
//! [`search_pages`](super::search_pages).

use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;

/// Which listings to read, and from where on.
#[derive(Clone, Debug)]
pub struct Search {
    pub state: StateFilter,
    pub sort: Sort,
    /// Words or parts of words, all of which are in the title, the description or the category; or a listing's number.
    pub text: Option<String>,
    /// Whether the listing of that number is found in any state.
    pub number_in_any_state: bool,
    pub filter: Filter,
    pub after: Option<Cursor>,
    pub limit: i64,
}

/// Further conditions; the default accepts every listing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Closes by then.
    pub until: Option<Time>,
    pub no_bids: bool,
    /// In this category.
    pub category: Option<String>,
    /// The price, or the opening while nobody has bid.
    pub price_from: Option<Money>,
    pub price_to: Option<Money>,
    /// Offered or bid on by this person.
    pub mine: Option<AccountId>,
    pub watched_by: Option<AccountId>,
    /// One of these.
    pub among: Option<Vec<ListingId>>,
    /// A lot of the sale with this code.
    pub sale: Option<String>,
    /// In a section of this name.
    pub section: Option<String>,
}

/// A place in a sorted list: the sort key and the id of the last listing seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub key: i64,
    pub id: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Bidding has not opened yet.
    Upcoming,
    /// Takes bids now.
    Open,
    Paused,
    /// Past its close, and not settled yet.
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
    /// The order of a sale; the filter names one.
    Lot,
}

impl Cursor {
    /// Before all others: the place of a listing found by its number.
    pub(super) const FIRST: Cursor = Cursor { key: i64::MIN, id: i64::MIN };
}

impl Sort {
    /// Whether the largest comes first, and among equals the newest.
    pub(super) fn falls(self) -> bool {
        matches!(self, Sort::Newest | Sort::PriceDesc | Sort::Bids)
    }

    pub(super) fn place(self, key: i64, id: i64) -> Cursor {
        Cursor { key: if self.falls() { key.saturating_neg() } else { key }, id }
    }

    /// Rises along the order.
    pub(super) fn rank(self, place: Cursor) -> (i64, i64) {
        (place.key, if self.falls() { !place.id } else { place.id })
    }
}
