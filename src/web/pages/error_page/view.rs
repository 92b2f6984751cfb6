//! The page for what went wrong: the status, a sentence, and a way on. Never says what the log is for.

use askama::Template;

use crate::web::pages::parts::frame::Frame;

#[derive(Template)]
#[template(path = "error_page/page.html", config = "src/web/askama.toml")]
pub struct Mishap {
    pub frame: Frame,
    pub status: u16,
    pub sentence: String,
    /// Address and words of another way on than home.
    pub way_on: Option<(String, String)>,
}

impl Mishap {
    fn headline(&self) -> String {
        match self.status {
            403 => self.frame.t("mishap-403"),
            404 => self.frame.t("mishap-404"),
            429 => self.frame.t("mishap-429"),
            503 => self.frame.t("mishap-503"),
            400..500 => self.frame.t("mishap-4xx"),
            _ => self.frame.t("mishap-5xx"),
        }
    }
}
