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
use crate::rules::terms::hash;
use crate::rules::time::Time;
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
    /// The terms under which the bid was made, checked; null for a bid without terms.
    pub terms: Option<TermsVerified>,
    /// A sentence; null if everything agrees.
    pub disagreement: Option<String>,
}

/// A version of the terms that stands behind a bid.
#[derive(Clone, Debug, Serialize)]
pub struct TermsVerified {
    pub version: i64,
    pub hash: String,
    pub published_at: Time,
    /// When the bidder accepted it.
    pub accepted_at: Time,
}

impl House {
    /// Checks a receipt against the history: the chain up to its bid, the bid's hash, the opening of its commitment, and
    /// the terms, which had been published and accepted by then.
    pub fn verify(&self, receipt: &Receipt) -> Result<Verified> {
        self.read(|snapshot| {
            let mut verified = Verified {
                listing: receipt.listing,
                seq: receipt.seq,
                hash: hex(&receipt.hash),
                bid: None,
                max: receipt.secret.map(|(max, _)| max),
                terms: None,
                disagreement: None,
            };
            let bidders = self.naming().bidders(snapshot, receipt.listing);
            verified.disagreement = disagreement(snapshot, receipt, bidders, &mut verified.bid)?;
            if let (Some(bid), None) = (&verified.bid, &verified.disagreement) {
                match terms(snapshot, receipt, bid)? {
                    Ok(terms) => verified.terms = terms,
                    Err(words) => verified.disagreement = Some(words),
                }
            }
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

/// The terms under which the bid was made, or what is wrong with those that the receipt names. A receipt without terms says
/// nothing of them.
fn terms(
    snapshot: &Snapshot<'_>,
    receipt: &Receipt,
    bid: &BidShown,
) -> Result<Result<Option<TermsVerified>, String>> {
    let seq = bid.seq;
    let Some(of_bid) = &bid.terms else {
        let words = || format!("no terms were accepted for bid {seq}, and the receipt names some");
        return Ok(receipt.terms.map_or(Ok(None), |_| Err(words())));
    };
    let version = of_bid.version;
    if receipt.terms.is_some_and(|named| hex(&named) != of_bid.hash) {
        return Ok(Err(format!("bid {seq} was made under version {version} of the terms: {}", of_bid.hash)));
    }
    let Some(published) = snapshot.terms(Some(version))? else {
        return Ok(Err(format!("version {version} of the terms is missing")));
    };
    if hash(&published.text) != published.mark.hash {
        return Ok(Err(format!(
            "version {version} of the terms has another text than when it was published"
        )));
    }
    if published.at > bid.at {
        return Ok(Err(format!("version {version} of the terms was published after bid {seq}")));
    }
    let accepted = snapshot.accepted_at(bid.bidder_id, version)?.filter(|at| *at <= bid.at);
    let Some(accepted_at) = accepted else {
        return Ok(Err(format!("the bidder of bid {seq} had not accepted version {version} of the terms")));
    };
    let hash = hex(&published.mark.hash);
    Ok(Ok(Some(TermsVerified { version, hash, published_at: published.at, accepted_at })))
}
