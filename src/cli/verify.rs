//! `auction verify`: checks a bidder's receipt against the history; exit status 1 if they disagree.

use super::out::Out;
use super::{Ending, Ran, amiss, words};
use crate::house::House;
use crate::rules::receipt::Receipt;
use crate::rules::refusal::Refusal;
use anyhow::{Context, Result};
use clap::Args;
use std::io::Read;

/// Longest receipt that is read from stdin.
const MAX_RECEIPT_BYTES: u64 = 1_024;

#[derive(Args)]
#[command(after_help = "\
A receipt is in the answer to a bid (bid.receipt) and on the listing's page, for its bidder:
  auction-receipt:LISTING:SEQ:HASH[:MAX:SALT][:TERMSHASH]

Examples:
  auction verify auction-receipt:17:3:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  auction verify - < receipt.txt")]
pub struct Verify {
    /// The receipt, or - to read it from stdin, which keeps it out of process lists
    receipt: String,
}

impl Verify {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let text = if self.receipt == "-" { from_stdin()? } else { self.receipt.clone() };
        let Some(receipt) = Receipt::parse(&text) else {
            let words = "This is not a receipt: auction-receipt:LISTING:SEQ:HASH[:MAX:SALT][:TERMSHASH].";
            return Err(Refusal::invalid("receipt", words).into());
        };
        let verified = house.verify(&receipt)?;
        let currency = house.settings()?.currency();
        out.data(&verified, || {
            if let Some(words) = &verified.disagreement {
                return format!("DISAGREES  {words}");
            }
            let bid = verified.bid.as_ref().expect("a receipt agrees with a bid");
            let (amount, at) = (currency.show(bid.amount), bid.at);
            let opens = match verified.max {
                Some(max) => format!("; its commitment opens to a max of {}", currency.show(max)),
                None => String::new(),
            };
            let desk = bid.desk.as_ref().map_or(String::new(), |desk| {
                format!("\n        entered at the desk by {} ({})", desk.pass, desk.source)
            });
            let terms = verified.terms.as_ref().map_or(String::new(), |terms| {
                let (version, at, accepted_at) = (terms.version, terms.published_at, terms.accepted_at);
                format!("\n        under version {version} of the terms, published at {at} and accepted at {accepted_at}")
            });
            format!(
                "agrees  bid {} on listing {}: {}, {amount} at {at}{desk}\n        its hash stands in the history, and the chain \
                 up to it recomputes{opens}{terms}",
                bid.seq,
                bid.listing,
                words::bidder(&bid.bidder, bid.bidder_number)
            )
        })?;
        Ok(match &verified.disagreement {
            Some(words) => amiss(format!("the receipt disagrees: {words}")),
            None => Ending::Done,
        })
    }
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_RECEIPT_BYTES)
        .read_to_string(&mut text)
        .context("read the receipt from stdin")?;
    Ok(text)
}
