//! What the lots of ended sales come to, in memory: it never changes again, and a club's list of sales only grows.

use crate::rules::sale::SaleId;
use crate::store::Snapshot;
use crate::store::sale_figures::SaleCounts;
use anyhow::Result;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// As many as a list has.
const MAX_SALES: usize = 1_000;

#[derive(Clone)]
pub(in crate::house) struct EndedSales(Arc<Cache<SaleId, SaleCounts>>);

impl Default for EndedSales {
    fn default() -> EndedSales {
        EndedSales(Arc::new(Cache::new(MAX_SALES)))
    }
}

impl EndedSales {
    /// The counts of a sale that was published. They are kept once none of its lots is open: no lot is added to it
    /// then, and what is settled stays.
    pub fn counts(&self, snapshot: &Snapshot<'_>, id: SaleId) -> Result<SaleCounts> {
        if let Some(counts) = self.0.get(&id) {
            return Ok(counts);
        }
        let counts = snapshot.sale_counts(id)?;
        if counts.n_open == 0 {
            self.0.insert(id, counts);
        }
        Ok(counts)
    }
}
