//! What a buyer was charged for a sale, and how far their money has paid it: read from the postings, kept nowhere.

use super::House;
use crate::rules::coverage::Payment;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::store::Snapshot;
use crate::store::settlements::Settlement;
use anyhow::Result;
use serde::Serialize;
use std::collections::HashMap;

/// A sale as its buyer has to pay it.
#[derive(Clone, Debug, Serialize)]
pub struct Bought {
    pub settlement: i64,
    /// Hammer price and premium.
    pub total: Money,
    /// The buyer's money covers all of it; false of a reversed sale.
    pub paid: bool,
    /// What it does not cover; 0 of a reversed sale.
    pub owed: Money,
}

/// What an account owes, by settlement.
#[derive(Clone, Debug, Default)]
pub struct Unpaid(HashMap<i64, Money>);

impl Unpaid {
    pub fn of(snapshot: &Snapshot<'_>, account: AccountId) -> Result<Unpaid> {
        let balance = snapshot.purse(account)?.balance;
        Ok(Unpaid(snapshot.unpaid(account, balance)?.into_iter().collect()))
    }

    /// What is not paid of the charge for a settlement.
    pub fn owed(&self, settlement: i64) -> Money {
        self.0.get(&settlement).copied().unwrap_or(0)
    }

    /// What is owed for all of them.
    pub fn total(&self) -> Money {
        self.0.values().sum()
    }

    /// None of what is no sale to this account.
    pub fn bought(&self, settlement: &Settlement) -> Option<Bought> {
        let total = settlement.sale()?.total();
        let owed = self.owed(settlement.id);
        let paid = owed == 0 && settlement.reversed_at.is_none();
        Some(Bought { settlement: settlement.id, total, paid, owed })
    }
}

impl Bought {
    /// What the buyer of this settlement was charged; none where nothing was sold.
    pub fn of(snapshot: &Snapshot<'_>, settlement: &Settlement) -> Result<Option<Bought>> {
        Ok(match settlement.buyer() {
            Some(buyer) => Unpaid::of(snapshot, buyer)?.bought(settlement),
            None => None,
        })
    }

    pub fn payment(&self) -> Payment {
        match (self.paid, self.owed) {
            (false, 0) => Payment::Reversed,
            _ => Payment::of(self.total, self.owed),
        }
    }
}

impl House {
    /// What an account owes for all that it bought.
    pub fn owed(&self, account: AccountId) -> Result<Money> {
        self.read(|snapshot| Ok(Unpaid::of(snapshot, account)?.total()))
    }

    /// What the buyer of this settlement was charged, as it stands now.
    pub fn bought(&self, settlement: &Settlement) -> Result<Option<Bought>> {
        self.read(|snapshot| Bought::of(snapshot, settlement))
    }
}
