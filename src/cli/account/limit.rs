//! `auction account limit`: how far a person, or every active member, may go below zero.

use crate::cli::out::Out;
use crate::cli::whom::{self, WHOM, WHOM_HELP};
use crate::cli::{Ran, amount, finish, funds};
use crate::house::House;
use crate::rules::money::Currency;
use clap::Args;

/// Set how far a person's balance may go below zero, or with --all that of every active member
#[derive(Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "\
With --all everybody's limit is set, or nobody's if what somebody holds or owes needs a higher one. Who waits for
approval is left out. Who joins later has the limit of the setting `default_credit`.

Examples:
  auction account limit bob@example.org 300.00
  auction account limit --all 300.00")]
pub struct Limit {
    #[arg(value_name = WHOM, help = WHOM_HELP, required_unless_present = "all", conflicts_with = "all")]
    who: Option<String>,
    /// Minor units in digits alone (30000), or money (300.00)
    #[arg(value_name = "AMOUNT", required = true)]
    amount: String,
    /// Every active member, guests of the desk included
    #[arg(long)]
    all: bool,
}

impl Limit {
    pub fn run(&self, house: &House, out: &Out, currency: &Currency) -> Ran {
        let limit = amount::read(currency, "limit", &self.amount)?;
        let Some(who) = &self.who else {
            return finish(house.set_all_credit_limits(limit), |set| {
                let (n, changed) = (set.members, set.changed);
                let members = if n == 1 { "member" } else { "members" };
                out.done(&set, || {
                    format!("credit limit of {n} {members}: {} ({changed} changed)", currency.show(limit))
                })
            });
        };
        let account = whom::account(house, who)?;
        let changed = house.set_credit_limit(account.id, limit);
        let whose = whom::said(&account, who);
        funds::repeat(out, &changed, |not| format!("credit limit of {whose}: {not}{}", currency.show(limit)));
        finish(changed, |purse| funds::show(out, currency, purse))
    }
}
