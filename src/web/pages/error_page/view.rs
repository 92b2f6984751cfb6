//! The error page: what is wrong, what to do about it, and ways on. The status stands small at its foot, for whoever is
//! asked for help. It never shows what belongs in the log.

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

    fn what_to_do(&self) -> String {
        self.frame.t(match self.status {
            403 => "error-403-do",
            404 => "error-404-do",
            413 => "error-413-do",
            429 => "error-429-do",
            503 => "error-503-do",
            400..500 => "error-4xx-do",
            _ => "error-5xx-do",
        })
    }

    /// The words around the status, with the server's time, by which the organiser finds it in the log.
    fn reference(&self) -> (String, String) {
        let at = self.frame.full(&self.frame.now);
        let words = self.frame.words.t2("error-reference", ("status", "\u{1}"), ("at", at.as_str()));
        let (before, after) = words.split_once('\u{1}').unwrap_or_default();
        (before.to_owned(), after.to_owned())
    }
}

/// What a status means, in a few words.
pub fn headline(frame: &Frame, status: u16) -> String {
    match status {
        403 => frame.t("error-403"),
        404 => frame.t("error-404"),
        413 => frame.t("error-413"),
        429 => frame.t("error-429"),
        503 => frame.t("error-503"),
        400..500 => frame.t("error-4xx"),
        _ => frame.t("error-5xx"),
    }
}
