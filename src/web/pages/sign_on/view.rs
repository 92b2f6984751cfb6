//! The page for somebody whom the single sign-on did not log in.

use askama::Template;

use crate::web::pages::parts::frame::Frame;

/// What went wrong, and the ways on.
#[derive(Template)]
#[template(path = "sign_on/failed.html", config = "src/web/askama.toml")]
pub struct SignOnFailed {
    pub frame: Frame,
    pub sentence: String,
}
