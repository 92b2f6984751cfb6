//! The answer to a bid as its bidder reads it. It is kept with the leader's name, like the events.

use super::place_bid::Accepted;
use crate::house::House;
use crate::rules::listing::{AccountId, ListingId};
use anyhow::{Context, Result};
use serde_json::Value;

impl House {
    /// The answer as JSON, with its leader as this house shows them today; also an answer that was first given under
    /// another setting.
    pub fn shown_answer(&self, accepted: &Accepted) -> Result<String> {
        let (json, naming) = (accepted.json(), self.naming());
        if naming.is_by_name() {
            return Ok(json);
        }
        let mut answer: Value = serde_json::from_str(&json).context("read an answer")?;
        let listing = &mut answer["listing"];
        let id = ListingId(listing["id"].as_i64().context("an answer names its listing")?);
        let leader = listing["leader_id"].as_i64().map(AccountId);
        self.read(|snapshot| naming.bidders(snapshot, id).replace(listing, "leader", leader))?;
        Ok(answer.to_string())
    }
}
