//! Handovers: a lot goes to its buyer once, and before it is paid only for a reason.

use super::bill::{Bill, BillLine};
use crate::house::{Answer, House};
use crate::rules::desk::PassId;
use crate::rules::faults::check_why;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::log::LogLine;
use anyhow::{Context, Result};
use serde::Serialize;

/// What was handed over, with the bill that it is on.
#[derive(Clone, Debug, Serialize)]
pub struct HandedOverItem {
    pub listing: ListingId,
    /// The lot's code; null outside of sales.
    pub lot: Option<String>,
    pub handed_over_at: Time,
    pub bill: Bill,
}

/// The reason for a handover as it is kept; none if there is only white space. Refuses `invalid`.
pub(in crate::house) fn reason(why: Option<&str>) -> Answer<Option<String>> {
    let why = why.map(text::one_line).filter(|why| !why.is_empty());
    why.as_deref().map_or(Ok(()), check_why)?;
    Ok(why)
}

/// Hands over what a line of a bill charges for. Refuses `not_allowed` (the sale was reversed), `taken` (handed over
/// already), and `not_covered` for a line that is not paid, unless there is a reason.
pub(in crate::house) fn hand_over(
    tx: &Tx<'_>,
    line: &BillLine,
    pass: Option<PassId>,
    why: Option<&str>,
) -> Answer<()> {
    if line.reversed {
        return Err(Refusal::NotSold.into());
    }
    if line.handed_over_at.is_some() {
        return Err(Refusal::HandedOverAlready.into());
    }
    if line.covered < line.total && why.is_none() {
        return Err(Refusal::NotCovered { due: line.total - line.covered }.into());
    }
    tx.hand_over(line.settlement, pass, why)?;
    Ok(tx.log(&LogLine { why, ..LogLine::of("listing.hand_over").listing(line.listing) })?)
}

impl House {
    /// Hands a sold listing over for an admin, a lot or not. Refuses `not_found`, `not_allowed` (nobody has bought it),
    /// `taken` (handed over already), and `not_covered` for one that is not paid, unless there is a reason.
    pub fn hand_over(&self, listing: ListingId, why: Option<&str>) -> Answer<HandedOverItem> {
        let why = reason(why)?;
        self.write(move |tx| {
            let found = tx.listing(listing)?.ok_or(Refusal::NotFound("listing"))?;
            let settlement = tx.settlement_of(listing)?.ok_or(Refusal::NotSold)?;
            let buyer = settlement.buyer().ok_or(Refusal::NotSold)?;
            let sale = found.lot.as_ref().map(|lot| lot.sale.as_str());
            let line = line_of(&bill(tx, buyer, sale)?, listing)?;
            hand_over(tx, &line, None, why.as_deref())?;
            Ok(HandedOverItem {
                listing,
                lot: line.lot,
                handed_over_at: tx.now,
                bill: bill(tx, buyer, sale)?,
            })
        })
    }
}

fn bill(tx: &Tx<'_>, buyer: AccountId, sale: Option<&str>) -> Result<Bill> {
    match sale {
        Some(code) => Bill::of(tx, buyer, Some(&tx.sale(code)?.context("a lot belongs to a sale")?)),
        None => Bill::outside_sales(tx, buyer),
    }
}

fn line_of(bill: &Bill, listing: ListingId) -> Result<BillLine> {
    let line = bill.lines.iter().find(|line| line.listing == listing).cloned();
    line.context("what was sold is a line of its buyer's bill")
}
