//! Exports, from one consistent view of the house, row by row.

use crate::house::House;
use crate::rules::time::Time;
use crate::store::export::Table;
use anyhow::Result;

impl House {
    /// Gives `each` every row of `table` that came at or after `since`. The view is held until the last row is taken: the
    /// write-ahead log grows meanwhile.
    pub fn export(&self, table: Table, since: Time, each: impl FnMut(&[String]) -> Result<()>) -> Result<()> {
        self.read(|snapshot| snapshot.export(table, since, each))
    }
}
