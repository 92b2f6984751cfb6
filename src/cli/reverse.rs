//! `auction reverse`: reverses a settlement by the opposite postings.

use super::out::Out;
use super::{Ending, amiss, told};
use crate::house::House;
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use anyhow::Result;
use clap::Args;
use serde_json::json;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction reverse 3 --why \"the lamp was broken\"\n  auction reverse --listing 12 --why \"the lamp was broken\""
)]
pub struct Reverse {
    /// The settlement's number, as `listing show` prints it
    #[arg(value_name = "SETTLEMENT_ID", required_unless_present = "listing")]
    id: Option<i64>,
    /// Reverse the settlement of this listing
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    listing: Option<i64>,
    /// The reason, which the ledger keeps
    #[arg(long)]
    why: String,
}

impl Reverse {
    pub fn run(&self, house: &House, out: &Out) -> Result<Ending> {
        let (id, listing) = match self.settlement(house)? {
            Ok(found) => found,
            Err(words) => return Ok(amiss(words)),
        };
        let reversed = match house.reverse(id, &self.why)? {
            // One that is reversed already counts as done.
            Err(Refusal::AlreadyReversed) => Ok(Vec::new()),
            other => other,
        };
        let currency = house.settings()?.currency();
        told(Ok(reversed), |short| {
            let data = json!({"settlement": id, "listing": listing, "reversed": true, "short": short});
            out.done(&data, || {
                let lines = short.iter().map(|person| {
                    let available = currency.show(person.available);
                    format!("\n{} has {available} available now, and keeps what they lead", person.email)
                });
                format!("settlement {id}, of listing {listing}, is reversed{}", lines.collect::<String>())
            })
        })
    }

    /// Finds the settlement and its listing, or says why there is none.
    fn settlement(&self, house: &House) -> Result<Result<(i64, ListingId), String>> {
        if let Some(listing) = self.listing.map(ListingId) {
            return Ok(match (house.settlement(listing)?, house.show(listing)?) {
                (Ok(settlement), _) => Ok((settlement.id, listing)),
                (Err(_), Ok(_)) => Err(format!("Listing {listing} has not been settled.")),
                (Err(_), Err(refusal)) => Err(refusal.to_string()),
            });
        }
        let id = self.id.expect("one of the two is required");
        if let Some(listing) = house.read(|snapshot| snapshot.listing_of_settlement(id))? {
            return Ok(Ok((id, listing)));
        }
        Ok(Err(match house.settlement(ListingId(id))? {
            Ok(meant) => format!(
                "There is no settlement {id}. Listing {id} has settlement {}: `auction reverse --listing {id}`.",
                meant.id
            ),
            Err(_) => format!("There is no settlement {id}; `auction listing show` prints a listing's."),
        }))
    }
}
