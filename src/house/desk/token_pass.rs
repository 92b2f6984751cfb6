//! The pass of a token: a program whose token has the scope `desk` works at the desk by a pass of its own in each sale,
//! so that whatever it does is written down, audited and ended as the work of any other pass is.

use crate::house::people::log_in::{new_token, token_hash};
use crate::house::{Answer, House};
use crate::rules::desk::MAX_PASS_S;
use crate::rules::refusal::Refusal;
use crate::rules::sale::{SaleId, Stage};
use crate::rules::time::Time;
use crate::store::api_tokens::NewTokenPass;
use crate::store::passes::Pass;
use crate::store::sessions::ByToken;
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result};

impl House {
    /// The pass by which a token works in the sale of this code, or in the only one that is meant where none is named;
    /// made when it is first needed, with all rights and without a limit. It ends with the token, after 30 days at the
    /// latest, and then another follows it at the same till.
    ///
    /// Refuses `invalid` (several sales could be meant, or none), `not_found`, `not_allowed` (a cancelled sale), and
    /// `unauthenticated` (an admin has shut the token's pass in this sale).
    pub fn pass_of_api_token(&self, token: &ByToken, sale: Option<&str>) -> Answer<Pass> {
        let code = match sale {
            Some(code) => code.trim().to_owned(),
            None => self.meant_sale()?,
        };
        let (sale, known) = self.answer(|snapshot| {
            let sale = snapshot.sale(&code)?.ok_or(Refusal::NotFound("sale"))?;
            if sale.stage == Stage::Cancelled {
                return Err(Refusal::NotPublished.into());
            }
            Ok((sale.id, held(snapshot, token, sale.id, self.now_in(snapshot)?)?))
        })?;
        match known {
            Some(pass) => Ok(pass),
            None => self.make_pass_of_api_token(token, sale),
        }
    }

    /// The sale that is meant where none is named: the only one that is open, or, where none is, the only one that is
    /// not over.
    fn meant_sale(&self) -> Answer<String> {
        let sales = self.sales_with_pins()?;
        let some_are_open = sales.iter().any(|sale| sale.n_open > 0);
        let meant = sales.into_iter().filter(|sale| sale.n_open > 0 || !some_are_open);
        let mut codes: Vec<String> = meant.map(|sale| sale.code).collect();
        match codes.len() {
            0 => Err(Refusal::invalid("sale", "No sale is open: name one.").into()),
            1 => Ok(codes.remove(0)),
            _ => Err(Refusal::invalid("sale", format!("Name one of {}.", codes.join(", "))).into()),
        }
    }

    fn make_pass_of_api_token(&self, token: &ByToken, sale: SaleId) -> Answer<Pass> {
        let (token, code_hash, holder_hash) =
            (token.clone(), token_hash(&new_token()?), token_hash(&new_token()?));
        self.write(move |tx| {
            // Another request may have made it meanwhile.
            if let Some(pass) = held(tx, &token, sale, tx.now)? {
                return Ok(pass);
            }
            let latest = tx.now.plus_s(MAX_PASS_S);
            let ends_at = token.ends_at.map_or(latest, |end| end.min(latest));
            if ends_at <= tx.now {
                return Err(Refusal::PassEnded.into());
            }
            let name = free_name(tx, token.id, sale)?;
            let new = NewTokenPass {
                token: token.id,
                sale,
                name: &name,
                ends_at,
                code_hash: &code_hash,
                holder_hash: &holder_hash,
            };
            let id = tx.add_pass_of_api_token(&new)?;
            Ok(tx.pass(id)?.context("it was added in this transaction")?)
        })
    }
}

/// The token's pass in a sale, if it still holds. Refuses `unauthenticated` if it was shut.
fn held(snapshot: &Snapshot<'_>, token: &ByToken, sale: SaleId, now: Time) -> Answer<Option<Pass>> {
    let Some(id) = snapshot.pass_of_api_token(token.id, sale)? else { return Ok(None) };
    let pass = snapshot.pass(id)?.context("it was found in this snapshot")?;
    if pass.shut_at.is_some() {
        return Err(Refusal::PassEnded.into());
    }
    Ok(Some(pass).filter(|pass| pass.holds(now)))
}

/// `token 17`, or with a second number if another pass is called so.
fn free_name(tx: &Tx<'_>, token: i64, sale: SaleId) -> Result<String> {
    let names = (1..).map(|n| if n == 1 { format!("token {token}") } else { format!("token {token}-{n}") });
    for name in names {
        if !tx.is_pass_name_taken(&name, token, sale)? {
            return Ok(name);
        }
    }
    unreachable!("there are more names than passes")
}
