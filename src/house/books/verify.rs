//! Checks a receipt against the history of its listing.

use crate::house::House;
use crate::house::bidder_names::Bidders;
use crate::house::books::proof::{BidShown, after_bid};
use crate::house::settings::currency_or_none as currency;
use crate::rules::chain;
use crate::rules::hash::hex;
use crate::rules::listing::ListingId;
use crate::rules::money::{Currency, Money};
use crate::rules::receipt::Receipt;
use crate::store::Snapshot;
use anyhow::Result;
use serde::Serialize;

/// The result of checking a receipt.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    pub listing: ListingId,
    pub seq: i64,
    pub hash: String,
    /// The bid in the history under the receipt's number.
    pub bid: Option<BidShown>,
    /// The maximum to which the commitment opens; null for a receipt without one.
    pub max: Option<Money>,
    /// A sentence; null if everything agrees.
    pub disagreement: Option<String>,
}

impl House {
    /// Checks a receipt against the history: the chain up to its bid, the bid's hash, and the opening of its
    /// commitment.
    pub fn verify(&self, receipt: &Receipt) -> Result<Verified> {
        self.read(|snapshot| {
            let mut verified = Verified {
                listing: receipt.listing,
                seq: receipt.seq,
                hash: hex(&receipt.hash),
                bid: None,
                max: receipt.secret.map(|(max, _)| max),
                disagreement: None,
            };
            let bidders = self.naming().bidders(snapshot, receipt.listing);
            verified.disagreement = disagreement(snapshot, receipt, bidders, &mut verified.bid)?;
            Ok(verified)
        })
    }
}

/// What disagrees with the receipt, checked from the first link on; and the bid, once it is found.
fn disagreement(
    snapshot: &Snapshot<'_>,
    receipt: &Receipt,
    mut bidders: Bidders<'_, '_>,
    found: &mut Option<BidShown>,
) -> Result<Option<String>> {
    let Some(listing) = snapshot.listing(receipt.listing)? else {
        return Ok(Some(format!("there is no listing {} in this house", receipt.listing)));
    };
    let timings = snapshot.timings(listing.id)?;
    let (mut head, mut n_bids) = (chain::genesis(&listing), 0);
    for bid in snapshot.each_bid(listing.id).take(usize::try_from(receipt.seq).unwrap_or(0)) {
        let bid = bid?;
        for between in after_bid(&timings, n_bids) {
            if chain::link_timing(&head, &between.link) != between.hash {
                let kind = between.link.timing.name();
                return Ok(Some(format!("the chain breaks at the {kind} after bid {n_bids}")));
            }
            head = between.hash;
        }
        if bid.seq != n_bids + 1 || chain::link_bid(&head, &bid.link()) != bid.hash {
            let seq = n_bids + 1;
            return Ok(Some(format!(
                "the chain breaks at bid {seq}: its hash does not follow from what is before it"
            )));
        }
        (head, n_bids) = (bid.hash, bid.seq);
        *found = (bid.seq == receipt.seq).then(|| BidShown::of(&bid, &mut bidders)).transpose()?;
    }
    if n_bids < receipt.seq {
        return Ok(Some(format!("there is no bid {}, the history ends with {n_bids}", receipt.seq)));
    }
    let currency = currency(snapshot)?;
    Ok(found.as_ref().and_then(|bid| differs(bid, receipt, &currency)))
}

fn differs(bid: &BidShown, receipt: &Receipt, currency: &Currency) -> Option<String> {
    if bid.hash != hex(&receipt.hash) {
        return Some(format!("bid {} has another hash in the history: {}", bid.seq, bid.hash));
    }
    let (max, salt) = receipt.secret?;
    (bid.commitment != hex(&chain::commit(&salt, max))).then(|| {
        let max = currency.show(max);
        format!("the commitment of bid {} does not open to a maximum of {max}", bid.seq)
    })
}
