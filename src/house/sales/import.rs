//! Imports the lots of a sale: all of them or none. All faults are found before anything is written.

use crate::house::listings::import::{NotImported, check_seller};
use crate::house::listings::lines::{LineFaults, NewListing};
use crate::house::listings::staged::Staged;
use crate::house::sales::lots::{AddedLot, Adding, Before, LotOffer};
use crate::house::sales::sale;
use crate::house::{Answer, House, Progress};
use crate::rules::listing::Draft;
use crate::rules::sale::{folded, lot_code};
use crate::rules::time::Time;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// A lot to add, from a line of a file. A close of its draft is the lot's own.
#[derive(Clone, Debug)]
pub struct LotLine {
    pub listing: NewListing,
    pub code: String,
    pub section: Option<String>,
}

impl House {
    /// The codes of the lots of a sale, in its order. Refuses `not_found`.
    pub fn lot_codes(&self, sale_code: &str) -> Answer<Vec<String>> {
        self.answer(|snapshot| {
            let lots = snapshot.lots(sale(snapshot, sale_code)?.id)?;
            Ok(lots.into_iter().map(|lot| lot.code).collect())
        })
    }

    /// Adds everything that is wrong with `lots` to `faults`, as if they were added now, and returns the close of each.
    /// Checks that pictures exist, but does not read them. Refuses `not_found`, and `not_allowed` for a sale that takes
    /// no more lots.
    pub fn check_sale_lots(
        &self,
        sale_code: &str,
        lots: &[LotLine],
        before: Before,
        faults: &mut LineFaults,
    ) -> Answer<Vec<Time>> {
        let currency = self.settings()?.currency();
        let sellers = self.sellers(lots.iter().map(|lot| &lot.listing))?;
        twice(lots, faults);
        self.answer(|snapshot| {
            let mut adding = Adding::to(snapshot, sale_code, before, self.now_in(snapshot)?)?;
            let mut closes = Vec::with_capacity(lots.len());
            for LotLine { listing, code, section } in lots {
                check_seller(listing, &sellers, faults);
                let (closes_at, mut wrong) =
                    adding.check(snapshot, code, section.as_deref(), &listing.draft)?;
                wrong.pictures(listing.pictures.len());
                if let Err(refusal) = wrong.done() {
                    faults.refused(listing.line, &refusal, &currency);
                }
                closes.push(closes_at);
            }
            Ok(closes)
        })
    }

    /// Adds all of `lots` to a sale in one transaction, in their order, after or instead of those that it has. With a fault in any of them, or in a picture, it
    /// writes nothing, and no file either. The caller installs the scheduler's entries afterwards.
    pub fn import_lots(
        &self,
        sale_code: &str,
        lots: Vec<LotLine>,
        before: Before,
        progress: Progress<'_>,
    ) -> Result<Vec<AddedLot>, NotImported> {
        let mut faults = LineFaults::default();
        self.check_sale_lots(sale_code, &lots, before, &mut faults)?;
        let listings = lots.iter().map(|lot| &lot.listing);
        let staged = Staged::read(self, listings.clone(), &mut faults, progress)?;
        if faults.n > 0 {
            return Err(faults.into());
        }
        let (sellers, dir) = (self.sellers(listings)?, self.dir().join("pictures"));
        let code = sale_code.to_owned();
        self.write_lines(move |tx, reached| {
            let mut adding = Adding::begin(tx, &code, before)?;
            let mut added = Vec::with_capacity(lots.len());
            for LotLine { listing, code, section } in lots {
                reached.store(listing.line, Ordering::Relaxed);
                let seller = sellers[&listing.seller].clone()?;
                let draft = Draft { pictures: staged.names_of(&listing.pictures), ..listing.draft };
                added.push(adding.add(tx, &LotOffer { seller, code, section, draft })?);
            }
            adding.log_import(tx, added.len())?;
            staged.put(&dir)?;
            Ok(added)
        })
    }
}

/// Names each code that comes twice, with both lines.
fn twice(lots: &[LotLine], faults: &mut LineFaults) {
    let mut first: HashMap<String, u64> = HashMap::new();
    for lot in lots {
        let Ok(code) = lot_code(&lot.code) else { continue };
        let line = lot.listing.line;
        match first.get(&folded(&code)) {
            Some(before) => faults.add(line, format!("lot: Line {before} has a lot {code} already.")),
            None => drop(first.insert(folded(&code), line)),
        }
    }
}
