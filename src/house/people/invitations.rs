//! Accepting an invitation: whoever opens its link has the address, chooses a password and may choose another name.

use crate::house::people::forgotten::check_passwords;
use crate::house::people::links::{OpenedLink, take};
use crate::house::people::own::rename;
use crate::house::people::{password, terms};
use crate::house::{Answer, House};
use crate::rules::faults::Faults;
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::rules::terms::TermsMark;
use crate::rules::{names, text};
use crate::store::accounts::Account;
use crate::store::log::{Actor, LogLine};

/// What somebody who was invited sends.
#[derive(Clone, Debug, Default)]
pub struct Accepting {
    pub token: String,
    pub name: String,
    pub password: String,
    /// The version of the terms that they accept.
    pub terms: Option<i64>,
}

impl House {
    /// Looks at an invitation without using it up. Refuses `invalid` for a link that is used, void or over, and if the
    /// account has a password by now.
    pub fn open_invitation(&self, token: &str) -> Answer<OpenedLink> {
        still_invited(self.open_link(token, LinkKind::Invitation)?)
    }

    /// Sets the name and the password of an account, and counts its address as verified. Uses the link up.
    ///
    /// Refuses `invalid`, `taken` for a name in use, `terms_not_accepted` without the newest terms, and `not_allowed` in a
    /// house without passwords. Takes the time of one password hash, about 30 ms, unless it refuses.
    pub fn accept_invitation(&self, accepting: Accepting) -> Answer<Account> {
        self.open_invitation(&accepting.token)?;
        self.answer(check_passwords)?;
        check(&accepting)?;
        terms::check_newest(self.terms_mark()?, accepting.terms)?;
        let hash = password::hash(&accepting.password)?;
        self.write(move |tx| {
            check_passwords(tx)?;
            let link = still_invited(take(tx, &accepting.token, LinkKind::Invitation)?)?;
            let (account, name) = (link.account, text::one_line(&accepting.name));
            let id = account.id;
            tx.act_as(Some(Actor::Account(id)));
            let newest = tx.terms_mark()?;
            terms::check_newest(newest, accepting.terms)?;
            rename(tx, &account, &name)?;
            tx.set_password(id, &hash)?;
            if account.verified_at.is_none() && account.email.as_ref() == Some(&link.email) {
                tx.set_email(id, Some(&link.email), Some(tx.now))?;
            }
            if let Some(TermsMark { version, .. }) = newest {
                terms::accept(tx, id, version)?;
            }
            tx.log(&LogLine::of("account.accept").account(id))?;
            Ok(tx.account(id)?.expect("its link was taken in this transaction"))
        })
    }
}

/// A password that was set meanwhile is not replaced by an old mail.
fn still_invited(link: OpenedLink) -> Answer<OpenedLink> {
    let is_invited = link.account.password_hash.is_none();
    Ok(is_invited.then_some(link).ok_or(Refusal::LinkEnded)?)
}

fn check(accepting: &Accepting) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    if let Some(words) = names::amiss(&accepting.name) {
        faults.add("name", words);
    }
    if let Some(words) = password::amiss(&accepting.password) {
        faults.add("password", words);
    }
    faults.done()
}
