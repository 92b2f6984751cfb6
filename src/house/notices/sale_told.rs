//! Tells people of a sale, once each: who watches one of its lots that it has opened, and who has bought something of
//! their bill once its last lot has been settled. There is no watching of a sale itself.
//!
//! The server does it, and so does `settle`: whoever settles the last lot, or the next sweep, tells of the bills even
//! while no server runs.

use crate::house::House;
use crate::house::notices::telling::{MAX_PEOPLE, Rest, chunk, rest_after};
use crate::rules::listing::AccountId;
use crate::rules::notice::{About, NoticeKind};
use crate::store::Snapshot;
use crate::store::telling::{OfSale, SaleToTell};
use anyhow::Result;
use std::time::Instant;

/// The most sales looked at in one call; the rest waits for the next.
const MAX_SALES: i64 = 100;

impl House {
    /// Writes the notices `opens` and `bill` that are due, and rests between two transactions as `rest` says; ends early
    /// if that says so. Returns how many people were told. While no channel is open, what is due is told to nobody.
    pub fn tell_of_sales(&self, rest: Rest<'_>) -> Result<usize> {
        let now = self.now();
        let (due, is_heard) = self.read(|snapshot| {
            Ok((snapshot.sales_to_tell(now, MAX_SALES)?, !snapshot.channels()?.is_empty()))
        })?;
        let mut n_told = 0;
        for told in due {
            let people = if is_heard { self.read(|snapshot| people(snapshot, &told))? } else { Vec::new() };
            let (mut left, mut from) = (people.as_slice(), told.told_through);
            loop {
                let (now, later, through) = chunk(left, MAX_PEOPLE);
                let begun = Instant::now();
                if !self.tell_of_sale(told, now.to_vec(), from, through)? {
                    break;
                }
                n_told += now.len();
                if !rest(rest_after(begun.elapsed())) {
                    return Ok(n_told);
                }
                let Some(through) = through else {
                    break;
                };
                (left, from) = (later, through);
            }
        }
        Ok(n_told)
    }

    /// Tells these people. Returns false if another process has told them meanwhile.
    fn tell_of_sale(
        &self,
        told: SaleToTell,
        people: Vec<AccountId>,
        from: AccountId,
        through: Option<AccountId>,
    ) -> Result<bool> {
        let kind = match told.kind {
            OfSale::Opens => NoticeKind::Opens,
            OfSale::Bill => NoticeKind::Bill,
        };
        Ok(self.write(move |tx| {
            let is_ours = tx.go_on_telling(&told, from, through)?;
            if is_ours && !people.is_empty() {
                tx.notify_all(kind, &people, About::Sale(told.sale))?;
            }
            Ok(is_ours)
        })?)
    }
}

/// Whom to tell, in the order of their accounts. Nobody of an opening that is over.
fn people(snapshot: &Snapshot<'_>, told: &SaleToTell) -> Result<Vec<AccountId>> {
    match told.kind {
        OfSale::Opens if told.is_open => snapshot.watchers_of_sale(told.sale, told.told_through),
        OfSale::Opens => Ok(Vec::new()),
        OfSale::Bill => {
            let mut buyers = snapshot.buyers_of_sale(told.sale)?;
            buyers.retain(|buyer| *buyer > told.told_through);
            Ok(buyers)
        }
    }
}
