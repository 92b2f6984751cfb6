//! The error page: the status, a sentence, and a link to go on. It never shows what belongs in the log.

use askama::Template;

use crate::web::pages::parts::frame::Frame;

/// The content of the error page.
#[derive(Template)]
#[template(path = "error_page/page.html", config = "src/web/askama.toml")]
pub struct ErrorPage {
    pub frame: Frame,
    pub status: u16,
    pub sentence: String,
    /// The path and the text of another link, beside the one to the first page.
    pub way_on: Option<(String, String)>,
}

impl ErrorPage {
    fn headline(&self) -> String {
        headline(&self.frame, self.status)
    }
}

/// What a status means, in a few words.
pub fn headline(frame: &Frame, status: u16) -> String {
    match status {
        403 => frame.t("error-403"),
        404 => frame.t("error-404"),
        429 => frame.t("error-429"),
        503 => frame.t("error-503"),
        400..500 => frame.t("error-4xx"),
        _ => frame.t("error-5xx"),
    }
}
