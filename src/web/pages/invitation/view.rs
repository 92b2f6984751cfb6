//! The page of an invitation.

use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use askama::Template;

/// Fields `token`, `name`, `password`, `terms`.
#[derive(Template)]
#[template(path = "invitation/page.html", config = "src/web/askama.toml")]
pub struct InvitationPage {
    pub frame: Frame,
    pub filled: Filled,
    /// None for a link that is used, void or over.
    pub invited: Option<Invited>,
    /// The version of the terms to accept, in a house that has any.
    pub terms: Option<i64>,
}

/// Who opened the link.
pub struct Invited {
    pub token: String,
    /// With its domain in its own script.
    pub email: String,
}
