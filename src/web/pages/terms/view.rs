//! `/terms`: a version of the terms, with its hash, and the other versions. Who has not accepted the newest one finds the
//! form here.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::web::pages::parts::frame::Frame;

/// The content of the page.
#[derive(Template)]
#[template(path = "terms/page.html", config = "src/web/askama.toml")]
pub struct TermsPage {
    pub frame: Frame,
    pub version: i64,
    pub hash: String,
    pub at: DateTime<Utc>,
    /// The language of the house.
    pub lang: &'static str,
    /// Cleaned HTML.
    pub html: String,
    /// The other versions, the newest first.
    pub others: Vec<(i64, DateTime<Utc>)>,
    /// For a person who has not accepted this version, which is the newest.
    pub to_accept: Option<ToAccept>,
}

/// The form that accepts the terms.
#[derive(Clone, Debug)]
pub struct ToAccept {
    /// The path within this house to go to afterwards.
    pub next: String,
    /// What was wrong before.
    pub error: Option<String>,
}

impl TermsPage {
    fn version_text(&self) -> String {
        let at = self.frame.full(&self.at);
        self.frame.words.t2("terms-version", ("version", self.version), ("at", at))
    }

    fn other_text(&self, version: &i64, at: &DateTime<Utc>) -> String {
        self.frame.words.t2("terms-version", ("version", *version), ("at", self.frame.full(at)))
    }
}
