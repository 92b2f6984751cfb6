//! `auction reverse`: a correction, by the opposite postings.

use super::out::Out;
use super::{Ending, told};
use crate::house::House;
use crate::rules::refusal::Refusal;
use anyhow::Result;
use clap::Args;
use serde_json::json;

#[derive(Args)]
#[command(after_help = "Example:\n  auction reverse 3 --why \"the lamp was broken\"")]
pub struct Reverse {
    #[arg(value_name = "SETTLEMENT_ID")]
    id: i64,
    /// Stands in the ledger
    #[arg(long)]
    why: String,
}

impl Reverse {
    pub fn run(&self, house: &House, out: &Out) -> Result<Ending> {
        let reversed = match house.reverse(self.id, &self.why)? {
            // Reversed already is done already.
            Err(Refusal::Taken(_)) => Ok(Vec::new()),
            other => other,
        };
        let currency = house.settings()?.currency();
        told(Ok(reversed), |short| {
            out.done(&json!({"settlement": self.id, "reversed": true, "short": short}), || {
                let lines = short.iter().map(|person| {
                    let available = currency.show(person.available);
                    format!("\n{} has {available} available now, and keeps what they lead", person.email)
                });
                format!("settlement {} is reversed{}", self.id, lines.collect::<String>())
            })
        })
    }
}
