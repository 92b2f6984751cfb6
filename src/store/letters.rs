//! Letters: mails that somebody asked for or must have, until they are made deliveries; and the links in them. Only the
//! SHA-256 of a link's token is kept, and not before its mail is sent.

use super::named::named;
use super::sessions::TokenHash;
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::listing::AccountId;
use crate::rules::notice::{LetterKind, LinkKind};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/letters.sql");
const ASK_LETTER: &str = named(FILE, "ask_letter");
const LETTERS: &str = named(FILE, "letters");
const FORGET_LETTER: &str = named(FILE, "forget_letter");
const FORGET_LETTERS: &str = named(FILE, "forget_letters");
const HAS_LETTERS: &str = named(FILE, "has_letters");
const DROP_DELIVERY: &str = named(FILE, "drop_delivery");
const SENT_OF_LINK: &str = named(FILE, "sent_of_link");
const PUT_LINK: &str = named(FILE, "put_link");
const LINK: &str = named(FILE, "link");
const LINK_OF_TOKEN: &str = named(FILE, "link_of_token");
const ARM_LINK: &str = named(FILE, "arm_link");
const END_LINK: &str = named(FILE, "end_link");
const END_ALL_LINKS: &str = named(FILE, "end_all_links");
const PRUNE_LINKS: &str = named(FILE, "prune_links");
const NOTE_FORGOTTEN: &str = named(FILE, "note_forgotten");
const FORGOTTEN: &str = named(FILE, "forgotten");
const DONE_FORGOTTEN: &str = named(FILE, "done_forgotten");
const FORGET_FORGOTTEN: &str = named(FILE, "forget_forgotten");

const LETTER_KIND: WordColumn = WordColumn { table: "letter", name: "kind" };
const LINK_KIND: WordColumn = WordColumn { table: "link", name: "kind" };

/// A letter that is not made a delivery yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLetter {
    pub account: AccountId,
    pub kind: LetterKind,
    /// Where it goes.
    pub email: String,
    /// When it was asked for.
    pub at: Time,
    /// The name of the account.
    pub name: String,
    /// The person's language; none if they never chose one.
    pub language: Option<String>,
    /// The address of the account now.
    pub account_email: Option<String>,
}

/// A link that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub account: AccountId,
    pub kind: LinkKind,
    /// Whoever opens it has this address.
    pub email: String,
    pub asked_at: Time,
    /// None until its mail is sent.
    pub ends_at: Option<Time>,
}

impl Snapshot<'_> {
    /// Up to `limit` letters that are not made deliveries yet.
    pub fn letters(&self, limit: i64) -> Result<Vec<PendingLetter>> {
        let read = |row: &Row<'_>| {
            let account = row.get(0)?;
            anyhow::Ok(PendingLetter {
                account,
                kind: LETTER_KIND.read(row, 1, account, LetterKind::of)?,
                email: row.get(2)?,
                at: row.get(3)?,
                name: row.get(4)?,
                language: row.get(5)?,
                account_email: row.get(6)?,
            })
        };
        self.rows(LETTERS, named_params! {":limit": limit}, read).context("read the letters")
    }

    /// Whether a letter, or an address whose password was forgotten, waits.
    pub fn has_letters(&self) -> Result<bool> {
        self.the_row(HAS_LETTERS, [], first).context("look for letters")
    }

    /// How many mails with a link of this kind were made for the account after `since`, and when the first of them was.
    pub fn sent_of_link(
        &self,
        account: AccountId,
        kind: LinkKind,
        since: Time,
    ) -> Result<(i64, Option<Time>)> {
        let parameters = named_params! {":account_id": account, ":kind": kind, ":since": since};
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, row.get(1)?));
        self.the_row(SENT_OF_LINK, parameters, read).context("count the mails with a link")
    }

    pub fn link(&self, account: AccountId, kind: LinkKind) -> Result<Option<Link>> {
        self.row(LINK, named_params! {":account_id": account, ":kind": kind}, link).context("read a link")
    }

    /// The link whose token has this hash, ended or not.
    pub fn link_of_token(&self, token: &TokenHash) -> Result<Option<Link>> {
        self.row(LINK_OF_TOKEN, named_params! {":token_hash": token}, link)
            .context("read a link by its token")
    }

    /// Up to `limit` addresses, as they were typed, whose passwords were forgotten.
    pub fn forgotten(&self, limit: i64) -> Result<Vec<String>> {
        self.rows(FORGOTTEN, named_params! {":limit": limit}, first).context("read the forgotten passwords")
    }
}

