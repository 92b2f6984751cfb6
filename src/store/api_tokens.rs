//! Tokens by which programs act for people, and the passes that such tokens work at the desk by. Only the SHA-256 of a
//! token is kept, so that a stolen database lets no program in.

use super::accounts::AccountState;
use super::composed::composed;
use super::named::named;
use super::sessions::{ByToken, Person, TokenHash};
use super::values::WordColumn;
use super::{Snapshot, Tx, first};
use crate::rules::desk::{PassId, Right, Rights};
use crate::rules::hash::Hash;
use crate::rules::listing::AccountId;
use crate::rules::sale::SaleId;
use crate::rules::scope::Scopes;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/api_tokens.sql");
const ADD_API_TOKEN: &str = named(FILE, "add_api_token");
const API_TOKEN: &str = composed!(FILE, "api_token");
const API_TOKENS_OF: &str = composed!(FILE, "api_tokens_of");
const PERSON_OF_API_TOKEN: &str = named(FILE, "person_of_api_token");
const LAST_REVOKED_AT: &str = named(FILE, "last_revoked_at");
const REVOKE_API_TOKEN: &str = named(FILE, "revoke_api_token");
const REVOKE_API_TOKENS_OF: &str = named(FILE, "revoke_api_tokens_of");
const REVOKE_ALL_API_TOKENS: &str = named(FILE, "revoke_all_api_tokens");
const SHUT_PASSES_OF_API_TOKEN: &str = named(FILE, "shut_passes_of_api_token");
const SHUT_PASSES_OF_API_TOKENS_OF: &str = named(FILE, "shut_passes_of_api_tokens_of");
const FORGET_REVOKED_API_TOKENS_OF: &str = named(FILE, "forget_revoked_api_tokens_of");
const KEEP_USE_OF_API_TOKEN: &str = named(FILE, "keep_use_of_api_token");
const PASS_OF_API_TOKEN: &str = named(FILE, "pass_of_api_token");
const NAME_OF_PASS_IS_TAKEN: &str = named(FILE, "name_of_pass_is_taken");
const ADD_PASS_OF_API_TOKEN: &str = named(FILE, "add_pass_of_api_token");

const MAY: WordColumn = WordColumn { table: "api_token", name: "may" };

/// A token as it is stored, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: i64,
    pub account: AccountId,
    pub name: String,
    pub may: Scopes,
    pub hash: TokenHash,
    pub made_at: Time,
    /// None: it ends when it is revoked.
    pub ends_at: Option<Time>,
    pub revoked_at: Option<Time>,
    /// To ten minutes.
    pub used_at: Option<Time>,
}

impl ApiToken {
    /// Whether it still lets a program in at `now`.
    pub fn holds(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.ends_at.is_none_or(|end| now < end)
    }
}

/// A token to add.
pub struct NewApiToken<'a> {
    pub account: AccountId,
    pub name: &'a str,
    pub may: Scopes,
    pub hash: &'a TokenHash,
    pub ends_at: Option<Time>,
}

/// The pass of a token to add: it has all rights, and no code opens it.
pub struct NewTokenPass<'a> {
    pub token: i64,
    pub sale: SaleId,
    pub name: &'a str,
    pub ends_at: Time,
    /// Two random hashes: the schema wants a code, and a holder, but nobody else may hold the pass.
    pub code_hash: &'a Hash,
    pub holder_hash: &'a Hash,
}

impl Snapshot<'_> {
    pub fn api_token(&self, id: i64) -> Result<Option<ApiToken>> {
        self.row(API_TOKEN, named_params! {":id": id}, api_token).context("read a token")
    }

    /// The tokens of an account, the oldest first; revoked ones are among them.
    pub fn api_tokens_of(&self, account: AccountId) -> Result<Vec<ApiToken>> {
        self.rows(API_TOKENS_OF, named_params! {":account_id": account}, api_token).context("read the tokens")
    }

    /// The person for whom a token acts, unless it is revoked or has ended, or the account is closed. Never an admin:
    /// an admin's powers are not among the scopes.
    pub fn person_of_api_token(&self, token: &TokenHash, now: Time) -> Result<Option<Person>> {
        let person = |row: &Row<'_>| {
            let (account, id): (AccountId, i64) = (row.get(0)?, row.get(7)?);
            let token = ByToken {
                id,
                may: MAY.read(row, 8, id, Scopes::parse)?,
                ends_at: row.get(10)?,
                used_at: row.get(11)?,
                is_of_admin: row.get(6)?,
            };
            anyhow::Ok(Person {
                id: account,
                email: row.get(1)?,
                name: row.get(2)?,
                is_admin: false,
                state: AccountState::read(row, 3, account)?,
                logged_in_at: row.get(9)?,
                seen_at: token.used_at,
                is_verified: row.get(4)?,
                terms_version: row.get(5)?,
                by_pin: false,
                by_token: Some(token),
            })
        };
        self.row(PERSON_OF_API_TOKEN, named_params! {":token_hash": token, ":now": now}, person)
            .context("read the person of a token")
    }

    /// When a token was last revoked.
    pub fn last_revoked_at(&self) -> Result<Option<Time>> {
        self.the_row(LAST_REVOKED_AT, [], first).context("look for revoked tokens")
    }

    /// The newest pass by which a token works in a sale.
    pub fn pass_of_api_token(&self, token: i64, sale: SaleId) -> Result<Option<PassId>> {
        let parameters = named_params! {":id": token, ":sale_id": sale};
        let found = self.row(PASS_OF_API_TOKEN, parameters, first).context("look for the pass of a token")?;
        Ok(found.map(PassId))
    }

    /// Whether a pass of this name is not of this token in this sale.
    pub fn is_pass_name_taken(&self, name: &str, token: i64, sale: SaleId) -> Result<bool> {
        let parameters = named_params! {":name": name, ":id": token, ":sale_id": sale};
        self.statement(NAME_OF_PASS_IS_TAKEN)?.exists(parameters).context("look for the name of a pass")
    }
}

