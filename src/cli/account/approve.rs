//! `auction account approve`: lets those in who wait for approval.

use crate::cli::out::Out;
use crate::cli::whom::{self, WHOM, WHOM_HELP};
use crate::cli::{Ran, Stop, finish};
use crate::house::House;
use crate::rules::refusal::Refusal;
use crate::store::accounts::{Account, AccountState};
use clap::Args;
use serde_json::json;

/// Approve people who wait for it: all who are named, or none if one of them cannot be. Each is told by mail
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction account list --pending\n  auction account approve dora@example.org emil@example.org"
)]
pub struct Approve {
    #[arg(value_name = WHOM, help = WHOM_HELP, required = true)]
    emails: Vec<String>,
}

impl Approve {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let found = |called: &String| {
            whom::account(house, called).map_err(|stop| match stop {
                Stop::Refused(Refusal::NotFound(_)) => {
                    Stop::Missing(format!("{called}: there is no such account; nobody was approved."))
                }
                Stop::Missing(words) => {
                    Stop::Missing(format!("{called}: {}; nobody was approved.", said(&words)))
                }
                other => other,
            })
        };
        let accounts: Vec<Account> = self.emails.iter().map(found).collect::<Result<_, _>>()?;
        if let Some(account) = accounts.iter().find(|account| account.state == AccountState::Suspended) {
            let whom = account.called();
            let words =
                format!("{whom} is suspended and waits for nothing; `auction account restore` lifts that.");
            return Err(Stop::Missing(words));
        }
        finish(house.approve(accounts.iter().map(|account| account.id).collect()), |waited| {
            let lines = accounts.iter().zip(&waited).map(|(account, waited)| {
                let what = if *waited { "is approved" } else { "was approved before" };
                (account, *waited, format!("{} {what}", account.called()))
            });
            let told: Vec<_> = lines
                .clone()
                .map(|(account, now, _)| json!({"id": account.id, "email": account.email, "name": account.name, "now": now}))
                .collect();
            out.done(&told, || lines.map(|(_, _, words)| words).collect::<Vec<_>>().join("\n"))
        })
    }
}

/// A sentence as it stands in the middle of another.
fn said(words: &str) -> String {
    words.replacen("There is", "there is", 1)
}
