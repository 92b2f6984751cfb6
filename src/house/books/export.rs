//! Exports, from one consistent view of the house, row by row.

use crate::house::House;
use crate::rules::time::Time;
use crate::store::export::Table;
use anyhow::Result;

impl House {
    /// Gives `each` every row of `table` from `since` on. The snapshot is held until the last row has been taken, so
    /// the write-ahead log grows meanwhile.
    pub fn export(&self, table: Table, since: Time, each: impl FnMut(&[String]) -> Result<()>) -> Result<()> {
        self.read(|snapshot| snapshot.export(table, since, each))
    }
}
