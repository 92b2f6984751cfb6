//! Forgotten passwords: whoever says to have forgotten one gets a link by mail to set a new one.
//!
//! The request only notes the address, the same for every one, and is answered. Whose it is, if anybody's, is looked up
//! later, by the thread that sends mails: so neither the answer nor its time tells who has an account.

use crate::house::notices::letters::{ask_link, has_mail, void_new_address};
use crate::house::notices::outbox::Round;
use crate::house::people::accounts::account_of;
use crate::house::people::links::take;
use crate::house::people::{email, password};
use crate::house::settings::Settings;
use crate::house::settings::keys::SignUp;
use crate::house::{Answer, House};
use crate::rules::notice::LinkKind;
use crate::rules::refusal::Refusal;
use crate::store::Snapshot;
use crate::store::accounts::AccountState;
use crate::store::log::{Actor, LogLine};
use crate::store::sessions::TokenHash;

/// The most addresses that are looked up in one transaction.
const MAX_FORGOTTEN: i64 = 200;

impl House {
    /// Notes that the password of this address was forgotten. Takes the same time whether or not it has an account.
    /// Does nothing without a way for mails. Refuses `invalid` for what is no address at all, and `not_allowed` in a house
    /// without passwords.
    pub fn forget_password(&self, typed: &str) -> Answer<()> {
        let typed = email::key(typed);
        if !typed.contains('@') {
            return Err(Refusal::invalid("email", email::NO_ADDRESS).into());
        }
        self.write(move |tx| {
            check_passwords(tx)?;
            if has_mail(tx)? {
                tx.note_forgotten(&typed)?;
            }
            Ok(())
        })
    }

    /// Asks for a mail to each noted address that has an account, unless the account is closed.
    pub fn look_up_forgotten(&self, _: &Round) -> Answer<()> {
        if self.read(|snapshot| snapshot.forgotten(1))?.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            for typed in tx.forgotten(MAX_FORGOTTEN)? {
                tx.done_forgotten(&typed)?;
                let account = account_of(tx, &typed)?.filter(|known| known.state != AccountState::Closed);
                if let Some((id, Some(email))) = account.map(|account| (account.id, account.email)) {
                    ask_link(tx, id, LinkKind::Reset, &email)?;
                }
            }
            Ok(())
        })
    }

    /// Sets a new password by the link of this token and kind (a reset or an invitation), which it uses up. Ends all
    /// sessions, which it returns, voids a change of address that is not confirmed, forgets the known devices, and counts
    /// the address as verified. Refuses `invalid` for the password or the link, and `not_allowed` in a house without
    /// passwords.
    ///
    /// Takes the time of one password hash, about 30 ms, unless it refuses.
    pub fn reset_password(&self, token: &str, kind: LinkKind, password: &str) -> Answer<Vec<TokenHash>> {
        self.open_link(token, kind)?;
        self.answer(check_passwords)?;
        if let Some(words) = password::amiss(password) {
            return Err(Refusal::invalid("password", words).into());
        }
        let (hash, token) = (password::hash(password)?, token.to_owned());
        self.write(move |tx| {
            check_passwords(tx)?;
            let link = take(tx, &token, kind)?;
            let id = link.account.id;
            tx.act_as(Some(Actor::Account(id)));
            tx.set_password(id, &hash)?;
            if link.account.verified_at.is_none() && link.account.email.as_ref() == Some(&link.email) {
                tx.set_email(id, Some(&link.email), Some(tx.now))?;
            }
            void_new_address(tx, id)?;
            let ended = tx.end_sessions_but(id, None)?;
            tx.forget_devices_of(id)?;
            tx.log(&LogLine { what: "account.password", account: Some(id), ..LogLine::default() })?;
            Ok(ended)
        })
    }
}

/// Refuses `not_allowed` where the single sign-on is the only way in: nobody sets a password by a link there.
pub(super) fn check_passwords(snapshot: &Snapshot<'_>) -> Answer<()> {
    match Settings::of(snapshot)?.sign_up {
        SignUp::Sso => Err(Refusal::SignOnOnly.into()),
        SignUp::Open | SignUp::Approval | SignUp::Closed => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::Opening;
    use crate::house::people::accounts::{By, Joining};
    use crate::rules::notice::Channel;
    use crate::store::clock::Clock;

    /// Else the time of the answer would tell who has an account.
    #[test]
    fn a_request_writes_the_same_for_every_address_and_the_look_up_tells_them_apart() {
        let dir = tempfile::tempdir().unwrap();
        let house = House::open(dir.path(), Opening::Make, Clock::default()).unwrap();
        let (email, name) = ("bob@example.org".to_owned(), "Bob".to_owned());
        let joining = Joining { email, name, ..Joining::default() };
        let bob = house.open_account(joining, By::Admin).unwrap();
        house.forget_password("bob@example.org").unwrap();
        assert!(
            house.read(|snapshot| snapshot.forgotten(9)).unwrap().is_empty(),
            "there is no way for mails"
        );
        house.keep_channels(&[Channel::Mail]).unwrap();
        for typed in ["Bob@Example.org", "zoe@example.org", " bob@example.org"] {
            house.forget_password(typed).unwrap();
        }
        let noted = house.read(|snapshot| snapshot.forgotten(9)).unwrap();
        assert_eq!(noted, ["bob@example.org", "zoe@example.org"]);
        assert!(house.read(|snapshot| snapshot.letters(9)).unwrap().is_empty());
        let round = house.begin_round(Channel::Mail).unwrap().unwrap();
        house.look_up_forgotten(&round).unwrap();
        assert!(house.read(|snapshot| snapshot.forgotten(9)).unwrap().is_empty());
        let letters = house.read(|snapshot| snapshot.letters(9)).unwrap();
        assert_eq!(letters.iter().map(|letter| letter.account).collect::<Vec<_>>(), [bob.id]);
    }
}
