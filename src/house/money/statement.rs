//! A person's statement: every movement of their money, with its cause and the balance after it.

use crate::house::House;
use crate::house::bought::Unpaid;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use crate::store::ledger::{Cause, StatementLine};
use anyhow::Result;
use serde::Serialize;

/// One movement.
#[derive(Clone, Debug, Serialize)]
pub struct Movement {
    pub transfer: i64,
    pub at: Time,
    pub cause: Cause,
    pub settlement: Option<i64>,
    pub listing: Option<ListingId>,
    pub why: String,
    pub amount: Money,
    /// After this movement.
    pub balance: Money,
    /// Of a charge for a sale: what is not paid of it by now. Null of any other movement.
    pub owed: Option<Money>,
    /// Of a sale that was reversed since: when.
    pub reversed_at: Option<Time>,
}

/// A part of a statement, in this order: the balance it opens with, each movement, the balance it closes with.
pub enum StatementPart {
    Opening(Money),
    Movement(Movement),
    Closing(Money),
}

impl House {
    /// Tells the movements of a purse at or after `since`, oldest first, from one consistent view, a page in memory at a time.
    pub fn statement(
        &self,
        account: AccountId,
        since: Time,
        mut tell: impl FnMut(StatementPart) -> Result<()>,
    ) -> Result<()> {
        self.read(|snapshot| {
            let unpaid = Unpaid::of(snapshot, account)?;
            let (mut balance, mut begun) = (0, false);
            for line in snapshot.each_movement(account) {
                let line = line?;
                if !begun && line.at >= since {
                    begun = true;
                    tell(StatementPart::Opening(balance))?;
                }
                balance += line.amount;
                if begun {
                    tell(StatementPart::Movement(movement(line, balance, &unpaid)))?;
                }
            }
            if !begun {
                tell(StatementPart::Opening(balance))?;
            }
            tell(StatementPart::Closing(balance))
        })
    }

    /// The newest `limit` movements of a purse, newest first.
    pub fn newest_movements(&self, account: AccountId, limit: i64) -> Result<Vec<Movement>> {
        self.read(|snapshot| {
            let mut balance = snapshot.purse(account)?.balance;
            let unpaid = Unpaid::of(snapshot, account)?;
            let mut movements = Vec::new();
            for line in snapshot.statement_newest(account, limit)? {
                let before = balance - line.amount;
                movements.push(movement(line, balance, &unpaid));
                balance = before;
            }
            Ok(movements)
        })
    }
}

fn movement(line: StatementLine, balance: Money, unpaid: &Unpaid) -> Movement {
    let charged = match line.cause {
        Cause::Sale { settlement } if line.amount < 0 => Some(settlement),
        _ => None,
    };
    Movement {
        transfer: line.transfer,
        at: line.at,
        cause: line.cause,
        settlement: line.cause.settlement(),
        listing: line.listing,
        why: line.why,
        amount: line.amount,
        balance,
        owed: charged.map(|settlement| unpaid.owed(settlement)),
        reversed_at: line.reversed_at,
    }
}
