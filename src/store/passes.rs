//! Passes: what lets staff work at the desk of a sale, the browser each is bound to, and the answers it has been given.
//! Only the SHA-256 of a code and of a token is kept.

use super::composed::composed;
use super::named::named;
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::desk::{Method, PassId, Right, Rights};
use crate::rules::hash::Hash;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/desk.sql");
const PASSES: &str = composed!(FILE, "passes");
const PASS: &str = composed!(FILE, "pass");
const PASS_BY_CODE: &str = composed!(FILE, "pass_by_code");
const PASS_BY_TOKEN: &str = composed!(FILE, "pass_by_token");
const ADD_PASS: &str = named(FILE, "add_pass");
const BIND_PASS: &str = named(FILE, "bind_pass");
const SHUT_PASS: &str = named(FILE, "shut_pass");
const SHUT_ALL_PASSES: &str = named(FILE, "shut_all_passes");
const TILL: &str = named(FILE, "till");
const TILL_SINCE: &str = named(FILE, "till_since");
const DESK_ANSWER: &str = named(FILE, "desk_answer");
const KEEP_DESK_ANSWER: &str = named(FILE, "keep_desk_answer");
const PRUNE_DESK_ANSWERS: &str = named(FILE, "prune_desk_answers");

const METHOD: WordColumn = WordColumn { table: "transfer", name: "method" };
const MAY: WordColumn = WordColumn { table: "pass", name: "may" };

/// A pass as it is stored, without its code and its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    pub id: PassId,
    /// Of its till, too: a pass of the same name in the same sale goes on with it.
    pub name: String,
    pub sale: SaleId,
    pub sale_code: String,
    pub may: Rights,
    /// The highest bidding limit that it may give; none: any.
    pub most_limit: Option<Money>,
    pub made_at: Time,
    pub ends_at: Time,
    pub shut_at: Option<Time>,
    /// Since when it is bound to a browser or a program.
    pub bound_at: Option<Time>,
}

impl Pass {
    /// Whether it still opens the desk at `now`.
    pub fn holds(&self, now: Time) -> bool {
        self.shut_at.is_none() && now < self.ends_at
    }

    /// Refuses `not_allowed` for a right that it does not have.
    pub fn require(&self, right: Right) -> Result<(), Refusal> {
        if self.may.has(right) { Ok(()) } else { Err(Refusal::NotOfPass(right)) }
    }

    /// Refuses `unauthenticated` once the pass has ended, and `not_allowed` for a right that it does not have.
    pub fn admit(&self, right: Right, now: Time) -> Result<(), Refusal> {
        if self.holds(now) { self.require(right) } else { Err(Refusal::PassEnded) }
    }
}

/// A pass to add.
pub struct NewPass<'a> {
    pub name: &'a str,
    pub sale: SaleId,
    pub may: &'a Rights,
    pub most_limit: Option<Money>,
    pub code_hash: &'a Hash,
    pub ends_at: Time,
}

impl Snapshot<'_> {
    /// All passes, the oldest first, ended ones included.
    pub fn passes(&self) -> Result<Vec<Pass>> {
        self.rows(PASSES, [], pass).context("read the passes")
    }

    pub fn pass(&self, id: PassId) -> Result<Option<Pass>> {
        self.row(PASS, named_params! {":id": id}, pass).context("read a pass")
    }

    /// The pass of a code, whether it still holds or not.
    pub fn pass_by_code(&self, code_hash: &Hash) -> Result<Option<Pass>> {
        self.row(PASS_BY_CODE, named_params! {":code_hash": code_hash}, pass).context("read a pass")
    }

    /// The pass that is bound to the browser or program with this token, whether it still holds or not.
    pub fn pass_by_token(&self, token_hash: &Hash) -> Result<Option<Pass>> {
        self.row(PASS_BY_TOKEN, named_params! {":token_hash": token_hash}, pass).context("read a pass")
    }

    /// What the passes of this name in a sale have taken, by method: the number of payments that nobody has voided; and the
    /// sum, in minor units, of all that they took, less all that they voided, and what an admin voided of theirs.
    pub fn till(&self, sale: SaleId, name: &str) -> Result<Vec<(Method, i64, Money)>> {
        let read =
            |row: &Row<'_>| anyhow::Ok((METHOD.read(row, 0, name, Method::of)?, row.get(1)?, row.get(2)?));
        self.rows(TILL, named_params! {":sale_id": sale, ":name": name}, read).context("read a till")
    }

    /// When the first pass of this name in a sale was made.
    pub fn till_since(&self, sale: SaleId, name: &str) -> Result<Time> {
        self.the_row(TILL_SINCE, named_params! {":sale_id": sale, ":name": name}, first)
            .context("read a till")
    }

    /// The answer that a pass has been given under `key`: the hash of the request, and the body.
    pub fn desk_answer(&self, pass: PassId, key: &str) -> Result<Option<(Hash, String)>> {
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, row.get(1)?));
        self.row(DESK_ANSWER, named_params! {":pass_id": pass, ":key": key}, read)
            .context("read an answer of the desk")
    }
}

impl Tx<'_> {
    pub fn add_pass(&self, new: &NewPass<'_>) -> Result<PassId> {
        let parameters = named_params! {
            ":name": new.name, ":sale_id": new.sale, ":may": new.may.to_string(), ":most_limit": new.most_limit,
            ":code_hash": new.code_hash, ":made_at": self.now, ":ends_at": new.ends_at,
        };
        Ok(PassId(self.insert(ADD_PASS, parameters).context("add a pass")?))
    }

    /// Binds a pass to the holder of a token; returns false if it is bound already.
    pub fn bind_pass(&self, id: PassId, token_hash: &Hash) -> Result<bool> {
        let parameters = named_params! {":id": id, ":token_hash": token_hash, ":now": self.now};
        Ok(self.execute(BIND_PASS, parameters).context("bind a pass")? == 1)
    }

    /// Ends all passes that are not shut yet.
    pub fn shut_all_passes(&self) -> Result<()> {
        self.execute(SHUT_ALL_PASSES, named_params! {":now": self.now}).context("shut all passes")?;
        Ok(())
    }

    /// Ends all passes of this name that are not shut yet; returns how many.
    pub fn shut_pass(&self, name: &str) -> Result<usize> {
        self.execute(SHUT_PASS, named_params! {":name": name, ":now": self.now}).context("shut a pass")
    }

    pub fn keep_desk_answer(&self, pass: PassId, key: &str, request: &Hash, body: &str) -> Result<()> {
        let parameters = named_params! {
            ":pass_id": pass, ":key": key, ":request_hash": request, ":body": body, ":at": self.now,
        };
        self.execute(KEEP_DESK_ANSWER, parameters).context("keep an answer of the desk")?;
        Ok(())
    }

    pub fn prune_desk_answers(&self, before: Time) -> Result<()> {
        self.execute(PRUNE_DESK_ANSWERS, named_params! {":before": before})
            .context("prune the desk's answers")?;
        Ok(())
    }
}

fn pass(row: &Row<'_>) -> Result<Pass> {
    let id: PassId = row.get(0)?;
    Ok(Pass {
        id,
        name: row.get(1)?,
        sale: row.get(2)?,
        sale_code: row.get(3)?,
        may: MAY.read(row, 4, id.0, Rights::parse)?,
        most_limit: row.get(5)?,
        made_at: row.get(6)?,
        ends_at: row.get(7)?,
        shut_at: row.get(8)?,
        bound_at: row.get(9)?,
    })
}
