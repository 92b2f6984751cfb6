//! What the house has written of payment and pickup, for mails to people who have won something.

use crate::house::House;
use crate::house::notices::notice::Notice;
use crate::rules::notice::NoticeKind;
use crate::store::own_pages::OwnPage;
use anyhow::Result;

/// Pages of the house, each in short; none where there is nothing to say of it.
#[derive(Clone, Debug, Default)]
pub struct HouseTexts {
    /// How to pay, where something is due.
    pub payment: Option<String>,
    /// Where to collect, unless each sale concerned says so itself.
    pub pickup: Option<String>,
}

impl HouseTexts {
    /// Reads both pages and puts each in short. A page may have 200,000 characters, and bids wait for a transaction: so
    /// this is done before those in which mails are written.
    pub(super) fn read(house: &House, in_short: impl Fn(&str) -> String) -> Result<HouseTexts> {
        let page = |page: OwnPage| house.read(|snapshot| snapshot.own_page(page));
        let (payment, pickup) = (page(OwnPage::Payment)?, page(OwnPage::Pickup)?);
        Ok(HouseTexts {
            payment: payment.map(|(text, _)| in_short(&text)),
            pickup: pickup.map(|(text, _)| in_short(&text)),
        })
    }

    /// Those that these notices need.
    pub(super) fn needed(&self, notices: &[Notice]) -> HouseTexts {
        HouseTexts {
            payment: self.payment.clone().filter(|_| notices.iter().any(is_due)),
            pickup: self.pickup.clone().filter(|_| notices.iter().any(is_collected)),
        }
    }
}

/// Whether the person owes something for what the notice is about.
fn is_due(notice: &Notice) -> bool {
    match (notice.kind, &notice.listing, &notice.sale) {
        (NoticeKind::Won, Some(matter), _) => matter.bought.as_ref().is_some_and(|bought| bought.owed > 0),
        (NoticeKind::Bill, _, Some(sale)) => sale.bill.as_ref().is_some_and(|bill| bill.due > 0),
        _ => false,
    }
}

/// Whether what the notice is about is collected where the house says: no text of its sale goes before.
fn is_collected(notice: &Notice) -> bool {
    match (notice.kind, &notice.listing, &notice.sale) {
        (NoticeKind::Won, Some(matter), _) => matter.sale.as_ref().is_none_or(|sale| !sale.has_pickup),
        (NoticeKind::Bill, _, Some(sale)) => sale.pickup.is_empty(),
        _ => false,
    }
}
