//! A new PIN for a guest who has lost the card with the old one.

use super::guests::Registered;
use super::pins::{new_pin, pin_drawn};
use super::{answered, sale_of};
use crate::house::bidding::place_bid::Key;
use crate::house::people::password;
use crate::house::{Answer, House};
use crate::rules::desk::{PassId, Right};
use crate::rules::refusal::Refusal;
use crate::rules::sale::SaleId;
use crate::store::Tx;
use crate::store::log::LogLine;
use crate::store::passes::Pass;
use anyhow::Context;
use serde_json::json;

impl House {
    /// Gives a guest of the sale of a pass a new PIN, for a card that is printed again. The old PIN ends, and so do the
    /// sessions that a PIN of this person has opened. The answer to a resend is the same, its PIN too.
    ///
    /// Refuses `not_found` (nobody has this number), `not_allowed` (a cancelled sale, or a right that the pass does not
    /// have) and `unauthenticated` (the pass has ended).
    pub fn new_pin_at_desk(&self, pass: &Pass, token: &str, key: Key, number: i64) -> Answer<Registered> {
        let pin = pin_drawn(token, &key.key);
        let before = self.answer(|snapshot| answered(snapshot, pass.id, &key))?;
        // Hashing takes 30 ms, and never happens while the lock is held.
        let hash = if before.is_some() { String::new() } else { password::hash(&pin)? };
        let json = self.write_at_desk(pass, Right::Checkin, key, move |tx, pass| {
            let sale = sale_of(tx, pass)?;
            set_pin(tx, sale.id, number, &hash, Some(pass.id))
        })?;
        let set: Registered = serde_json::from_str(&json).context("read an answer of the desk")?;
        Ok(Registered { pin, ..set })
    }

    /// Gives a guest a new PIN, for an admin: the old PIN ends, and so do the sessions that a PIN of this person has
    /// opened. Refuses `not_found` (the sale, or the number).
    pub fn new_pin(&self, sale: &str, number: i64) -> Answer<Registered> {
        let (pin, sale) = (new_pin()?, sale.to_owned());
        let hash = password::hash(&pin)?;
        let set = self.write(move |tx| {
            let sale = tx.sale(&sale)?.ok_or(Refusal::NotFound("sale"))?;
            set_pin(tx, sale.id, number, &hash, None)
        })?;
        Ok(Registered { pin, ..set })
    }
}

fn set_pin(tx: &Tx<'_>, sale: SaleId, number: i64, hash: &str, pass: Option<PassId>) -> Answer<Registered> {
    let (account, _) = tx.pin_of(sale, number)?.ok_or(Refusal::NotFound("bidder"))?;
    tx.set_pin(sale, number, hash, pass)?;
    tx.end_pin_sessions_of(account)?;
    tx.log(&LogLine::of("bidder.pin").account(account).sale(sale).detail(json!({"number": number})))?;
    Ok(Registered { number, account: account.0, pin: String::new() })
}
