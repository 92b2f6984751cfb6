//! The form for the code of a pass.

use crate::web::pages::desk::frame::{DeskFrame, PassLine};
use askama::Template;

/// Field `code`.
#[derive(Template)]
#[template(path = "desk/open/page.html", config = "src/web/askama.toml")]
pub struct Open {
    pub frame: DeskFrame,
    pub code: String,
    /// What is wrong with the code.
    pub amiss: Option<String>,
    /// Whether a pass that this browser held is over.
    pub has_ended: bool,
}

impl Open {
    fn held_text(&self, pass: &PassLine) -> String {
        self.frame.words.t2("desk-open-held", ("name", pass.name.as_str()), ("sale", pass.sale.as_str()))
    }
}
