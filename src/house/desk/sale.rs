//! The sale of a pass, and its lots, as the desk names them.

use crate::house::bidder_names::Naming;
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::store::Snapshot;
use crate::store::passes::Pass;
use crate::store::sales::StoredLot;
use anyhow::{Context, Result};

/// How the desk asks for a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotAsked {
    /// By its code, compared without case.
    Code(String),
    /// By its listing, as the label on the lot names it.
    Listing(ListingId),
}

impl House {
    /// The name of the sale that a pass belongs to.
    pub fn sale_name_at_desk(&self, pass: &Pass) -> Result<String> {
        self.read(|snapshot| {
            let sale = snapshot.sale_by_id(pass.sale)?.context("a pass belongs to a sale")?;
            Ok(sale.text.name)
        })
    }

    /// A lot of the sale of a pass, as everyone may see it. Refuses `not_found`, for a lot of another sale too.
    pub fn lot_at_desk(&self, pass: &Pass, asked: &LotAsked) -> Answer<ListingView> {
        self.answer(|snapshot| {
            let id = find_lot(snapshot, pass, asked)?.listing.ok_or(Refusal::NotFound("lot"))?;
            let listing = self.listing(snapshot, id)?.context("a lot is a listing")?;
            Ok(ListingView::read(snapshot, &listing, Naming::Staff, self.now_in(snapshot)?)?)
        })
    }

    /// The lowest number that nobody has in the sale of a pass: the next guest gets it, unless somebody else is quicker.
    pub fn next_number_at_desk(&self, pass: &Pass) -> Result<i64> {
        self.read(|snapshot| snapshot.next_number(pass.sale))
    }
}

/// A lot of the sale of a pass. Refuses `not_found`, for a lot of another sale too.
pub(super) fn find_lot(snapshot: &Snapshot<'_>, pass: &Pass, asked: &LotAsked) -> Answer<StoredLot> {
    let code = match asked {
        LotAsked::Code(code) => Some(code.trim().to_owned()),
        LotAsked::Listing(id) => {
            let lot = snapshot.listing(*id)?.and_then(|listing| listing.lot);
            lot.filter(|lot| lot.sale == pass.sale_code).map(|lot| lot.code)
        }
    };
    let lot = code.map(|code| snapshot.lot_by_code(pass.sale, &code)).transpose()?.flatten();
    Ok(lot.ok_or(Refusal::NotFound("lot"))?)
}