impl Tx<'_> {
    pub fn add_api_token(&self, new: &NewApiToken<'_>) -> Result<i64> {
        let parameters = named_params! {
            ":account_id": new.account, ":name": new.name, ":may": new.may.to_string(), ":token_hash": new.hash,
            ":made_at": self.now, ":ends_at": new.ends_at,
        };
        self.insert(ADD_API_TOKEN, parameters).context("add a token")
    }

    /// Revokes a token, and shuts the passes that it works by.
    pub fn revoke_api_token(&self, id: i64) -> Result<()> {
        let parameters = named_params! {":id": id, ":now": self.now};
        self.execute(REVOKE_API_TOKEN, parameters).context("revoke a token")?;
        self.execute(SHUT_PASSES_OF_API_TOKEN, parameters).context("shut the passes of a token")?;
        Ok(())
    }

    /// Revokes all tokens of an account, and shuts the passes that they work by.
    pub fn revoke_api_tokens_of(&self, account: AccountId) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":now": self.now};
        self.execute(REVOKE_API_TOKENS_OF, parameters).context("revoke the tokens of an account")?;
        self.execute(SHUT_PASSES_OF_API_TOKENS_OF, parameters).context("shut the passes of tokens")?;
        Ok(())
    }

    /// Revokes all tokens of everyone.
    pub fn revoke_all_api_tokens(&self) -> Result<()> {
        self.execute(REVOKE_ALL_API_TOKENS, named_params! {":now": self.now}).context("revoke all tokens")?;
        Ok(())
    }

    /// Forgets tokens of an account that were revoked before `before`, unless a pass of theirs is kept.
    pub fn forget_revoked_api_tokens_of(&self, account: AccountId, before: Time) -> Result<()> {
        let parameters = named_params! {":account_id": account, ":before": before};
        self.execute(FORGET_REVOKED_API_TOKENS_OF, parameters).context("forget revoked tokens")?;
        Ok(())
    }

    pub fn keep_use_of_api_token(&self, id: i64, used_at: Time) -> Result<()> {
        let parameters = named_params! {":id": id, ":used_at": used_at};
        self.execute(KEEP_USE_OF_API_TOKEN, parameters).context("note the use of a token")?;
        Ok(())
    }

    /// Adds the pass by which a token works in a sale; it is held by the token from the start.
    pub fn add_pass_of_api_token(&self, new: &NewTokenPass<'_>) -> Result<PassId> {
        let rights: Vec<&str> = Right::ALL.iter().map(|right| right.name()).collect();
        let rights = Rights::parse(&rights.join(",")).expect("the names of all rights");
        let parameters = named_params! {
            ":name": new.name, ":sale_id": new.sale, ":may": rights.to_string(), ":code_hash": new.code_hash,
            ":now": self.now, ":ends_at": new.ends_at, ":token_hash": new.holder_hash, ":id": new.token,
        };
        Ok(PassId(self.insert(ADD_PASS_OF_API_TOKEN, parameters).context("add the pass of a token")?))
    }
}

fn api_token(row: &Row<'_>) -> Result<ApiToken> {
    let id = row.get(0)?;
    Ok(ApiToken {
        id,
        account: row.get(1)?,
        name: row.get(2)?,
        may: MAY.read(row, 3, id, Scopes::parse)?,
        hash: row.get(4)?,
        made_at: row.get(5)?,
        ends_at: row.get(6)?,
        revoked_at: row.get(7)?,
        used_at: row.get(8)?,
    })
}
