//! What a notice says of a sale: where it stands, and the person's bill. Amounts are minor units.

use crate::house::bought::Unpaid;
use crate::house::settings::Settings;
use crate::rules::listing::AccountId;
use crate::rules::money::Money;
use crate::rules::notice::NoticeKind;
use crate::rules::sale::{SaleId, Stage};
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::payments::BillScope;
use crate::store::sales::Sale;
use anyhow::{Context, Result};
use serde::Serialize;

/// The sale that a notice is about.
#[derive(Clone, Debug, Serialize)]
pub struct SaleMatter {
    pub code: String,
    pub name: String,
    pub opens_at: Option<Time>,
    /// The close of the lot that closes last.
    pub closes_at: Option<Time>,
    /// Where and when buyers collect their lots; empty where nothing is said.
    pub pickup: String,
    /// The address of its page, if the house has a public address.
    pub url: Option<String>,
    /// Only in a notice of the person's bill.
    pub bill: Option<BillMatter>,
}

/// A person's bill of a sale.
#[derive(Clone, Debug, Serialize)]
pub struct BillMatter {
    /// How many lots they bought; reversed ones do not count.
    pub n_lots: usize,
    pub total: Money,
    /// The part of it that is paid.
    pub covered: Money,
    /// The rest of it.
    pub due: Money,
    /// The address of its page, if the house has a public address.
    pub url: Option<String>,
}

impl SaleMatter {
    /// Looks up the sale. `None` if there is nothing left to say: it is cancelled or over, or the person has bought
    /// nothing in it that was not reversed.
    pub(super) fn of(
        tx: &Tx<'_>,
        settings: &Settings,
        kind: NoticeKind,
        id: SaleId,
        person: AccountId,
    ) -> Result<Option<SaleMatter>> {
        let sale = tx.sale_by_id(id)?.context("a notice is of a sale")?;
        let (n_open, closes_at) = tx.sale_end(id)?;
        let house = settings.public_url();
        let bill = match kind {
            NoticeKind::Bill => BillMatter::of(tx, &sale, person, house)?,
            _ => None,
        };
        let is_moot = match kind {
            NoticeKind::Bill => bill.is_none(),
            _ => n_open == 0 || sale.stage == Stage::Cancelled,
        };
        let url = house.map(|house| format!("{house}/sales/{}", sale.code));
        Ok((!is_moot).then_some(SaleMatter {
            code: sale.code,
            name: sale.text.name,
            opens_at: sale.terms.opens_at,
            closes_at,
            pickup: sale.text.pickup,
            url,
            bill,
        }))
    }
}

impl BillMatter {
    /// `None` without a lot that was not reversed.
    fn of(tx: &Tx<'_>, sale: &Sale, person: AccountId, house: Option<&str>) -> Result<Option<BillMatter>> {
        let scope =
            BillScope::Sale { id: sale.id, created_at: sale.created_at, published_at: sale.published_at };
        let mut charges = tx.charges(person, scope)?;
        charges.retain(|charge| charge.reversed_at.is_none());
        if charges.is_empty() {
            return Ok(None);
        }
        let unpaid = Unpaid::of(tx, person)?;
        let total: Money = charges.iter().map(|charge| charge.hammer + charge.premium).sum();
        let due: Money = charges.iter().map(|charge| unpaid.owed(charge.settlement)).sum();
        let url = house.map(|house| format!("{house}/account/bills/{}", sale.code));
        Ok(Some(BillMatter { n_lots: charges.len(), total, covered: total - due, due, url }))
    }
}
