//! Closing an account: what prevents it, what is forgotten with it, and where its name still stands.

use super::named::named;
use super::values::WordColumn;
use super::{Conn, Snapshot, Tx, first};
use crate::rules::desk::PassId;
use crate::rules::listing::AccountId;
use crate::rules::notice::Channel;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};
use serde_json::json;
use std::time::Duration;

pub const FILE: &str = include_str!("../../sql/closing.sql");
const LEADS: &str = named(FILE, "leads");
const SELLS: &str = named(FILE, "sells");
const N_CLOSED: &str = named(FILE, "n_closed");
const CLOSE_ACCOUNT: &str = named(FILE, "close_account");
const EVENTS_WITH: &str = named(FILE, "events_with");
const ANSWERS_WITH: &str = named(FILE, "answers_with");
const ANSWER_TO: &str = named(FILE, "answer_to");
const DESK_ANSWERS_WITH: &str = named(FILE, "desk_answers_with");
const DESK_ANSWER_TO: &str = named(FILE, "desk_answer_to");
const DELIVERIES_WITH: &str = named(FILE, "deliveries_with");
const HELD_DELIVERY: &str = named(FILE, "held_delivery");
const KNOWN_EMAILS: &str = named(FILE, "known_emails");
const SET_EVENT: &str = named(FILE, "set_event");
const SET_ANSWER: &str = named(FILE, "set_answer");
const SET_DESK_ANSWER: &str = named(FILE, "set_desk_answer");
const SET_DELIVERY_TEXTS: &str = named(FILE, "set_delivery_texts");
const CLEAR_FAULT: &str = named(FILE, "clear_fault");
const SHUT_TOKEN_PASSES: &str = named(FILE, "shut_token_passes");

/// What is forgotten with an account.
const FORGET: [&str; 14] = [
    named(FILE, "forget_pins"),
    named(FILE, "forget_sessions"),
    named(FILE, "forget_devices"),
    named(FILE, "forget_links"),
    named(FILE, "forget_letters_of"),
    named(FILE, "forget_tokens"),
    named(FILE, "forget_identities"),
    named(FILE, "forget_deliveries"),
    named(FILE, "forget_subscriptions"),
    named(FILE, "forget_watched"),
    named(FILE, "forget_answers"),
    named(FILE, "forget_notices_of"),
    named(FILE, "forget_names"),
    named(FILE, "forget_asked"),
];

const WAY: WordColumn = WordColumn { table: "delivery", name: "way" };

/// How long emptying the log waits for readers. Bids wait meanwhile.
const EMPTY_WAIT: Duration = Duration::from_millis(100);

/// A kept answer that holds a text.
#[derive(Clone, Debug)]
pub struct KeptAnswer<Of> {
    pub of: Of,
    pub key: String,
    /// JSON.
    pub body: String,
}

/// A delivery that holds a text.
#[derive(Clone, Debug)]
pub struct HeldDelivery {
    pub id: i64,
    pub channel: Channel,
    pub is_sent: bool,
    pub subject: String,
    pub body: String,
    pub fault: Option<String>,
}

impl Snapshot<'_> {
    /// Whether the account leads an open listing.
    pub fn leads(&self, account: AccountId) -> Result<bool> {
        self.is_there(LEADS, account)
    }

    /// Whether the account sells something that is open, or a lot of a draft.
    pub fn sells(&self, account: AccountId) -> Result<bool> {
        self.is_there(SELLS, account)
    }

    fn is_there(&self, sql: &'static str, account: AccountId) -> Result<bool> {
        let found = self.statement(sql)?.exists(named_params! {":account_id": account});
        found.with_context(|| format!("account {account}: see whether it can be closed"))
    }

    pub fn n_closed(&self) -> Result<i64> {
        self.the_row(N_CLOSED, [], first).context("count the closed accounts")
    }

    /// The addresses that are known from the account's mails and links, beside the one that it has.
    pub fn known_emails(&self, account: AccountId) -> Result<Vec<String>> {
        self.rows(KNOWN_EMAILS, named_params! {":account_id": account}, first)
            .with_context(|| format!("account {account}: look for earlier addresses"))
    }

    /// The events after the cursor whose data hold one of these texts. Reads each of them.
    pub fn events_with(&self, after: i64, texts: &[String]) -> Result<Vec<i64>> {
        self.rows(EVENTS_WITH, named_params! {":after": after, ":texts": json!(texts).to_string()}, first)
            .context("look for a name in the events")
    }

    /// The kept answers since then to everybody but the account that hold one of these texts.
    pub fn answers_with(
        &self,
        since: Time,
        account: AccountId,
        texts: &[String],
    ) -> Result<Vec<KeptAnswer<AccountId>>> {
        let texts = json!(texts).to_string();
        let parameters = named_params! {":since": since, ":account_id": account, ":texts": texts};
        self.rows(ANSWERS_WITH, parameters, kept).context("look for a name in the kept answers")
    }

    /// The answer of this key, if it is kept.
    pub fn answer_to(&self, account: AccountId, key: &str) -> Result<Option<KeptAnswer<AccountId>>> {
        self.row(ANSWER_TO, named_params! {":account_id": account, ":key": key}, kept)
            .context("read a kept answer")
    }

    /// The kept answers to the desk since then that hold one of these texts.
    pub fn desk_answers_with(&self, since: Time, texts: &[String]) -> Result<Vec<KeptAnswer<PassId>>> {
        let texts = json!(texts).to_string();
        self.rows(DESK_ANSWERS_WITH, named_params! {":since": since, ":texts": texts}, kept)
            .context("look for a name in the kept answers to the desk")
    }

    /// The answer to the desk of this key, if it is kept.
    pub fn desk_answer_to(&self, pass: PassId, key: &str) -> Result<Option<KeptAnswer<PassId>>> {
        self.row(DESK_ANSWER_TO, named_params! {":pass_id": pass, ":key": key}, kept)
            .context("read a kept answer to the desk")
    }

    /// The deliveries made since then to everybody but the account that hold one of these texts.
    pub fn deliveries_with(
        &self,
        since: Time,
        account: AccountId,
        texts: &[String],
    ) -> Result<Vec<HeldDelivery>> {
        let texts = json!(texts).to_string();
        let parameters = named_params! {":since": since, ":account_id": account, ":texts": texts};
        self.rows(DELIVERIES_WITH, parameters, held).context("look for a name in the deliveries")
    }

    /// The texts of a delivery, if it is still there.
    pub fn held_delivery(&self, id: i64) -> Result<Option<HeldDelivery>> {
        self.row(HELD_DELIVERY, named_params! {":id": id}, held)
            .with_context(|| format!("delivery {id}: read its texts"))
    }
}

