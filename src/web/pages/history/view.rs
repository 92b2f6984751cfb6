//! The rows of a listing's history, one a bid: drawn apart from their page, for they are the same for all who have not bid.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::web::pages::parts::frame::Frame;

/// What stands before the rows on a listing's page. No text of a person's can hold it: there it would be escaped.
pub const OPENING: &str = "<ol class=\"history\" data-history reversed>";

#[derive(Template)]
#[template(path = "history/history.html", config = "src/web/askama.toml")]
pub struct Rows<'a> {
    pub frame: &'a Frame,
    /// Newest first.
    pub bids: &'a [Bid],
}

#[derive(Clone, Debug)]
pub struct Bid {
    pub seq: i64,
    pub bidder: String,
    pub amount: i64,
    pub automatic: bool,
    pub message: String,
    pub at: DateTime<Utc>,
    /// The visitor's own.
    pub own: bool,
}
