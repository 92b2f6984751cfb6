//! Reversal: a settled listing is never reopened; an admin corrects it once, with a new and opposite set of postings.

use crate::house::notices::{events, notify};
use crate::house::{Answer, House};
use crate::rules::chain::{ReversalLink, link_reversal};
use crate::rules::faults::check_why;
use crate::rules::ledger::{HOUSE, Transfer};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::store::Snapshot;
use crate::store::ledger::Cause;
use crate::store::log::LogLine;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;

/// A person whose funds no longer cover their holds and debts.
#[derive(Clone, Debug, Serialize)]
pub struct Short {
    pub email: String,
    /// The available amount, in minor units: below zero.
    pub available: Money,
}

impl House {
    /// Reverses a settlement: by its postings, and by the last link of the listing's chain, in which `who` is the public
    /// name of a role. Returns the people whose funds are now short: a correction takes nobody's lead away,
    /// and waits for nobody's money. Refuses `not_found`, `not_allowed` (no money moved), `taken` (already reversed),
    /// `invalid` (no reason).
    pub fn reverse(&self, settlement: i64, who: &str, why: &str) -> Answer<Vec<Short>> {
        let (who, why) = (who.to_owned(), text::one_line(why));
        check_why(&why)?;
        self.write(move |tx| {
            let listing = tx.listing_of_settlement(settlement)?.ok_or(Refusal::NotFound("settlement"))?;
            let postings = tx.postings_of(Cause::Sale { settlement })?;
            if postings.is_empty() {
                return Err(Refusal::NoMoneyMoved.into());
            }
            if is_reversed(tx, settlement)? {
                return Err(Refusal::AlreadyReversed.into());
            }
            let sale = Transfer::of(postings.iter().map(|posting| (posting.purse, posting.amount)));
            tx.transfer(Cause::Reversal { settlement }, &why, &sale.reversed())?;
            let head = tx.standing(listing)?.standing.head;
            let link = ReversalLink { listing, settlement, at: tx.now, who: &who, why: &why };
            tx.add_reversal(listing, settlement, &who, &link_reversal(&head, &link))?;
            let detail = json!({"settlement": settlement});
            tx.log(&LogLine::of("settlement.reverse").listing(listing).why(&why).detail(detail))?;
            let mut short = Vec::new();
            for posting in postings.iter().filter(|posting| posting.purse != HOUSE) {
                events::funds(tx, posting.purse)?;
                notify::funds(tx, posting.purse)?;
                let available = tx.purse(posting.purse)?.available();
                let account =
                    tx.account(posting.purse)?.context("every purse but the house's has its account")?;
                if available < 0 {
                    short.push(Short { email: account.called(), available });
                }
            }
            Ok(short)
        })
    }
}

fn is_reversed(snapshot: &Snapshot<'_>, settlement: i64) -> Result<bool> {
    Ok(!snapshot.postings_of(Cause::Reversal { settlement })?.is_empty())
}
