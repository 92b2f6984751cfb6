//! The audit of the desk: whatever a pass did, it did in its own sale, by a right that it has, and while it was in use;
//! a bidder who pays or bids there has a number; a void undoes one payment; and what is handed over was sold.

use crate::rules::desk::{PassId, Right};
use crate::rules::listing::ListingId;
use crate::rules::sale::SaleId;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::audited_desk::{AuditedHandover, AuditedVoid};
use crate::store::passes::Pass;
use anyhow::Result;

/// What is wrong with the desk, if anything, but for its bids.
pub(in crate::house) fn check(snapshot: &Snapshot<'_>) -> Result<Option<String>> {
    let passes = snapshot.passes()?;
    if let Some((pass, words)) = passes.iter().find_map(|pass| Some((pass, pass_fault(pass)?))) {
        return Ok(Some(format!("sale {}: pass {}: {words}", pass.sale_code, pass.name)));
    }
    for registered in snapshot.audited_registrations()? {
        let act = Act { pass: registered.pass, right: Right::Checkin, at: registered.at };
        if let Some(words) = act.fault(&passes, Some(registered.sale)) {
            return Ok(Some(format!("sale {}: number {}: {words}", registered.sale_code, registered.number)));
        }
    }
    for payment in snapshot.audited_payments()? {
        let act = Act { pass: payment.pass, right: Right::Checkout, at: payment.at };
        if let Some(words) = act.fault_with_number(&passes, act.sale(&passes), payment.registered_at) {
            return Ok(Some(format!("transfer {}: {words}", payment.id)));
        }
    }
    for void in snapshot.audited_voids()? {
        if let Some(words) = void_fault(&void, &passes) {
            return Ok(Some(format!("transfer {}: {words}", void.id)));
        }
    }
    for handed_over in snapshot.audited_handovers()? {
        if let Some(words) = handover_fault(&handed_over, &passes) {
            let lot =
                handed_over.lot.map_or(String::new(), |(_, sale, lot)| format!("sale {sale}, lot {lot}, "));
            return Ok(Some(format!("{lot}settlement {}: {words}", handed_over.settlement)));
        }
    }
    Ok(None)
}

/// What is wrong with a bid of this listing that the desk entered.
pub(in crate::house) fn check_bids(snapshot: &Snapshot<'_>, listing: ListingId) -> Result<Option<String>> {
    let bids = snapshot.audited_desk_bids(listing)?;
    let passes = if bids.is_empty() { Vec::new() } else { snapshot.passes()? };
    Ok(bids.iter().find_map(|bid| {
        let act = Act { pass: bid.pass, right: Right::Bid, at: bid.at };
        let words = act.fault_with_number(&passes, bid.sale, bid.registered_at)?;
        Some(format!("bid {}: {words}", bid.seq))
    }))
}

/// No time of a pass is compared with that of another write but its end, which an admin sets: a clock that is put back
/// between two of them is no fault of the books.
fn pass_fault(pass: &Pass) -> Option<&'static str> {
    (pass.made_at >= pass.ends_at).then_some("it ended before it was made")
}

/// What a pass did.
#[derive(Clone, Copy)]
struct Act {
    pass: PassId,
    right: Right,
    at: Time,
}

impl Act {
    fn of<'p>(&self, passes: &'p [Pass]) -> Option<&'p Pass> {
        passes.iter().find(|pass| pass.id == self.pass)
    }

    fn sale(&self, passes: &[Pass]) -> Option<SaleId> {
        self.of(passes).map(|pass| pass.sale)
    }

    /// How it differs from what its pass could do in `sale`.
    fn fault(&self, passes: &[Pass], sale: Option<SaleId>) -> Option<&'static str> {
        let Some(pass) = self.of(passes) else { return Some("it names a pass that there is not") };
        if Some(pass.sale) != sale {
            return Some("its pass is of another sale");
        }
        if !pass.may.has(self.right) {
            return Some("its pass does not allow it");
        }
        if pass.bound_at.is_none() {
            return Some("nobody held its pass");
        }
        (self.at >= pass.ends_at).then_some("it came after its pass had ended")
    }

    /// The same for what needs a number in `sale`.
    fn fault_with_number(
        &self,
        passes: &[Pass],
        sale: Option<SaleId>,
        registered_at: Option<Time>,
    ) -> Option<&'static str> {
        match (self.fault(passes, sale), registered_at) {
            (Some(words), _) => Some(words),
            (None, None) => Some("its person has no number in the sale of its pass"),
            (None, Some(registered_at)) => {
                (self.at < registered_at).then_some("it came before its person had a number")
            }
        }
    }
}

fn void_fault(void: &AuditedVoid, passes: &[Pass]) -> Option<String> {
    let payment = void.payment;
    if !void.is_of_payment {
        return Some(format!("it voids transfer {payment}, which is no payment"));
    }
    if !void.is_opposite {
        return Some(format!("it is not the opposite of payment {payment}, which it voids"));
    }
    if void.has_another {
        return Some(format!("it is not the only void of payment {payment}"));
    }
    if void.id < payment || void.at < void.paid_at {
        return Some(format!("it came before payment {payment}, which it voids"));
    }
    let act = Act { pass: void.pass?, right: Right::Checkout, at: void.at };
    act.fault(passes, void.sale).map(str::to_owned)
}

fn handover_fault(handed_over: &AuditedHandover, passes: &[Pass]) -> Option<&'static str> {
    if !handed_over.is_sold {
        return Some("it was handed over, and nobody has bought it");
    }
    if handed_over.at < handed_over.settled_at {
        return Some("it was handed over before it was sold");
    }
    if handed_over.reversed_at.is_some_and(|reversed_at| handed_over.at > reversed_at) {
        return Some("it was handed over after its sale was reversed");
    }
    let act = Act { pass: handed_over.pass?, right: Right::Checkout, at: handed_over.at };
    // Outside of sales an admin hands over, and no pass.
    act.fault(passes, handed_over.lot.as_ref().map(|(sale, ..)| *sale))
}
