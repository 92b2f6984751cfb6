//! `auction reverse`: reverses a settlement by the opposite postings.

use super::out::Out;
use super::{Ran, Stop, finish};
use crate::house::{Fault, House, unless_refused};
use crate::rules::desk::BY_ADMIN;
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
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
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let (id, listing) = self.settlement(house)?;
        let reversed = match house.reverse(id, BY_ADMIN, &self.why) {
            // One that is reversed already counts as done.
            Err(Fault::Refused(Refusal::AlreadyReversed)) => Ok(Vec::new()),
            answer => answer,
        };
        let currency = house.settings()?.currency();
        finish(reversed, |short| {
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

    /// Finds the settlement and its listing.
    fn settlement(&self, house: &House) -> Result<(i64, ListingId), Stop> {
        if let Some(listing) = self.listing.map(ListingId) {
            house.show(listing)?;
            let settlement = unless_refused(house.settlement(listing))?;
            let words = || Stop::Missing(format!("Listing {listing} has not been settled."));
            return Ok((settlement.ok_or_else(words)?.id, listing));
        }
        let id = self.id.expect("one of the two is required");
        if let Some(listing) = house.read(|snapshot| snapshot.listing_of_settlement(id))? {
            return Ok((id, listing));
        }
        Err(Stop::Missing(match unless_refused(house.settlement(ListingId(id)))? {
            Some(meant) => format!(
                "There is no settlement {id}. Listing {id} has settlement {}: `auction reverse --listing {id}`.",
                meant.id
            ),
            None => format!("There is no settlement {id}; `auction listing show` prints a listing's."),
        }))
    }
}
