//! `auction audit`: recomputes the books; exit status 1 at the first disagreement.

use super::out::Out;
use super::progress::Progress;
use super::{Ending, Ran, amiss};
use crate::house::House;

pub fn run(house: &House, out: &Out) -> Ran {
    let progress = Progress::new(out);
    let audit = house.audit_with_progress(&mut |done, all| progress.tell("auditing", done, all))?;
    drop(progress);
    out.data(&audit, || match &audit.disagreement {
        Some(words) => format!("DISAGREES  {words}"),
        None => format!(
            "all agrees: {} listings, {} bids, {} settlements, {} purses{}",
            audit.n_listings,
            audit.n_bids,
            audit.n_settlements,
            audit.n_purses,
            if audit.n_sales > 0 {
                format!(", {} sales of {} lots", audit.n_sales, audit.n_lots)
            } else {
                String::new()
            }
        ),
    })?;
    Ok(match &audit.disagreement {
        Some(words) => amiss(format!("the books disagree: {words}")),
        None => Ending::Done,
    })
}
