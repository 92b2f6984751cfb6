//! Number cards: what a guest takes along after check-in.

use super::guests::Registered;
use super::pins::pin_drawn;
use crate::house::{Answer, House};
use crate::rules::desk::Right;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use crate::store::registrations::Registration;

/// A guest's number card.
#[derive(Clone, Debug)]
pub struct NumberCard {
    pub guest: Registration,
    pub pin: String,
}

impl House {
    /// The card of the guest whom the pass registered, or gave a new PIN, under `key`. Its PIN is drawn again from the
    /// token and the key, so that nothing stores it, and no other device can show it.
    ///
    /// Refuses `not_found` for a key under which this pass gave no number.
    pub fn number_card(&self, pass: &Pass, token: &str, key: &str) -> Answer<NumberCard> {
        if !pass.may.has(Right::Checkin) {
            return Err(Refusal::NotOfPass(Right::Checkin).into());
        }
        let guest = self.answer(|snapshot| {
            let answer = snapshot.desk_answer(pass.id, key)?;
            // The answer to another write of the pass names no number.
            let given = answer.and_then(|(_, json)| serde_json::from_str::<Registered>(&json).ok());
            let given = given.ok_or(Refusal::NotFound("bidder"))?;
            Ok(snapshot.registration(pass.sale, given.number)?.ok_or(Refusal::NotFound("bidder"))?)
        })?;
        Ok(NumberCard { guest, pin: pin_drawn(token, key) })
    }
}
