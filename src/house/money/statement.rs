//! A person's statement: every movement of their money, with its cause and the balance after it.

use crate::house::House;
use crate::house::bought::Unpaid;
use crate::rules::desk::{BY_ADMIN, Method};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::time::Time;
use crate::store::ledger::{Cause, StatementLine};
use anyhow::Result;
use serde::Serialize;

/// One movement of money. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct Movement {
    pub transfer: i64,
    pub at: Time,
    pub cause: Cause,
    pub settlement: Option<i64>,
    pub listing: Option<ListingId>,
    pub why: String,
    pub amount: Money,
    /// The balance after this movement.
    pub balance: Money,
    /// For a charge: the part of it that is still unpaid. Null for any other movement.
    pub owed: Option<Money>,
    /// When the sale was reversed, if it was.
    pub reversed_at: Option<Time>,
    /// Of a payment: how it was made. Null for any other movement.
    pub method: Option<Method>,
    /// Of a payment: what the payer or the bank calls it.
    pub reference: Option<String>,
    /// The pass that took or voided a payment, or `cli` for an admin. Null for any other movement.
    pub by: Option<String>,
    /// Of a payment: when it was voided, if it was.
    pub voided_at: Option<Time>,
    /// Of a void: the payment that it undoes.
    pub voids: Option<i64>,
}

/// One part of a statement. They come in this order: the opening balance, each movement, the closing balance.
pub enum StatementPart {
    Opening(Money),
    Movement(Box<Movement>),
    Closing(Money),
}

impl House {
    /// Gives `each` the movements of a purse since `since`, oldest first, from one consistent view. Holds one page in
    /// memory at a time.
    pub fn statement(
        &self,
        account: AccountId,
        since: Time,
        mut each: impl FnMut(StatementPart) -> Result<()>,
    ) -> Result<()> {
        self.read(|snapshot| {
            let unpaid = Unpaid::of(snapshot, account)?;
            let (mut balance, mut begun) = (0, false);
            for line in snapshot.each_movement(account) {
                let line = line?;
                if !begun && line.at >= since {
                    begun = true;
                    each(StatementPart::Opening(balance))?;
                }
                balance += line.amount;
                if begun {
                    each(StatementPart::Movement(Box::new(movement(line, balance, &unpaid))))?;
                }
            }
            if !begun {
                each(StatementPart::Opening(balance))?;
            }
            each(StatementPart::Closing(balance))
        })
    }

    /// Returns the newest `limit` movements of a purse, newest first.
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
    let is_payment = line.method.is_some() || line.cause.payment().is_some();
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
        method: line.method,
        reference: line.reference,
        by: is_payment.then(|| line.pass.unwrap_or_else(|| BY_ADMIN.to_owned())),
        voided_at: line.voided_at,
        voids: line.cause.payment(),
    }
}
