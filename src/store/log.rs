//! The log: what staff changed, by whom and why. A line is written in the transaction of the change, and never changed
//! after. It names people, listings and sales by their ids only, so that nothing in it has to be taken back when an
//! account is closed; secrets never stand in it.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

pub const FILE: &str = include_str!("../../sql/log.sql");
const ADD_LOG: &str = named(FILE, "add_log");
const NEWEST_LOG: &str = named(FILE, "newest_log");
const NEWEST_LOG_OF_ACCOUNT: &str = named(FILE, "newest_log_of_account");
const NEWEST_LOG_OF_LISTING: &str = named(FILE, "newest_log_of_listing");
const NEWEST_LOG_OF_SALE: &str = named(FILE, "newest_log_of_sale");

/// Who acts in a transaction, as the log names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A user of the operating system, at the command line.
    User(Arc<str>),
    /// A pass of the desk, by its name.
    Pass(Arc<str>),
    /// The owner of an account, or a program by a token of theirs.
    Account(AccountId),
}

impl Actor {
    /// `user:root`, `pass:Till 1`, `account:17`.
    pub fn name(&self) -> String {
        match self {
            Actor::User(name) => format!("user:{name}"),
            Actor::Pass(name) => format!("pass:{name}"),
            Actor::Account(id) => format!("account:{id}"),
        }
    }
}

/// A line to write. `what` is two words of the command line with a dot, such as `account.suspend`.
#[derive(Clone, Debug, Default)]
pub struct LogLine<'a> {
    pub what: &'static str,
    pub account: Option<AccountId>,
    pub listing: Option<ListingId>,
    pub sale: Option<SaleId>,
    pub why: Option<&'a str>,
    /// The figures of the change, as an object; neither names of people nor secrets.
    pub detail: Option<Value>,
}

/// Whom or what the lines that are asked for are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOf {
    Everything,
    Account(AccountId),
    Listing(ListingId),
    Sale(SaleId),
}

/// A line as it was written, with what its ids stand for today.
#[derive(Clone, Debug, Serialize)]
pub struct WrittenLine {
    pub id: i64,
    pub at: Time,
    /// `user:NAME`, `pass:NAME`, `account:ID`.
    pub who: String,
    pub what: String,
    pub account: Option<AccountId>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub listing: Option<ListingId>,
    /// The code of the sale.
    pub sale: Option<String>,
    pub why: Option<String>,
    pub detail: Option<Value>,
}

impl Snapshot<'_> {
    /// The newest `limit` lines from `since` on, the newest first.
    pub fn log(&self, of: LogOf, since: Time, limit: i64) -> Result<Vec<WrittenLine>> {
        let lines = match of {
            LogOf::Everything => {
                self.rows(NEWEST_LOG, named_params! {":since": since, ":limit": limit}, line)
            }
            LogOf::Account(id) => {
                let parameters = named_params! {":account_id": id, ":since": since, ":limit": limit};
                self.rows(NEWEST_LOG_OF_ACCOUNT, parameters, line)
            }
            LogOf::Listing(id) => {
                let parameters = named_params! {":listing_id": id, ":since": since, ":limit": limit};
                self.rows(NEWEST_LOG_OF_LISTING, parameters, line)
            }
            LogOf::Sale(id) => {
                let parameters = named_params! {":sale_id": id, ":since": since, ":limit": limit};
                self.rows(NEWEST_LOG_OF_SALE, parameters, line)
            }
        };
        lines.context("read the log")
    }
}

fn line(row: &Row<'_>) -> Result<WrittenLine> {
    let detail: Option<String> = row.get(10)?;
    Ok(WrittenLine {
        id: row.get(0)?,
        at: row.get(1)?,
        who: row.get(2)?,
        what: row.get(3)?,
        account: row.get(4)?,
        email: row.get(5)?,
        name: row.get(6)?,
        listing: row.get(7)?,
        sale: row.get(8)?,
        why: row.get(9)?,
        detail: detail
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .context("read the detail of a line")?,
    })
}

impl<'a> LogLine<'a> {
    /// A line that says what was done, and nothing else yet.
    pub fn of(what: &'static str) -> LogLine<'a> {
        LogLine { what, ..LogLine::default() }
    }

    pub fn account(self, id: AccountId) -> LogLine<'a> {
        LogLine { account: Some(id), ..self }
    }

    pub fn listing(self, id: ListingId) -> LogLine<'a> {
        LogLine { listing: Some(id), ..self }
    }

    pub fn sale(self, id: SaleId) -> LogLine<'a> {
        LogLine { sale: Some(id), ..self }
    }

    pub fn why(self, why: &'a str) -> LogLine<'a> {
        LogLine { why: Some(why), ..self }
    }

    /// Adds the figures of the change, an object.
    pub fn detail(self, detail: Value) -> LogLine<'a> {
        LogLine { detail: Some(detail), ..self }
    }
}

impl Tx<'_> {
    /// Names who acts from now on in this transaction; none for the house itself, which leaves no lines.
    pub fn act_as(&self, actor: Option<Actor>) {
        *self.actor.borrow_mut() = actor;
    }

    /// Writes a line of the log, if somebody acts.
    pub fn log(&self, line: &LogLine<'_>) -> Result<()> {
        let Some(who) = self.actor.borrow().as_ref().map(Actor::name) else {
            return Ok(());
        };
        let parameters = named_params! {
            ":at": self.now, ":who": who, ":what": line.what, ":account_id": line.account,
            ":listing_id": line.listing, ":sale_id": line.sale, ":why": line.why,
            ":detail": line.detail.as_ref().map(Value::to_string),
        };
        self.execute(ADD_LOG, parameters).with_context(|| format!("log {}", line.what))?;
        Ok(())
    }
}