impl Tx<'_> {
    /// Writes a letter to this address; one of the same kind that waits goes there instead.
    pub fn ask_letter(&self, account: AccountId, kind: LetterKind, email: &str) -> Result<()> {
        let parameters =
            named_params! {":account_id": account, ":kind": kind, ":email": email, ":at": self.now};
        self.execute(ASK_LETTER, parameters).with_context(|| format!("account {account}: write a letter"))?;
        Ok(())
    }

    pub fn forget_letter(&self, account: AccountId, kind: LetterKind) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":kind": kind};
        self.execute(FORGET_LETTER, parameters).context("forget a letter")?;
        Ok(())
    }

    /// Forgets all letters, and all addresses whose passwords were forgotten.
    pub fn forget_letters(&self) -> Result<()> {
        self.execute(FORGET_LETTERS, &[]).context("forget the letters")?;
        self.execute(FORGET_FORGOTTEN, &[]).context("forget the forgotten passwords")?;
        Ok(())
    }

    /// Drops a delivery that has nothing to say any more.
    pub fn drop_delivery(&self, id: i64) -> Result<()> {
        self.execute(DROP_DELIVERY, named_params! {":id": id}).context("drop a delivery")?;
        Ok(())
    }

    /// Writes a link without a token, in the place of the one of its kind, whose token is void from now on.
    pub fn put_link(&self, account: AccountId, kind: LinkKind, email: &str) -> Result<()> {
        let parameters =
            named_params! {":account_id": account, ":kind": kind, ":email": email, ":now": self.now};
        self.execute(PUT_LINK, parameters).with_context(|| format!("account {account}: write a link"))?;
        Ok(())
    }

    /// Gives a link its token, in the place of the one that it has.
    pub fn arm_link(
        &self,
        account: AccountId,
        kind: LinkKind,
        token: &TokenHash,
        ends_at: Time,
    ) -> Result<()> {
        let parameters = named_params! {
            ":account_id": account, ":kind": kind, ":token_hash": token, ":ends_at": ends_at,
        };
        self.execute(ARM_LINK, parameters).context("give a link its token")?;
        Ok(())
    }

    /// Voids the account's link of this kind; its mail, if it is not sent yet, is dropped.
    pub fn end_link(&self, account: AccountId, kind: LinkKind) -> Result<()> {
        self.execute(END_LINK, named_params! {":account_id": account, ":kind": kind})
            .context("end a link")?;
        self.forget_letter(account, kind.letter())
    }

    /// Voids all links of everyone, and forgets the letters; mails with a link that are not sent yet are dropped.
    pub fn end_all_links(&self) -> Result<()> {
        self.execute(END_ALL_LINKS, &[]).context("end all links")?;
        self.forget_letters()
    }

    /// Forgets the links that have ended, and those whose mail was never sent in the longest life that a link has.
    pub fn prune_links(&self) -> Result<()> {
        let longest_s = LinkKind::ALL.map(LinkKind::life_s).into_iter().max().unwrap_or(0);
        let parameters = named_params! {":now": self.now, ":longest_ms": longest_s * 1_000};
        self.execute(PRUNE_LINKS, parameters).context("prune the links")?;
        Ok(())
    }

    /// Notes an address, as it was typed, whose password was forgotten.
    pub fn note_forgotten(&self, typed: &str) -> Result<()> {
        let parameters = named_params! {":email": typed, ":at": self.now};
        self.execute(NOTE_FORGOTTEN, parameters).context("note a forgotten password")?;
        Ok(())
    }

    pub fn done_forgotten(&self, typed: &str) -> Result<()> {
        self.execute(DONE_FORGOTTEN, named_params! {":email": typed})
            .context("forget a forgotten password")?;
        Ok(())
    }
}

fn link(row: &Row<'_>) -> Result<Link> {
    let account = row.get(0)?;
    Ok(Link {
        account,
        kind: LINK_KIND.read(row, 1, account, LinkKind::of)?,
        email: row.get(2)?,
        asked_at: row.get(3)?,
        ends_at: row.get(4)?,
    })
}
