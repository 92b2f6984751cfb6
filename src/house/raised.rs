//! What the house has raised: the hammer prices of everything sold, without the sales that were reversed. Kept in memory
//! and continued from the books, so that a board that asks often reads only what is new.

use crate::house::House;
use crate::rules::money::Money;
use anyhow::Result;

/// The sum up to a transfer.
#[derive(Debug, Default)]
pub(in crate::house) struct Raised {
    total: Money,
    /// The last transfer that is in it.
    last: i64,
}

impl House {
    /// The hammer prices of everything that was sold and not reversed, in minor units. The first call reads all transfers
    /// there are, and others wait for it: a server makes it among its tasks, before a board asks.
    pub fn raised(&self) -> Result<Money> {
        let mut raised = self.raised.lock().expect("nobody panics with a sum");
        let (last, more) = self.read(|snapshot| snapshot.raised_after(raised.last))?;
        *raised = Raised { total: raised.total.saturating_add(more), last };
        Ok(raised.total)
    }
}
