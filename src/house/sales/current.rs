//! The sale of the first page: the one that is running, opens next or has just ended; and how the listings of a page
//! concern a person.

use crate::house::House;
use crate::house::sales::catalogue::running_pause;
use crate::house::sales::view::SaleLine;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleState;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::catalogue::Concern;
use crate::store::sale_figures::SaleChange;
use crate::store::sales::Sale;
use anyhow::Result;

/// For so long the first page says what the last sale raised, unless there is another one.
const THANKS_S: i64 = 7 * 86_400;
/// For so long after the planned close of a sale its bidders still see their number.
const NUMBER_S: i64 = 2 * 86_400;

/// The sale that the first page shows.
#[derive(Clone, Debug)]
pub struct CurrentSale {
    pub line: SaleLine,
    pub description: String,
    /// Whether it says where and when buyers collect their lots.
    pub has_pickup: bool,
    /// The hammer prices of what is sold, in minor units.
    pub total: Money,
    /// Why it is paused.
    pub pause: Option<SaleChange>,
}

impl House {
    /// The sale that is running or opens next; without one, the sale that ended in the last days.
    pub fn current_sale(&self) -> Result<Option<CurrentSale>> {
        self.read(|snapshot| {
            let now = self.now_in(snapshot)?;
            let sale = match snapshot.current_sale(now)? {
                None => snapshot.ended_sale(now.plus_s(-THANKS_S))?,
                running => running,
            };
            sale.map(|sale| self.shown_first(snapshot, &sale, now)).transpose()
        })
    }

    fn shown_first(&self, snapshot: &Snapshot<'_>, sale: &Sale, now: Time) -> Result<CurrentSale> {
        let counts = self.ended_sales.counts(snapshot, sale.id)?;
        let line = SaleLine::counted(snapshot, sale, &counts, now)?;
        let pause = match line.state {
            SaleState::Paused => running_pause(&snapshot.sale_changes(sale.id)?).cloned(),
            _ => None,
        };
        let (description, has_pickup) = (sale.text.description.clone(), !sale.text.pickup.is_empty());
        Ok(CurrentSale { line, description, has_pickup, total: counts.total, pause })
    }

    /// How each of these listings concerns a person.
    pub fn own_among(&self, account: AccountId, ids: &[ListingId]) -> Result<Vec<Concern>> {
        self.read(|snapshot| snapshot.own_among(account, ids))
    }

    /// The bidder number that a person got last, until a few days after that sale.
    pub fn number_now(&self, snapshot: &Snapshot<'_>, account: AccountId) -> Result<Option<i64>> {
        snapshot.number_since(account, self.now().plus_s(-NUMBER_S))
    }

    /// Whether a person sells something that is still open.
    pub fn sells_now(&self, account: AccountId) -> Result<bool> {
        Ok(self.read(|snapshot| snapshot.n_open_of(account, 1))? > 0)
    }
}
