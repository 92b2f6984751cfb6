//! A buyer's charge for a sale, and how much of it their money has paid. Computed from the postings, never stored.

use super::House;
use crate::rules::coverage::Coverage;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::store::Snapshot;
use crate::store::settlements::Settlement;
use anyhow::Result;
use serde::Serialize;
use std::collections::HashMap;

/// A sale as its buyer must pay it. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct Bought {
    pub settlement: i64,
    /// Hammer price plus premium.
    pub total: Money,
    /// Whether the buyer's money covers all of it; false for a reversed sale.
    pub paid: bool,
    /// The unpaid part of it; 0 for a reversed sale.
    pub owed: Money,
}

/// An account's unpaid charges, by settlement.
#[derive(Clone, Debug, Default)]
pub struct Unpaid(HashMap<i64, Money>);

impl Unpaid {
    /// Reads the unpaid charges of an account.
    pub fn of(snapshot: &Snapshot<'_>, account: AccountId) -> Result<Unpaid> {
        let balance = snapshot.purse(account)?.balance;
        Ok(Unpaid(snapshot.unpaid(account, balance)?.into_iter().collect()))
    }

    /// The unpaid part of the charge for a settlement; 0 if there is none.
    pub fn owed(&self, settlement: i64) -> Money {
        self.0.get(&settlement).copied().unwrap_or(0)
    }

    /// The sum of all unpaid charges.
    pub fn total(&self) -> Money {
        self.0.values().sum()
    }

    /// How many charges are not paid in full.
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// What this account pays for the settlement; `None` if it is not the buyer of a sale.
    pub fn bought(&self, settlement: &Settlement) -> Option<Bought> {
        let total = settlement.sale()?.total();
        let owed = self.owed(settlement.id);
        let paid = owed == 0 && settlement.reversed_at.is_none();
        Some(Bought { settlement: settlement.id, total, paid, owed })
    }
}

impl Bought {
    /// Returns the charge to the buyer of this settlement; `None` if nothing was sold.
    pub fn of(snapshot: &Snapshot<'_>, settlement: &Settlement) -> Result<Option<Bought>> {
        Ok(match settlement.buyer() {
            Some(buyer) => Unpaid::of(snapshot, buyer)?.bought(settlement),
            None => None,
        })
    }

    /// How far the purchase is paid.
    pub fn coverage(&self) -> Coverage {
        match (self.paid, self.owed) {
            (false, 0) => Coverage::Reversed,
            _ => Coverage::of(self.total, self.owed),
        }
    }
}

impl House {
    /// The sum that an account owes for everything it has bought.
    pub fn owed(&self, account: AccountId) -> Result<Money> {
        self.read(|snapshot| Ok(Unpaid::of(snapshot, account)?.total()))
    }

    /// How many purchases of an account are not paid in full, and the sum that is due for them.
    pub fn dues(&self, account: AccountId) -> Result<(usize, Money)> {
        self.read(|snapshot| {
            let unpaid = Unpaid::of(snapshot, account)?;
            Ok((unpaid.n(), unpaid.total()))
        })
    }

    /// Returns the charge to the buyer of this settlement, as it stands now; `None` if nothing was sold.
    pub fn bought(&self, settlement: &Settlement) -> Result<Option<Bought>> {
        self.read(|snapshot| Bought::of(snapshot, settlement))
    }
}
