//! The sale of a pass, as the desk names it.

use crate::house::House;
use crate::store::passes::Pass;
use anyhow::{Context, Result};

impl House {
    /// The name of the sale that a pass belongs to.
    pub fn sale_name_at_desk(&self, pass: &Pass) -> Result<String> {
        self.read(|snapshot| {
            let sale = snapshot.sale_by_id(pass.sale)?.context("a pass belongs to a sale")?;
            Ok(sale.text.name)
        })
    }
}
