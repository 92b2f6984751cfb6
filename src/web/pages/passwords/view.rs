//! The pages of passwords and links.

use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use askama::Template;

/// Field `email`.
#[derive(Template)]
#[template(path = "passwords/forgotten.html", config = "src/web/askama.toml")]
pub struct Forgotten {
    pub frame: Frame,
    pub filled: Filled,
    /// In a house without passwords, the page says how to log in.
    pub has_passwords: bool,
    /// Without a way for mails, the page says whom to ask.
    pub has_mail: bool,
    /// Whether the form was sent.
    pub is_sent: bool,
}

/// Fields `token` and `password`.
#[derive(Template)]
#[template(path = "passwords/reset.html", config = "src/web/askama.toml")]
pub struct Reset {
    pub frame: Frame,
    pub filled: Filled,
    /// None for a link that is used, void or over.
    pub token: Option<String>,
}

/// Field `token`.
#[derive(Template)]
#[template(path = "passwords/verify.html", config = "src/web/askama.toml")]
pub struct Verify {
    pub frame: Frame,
    /// The token, and the address that it verifies; none for a link that is used, void or over.
    pub link: Option<(String, String)>,
    /// Why the address cannot be verified.
    pub amiss: Option<String>,
}

/// Fields `old` and `new`.
#[derive(Template)]
#[template(path = "passwords/change.html", config = "src/web/askama.toml")]
pub struct Change {
    pub frame: Frame,
    pub filled: Filled,
    /// For a browser that keeps passwords; empty without an address.
    pub email: String,
}
