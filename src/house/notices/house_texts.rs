//! What the house has written of payment and pickup, for mails to people who have won something.

use crate::house::notices::notice::Notice;
use crate::rules::notice::NoticeKind;
use crate::store::Snapshot;
use crate::store::own_pages::OwnPage;
use anyhow::Result;

/// Pages of the house, in Markdown; none where there is nothing to say of them.
#[derive(Clone, Debug, Default)]
pub struct HouseTexts {
    /// How to pay, where something is due.
    pub payment: Option<String>,
    /// Where to collect, unless each sale concerned says so itself.
    pub pickup: Option<String>,
}

impl HouseTexts {
    /// Reads the texts that these notices need.
    pub(super) fn of(snapshot: &Snapshot<'_>, notices: &[Notice]) -> Result<HouseTexts> {
        let text = |wanted: bool, page: OwnPage| match wanted {
            true => Ok::<_, anyhow::Error>(snapshot.own_page(page)?.map(|(text, _)| text)),
            false => Ok(None),
        };
        Ok(HouseTexts {
            payment: text(notices.iter().any(is_due), OwnPage::Payment)?,
            pickup: text(notices.iter().any(is_collected), OwnPage::Pickup)?,
        })
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
