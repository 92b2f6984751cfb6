//! Number cards: what a guest takes along after check-in.

use super::guests::Registered;
use super::pins::pin_drawn;
use crate::house::people::password::{self, Verdict};
use crate::house::{Answer, House};
use crate::rules::desk::Right;
use crate::rules::refusal::Refusal;
use crate::store::passes::Pass;
use crate::store::registrations::Registration;

/// A guest's number card.
#[derive(Clone, Debug)]
pub struct NumberCard {
    pub guest: Registration,
    /// None once the guest has got another PIN: the card is out of date.
    pub pin: Option<String>,
}

impl House {
    /// The card of the guest whom the pass registered, or gave a new PIN, under `key`. Its PIN is drawn again from the
    /// token and the key, so that nothing stores it and no other device can show it; that takes the time of a hash.
    ///
    /// Refuses `not_allowed`, and `not_found` for a key under which this pass gave no number.
    pub fn number_card(&self, pass: &Pass, token: &str, key: &str) -> Answer<NumberCard> {
        pass.require(Right::Checkin)?;
        let (guest, hash) = self.answer(|snapshot| {
            let answer = snapshot.desk_answer(pass.id, key)?;
            // The answer to another write of the pass names no number.
            let given = answer.and_then(|(_, json)| serde_json::from_str::<Registered>(&json).ok());
            let number = given.ok_or(Refusal::NotFound("bidder"))?.number;
            let guest = snapshot.registration(pass.sale, number)?.ok_or(Refusal::NotFound("bidder"))?;
            Ok((guest, snapshot.pin_of(pass.sale, number)?.and_then(|(_, hash)| hash)))
        })?;
        let pin = pin_drawn(token, key);
        let is_good = password::verify(&pin, hash.as_deref()) == Verdict::Right;
        Ok(NumberCard { guest, pin: is_good.then_some(pin) })
    }
}
