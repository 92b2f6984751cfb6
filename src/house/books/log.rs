//! The log of what staff changed, for an admin.

use crate::house::House;
use crate::rules::time::Time;
use crate::store::log::{LogOf, WrittenLine};
use anyhow::Result;

/// The most lines that are read at once.
pub const MAX_LINES: i64 = 100_000;

impl House {
    /// The newest `limit` lines of the log from `since` on, the oldest first; those about `of` alone.
    pub fn log(&self, of: LogOf, since: Time, limit: i64) -> Result<Vec<WrittenLine>> {
        let mut lines = self.read(|snapshot| snapshot.log(of, since, limit.min(MAX_LINES)))?;
        lines.reverse();
        Ok(lines)
    }
}
