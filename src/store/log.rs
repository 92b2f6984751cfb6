//! The log: what staff changed, by whom and why. A line is written in the transaction of the change, and never changed
//! after. It names people, listings and sales by their ids only, so that nothing in it has to be taken back when an
//! account is closed; secrets never stand in it.

use super::Tx;
use super::named::named;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::sale::SaleId;
use anyhow::{Context, Result};
use rusqlite::named_params;
use serde_json::Value;
use std::sync::Arc;

pub const FILE: &str = include_str!("../../sql/log.sql");
const ADD_LOG: &str = named(FILE, "add_log");

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
