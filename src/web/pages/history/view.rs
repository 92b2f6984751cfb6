//! The rows of a listing's history, one for each bid: drawn apart from their page, because they are the same for
//! everyone who has not bid.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::web::pages::parts::frame::Frame;

/// The markup before the rows on a listing's page. No text by a person can contain it, because it would be escaped.
pub const OPENING: &str = "<ol class=\"history\" data-history reversed>";

/// The content of the rows.
#[derive(Template)]
#[template(path = "history/history.html", config = "src/web/askama.toml")]
pub struct Rows<'a> {
    pub frame: &'a Frame,
    /// Newest first.
    pub bids: &'a [Bid],
}

/// One bid of the history.
#[derive(Clone, Debug)]
pub struct Bid {
    pub seq: i64,
    pub bidder: String,
    pub amount: i64,
    pub automatic: bool,
    /// Whether the desk entered it for the bidder.
    pub by_desk: bool,
    pub message: String,
    pub at: DateTime<Utc>,
    /// Whether the visitor made the bid.
    pub own: bool,
}
