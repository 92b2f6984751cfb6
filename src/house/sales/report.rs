//! What a sale came to.

use crate::house::sales::sale;
use crate::house::{Answer, House};
use crate::rules::money::Money;
use serde::Serialize;

/// The figures of a sale. Amounts are minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SaleReport {
    pub lots: i64,
    /// All bids, the house's automatic ones included.
    pub bids: i64,
    pub sold: i64,
    /// Ended without a buyer; cancelled lots are neither sold nor unsold.
    pub unsold: i64,
    pub hammer_total: Money,
    pub premium: Money,
    /// The highest hammer price; null if nothing is sold.
    pub largest: Option<Money>,
    /// The longest time from the close of a lot to its settlement, in milliseconds; null if none has reached its close.
    pub lateness_ms: Option<i64>,
}

impl House {
    /// Reports on a sale of any state. Refuses `not_found`.
    pub fn report_on_sale(&self, code: &str) -> Answer<SaleReport> {
        self.answer(|snapshot| {
            let sale = sale(snapshot, code)?;
            let figures = snapshot.sale_figures(sale.id)?;
            Ok(SaleReport {
                lots: figures.n_lots,
                bids: figures.n_bids,
                sold: figures.n_sold,
                unsold: figures.n_unsold,
                hammer_total: figures.hammer,
                premium: figures.premium,
                largest: figures.largest,
                lateness_ms: figures.lateness_ms,
            })
        })
    }
}
