//! The audit of sales: their lots stand in order, each has the close and the terms that its sale gives it, and each
//! postponement, pause, resume and cancellation touched all the lots that it should. The chains of the lots say the
//! rest. What a draft offers, and the texts of a sale, bind nobody: no chain contains them.

use crate::rules::listing::Listing;
use crate::rules::sale::{Stage, check_code, folded, lot_code};
use crate::store::Snapshot;
use crate::store::audited_sales::{AuditedListing, AuditedLot};
use crate::store::sales::Sale;
use anyhow::Result;

/// Checks a sale. Returns the number of its lots, and what is wrong with it, if anything.
pub(in crate::house) fn check(snapshot: &Snapshot<'_>, sale: &Sale) -> Result<(u64, Option<String>)> {
    let lots = snapshot.audited_lots(sale.id)?;
    let n_lots = lots.len() as u64;
    if let Some(words) = stage_fault(sale, &lots) {
        return Ok((n_lots, Some(words.to_owned())));
    }
    if let Some((lot, words)) = lots.iter().find_map(|lot| Some((lot, lot_fault(sale, lot)?))) {
        return Ok((n_lots, Some(format!("lot {}: {words}", lot.code))));
    }
    if !is_listed_in_order(&lots) {
        return Ok((n_lots, Some("its lots were not listed in their order".into())));
    }
    let words = match sale.published_at {
        Some(_) => changes_fault(snapshot, sale)?,
        None => draft_fault(snapshot, sale)?,
    };
    Ok((n_lots, words))
}

/// How a lot differs from what its sale says of it; none for a listing without a sale.
pub(in crate::house) fn check_lot(snapshot: &Snapshot<'_>, listing: &Listing) -> Result<Option<String>> {
    let Some(place) = &listing.lot else { return Ok(None) };
    let Some(sale) = snapshot.sale(&place.sale)? else { return Ok(None) };
    let lot = snapshot.audited_lot(listing.id)?;
    Ok(lot.and_then(|lot| lot_fault(&sale, &lot)).map(str::to_owned))
}

fn stage_fault(sale: &Sale, lots: &[AuditedLot]) -> Option<&'static str> {
    let first = lots.first().and_then(|lot| lot.listing.as_ref());
    if check_code(&sale.code).is_err() {
        return Some("no sale can have this code");
    }
    if (0_i64..).zip(lots).any(|(nth, lot)| lot.nth != nth) {
        return Some("its lots are not numbered in order, without a gap");
    }
    match (sale.stage, sale.published_at) {
        (Stage::Draft, Some(_)) => Some("it is a draft that was published"),
        (_, Some(at)) if at < sale.created_at => Some("it was published before it was made"),
        (_, Some(_)) if lots.is_empty() => Some("it was published without a lot"),
        (_, Some(at)) if first.is_some_and(|first| first.created_at != at) => {
            Some("its first lot was not listed when it was published")
        }
        _ => None,
    }
}

/// Whether no lot was listed before the one in front of it.
fn is_listed_in_order(lots: &[AuditedLot]) -> bool {
    lots.iter().filter_map(|lot| lot.listing.as_ref()).is_sorted_by_key(|listing| listing.created_at)
}

fn lot_fault(sale: &Sale, lot: &AuditedLot) -> Option<&'static str> {
    if lot_code(&lot.code).as_ref() != Ok(&lot.code) {
        return Some("no lot can have this code");
    }
    if folded(&lot.code) != lot.folded {
        return Some("its code is compared as another one");
    }
    match (&lot.listing, sale.published_at) {
        (Some(_), None) => Some("it is listed, though the sale was never published"),
        (None, Some(_)) => Some("it is not listed, though the sale was published"),
        (None, None) if !lot.is_draft => Some("nothing says what it offers"),
        (None, None) => None,
        (Some(_), Some(_)) if lot.is_draft => Some("it is listed and still a draft"),
        (Some(listing), Some(_)) => listing_fault(sale, lot, listing),
    }
}

/// How a listing differs from what the terms of its sale make of its lot.
fn listing_fault(sale: &Sale, lot: &AuditedLot, listing: &AuditedListing) -> Option<&'static str> {
    let terms = &sale.terms;
    if listing.sale != Some(sale.id) {
        return Some("its listing does not stand in this sale");
    }
    if listing.opens_at != terms.opens_at {
        return Some("its listing does not open with the sale");
    }
    if listing.first_closes_at != terms.close_of(lot.nth, lot.closes_at) {
        return Some("its first close is not the one that its place in the sale makes");
    }
    if (listing.premium_bps, listing.commission_bps) != (terms.premium_bps, terms.commission_bps) {
        return Some("its premium or commission is not the sale's");
    }
    (listing.soft_close != terms.soft_close).then_some("its soft close is not the sale's")
}

/// The first lot that a postponement, a pause, a resume or the cancellation of its sale left out.
fn changes_fault(snapshot: &Snapshot<'_>, sale: &Sale) -> Result<Option<String>> {
    if let Some((code, kind, at)) = snapshot.missed_change(sale.id)? {
        return Ok(Some(format!("lot {code}: the {kind} of the sale at {at} left it out")));
    }
    let Some(why) = sale.why.as_deref().filter(|_| sale.stage == Stage::Cancelled) else {
        return Ok(None);
    };
    let Some(at) = snapshot.cancelled_at(sale.id, why)? else {
        return Ok(Some("it is cancelled, and none of its lots was for its reason".into()));
    };
    let open = snapshot.uncancelled_lot(sale.id, at)?;
    Ok(open.map(|code| format!("lot {code}: it is open, though the sale was cancelled at {at}")))
}

/// The first lot of a draft that could not be published as it is kept.
fn draft_fault(snapshot: &Snapshot<'_>, sale: &Sale) -> Result<Option<String>> {
    for lot in snapshot.draft_lots(sale.id)? {
        if let Err(refusal) = lot.draft.lot_faults(None).done() {
            return Ok(Some(format!("lot {}: its draft cannot be listed: {refusal}", lot.lot.code)));
        }
    }
    let stray = snapshot.stray_draft(sale.id)?;
    Ok(stray.map(|code| format!("lot {code}: the pictures of its draft are not numbered without a gap")))
}
