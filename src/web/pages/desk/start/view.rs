//! What a pass may do, with a large link to each, and what its till has taken.

use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::desk::till::view::TillPart;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "desk/start/page.html", config = "src/web/askama.toml")]
pub struct Start {
    pub frame: DeskFrame,
    /// None for a pass that takes no payments.
    pub till: Option<TillPart>,
}
