//! New PINs, for guests who have lost their card.

use super::{answered, sale_of};
use crate::house::bidding::place_bid::Key;
use crate::house::desk::guests::{Registered, pin_drawn};
use crate::house::people::password;
use crate::house::{Answer, House};
use crate::rules::desk::Right;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use anyhow::Context;

impl House {
    /// Gives a guest of the sale of a pass a new PIN in place of the one before. The answer to a resend is the same. Refuses
    /// `not_found`, and `not_allowed` (a cancelled sale, or a right that the pass does not have).
    pub fn new_pin_at_desk(&self, pass: &Pass, token: &str, key: Key, number: i64) -> Answer<Registered> {
        let pin = pin_drawn(token, &key.key);
        let before = self.answer(|snapshot| answered(snapshot, pass.id, &key))?;
        // Hashing takes 30 ms, and never happens while the lock is held.
        let pin_hash = if before.is_some() { String::new() } else { password::hash(&pin)? };
        let json = self.write_at_desk(pass, Right::Checkin, key, move |tx, pass| {
            let sale = sale_of(tx, pass)?;
            let guest = tx.registration(sale.id, number)?.ok_or(Refusal::NotFound("bidder"))?;
            tx.set_pin(sale.id, number, &pin_hash)?;
            Ok(Registered { number, account: guest.account.0, pin: String::new() })
        })?;
        let registered: Registered = serde_json::from_str(&json).context("read an answer of the desk")?;
        Ok(Registered { pin, ..registered })
    }
}
