//! What buyers do next: how they pay and where they collect, in short, as the house and the sale have written it.

use std::sync::Arc;

use crate::store::own_pages::OwnPage;
use crate::web::own_texts::OwnTexts;

/// The first paragraphs that bills and invoices show, each with a link to its page.
#[derive(Clone, Debug, Default)]
pub struct WhatNow {
    /// How to pay; none where nothing is due, or the house has not said.
    pub payment: Option<Arc<str>>,
    /// Where to collect, as the house says it; none where the sale says it itself.
    pub pickup: Option<Arc<str>>,
}

impl WhatNow {
    /// The texts for a bill. `pickup` is the sale's own, which goes before the house's.
    pub fn of(texts: &OwnTexts, is_due: bool, pickup: &str) -> WhatNow {
        WhatNow {
            payment: texts.brief(OwnPage::Payment).filter(|_| is_due),
            pickup: texts.brief(OwnPage::Pickup).filter(|_| pickup.is_empty()),
        }
    }
}
