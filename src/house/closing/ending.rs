//! Ends an open listing: the settlement, the postings, the hold, the events and the notices, in the caller's transaction.

use crate::house::notices::{events, notify};
use crate::rules::bidding::Standing;
use crate::rules::chain;
use crate::rules::listing::Listing;
use crate::rules::settlement::{self, Outcome};
use crate::store::Tx;
use crate::store::ledger::Cause;
use crate::store::listings::State;
use anyhow::Result;
use serde_json::json;

/// Ends an open listing with `outcome`: writes the settlement, the postings, the hold and the events. Returns the
/// settlement's id.
pub(in crate::house) fn end(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    outcome: &Outcome,
) -> Result<i64> {
    let state = match outcome {
        Outcome::Sold(_) => State::Sold,
        Outcome::Unsold(_) => State::Unsold,
        Outcome::Cancelled { .. } => State::Cancelled,
    };
    let link = chain::SettlementLink::of(listing.id, outcome, standing.closes_at, tx.now);
    let head = chain::link_settlement(&standing.head, &link);
    tx.close(listing.id, state, &head)?;
    tx.forget_entry(listing.id)?;
    let id = tx.record(listing.id, outcome, standing.closes_at, &head)?;
    if let Some(lead) = &standing.lead {
        tx.hold(lead.bidder, -lead.held)?;
    }
    if let Some(sale) = outcome.sale() {
        let transfer = settlement::transfer(sale, listing.seller);
        tx.transfer(Cause::Sale { settlement: id }, &listing.title, &transfer)?;
    }
    tell_the_end(tx, listing, standing, outcome, id)?;
    Ok(id)
}

fn tell_the_end(
    tx: &Tx<'_>,
    listing: &Listing,
    standing: &Standing,
    outcome: &Outcome,
    settlement: i64,
) -> Result<()> {
    if let Outcome::Cancelled { why } = outcome {
        events::cancelled(tx, listing.id, why)?;
    } else {
        let winner = outcome.sale().map(|sale| tx.account(sale.buyer)).transpose()?.flatten();
        events::settled(tx, listing.id, outcome, winner.as_ref().map(|account| account.name.as_str()))?;
    }
    if let Some(sale) = outcome.sale() {
        let total = sale.hammer + sale.premium;
        let data = json!({
            "listing": listing.id, "title": listing.title, "hammer": sale.hammer,
            "premium": sale.premium, "total": total, "settlement": settlement,
        });
        events::one(tx, "won", sale.buyer, Some(listing.id), &data)?;
        events::funds(tx, sale.buyer)?;
        events::funds(tx, listing.seller)?;
    }
    let lead = standing.lead.as_ref().map(|lead| lead.bidder);
    if let Some(lead) = lead.filter(|lead| Some(*lead) != outcome.sale().map(|sale| sale.buyer)) {
        events::funds(tx, lead)?;
    }
    notify::end(tx, listing, standing, outcome)
}
