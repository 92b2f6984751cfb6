//! `/help`: a page of the manual. The manual is in English, whatever the language of the frame around it.

use askama::Template;

use crate::web::manual::html::Body;
use crate::web::pages::parts::frame::Frame;

/// The fewest sections for which a page lists them; with fewer it can be taken in at a glance.
const WORTH_LISTING: usize = 3;

/// The content of a page of the manual.
#[derive(Template)]
#[template(path = "help/page.html", config = "src/web/askama.toml")]
pub struct HelpPage {
    pub frame: Frame,
    pub title: String,
    pub body: Body,
    /// Whether this is the page that lists the others.
    pub is_index: bool,
}

impl HelpPage {
    fn has_contents(&self) -> bool {
        self.body.sections.len() >= WORTH_LISTING
    }
}
