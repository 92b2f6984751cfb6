//! `/account/profile`, `/account/sessions` and `/account/close`.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::text::i18n::Lang;
use crate::web::device_words::{self, PROGRAM};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;

/// Forms for the name, the address and the language, each by itself.
#[derive(Template)]
#[template(path = "own/profile.html", config = "src/web/askama.toml")]
pub struct Profile {
    pub frame: Frame,
    pub name: String,
    /// Empty for a guest without one.
    pub email: String,
    pub is_verified: bool,
    /// The address that waits for its link to be opened; empty if none does.
    pub new_email: String,
    pub lang: Lang,
    /// Whether the form for the address asks for the password.
    pub needs_password: bool,
    /// Whether the name and the address may be changed: not by somebody with a number and a PIN.
    pub may_change: bool,
    pub of_name: Filled,
    pub of_email: Filled,
}

#[derive(Template)]
#[template(path = "own/sessions.html", config = "src/web/askama.toml")]
pub struct Sessions {
    pub frame: Frame,
    pub sessions: Vec<SessionRow>,
    /// Whether other sessions than the present one may be ended.
    pub may_end: bool,
}

pub struct SessionRow {
    pub id: String,
    /// In English, as it is stored.
    pub device: Option<String>,
    pub at: DateTime<Utc>,
    pub seen_at: Option<DateTime<Utc>>,
    pub is_current: bool,
}

#[derive(Template)]
#[template(path = "own/close.html", config = "src/web/askama.toml")]
pub struct Close {
    pub frame: Frame,
    pub filled: Filled,
    pub has_password: bool,
}

impl Sessions {
    fn device_text(&self, row: &SessionRow) -> String {
        match row.device.as_deref() {
            None => self.frame.t("sessions-unknown"),
            Some(PROGRAM) => self.frame.t("sessions-program"),
            Some(words) => device_words::parts(words).map_or_else(
                || words.to_owned(),
                |(browser, system)| {
                    self.frame.words.t2("sessions-device", ("browser", browser), ("system", system))
                },
            ),
        }
    }
}
