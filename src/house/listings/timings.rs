//! The links of a listing's chain that changed when it closes.

use crate::house::House;
use crate::rules::listing::ListingId;
use crate::rules::timing::Linked;
use anyhow::Result;

impl House {
    /// The prolongations, postponements, pauses and resumes of a listing, in the order of its chain.
    pub fn timings(&self, id: ListingId) -> Result<Vec<Linked>> {
        self.read(|snapshot| snapshot.timings(id))
    }
}
