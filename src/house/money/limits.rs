//! One credit limit for everybody: how far each active member may go below zero.

use crate::house::notices::events;
use crate::house::{Answer, House};
use crate::rules::bidding::Purse;
use crate::rules::money::{MAX_AMOUNT, Money};
use crate::rules::refusal::{FieldFault, Refusal};
use crate::store::accounts::AccountState;
use crate::store::log::LogLine;
use serde::Serialize;
use serde_json::json;

/// The most people who are named in a refusal.
const MAX_NAMED: usize = 5;

/// What one limit for all has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LimitOfAll {
    /// The active members.
    pub members: usize,
    /// Those of them who had another limit before.
    pub changed: usize,
    /// In minor units.
    pub limit: Money,
}

impl House {
    /// Sets how far every active member may go below zero, in minor units: for all of them, or for nobody. Refuses
    /// `invalid` for an amount out of range, and if what some of them hold or owe needs a higher limit.
    pub fn set_all_credit_limits(&self, limit: Money) -> Answer<LimitOfAll> {
        if !(0..=MAX_AMOUNT).contains(&limit) {
            return Err(Refusal::Invalid(vec![FieldFault::range("limit", 0)]).into());
        }
        self.write(move |tx| {
            let (mut members, mut changes, mut in_need) = (0, Vec::new(), Vec::new());
            for account in tx.accounts()?.into_iter().filter(|account| account.state == AccountState::Active)
            {
                members += 1;
                let purse = tx.purse(account.id)?;
                let after = Purse { credit_limit: limit, ..purse };
                if limit < purse.credit_limit && after.available() < 0 {
                    in_need.push(account.called());
                }
                if limit != purse.credit_limit {
                    changes.push((account.id, purse.credit_limit));
                }
            }
            if !in_need.is_empty() {
                return Err(Refusal::invalid("limit", in_need_words(&in_need)).into());
            }
            for (account, before) in &changes {
                tx.set_credit_limit(*account, limit)?;
                let detail = json!({"limit": limit, "before": before});
                tx.log(&LogLine::of("account.limit").account(*account).detail(detail))?;
                events::funds(tx, *account)?;
            }
            Ok(LimitOfAll { members, changed: changes.len(), limit })
        })
    }
}

fn in_need_words(people: &[String]) -> String {
    let named = people.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match people.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("What these members hold or owe needs a higher limit, so nobody's was changed: {named}{more}.")
}
