//! The desk of a sale: passes for staff, bidder numbers, bids that are entered for guests, payments at the till,
//! handovers, and the report of all that.
//!
//! Every write names its pass. It has an Idempotency-Key, so that a resend after lost wifi books once.

pub mod bids;
pub mod cards;
pub mod checkout;
pub mod guest_import;
pub mod guests;
pub mod passes;
pub mod pins;
pub mod reissue;
pub mod report;
pub mod sale;
pub mod slips;
pub mod till;
pub mod token_pass;

use crate::house::bidding::place_bid::{Key, admitted};
use crate::house::{Answer, House};
use crate::rules::desk::{PassId, Right};
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::store::log::Actor;
use crate::store::passes::Pass;
use crate::store::sales::Sale;
use crate::store::{Snapshot, Tx};
use anyhow::Context;
use serde::Serialize;

/// The sale of a pass. Refuses `not_allowed` if it was cancelled.
fn sale_of(snapshot: &Snapshot<'_>, pass: &Pass) -> Answer<Sale> {
    let sale = snapshot.sale(&pass.sale_code)?.context("a pass belongs to a sale")?;
    if sale.stage == Stage::Cancelled { Err(Refusal::NotPublished.into()) } else { Ok(sale) }
}

impl House {
    /// Runs one write of the desk, and keeps its answer: the same key and request again get it again, and nothing more
    /// is written. Returns the answer as JSON. Refuses as [`admitted`], and `invalid` for a key that was used for
    /// another request.
    fn write_at_desk<T: Serialize>(
        &self,
        pass: &Pass,
        right: Right,
        key: Key,
        write: impl FnOnce(&Tx<'_>, &Pass) -> Answer<T> + Send + 'static,
    ) -> Answer<String> {
        let pass = pass.clone();
        self.write(move |tx| {
            tx.act_as(Some(Actor::Pass(pass.name.as_str().into())));
            admitted(tx, pass.id, right)?;
            if let Some(before) = answered(tx, pass.id, &key)? {
                return Ok(before);
            }
            let json = serde_json::to_string(&write(tx, &pass)?).context("write an answer of the desk")?;
            tx.keep_desk_answer(pass.id, &key.key, &key.request, &json)?;
            Ok(json)
        })
    }
}

/// The answer that was given under this key. Refuses `invalid` if it belongs to another request.
fn answered(snapshot: &Snapshot<'_>, pass: PassId, key: &Key) -> Answer<Option<String>> {
    let Some((request, json)) = snapshot.desk_answer(pass, &key.key)? else { return Ok(None) };
    key.check_same(request)?;
    Ok(Some(json))
}
