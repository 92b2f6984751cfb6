//! `/sales/{code}`: the sale, what closes next, and its lots section by section.

use askama::Template;

use crate::house::sales::catalogue::SaleHead;
use crate::house::sales::view::SaleView;
use crate::rules::sale::SaleState;
use crate::store::sale_figures::SaleChange;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::{Frame, in_short};
use crate::web::pages::parts::hero::{Hero, Place, in_sentences};
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::parts::sale_words::{self, lot_card};
use crate::web::pages::parts::tile::preview_path;

/// How many postponements are shown, the newest first.
const MAX_POSTPONEMENTS: usize = 3;

/// The content of the catalogue.
#[derive(Template)]
#[template(path = "sale/page.html", config = "src/web/askama.toml")]
pub struct SalePage {
    pub frame: Frame,
    pub head: Head,
    pub sections: Vec<SectionLink>,
    pub groups: Vec<Group>,
    /// The lots that concern the visitor, and how many of those on this page they lead, or were outbid on.
    pub n_own: usize,
    pub n_leading: usize,
    pub n_outbid: usize,
    /// The addresses of the pages before and after this one.
    pub before: Option<String>,
    pub after: Option<String>,
    /// The code of a lot that was sought in vain; empty if none was.
    pub jump: String,
}

/// The sale above its lots.
#[derive(Clone, Debug)]
pub struct Head {
    pub sale: SaleView,
    /// Why it was cancelled.
    pub why: Option<String>,
    pub pause: Option<SaleChange>,
    pub changes: Vec<SaleChange>,
    /// The lots that close next.
    pub next: Vec<Card>,
}

/// A link of the jump list.
#[derive(Clone, Debug)]
pub struct SectionLink {
    pub href: String,
    pub name: String,
    pub n_lots: usize,
}

/// The lots of a section on this page.
#[derive(Clone, Debug)]
pub struct Group {
    /// The section's number, by which links lead to it; `None` for lots without a section.
    pub nth: Option<usize>,
    pub title: Option<String>,
    pub rows: Vec<LotRow>,
}

/// A lot of the catalogue.
#[derive(Clone, Debug)]
pub struct LotRow {
    pub card: Card,
    pub mine: Option<Mine>,
}

impl Head {
    pub fn of(head: &SaleHead) -> Head {
        Head {
            sale: head.sale.clone(),
            why: head.why.clone(),
            pause: head.pause().cloned(),
            changes: head.changes.clone(),
            next: head.next.iter().map(lot_card).collect(),
        }
    }

    /// The sale as it stands above its lots, or beside a person's own.
    pub fn hero(&self, place: &Place, frame: &Frame) -> Hero {
        let cause = in_sentences(&self.sale.description);
        Hero {
            line: self.sale.line.clone(),
            cause,
            total: self.sale.total,
            has_pickup: !self.sale.pickup.is_empty(),
            said: self.said(frame),
            next: self.next.clone(),
            place: *place,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.sale.line.state, SaleState::Closed | SaleState::Cancelled)
    }

    /// The sentences on why the sale waits, was postponed or was cancelled.
    fn said(&self, frame: &Frame) -> Vec<String> {
        let line = &self.sale.line;
        let cancelled = self.why.as_deref().map(|why| frame.words.t1("sale-cancelled-said", "why", why));
        let paused = self.pause.as_ref().map(|pause| {
            let why = pause.why.as_deref().unwrap_or_default();
            sale_words::paused_text(why, &pause.who, pause.at, frame)
        });
        let postponed = self.changes.iter().rev();
        let postponed = postponed.filter_map(|change| sale_words::sale_postponed(change, line.n_lots, frame));
        let postponed = postponed.take(if self.is_over() { 0 } else { MAX_POSTPONEMENTS });
        cancelled.into_iter().chain(paused).chain(postponed).collect()
    }
}

impl SalePage {
    fn code(&self) -> &str {
        &self.head.sale.line.code
    }

    fn path(&self) -> String {
        format!("/sales/{}", self.code())
    }

    /// The sale in one line, for the previews that link to it.
    fn in_short(&self) -> String {
        let sale = &self.head.sale;
        let about = if sale.description.is_empty() { self.frame.about() } else { sale.description.clone() };
        in_short(&format!("{} · {about}", sale.line.name))
    }

    /// The whole address of the picture of the lot that closes next, for previews.
    fn shared_picture(&self) -> Option<String> {
        let own = self.head.next.iter().find_map(|lot| lot.picture.clone());
        let path = own.or_else(|| self.head.next.first().map(|lot| preview_path(lot.id)))?;
        self.frame.branding.absolute(&path)
    }

    /// Whether the sale has more lots than this page shows; then the server alone knows which close next.
    fn is_part(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }

    /// `You lead 2 · outbid on 1`; empty if there is neither.
    fn own_text(&self) -> String {
        let counted = [("own-leading", self.n_leading), ("own-outbid", self.n_outbid)];
        let said = counted.into_iter().filter(|(_, n)| *n > 0);
        let said: Vec<String> = said.map(|(key, n)| self.frame.words.t1(key, "n", n)).collect();
        said.join(" · ")
    }
}
