//! What people change of their own accounts: the name, the address, the language.

use crate::house::notices::letters::{ask_link, has_mail, next_link_in_s};
use crate::house::people::accounts::account_of;
use crate::house::people::email;
use crate::house::people::names::{check_free, give_name};
use crate::house::people::password::{self, Verdict};
use crate::house::settings::keys::LANGUAGES;
use crate::house::{Answer, House};
use crate::rules::faults::Faults;
use crate::rules::listing::AccountId;
use crate::rules::notice::{LetterKind, LinkKind};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::rules::{names, text};
use crate::store::Tx;
use crate::store::accounts::{Account, AccountState};
use crate::store::log::{Actor, LogLine};
use crate::store::preferences::Preferences;
use crate::store::sessions::Person;
use anyhow::{Context, Result};
use serde_json::json;

/// How old a log-in may be to stand for the password, in seconds.
pub const FRESH_S: i64 = 15 * 60;
/// How often somebody may take another name, in this time.
const MOST_NAMES: usize = 5;
const NAMES_PERIOD_S: i64 = 86_400;

/// What is to be changed; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub name: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
}

/// What only the owner of an account sees of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAccount {
    pub name: String,
    pub email: Option<String>,
    /// None until they choose one.
    pub language: Option<String>,
    pub is_verified: bool,
    pub state: AccountState,
    /// The address that becomes theirs once its link is opened.
    pub new_email: Option<String>,
    pub has_password: bool,
}

impl House {
    /// What the owner of an account sees of it.
    pub fn own_account(&self, id: AccountId) -> Result<OwnAccount> {
        self.read(|snapshot| {
            let account = snapshot.account(id)?.with_context(|| format!("there is no account {id}"))?;
            Ok(OwnAccount {
                language: snapshot.preferences(id)?.language,
                is_verified: account.verified_at.is_some(),
                state: account.state,
                new_email: snapshot.new_email(id, self.now_in(snapshot)?)?,
                has_password: account.password_hash.is_some(),
                name: account.name,
                email: account.email,
            })
        })
    }

    /// Whether somebody has logged in so recently that this stands for their password.
    pub fn is_fresh(&self, person: &Person) -> bool {
        !person.by_pin && self.now().ms_since(person.logged_in_at) < FRESH_S * 1_000
    }

    /// Whether this is the password of the account. Takes the time of one hash, about 30 ms, for an account without a
    /// password, too.
    pub fn is_password_of(&self, id: AccountId, typed: &str) -> Result<bool> {
        let account = self.read(|snapshot| snapshot.account(id))?;
        let hash = account.and_then(|account| account.password_hash);
        Ok(password::verify(typed, hash.as_deref()) != Verdict::Wrong)
    }

    /// Changes all of it or nothing. A new address counts once the link is opened that is mailed to it.
    ///
    /// Refuses `invalid`; `taken` for a name or an address in use; `rate_limited` for too many names in a day, or too many
    /// mails; `not_allowed` for an address in a house without a way for mails.
    pub fn change_own(&self, id: AccountId, changes: Changes) -> Answer<()> {
        let address = check(&changes)?;
        self.write(move |tx| {
            tx.act_as(Some(Actor::Account(id)));
            let account = tx.account(id)?.ok_or(Refusal::NotFound("account"))?;
            if account.state == AccountState::Closed {
                return Err(Refusal::AccountClosed.into());
            }
            if let Some(name) = &changes.name {
                rename(tx, &account, &text::one_line(name))?;
            }
            if let (Some(typed), Some(address)) = (&changes.email, &address) {
                move_to(tx, &account, typed, address)?;
            }
            if changes.language.is_some() {
                let held = tx.preferences(id)?;
                tx.set_preferences(id, &Preferences { language: changes.language.clone(), ..held })?;
            }
            Ok(())
        })
    }
}

/// Checks all that can be checked without the house, and returns the address in its stored form.
pub(super) fn check(changes: &Changes) -> Result<Option<String>, Refusal> {
    let mut faults = Faults::default();
    if let Some(words) = changes.name.as_deref().and_then(names::amiss) {
        faults.add("name", words);
    }
    let address = changes.email.as_deref().map(email::read).transpose();
    if let Err(words) = address {
        faults.add("email", words);
    }
    if changes.language.as_deref().is_some_and(|language| !LANGUAGES.contains(&language)) {
        faults.add("language", format!("One of: {}.", LANGUAGES.join(", ")));
    }
    faults.done().map(|()| address.unwrap_or_default())
}

/// Gives an account another name, unless it had too many in a day, or somebody else has it.
pub(super) fn rename(tx: &Tx<'_>, account: &Account, name: &str) -> Answer<()> {
    if account.name == name {
        return Ok(());
    }
    check_free(tx, name, Some(account.id))?;
    let since = tx.now.plus_s(-NAMES_PERIOD_S);
    let recent: Vec<Time> = tx
        .earlier_names(account.id)?
        .into_iter()
        .map(|(_, until)| until)
        .filter(|until| *until > since)
        .collect();
    if let (true, Some(first)) = (recent.len() >= MOST_NAMES, recent.first()) {
        let wait_ms = first.plus_s(NAMES_PERIOD_S).ms_since(tx.now);
        return Err(Refusal::RateLimited { retry_after_s: wait_ms.unsigned_abs().div_ceil(1_000) }.into());
    }
    give_name(tx, account, name).map(drop)
}

/// Asks for a link to the new address. The address that the account has voids what was asked for before.
fn move_to(tx: &Tx<'_>, account: &Account, typed: &str, address: &str) -> Answer<()> {
    let waiting = tx.new_email(account.id, tx.now)?;
    match account_of(tx, typed)? {
        Some(other) if other.id != account.id => return Err(Refusal::EmailTaken.into()),
        Some(_) => {
            return if waiting.is_some() { stay(tx, account.id) } else { Ok(()) };
        }
        None => {}
    }
    if !has_mail(tx)? {
        return Err(Refusal::NoWayForMails.into());
    }
    if !ask_link(tx, account.id, LinkKind::Verify, address)? {
        let retry_after_s = next_link_in_s(tx, account.id, LinkKind::Verify)?;
        return Err(Refusal::RateLimited { retry_after_s }.into());
    }
    let detail = Some(json!({"asked": true}));
    let line = LogLine { what: "account.email", account: Some(account.id), detail, ..LogLine::default() };
    Ok(tx.log(&line)?)
}

/// Forgets the address that was to become the account's.
fn stay(tx: &Tx<'_>, id: AccountId) -> Answer<()> {
    // A mail that waits is dropped where its link is void.
    tx.end_link(id, LinkKind::Verify)?;
    Ok(tx.forget_letter(id, LetterKind::Verify)?)
}
