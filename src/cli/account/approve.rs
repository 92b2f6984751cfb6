//! `auction account approve`: lets those in who wait for approval.

use crate::cli::out::Out;
use crate::cli::{Ran, Stop, WHOM, WHOM_HELP, finish};
use crate::house::{Answer, House};
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
        let found = |called: &String| house.account_called(called);
        let accounts: Vec<Account> = match self.emails.iter().map(found).collect::<Answer<_>>() {
            Ok(accounts) => accounts,
            Err(fault) => return Err(self.missing(house).unwrap_or_else(|| fault.into())),
        };
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

    /// Names the first who has no account.
    fn missing(&self, house: &House) -> Option<Stop> {
        let unknown = self.emails.iter().find(|called| house.account_called(called).is_err())?;
        Some(Stop::Missing(format!("{unknown}: there is no such account; nobody was approved.")))
    }
}
