//! Tokens for programs: each acts for the owner of its account, within its scopes. Only its hash is stored; the text is
//! shown once. It ends by the clock, or when it is revoked.

use crate::house::people::log_in::{new_token, token_hash};
use crate::house::{Answer, House};
use crate::rules::faults::Faults;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::rules::scope::{Scope, Scopes, TOKEN_PREFIX};
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::accounts::AccountState;
use crate::store::api_tokens::{ApiToken, NewApiToken};
use crate::store::log::{Actor, LogLine};
use anyhow::{Context, Result};
use serde_json::json;

/// The most tokens of an account that hold at a time.
pub const MAX_TOKENS: i64 = 50;
/// How long a revoked token is kept, so that revoking it again is no mistake.
const REVOKED_KEPT_S: i64 = 30 * 86_400;

/// A token to add.
#[derive(Clone, Debug)]
pub struct TokenAsked {
    pub name: String,
    pub may: Scopes,
    /// None: it ends when it is revoked.
    pub ends_at: Option<Time>,
}

/// A new token, with its text, which is never shown again.
pub struct AddedToken {
    pub text: String,
    pub token: ApiToken,
}

/// Who adds or revokes a token: an admin at the command line, or its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Admin,
    Owner,
}

impl House {
    /// Adds a token. Refuses `invalid` (the name, the end, or the scope `desk` for anybody but an admin), `taken` (a
    /// token of this name holds), `not_allowed` (the account is closed, or has [`MAX_TOKENS`]), and `not_found`.
    pub fn add_api_token(&self, account: AccountId, asked: TokenAsked, by: By) -> Answer<AddedToken> {
        let name = text::one_line(&asked.name);
        let text = format!("{TOKEN_PREFIX}{}", new_token()?);
        let hash = token_hash(&text);
        let mut faults = Faults::default();
        faults.line("name", &name, 1, 40);
        faults.done()?;
        let token = self.write(move |tx| {
            act(tx, account, by);
            let owner = tx.account(account)?.ok_or(Refusal::NotFound("account"))?;
            if owner.state == AccountState::Closed {
                return Err(Refusal::AccountClosed.into());
            }
            let mut faults = Faults::default();
            faults.when(asked.ends_at.is_some_and(|end| end <= tx.now), "until", "A time ahead.");
            let is_too_much = asked.may.has(Scope::Desk) && !owner.is_admin;
            faults.when(is_too_much, "may", "The scope desk is for admins alone.");
            faults.done()?;
            make_room(tx, account, &name)?;
            let new =
                NewApiToken { account, name: &name, may: asked.may, hash: &hash, ends_at: asked.ends_at };
            let id = tx.add_api_token(&new)?;
            let detail = json!({"token": id, "may": asked.may, "until": asked.ends_at});
            log(tx, "token.add", account, detail)?;
            Ok(tx.api_token(id)?.context("it was added in this transaction")?)
        })?;
        Ok(AddedToken { text, token })
    }

    /// The tokens of an account that are not revoked, the oldest first; those that have ended are among them.
    pub fn api_tokens(&self, account: AccountId) -> Result<Vec<ApiToken>> {
        let tokens = self.read(|snapshot| snapshot.api_tokens_of(account))?;
        Ok(tokens.into_iter().filter(|token| token.revoked_at.is_none()).collect())
    }

    /// Revokes the token of this name, and shuts the passes that it works by; returns it, or none if it was revoked
    /// before. Refuses `not_found`.
    pub fn revoke_api_token(&self, account: AccountId, name: &str, by: By) -> Answer<Option<ApiToken>> {
        let name = text::one_line(name);
        self.write(move |tx| {
            act(tx, account, by);
            let mut tokens = tx.api_tokens_of(account)?;
            tokens.retain(|token| token.name == name);
            let Some(token) = tokens.iter().find(|token| token.revoked_at.is_none()) else {
                let is_known = !tokens.is_empty();
                return if is_known { Ok(None) } else { Err(Refusal::NotFound("token").into()) };
            };
            tx.revoke_api_token(token.id)?;
            log(tx, "token.revoke", account, json!({"token": token.id}))?;
            Ok(Some(token.clone()))
        })
    }

    /// Writes down when tokens were used, for those whose use was noted since.
    pub(in crate::house) fn keep_uses_of_tokens(&self) -> Answer<()> {
        let uses = self.used_tokens.take();
        if uses.is_empty() {
            return Ok(());
        }
        self.write(move |tx| Ok(uses.iter().try_for_each(|(id, at)| tx.keep_use_of_api_token(*id, *at))?))
    }
}

/// Names the owner as who acts; an admin at the command line is named already.
fn act(tx: &Tx<'_>, account: AccountId, by: By) {
    if by == By::Owner {
        tx.act_as(Some(Actor::Account(account)));
    }
}

fn log(tx: &Tx<'_>, what: &'static str, account: AccountId, detail: serde_json::Value) -> Result<()> {
    tx.log(&LogLine { what, account: Some(account), detail: Some(detail), ..LogLine::default() })
}

/// Refuses `taken` and `not_allowed`. A token of the same name that has ended gives its name up.
fn make_room(tx: &Tx<'_>, account: AccountId, name: &str) -> Answer<()> {
    tx.forget_revoked_api_tokens_of(account, tx.now.plus_s(-REVOKED_KEPT_S))?;
    let tokens = tx.api_tokens_of(account)?;
    if let Some(same) = tokens.iter().find(|token| token.name == name && token.revoked_at.is_none()) {
        if same.holds(tx.now) {
            return Err(Refusal::TokenNameTaken.into());
        }
        tx.revoke_api_token(same.id)?;
    }
    let n_held = tokens.iter().filter(|token| token.holds(tx.now)).count();
    let is_full = i64::try_from(n_held).unwrap_or(i64::MAX) >= MAX_TOKENS;
    if is_full { Err(Refusal::TooMany { most: MAX_TOKENS }.into()) } else { Ok(()) }
}
