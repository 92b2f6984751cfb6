//! The sale of a pass, and its lots, as the desk names them.

use crate::house::bidder_names::Naming;
use crate::house::views::ListingView;
use crate::house::{Answer, House};
use crate::rules::listing::ListingId;
use crate::rules::refusal::Refusal;
use crate::rules::sale::folded;
use crate::store::passes::Pass;
use anyhow::{Context, Result};

/// How the desk asks for a lot.
#[derive(Clone, Copy, Debug)]
pub enum LotAsked<'a> {
    /// By its code, compared without case.
    Code(&'a str),
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
    pub fn lot_at_desk(&self, pass: &Pass, asked: LotAsked<'_>) -> Answer<ListingView> {
        self.answer(|snapshot| {
            let id = match asked {
                LotAsked::Listing(id) => Some(id),
                LotAsked::Code(code) => {
                    let lot = snapshot.lot_by_code(pass.sale, &folded(code.trim()))?;
                    lot.and_then(|lot| lot.listing)
                }
            };
            let listing = id.map(|id| self.listing(snapshot, id)).transpose()?.flatten();
            let of_sale = |sale: &str| sale == pass.sale_code;
            let listing =
                listing.filter(|listing| listing.lot.as_ref().is_some_and(|lot| of_sale(&lot.sale)));
            let listing = listing.ok_or(Refusal::NotFound("lot"))?;
            Ok(ListingView::read(snapshot, &listing, Naming::Staff, self.now_in(snapshot)?)?)
        })
    }

    /// The lowest number that nobody has in the sale of a pass: the next guest gets it, unless somebody else is quicker.
    pub fn next_number_at_desk(&self, pass: &Pass) -> Result<i64> {
        self.read(|snapshot| snapshot.next_number(pass.sale))
    }
}
