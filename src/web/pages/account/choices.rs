//! `/account/mail`: saves which mails and pushes a person wants.

use crate::rules::notice::{KindSet, NoticeKind};
use crate::web::app::App;
use crate::web::pages::parts::context::with_done;
use crate::web::pages::parts::form;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The fields of the kinds that are pushed, in the order of all kinds.
const PUSH_FIELDS: [&str; NoticeKind::ALL.len()] = [
    "push_outbid",
    "push_won",
    "push_sold",
    "push_unsold",
    "push_cancelled",
    "push_extended",
    "push_funds",
    "push_ending",
    "push_opens",
    "push_bill",
    "push_pending",
];

/// Saves the kinds that are ticked.
pub fn choose(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let held = app.house.preferences(person.id)?;
    let mut input = form::read(app, request)?;
    let shows_mail = input.text("hides_mail").is_none();
    let shows_push = input.text("shows_push").is_some();
    // A kind that the page does not show keeps its setting, and so do all mails or pushes where it shows none.
    let mut chosen = |shown: bool, field: fn(NoticeKind) -> &'static str, held: KindSet| {
        let kinds = NoticeKind::ALL.into_iter();
        let wanted = kinds.filter(|kind| match shown && is_shown(*kind, person.is_admin) {
            true => input.text(field(*kind)).is_some(),
            false => held.has(*kind),
        });
        wanted.fold(KindSet::NONE, KindSet::with)
    };
    let mail = chosen(shows_mail, NoticeKind::name, held.mail);
    let push = chosen(shows_push, push_field, held.push);
    let language = input.text("language");
    input.done()?;
    app.house.choose_all(person.id, Some(mail), Some(push), language.as_deref())?;
    Ok(Reply::see_other(with_done("/account#mail", "chosen")))
}

fn push_field(kind: NoticeKind) -> &'static str {
    PUSH_FIELDS[kind as usize]
}

/// Whether the page offers this kind: only admins are told who waits for approval.
pub fn is_shown(kind: NoticeKind, is_admin: bool) -> bool {
    kind != NoticeKind::Pending || is_admin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_push_is_named_after_its_kind() {
        for kind in NoticeKind::ALL {
            assert_eq!(push_field(kind), format!("push_{}", kind.name()));
        }
    }
}
