//! The settings of an account: ways to its other pages, and what the person is told by mail and push.

use crate::rules::notice::{Channel, KindSet, NoticeKind};
use crate::text::i18n::Lang;
use crate::web::app::App;
use crate::web::pages::account::choices::is_shown;
use crate::web::pages::account::push::Pushes;
use crate::web::problem::Outcome;
use crate::web::request::Request;

/// The content of the tab.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the person has a password: not a guest without an address.
    pub has_password: bool,
    /// Whether they may take their data along and close the account: not with a number and a PIN.
    pub is_owner: bool,
    pub mails: Mails,
    pub pushes: Pushes,
}

/// The person's choice of what they are told.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    /// Each kind of mail, and whether they want it; empty where none are sent.
    pub kinds: Vec<(&'static str, bool)>,
    /// The same for their browsers; empty while none takes notices.
    pub push_kinds: Vec<(&'static str, bool)>,
    pub lang: Lang,
}

impl Settings {
    pub fn of(app: &App, request: &Request) -> Outcome<Settings> {
        let person = request.signed_in()?;
        let preferences = app.house.preferences(person.id)?;
        let channels = app.house.read(|snapshot| snapshot.channels())?;
        let shown = NoticeKind::ALL.into_iter().filter(|kind| is_shown(*kind, person.is_admin));
        let kinds_in = |set: KindSet| shown.clone().map(|kind| (kind.name(), set.has(kind))).collect();
        let are_sent = channels.iter().any(|open| open.channel == Channel::Mail);
        let gets_mails = are_sent && person.email.is_some();
        Ok(Settings {
            has_password: person.email.is_some(),
            is_owner: !person.by_pin,
            mails: Mails {
                kinds: if gets_mails { kinds_in(preferences.mail) } else { Vec::new() },
                push_kinds: if preferences.has_push { kinds_in(preferences.push) } else { Vec::new() },
                lang: preferences
                    .language
                    .as_deref()
                    .and_then(Lang::from_tag)
                    .unwrap_or_else(|| app.language()),
            },
            pushes: Pushes::of(app, request)?,
        })
    }
}