impl Tx<'_> {
    /// Has what is deleted and overwritten from now on in this transaction leave nothing in the file.
    pub fn erase(&self) -> Result<()> {
        self.conn.pragma_update(None, "secure_delete", "on").context("have the deleted overwritten")
    }

    /// Leaves it at the usual: what goes from pages that are written anyway.
    pub fn erase_less(&self) -> Result<()> {
        self.conn.pragma_update(None, "secure_delete", "fast").context("have less overwritten")
    }

    /// Closes an account, and forgets whatever is its owner's alone. The books stay, under the name of a former member,
    /// which [`Tx::set_name`] gives.
    pub fn close_account(&self, account: AccountId) -> Result<()> {
        let doing = || format!("account {account}: close");
        self.execute(SHUT_TOKEN_PASSES, named_params! {":account_id": account, ":now": self.now})
            .with_context(doing)?;
        for statement in FORGET {
            self.execute(statement, named_params! {":account_id": account}).with_context(doing)?;
        }
        self.execute(CLOSE_ACCOUNT, named_params! {":account_id": account}).with_context(doing)?;
        Ok(())
    }

    pub fn set_event_data(&self, id: i64, data: &str) -> Result<()> {
        self.execute(SET_EVENT, named_params! {":id": id, ":data": data})
            .with_context(|| format!("event {id}: take a name out"))?;
        Ok(())
    }

    pub fn set_answer_body(&self, answer: &KeptAnswer<AccountId>) -> Result<()> {
        let parameters = named_params! {":account_id": answer.of, ":key": answer.key, ":body": answer.body};
        self.execute(SET_ANSWER, parameters).context("take a name out of an answer")?;
        Ok(())
    }

    pub fn set_desk_answer_body(&self, answer: &KeptAnswer<PassId>) -> Result<()> {
        let parameters = named_params! {":pass_id": answer.of, ":key": answer.key, ":body": answer.body};
        self.execute(SET_DESK_ANSWER, parameters).context("take a name out of an answer to the desk")?;
        Ok(())
    }

    /// Replaces the texts of a delivery. What it holds beside them is forgotten.
    pub fn set_delivery_texts(&self, delivery: &HeldDelivery) -> Result<()> {
        let parameters = named_params! {
            ":id": delivery.id, ":subject": delivery.subject, ":body": delivery.body, ":fault": delivery.fault,
        };
        self.execute(SET_DELIVERY_TEXTS, parameters).context("take a name out of a delivery")?;
        Ok(())
    }

    /// Forgets the words of a channel's last fault, if they hold this text.
    pub fn clear_fault(&self, text: &str) -> Result<()> {
        self.execute(CLEAR_FAULT, named_params! {":text": text}).context("take an address out of a fault")?;
        Ok(())
    }
}

impl Conn {
    /// Moves the write-ahead log into the database and empties it, so that nothing older stands in it. Returns whether
    /// that is done: not while readers keep it busy.
    pub fn empty_log(&self) -> Result<bool> {
        let conn = self.thaw()?;
        conn.busy_timeout(EMPTY_WAIT)?;
        let is_busy: bool = conn
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))
            .context("empty the write-ahead log")?;
        Ok(!is_busy)
    }
}

fn kept<Of: rusqlite::types::FromSql>(row: &Row<'_>) -> Result<KeptAnswer<Of>> {
    Ok(KeptAnswer { of: row.get(0)?, key: row.get(1)?, body: row.get(2)? })
}

fn held(row: &Row<'_>) -> Result<HeldDelivery> {
    let (id, state): (i64, String) = (row.get(0)?, row.get(2)?);
    Ok(HeldDelivery {
        id,
        channel: WAY.read(row, 1, id, Channel::of)?,
        is_sent: state == "sent",
        subject: row.get(3)?,
        body: row.get(4)?,
        fault: row.get(5)?,
    })
}
