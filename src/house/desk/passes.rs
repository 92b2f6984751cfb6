//! Passes: opened by an admin for one sale, bound to the first browser or program that gives the code, ended by the
//! clock or an admin.

use crate::house::people::log_in::{new_token, token_hash};
use crate::house::{Answer, House};
use crate::rules::desk::{BY_ADMIN, MAX_PASS_S, Rights};
use crate::rules::faults::Faults;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::log::LogLine;
use crate::store::passes::{NewPass, Pass};
use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The letters and digits of a code: none that could be taken for another. 32 of them, so that each is 5 bits.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// The characters of a code, 60 bits: with five wrong tries a minute nobody guesses one.
const CODE_CHARS: usize = 12;

/// A pass to open.
#[derive(Clone, Debug)]
pub struct PassAsked {
    pub name: String,
    pub sale: String,
    pub may: Rights,
    pub ends_at: Time,
    /// The highest bidding limit that it may give; none: any.
    pub most_limit: Option<Money>,
}

/// A new pass, with the code that opens the desk: it is never shown again.
pub struct OpenedPass {
    pub pass: Pass,
    pub code: String,
}

/// A pass that a browser or a program now holds.
pub struct EnteredDesk {
    /// For the desk's cookie or the `Authorization` header; never shown again.
    pub token: String,
    pub pass: Pass,
}

impl House {
    /// Opens a pass for the desk of a sale, a draft included. Refuses `invalid`, `not_found`, `not_allowed` (the sale is
    /// cancelled) and `taken` (a pass of this name still holds).
    pub fn open_pass(&self, asked: PassAsked) -> Answer<OpenedPass> {
        let name = text::one_line(&asked.name);
        let code = new_code()?;
        let code_hash = hash_of_code(&code);
        let mut faults = Faults::default();
        faults.line("name", &name, 1, 40);
        // As which the command line takes and voids payments.
        faults.when(name.eq_ignore_ascii_case(BY_ADMIN), "name", "This name is the command line's.");
        faults.done()?;
        let pass = self.write(move |tx| {
            let sale = tx.sale(&asked.sale)?.ok_or(Refusal::NotFound("sale"))?;
            if sale.stage == Stage::Cancelled {
                return Err(Refusal::NotPublished.into());
            }
            let in_time = asked.ends_at > tx.now && asked.ends_at <= tx.now.plus_s(MAX_PASS_S);
            let mut faults = Faults::default();
            faults.when(!in_time, "until", "A time ahead, at most 30 days.");
            let is_good =
                asked.most_limit.is_none_or(|limit| (0..=crate::rules::money::MAX_AMOUNT).contains(&limit));
            faults.when(!is_good, "limit", "An amount from 0 on.");
            faults.done()?;
            if tx.passes()?.iter().any(|pass| pass.name == name && pass.holds(tx.now)) {
                return Err(Refusal::PassNameTaken.into());
            }
            let new = NewPass {
                name: &name,
                sale: sale.id,
                may: &asked.may,
                most_limit: asked.most_limit,
                code_hash: &code_hash,
                ends_at: asked.ends_at,
            };
            let id = tx.add_pass(&new)?;
            let detail = json!({"pass": name, "may": asked.may.to_string(), "limit": asked.most_limit});
            tx.log(&LogLine::of("desk.open").sale(sale.id).detail(detail))?;
            Ok(tx.pass(id)?.context("it was opened in this transaction")?)
        })?;
        Ok(OpenedPass { pass, code })
    }

    /// All passes, the oldest first, ended ones included.
    pub fn passes(&self) -> Result<Vec<Pass>> {
        self.read(|snapshot| snapshot.passes())
    }

    /// Ends the passes of this name at once; returns how many were still open. Refuses `not_found`.
    pub fn shut_pass(&self, name: &str) -> Answer<usize> {
        let name = text::one_line(name);
        self.write(move |tx| {
            if !tx.passes()?.iter().any(|pass| pass.name == name) {
                return Err(Refusal::NotFound("pass").into());
            }
            let n_shut = tx.shut_pass(&name)?;
            tx.log(&LogLine::of("desk.shut").detail(json!({"pass": name, "n_shut": n_shut})))?;
            Ok(n_shut)
        })
    }

    /// Whether a pass, ended ones included, has this code.
    pub fn knows_code(&self, code: &str) -> Result<bool> {
        let code_hash = hash_of_code(code);
        self.read(|snapshot| Ok(snapshot.pass_by_code(&code_hash)?.is_some()))
    }

    /// Binds the pass of this code to a new token. `held` is the token that the browser holds already: the same browser
    /// may give its code again, and keeps its token. Returns `None` for a wrong code. Refuses `unauthenticated` (the pass
    /// has ended) and `in_use` (bound to another browser).
    pub fn enter_desk(&self, code: &str, held: Option<&str>) -> Answer<Option<EnteredDesk>> {
        let code_hash = hash_of_code(code);
        let held = held.map(str::to_owned);
        let token = new_token()?;
        self.write(move |tx| {
            let Some(pass) = tx.pass_by_code(&code_hash)? else {
                return Ok(None);
            };
            if !pass.holds(tx.now) {
                return Err(Refusal::PassEnded.into());
            }
            if let Some(held) = held
                && tx.pass_by_token(&token_hash(&held))?.is_some_and(|of_held| of_held.id == pass.id)
            {
                return Ok(Some(EnteredDesk { token: held, pass }));
            }
            if !tx.bind_pass(pass.id, &token_hash(&token))? {
                return Err(Refusal::CodeInUse.into());
            }
            Ok(Some(EnteredDesk { token, pass }))
        })
    }

    /// The pass that is bound to the holder of this token, if it still holds.
    pub fn pass_of(&self, token: &str) -> Result<Option<Pass>> {
        let token_hash = token_hash(token);
        self.read(|snapshot| {
            let now = self.now_in(snapshot)?;
            Ok(snapshot.pass_by_token(&token_hash)?.filter(|pass| pass.holds(now)))
        })
    }
}

/// Returns a random code, in groups of four.
fn new_code() -> Result<String> {
    let mut bytes = [0; CODE_CHARS];
    getrandom::fill(&mut bytes)?;
    let chars: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// The hash of a code as it is typed: without case, blanks and hyphens.
fn hash_of_code(typed: &str) -> [u8; 32] {
    let plain: String = typed.chars().filter(|c| c.is_alphanumeric()).collect();
    Sha256::digest(plain.to_uppercase()).into()
}
