//! `/about`, `/contact`, `/payment`, `/pickup` and `/privacy`: a text of the house, cleaned.

use askama::Template;

use crate::web::pages::parts::frame::Frame;

/// The content of such a page.
#[derive(Template)]
#[template(path = "own_page/page.html", config = "src/web/askama.toml")]
pub struct OwnTextPage {
    pub frame: Frame,
    pub name: &'static str,
    /// The language of the house.
    pub lang: &'static str,
    /// Cleaned HTML.
    pub html: String,
}

impl OwnTextPage {
    fn path(&self) -> String {
        format!("/{}", self.name)
    }
}
