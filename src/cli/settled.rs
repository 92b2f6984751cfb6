//! The end of a listing in `listing show`: its settlement, what the buyer was charged and has paid, and whether the
//! sale was reversed.

use super::words;
use crate::house::bought::Bought;
use crate::house::views::SettlementView;
use crate::house::{House, unless_refused};
use crate::rules::coverage::Coverage;
use crate::rules::listing::ListingId;
use crate::rules::money::Currency;
use crate::rules::time::Time;
use anyhow::Result;
use serde::Serialize;

#[derive(Serialize)]
pub struct Settled {
    #[serde(flatten)]
    end: SettlementView,
    /// When the sale was reversed; omitted if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reversed_at: Option<Time>,
    /// The reason, if the sale was reversed.
    reversed_why: Option<String>,
    /// Who reversed it: in the link of the reversal.
    reversed_by: Option<String>,
    /// The total of a sale, and what is paid of it.
    #[serde(flatten)]
    bought: Option<Bought>,
    /// When it was handed over to its buyer.
    handed_over_at: Option<Time>,
}

impl Settled {
    /// None until the listing has ended.
    pub fn of(house: &House, listing: ListingId) -> Result<Option<Settled>> {
        let Some(settlement) = unless_refused(house.settlement(listing))? else {
            return Ok(None);
        };
        let bought = house.bought(&settlement)?;
        let handed_over_at = house.read(|snapshot| snapshot.handed_over_at(settlement.id))?;
        Ok(Some(Settled {
            end: house.shown_settlement(&settlement)?.settlement,
            reversed_at: settlement.reversed_at,
            reversed_why: settlement.reversed_why,
            reversed_by: settlement.reversed_by,
            bought,
            handed_over_at,
        }))
    }

    pub fn lines(&self, currency: &Currency) -> Vec<String> {
        let end = &self.end;
        let mut lines = vec![format!("settlement {} at {}", end.id, end.settled_at)];
        if let Some(bought) = &self.bought {
            let hammer = currency.show(end.hammer.unwrap_or(0));
            let premium = currency.show(end.premium.unwrap_or(0));
            let buyer = words::leader(end.buyer.as_deref(), end.buyer_number);
            lines.push(format!("buyer      {buyer}"));
            let total = currency.show(bought.total);
            lines.push(format!("total      {total} (hammer {hammer}, premium {premium})"));
            lines.push(format!("payment    {}", payment(currency, bought)));
        }
        if let Some(at) = self.reversed_at {
            let by = self.reversed_by.as_ref().map_or(String::new(), |who| format!(" by {who}"));
            lines.push(format!("reversed   {at}{by}: {}", self.reversed_why.as_deref().unwrap_or("")));
        }
        lines.extend(self.handed_over_at.map(|at| format!("handed over {at}")));
        lines
    }
}

fn payment(currency: &Currency, bought: &Bought) -> String {
    match bought.coverage() {
        Coverage::Paid => "paid".to_owned(),
        Coverage::Partly { paid, owed } => {
            format!("{} paid, {} owed", currency.show(paid), currency.show(owed))
        }
        Coverage::Owed => format!("{} owed", currency.show(bought.total)),
        Coverage::Reversed => "nothing owed: reversed".to_owned(),
    }
}
