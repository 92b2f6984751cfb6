//! Long histories read a page at a time, so that memory holds one page however long they are.

use super::Snapshot;
use super::bids::StoredBid;
use super::ledger::StatementLine;
use crate::rules::listing::{AccountId, ListingId};
use anyhow::{Context, Result};

/// Rows read at a time.
const PAGE: i64 = 1_000;

impl Snapshot<'_> {
    /// Every bid of a listing, oldest first.
    pub fn each_bid(&self, listing: ListingId) -> impl Iterator<Item = Result<StoredBid>> {
        pages(0, PAGE, |bid: &StoredBid| bid.seq, move |after| self.bids_after(listing, after, PAGE))
    }

    /// Every movement of a purse, oldest first.
    pub fn each_movement(&self, purse: AccountId) -> impl Iterator<Item = Result<StatementLine>> {
        let transfer = |line: &StatementLine| line.transfer;
        pages(0, PAGE, transfer, move |after| self.statement_after(purse, after, PAGE))
    }

    /// Up to `limit` bids after bid `after`, oldest first; and the bid after which the next page begins, if there is
    /// more.
    pub fn bids_page(
        &self,
        listing: ListingId,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<StoredBid>, Option<i64>)> {
        let mut bids = self.bids_after(listing, after, limit + 1)?;
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        let limit = limit.context("a page has a positive limit")?;
        let next = (bids.len() > limit).then(|| bids[limit - 1].seq);
        bids.truncate(limit);
        Ok((bids, next))
    }
}

/// Rows in the order of `key`, from the first after `after` on. `read` returns up to `limit` of those after a key, and
/// fewer only at the end. Ends with the first error.
pub fn pages<T>(
    mut after: i64,
    limit: i64,
    key: impl Fn(&T) -> i64,
    mut read: impl FnMut(i64) -> Result<Vec<T>>,
) -> impl Iterator<Item = Result<T>> {
    let (mut page, mut is_last) = (Vec::new().into_iter(), false);
    std::iter::from_fn(move || {
        if page.len() == 0 && !is_last {
            match read(after) {
                Ok(rows) => {
                    is_last = i64::try_from(rows.len()).unwrap_or(limit) < limit;
                    page = rows.into_iter();
                }
                Err(error) => {
                    is_last = true;
                    return Some(Err(error));
                }
            }
        }
        let row = page.next()?;
        after = key(&row);
        Some(Ok(row))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn every_row_comes_once_however_many_fill_a_page() {
        for n in 0..10 {
            for start in 0..=n {
                let mut n_reads = 0;
                let read = |after: i64| {
                    n_reads += 1;
                    Ok((after + 1..=n).take(3).collect())
                };
                let rows: Vec<i64> = pages(start, 3, |row| *row, read).map(Result::unwrap).collect();
                assert_eq!(rows, (start + 1..=n).collect::<Vec<_>>());
                assert_eq!(n_reads, (n - start) / 3 + 1);
            }
        }
    }

    #[test]
    fn an_error_ends_the_reading() {
        let read = |after| if after == 0 { Ok(vec![1, 2]) } else { bail!("broken") };
        let rows: Vec<Option<i64>> = pages(0, 2, |row| *row, read).map(Result::ok).collect();
        assert_eq!(rows, [Some(1), Some(2), None]);
    }
}
