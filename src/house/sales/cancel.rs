//! Cancelling a sale: its open lots are cancelled and the holds released; what is settled stays.

use crate::house::closing::ending::end;
use crate::house::notices::notify;
use crate::house::sales::sale;
use crate::house::{Answer, House};
use crate::rules::faults::check_why;
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::rules::settlement::Outcome;
use crate::rules::text;
use crate::store::log::LogLine;
use anyhow::Context;
use serde_json::json;

impl House {
    /// Cancels a draft, or a published sale with all its open lots, paused ones included; a lot whose close has passed
    /// is settled as usual. Returns how many lots were cancelled; 0 for a sale that was cancelled before. Refuses
    /// `not_found`, `not_allowed` (published, and nothing is open any more), `invalid` (no reason).
    pub fn cancel_sale(&self, code: &str, why: &str) -> Answer<u64> {
        let why = text::one_line(why);
        check_why(&why)?;
        let code = code.to_owned();
        self.write_by_clock(move |tx| {
            let sale = sale(tx, &code)?;
            if sale.stage == Stage::Cancelled {
                return Ok(0);
            }
            let mut n_lots = 0;
            for id in tx.open_listings_of(sale.id, None)? {
                let listing = tx.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
                let standing = tx.standing(id)?.standing;
                if !standing.is_past_close(tx.now) {
                    end(tx, &listing, &standing, &Outcome::Cancelled { why: why.clone() })?;
                    notify::cancelled(tx, &listing)?;
                    n_lots += 1;
                }
            }
            if sale.stage == Stage::Published && n_lots == 0 {
                return Err(Refusal::NothingOpen.into());
            }
            tx.cancel_sale(sale.id, &why)?;
            tx.log(&LogLine::of("sale.cancel").sale(sale.id).why(&why).detail(json!({"n_lots": n_lots})))?;
            Ok(n_lots)
        })
    }
}
