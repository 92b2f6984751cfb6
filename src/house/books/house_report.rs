//! What the house, or one sale, has come to: raised, lots, unpaid, not collected. Computed from the settlements and the
//! postings, never stored.

use crate::house::bought::Unpaid;
use crate::house::{Answer, House};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::sale::Stage;
use crate::rules::time::Time;
use crate::store::house_report::{Counts, SoldListing};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The report on the house or on one sale. Amounts are minor units.
#[derive(Clone, Debug, Serialize)]
pub struct HouseReport {
    /// The code of the sale; null for the whole house.
    pub sale: Option<String>,
    /// Only what has ended since then; null for everything.
    pub since: Option<Time>,
    /// The sum of the hammer prices of what is sold and not reversed.
    pub raised: Money,
    /// The buyers' premiums on it.
    pub premium: Money,
    /// The lots and listings, those that are still open included.
    pub lots: i64,
    pub open: i64,
    /// Reversed sales included, as in the report on a sale.
    pub sold: i64,
    pub unsold: i64,
    pub cancelled: i64,
    pub reversed: i64,
    /// What buyers still owe for it.
    pub unpaid: Money,
    pub unpaid_by: Vec<Debtor>,
    /// The number of sold lots that wait for their buyers.
    pub not_collected: usize,
    pub not_collected_lots: Vec<Uncollected>,
}

/// A buyer who owes something.
#[derive(Clone, Debug, Serialize)]
pub struct Debtor {
    pub account: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub lots: usize,
    pub due: Money,
}

/// A sold lot that its buyer has not taken along.
#[derive(Clone, Debug, Serialize)]
pub struct Uncollected {
    pub listing: ListingId,
    pub sale: Option<String>,
    pub lot: Option<String>,
    pub title: String,
    pub buyer: String,
    /// The buyer's number in the sale.
    pub number: Option<i64>,
    /// What is still to be paid for it.
    pub due: Money,
}

impl House {
    /// Reports on the house, or on the sale with this code, from `since` on. Refuses `not_found`.
    pub fn report_on_house(&self, sale: Option<&str>, since: Option<Time>) -> Answer<HouseReport> {
        self.answer(|snapshot| {
            let sale = match sale {
                Some(code) => Some(snapshot.sale(code)?.ok_or(Refusal::NotFound("sale"))?),
                None => None,
            };
            let id = sale.as_ref().map(|sale| sale.id);
            let counts = snapshot.house_counts(id, since)?;
            let sold = snapshot.sold_listings(id, since)?;
            let mut owed: BTreeMap<AccountId, Unpaid> = BTreeMap::new();
            for listing in &sold {
                if let Entry::Vacant(free) = owed.entry(listing.buyer) {
                    free.insert(Unpaid::of(snapshot, listing.buyer)?);
                }
            }
            let mut report = HouseReport::of(&counts, &sold, &owed);
            // The lots of a draft are no listings yet.
            if let Some(sale) = sale.as_ref().filter(|sale| sale.stage == Stage::Draft) {
                report.lots = snapshot.sale_figures(sale.id)?.n_lots;
            }
            (report.sale, report.since) = (sale.map(|sale| sale.code), since);
            Ok(report)
        })
    }
}

impl HouseReport {
    fn of(counts: &Counts, sold: &[SoldListing], owed: &BTreeMap<AccountId, Unpaid>) -> HouseReport {
        let counted = || sold.iter().filter(|listing| listing.reversed_at.is_none());
        let due =
            |listing: &SoldListing| owed.get(&listing.buyer).map_or(0, |owed| owed.owed(listing.settlement));
        let mut debtors: BTreeMap<AccountId, Debtor> = BTreeMap::new();
        for listing in counted().filter(|listing| due(listing) > 0) {
            let debtor = debtors.entry(listing.buyer).or_insert_with(|| Debtor::of(listing));
            debtor.lots += 1;
            debtor.due += due(listing);
        }
        let waiting = counted().filter(|listing| listing.handed_over_at.is_none());
        let waiting: Vec<Uncollected> =
            waiting.map(|listing| Uncollected::of(listing, due(listing))).collect();
        HouseReport {
            sale: None,
            since: None,
            raised: counted().map(|listing| listing.hammer).sum(),
            premium: counted().map(|listing| listing.premium).sum(),
            lots: counts.n_lots,
            open: counts.n_open,
            sold: counts.n_sold,
            unsold: counts.n_unsold,
            cancelled: counts.n_cancelled,
            reversed: sold.iter().filter(|listing| listing.reversed_at.is_some()).count() as i64,
            unpaid: debtors.values().map(|debtor| debtor.due).sum(),
            unpaid_by: debtors.into_values().collect(),
            not_collected: waiting.len(),
            not_collected_lots: waiting,
        }
    }
}

impl Debtor {
    fn of(listing: &SoldListing) -> Debtor {
        let (name, email) = (listing.buyer_name.clone(), listing.email.clone());
        Debtor { account: listing.buyer, name, email, lots: 0, due: 0 }
    }
}

impl Uncollected {
    fn of(listing: &SoldListing, due: Money) -> Uncollected {
        Uncollected {
            listing: listing.listing,
            sale: listing.sale.clone(),
            lot: listing.lot.clone(),
            title: listing.title.clone(),
            buyer: listing.buyer_name.clone(),
            number: listing.number,
            due,
        }
    }
}
