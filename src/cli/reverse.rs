//! `auction reverse`: reverses a settlement by the opposite postings.

use super::out::Out;
use super::which::{self, LISTING};
use super::{Ran, Stop, finish};
use crate::house::{Fault, House};
use crate::rules::desk::BY_ADMIN;
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use clap::Args;
use serde_json::json;

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction reverse spring:A12 --why \"the lamp was broken\"\n  auction reverse 3 --why \"the lamp was broken\"\n  auction reverse --listing 12 --why \"the lamp was broken\""
)]
pub struct Reverse {
    /// The settlement's number, as `listing show` prints it (3, or settlement:3); or the code of a lot, as in spring:A12;
    /// or the number of a listing, as in listing:12. A number that may mean two of them is refused
    #[arg(value_name = "SETTLEMENT|LOT", required_unless_present = "listing")]
    what: Option<String>,
    /// Reverse the settlement of this listing: its number, or the code of a lot
    #[arg(long, value_name = LISTING, conflicts_with = "what")]
    listing: Option<String>,
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
        match (&self.listing, &self.what) {
            (Some(listing), _) => which::of_listing(house, which::listing(house, listing)?),
            (None, what) => which::settlement(house, what.as_deref().expect("one of the two is required")),
        }
    }
}
