//! Letters: mails that somebody asked for, or must have. They go as soon as they can: no notice goes before them, and
//! they wait for no window and no pause.
//!
//! A letter and its link are written in one transaction; the thread that sends mails makes a delivery of the letter. The
//! link has no token before its mail is sent, so that no token ever stands in the database. Where the link belongs, the
//! texts have [`LINK_PLACE`].
//!
//! Nobody can fill another's mailbox: an account is sent at most [`MOST_ASKED`] mails with a link of one kind in
//! [`ASKED_PERIOD_S`]. What is asked for beyond that is not sent, and voids nothing: the newest of the mails before it has
//! a link that still holds.

use crate::house::notices::outbox::{Letter, Round, random_key};
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, LetterKind, LinkKind};
use crate::store::letters::PendingLetter;
use crate::store::outbox::NewDelivery;
use crate::store::{Snapshot, Tx};
use anyhow::Result;

/// Stands in the texts of a mail where its link belongs.
pub const LINK_PLACE: char = '\u{1}';
/// The most mails with a link of one kind that an account is sent in [`ASKED_PERIOD_S`].
pub const MOST_ASKED: i64 = 3;
/// The period of [`MOST_ASKED`], in seconds: no longer than the shortest life of a link.
pub const ASKED_PERIOD_S: i64 = 30 * 60;
/// The most letters that are made deliveries in one transaction.
const MAX_LETTERS: i64 = 200;

/// The content of one letter.
pub struct Asked<'a> {
    pub kind: LetterKind,
    pub settings: &'a Settings,
    /// The person's language; `None` if they never chose one.
    pub language: Option<&'a str>,
    /// The name of the account.
    pub name: &'a str,
    /// Where the letter goes.
    pub email: &'a str,
    /// The address of the account now.
    pub account_email: Option<&'a str>,
}

/// Writes a link of this kind, and the letter that carries it to `email`; the link before it is void from now on. Returns
/// whether a mail goes: not without a way for mails, and not beyond [`MOST_ASKED`].
pub(in crate::house) fn ask_link(
    tx: &Tx<'_>,
    account: AccountId,
    kind: LinkKind,
    email: &str,
) -> Result<bool> {
    let (n_sent, _) = tx.sent_of_link(account, kind, tx.now.plus_s(-ASKED_PERIOD_S))?;
    if !has_mail(tx)? || n_sent >= MOST_ASKED {
        return Ok(false);
    }
    tx.put_link(account, kind, email)?;
    tx.ask_letter(account, kind.letter(), email)?;
    Ok(true)
}

/// Voids a change of address that no link has confirmed yet. A new password ends whatever somebody else may have begun
/// with the old one, and the link to their address would outlast every session.
pub(in crate::house) fn void_new_address(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    match tx.new_email(account, tx.now)? {
        Some(_) => tx.end_link(account, LinkKind::Verify),
        None => Ok(()),
    }
}

/// The seconds until the account can be sent a mail with a link of this kind again, if it cannot now; at least one.
pub(in crate::house) fn next_link_in_s(tx: &Tx<'_>, account: AccountId, kind: LinkKind) -> Result<u64> {
    let (_, first) = tx.sent_of_link(account, kind, tx.now.plus_s(-ASKED_PERIOD_S))?;
    let wait_ms = first.map_or(0, |first| first.plus_s(ASKED_PERIOD_S).ms_since(tx.now));
    Ok(wait_ms.max(1).unsigned_abs().div_ceil(1_000))
}

/// Writes the letter that tells the address that an account had before that it has another now.
pub(in crate::house) fn tell_old_address(tx: &Tx<'_>, account: AccountId, old: &str) -> Result<()> {
    if has_mail(tx)? {
        tx.ask_letter(account, LetterKind::AddressChanged, old)?;
    }
    Ok(())
}

/// Writes the letter that tells somebody who waited for approval that they may bid and sell.
pub(in crate::house) fn tell_approved(tx: &Tx<'_>, account: AccountId, email: &str) -> Result<()> {
    if has_mail(tx)? {
        tx.ask_letter(account, LetterKind::Approved, email)?;
    }
    Ok(())
}

/// Whether the house has a way for mails.
pub(in crate::house) fn has_mail(snapshot: &Snapshot<'_>) -> Result<bool> {
    Ok(snapshot.channels()?.iter().any(|open| open.channel == Channel::Mail))
}

impl House {
    /// Whether the last server had a way for mails.
    pub fn has_mail(&self) -> Result<bool> {
        self.read(has_mail)
    }

    /// Makes deliveries of the letters.
    pub fn gather_letters(
        &self,
        _: &Round,
        compose: impl Fn(&Asked<'_>) -> Letter + Send + 'static,
    ) -> Answer<()> {
        if !self.read(|snapshot| snapshot.has_letters())? {
            return Ok(());
        }
        self.write(move |tx| {
            let settings = Settings::of(tx)?;
            for letter in tx.letters(MAX_LETTERS)? {
                pack(tx, &settings, &letter, &compose)?;
            }
            Ok(())
        })
    }
}

fn pack(
    tx: &Tx<'_>,
    settings: &Settings,
    letter: &PendingLetter,
    compose: &impl Fn(&Asked<'_>) -> Letter,
) -> Result<()> {
    tx.forget_letter(letter.account, letter.kind)?;
    let text = compose(&Asked {
        kind: letter.kind,
        settings,
        language: letter.language.as_deref(),
        name: &letter.name,
        email: &letter.email,
        account_email: letter.account_email.as_deref(),
    });
    tx.make_delivery(&NewDelivery {
        key: &random_key()?,
        channel: Channel::Mail,
        account: Some(letter.account),
        email: Some(&letter.email),
        subject: &text.subject,
        body: &text.body,
        html: text.html.as_deref(),
        link: letter.kind.link(),
        subscription: None,
        n_notices: 1,
        since: letter.at,
    })
}
