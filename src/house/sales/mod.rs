//! Sales: drafts and their lots, publication, postponements and pauses of all lots together, copies and reports.

pub mod cancel;
pub mod catalogue;
pub mod copy;
pub mod current;
pub mod details;
pub mod draft;
pub(in crate::house) mod ended;
pub mod follow;
pub mod import;
pub mod lots;
pub mod publish;
pub mod report;
pub mod retime;
pub mod view;

use crate::house::Answer;
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::store::Snapshot;
use crate::store::sales::Sale;

/// The sale with this code, drafts included. Refuses `not_found`.
fn sale(snapshot: &Snapshot<'_>, code: &str) -> Answer<Sale> {
    Ok(snapshot.sale(code)?.ok_or(Refusal::NotFound("sale"))?)
}

/// A sale that people may see: one that was published. Refuses `not_found`, for a draft too.
fn shown(snapshot: &Snapshot<'_>, code: &str) -> Answer<Sale> {
    Ok(snapshot.sale(code)?.filter(|sale| sale.published_at.is_some()).ok_or(Refusal::NotFound("sale"))?)
}

/// A published sale. Refuses `not_found`, and `not_allowed` for a draft or a cancelled sale.
fn published(snapshot: &Snapshot<'_>, code: &str) -> Answer<Sale> {
    let sale = sale(snapshot, code)?;
    if sale.stage != Stage::Published {
        return Err(Refusal::NotPublished.into());
    }
    Ok(sale)
}
