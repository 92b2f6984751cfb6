//! Pages to print, without a script: the catalogue of a sale, a bid sheet for each lot, labels with codes to scan.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::house::sales::view::SaleView;
use crate::rules::listing::ListingState;
use crate::rules::money::{Bps, Money};
use crate::text::dates::same_day;
use crate::web::pages::listing::view::percent;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::{Frame, percent_encoded};
use crate::web::pages::parts::qr_code::QrCode;
use crate::web::pages::sale_print::part::Amiss;

/// The amounts on a bid sheet.
pub const N_AMOUNTS: usize = 10;

/// What can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A booklet in A4, with a cover.
    Catalogue,
    /// Bid sheets, one lot on each, in A5.
    Sheets,
    /// Labels for rolls of 62 mm, each a page of its own.
    Labels62,
    /// Labels of 70 × 37 mm, 24 on a sheet of A4.
    Labels24,
}

impl What {
    pub const ALL: [What; 4] = [What::Catalogue, What::Sheets, What::Labels62, What::Labels24];

    /// The value of `?what=`.
    pub const fn name(self) -> &'static str {
        match self {
            What::Catalogue => "catalogue",
            What::Sheets => "sheets",
            What::Labels62 => "labels62",
            What::Labels24 => "labels24",
        }
    }

    pub fn named(name: &str) -> Option<What> {
        What::ALL.into_iter().find(|what| what.name() == name)
    }

    pub const fn per_sheet(self) -> usize {
        if matches!(self, What::Labels24) { 24 } else { 1 }
    }

    fn title(self, frame: &Frame) -> String {
        match self {
            What::Catalogue => frame.t("print-catalogue"),
            What::Sheets => frame.t("print-sheets"),
            What::Labels62 => frame.t("print-labels62"),
            What::Labels24 => frame.t("print-labels24"),
        }
    }

    fn hint(self, frame: &Frame) -> String {
        match self {
            What::Catalogue => frame.t("print-catalogue-hint"),
            What::Sheets => frame.t("print-sheets-hint"),
            What::Labels62 => frame.t("print-labels62-hint"),
            What::Labels24 => frame.t("print-labels24-hint"),
        }
    }

    /// The style with the size of its paper.
    fn style(self) -> &'static str {
        match self {
            What::Catalogue => "print_a4.css",
            What::Sheets => "print_a5.css",
            What::Labels62 => "print_62.css",
            What::Labels24 => "print_24.css",
        }
    }
}

/// The part that was asked for, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub section: String,
    pub lots: String,
    pub skip: String,
}

/// What all pages to print share.
pub struct Head {
    pub frame: Frame,
    /// The address of the house, which every code begins with.
    pub house_address: String,
    /// Whether it works on this machine only, and so is of no use on paper.
    pub is_out_of_reach: bool,
    pub sale: SaleView,
    pub what: What,
    pub asked: Asked,
    /// From 0.
    pub page: usize,
    pub n_pages: usize,
    /// The place of the first lot shown among the lots asked for.
    pub first: usize,
    pub n_shown: usize,
    pub n: usize,
    pub premium_bps: Bps,
}

/// A lot on paper.
pub struct PaperLot {
    pub card: Card,
    /// What people say aloud: `A12`.
    pub code: String,
    pub section: Option<String>,
    pub description: String,
    /// The next amounts that may be bid, in minor units; none once it has ended.
    pub amounts: Vec<Money>,
}

/// The lots of one section, or those of none.
pub struct Chapter {
    pub section: Option<String>,
    pub lots: Vec<PaperLot>,
}

/// `/sales/{code}/print`: what can be printed.
#[derive(Template)]
#[template(path = "sale_print/page.html", config = "src/web/askama.toml")]
pub struct Index {
    pub frame: Frame,
    pub sale: SaleView,
    pub asked: Asked,
    /// What is wrong with the part that was asked for.
    pub amiss: Option<Amiss>,
}

#[derive(Template)]
#[template(path = "sale_print/catalogue.html", config = "src/web/askama.toml")]
pub struct Booklet {
    pub head: Head,
    pub chapters: Vec<Chapter>,
    /// Whether all its lots close on one day, so that the time alone is enough beside each.
    is_one_day: bool,
}

#[derive(Template)]
#[template(path = "sale_print/sheets.html", config = "src/web/askama.toml")]
pub struct BidSheets {
    pub head: Head,
    pub lots: Vec<PaperLot>,
}

#[derive(Template)]
#[template(path = "sale_print/labels.html", config = "src/web/askama.toml")]
pub struct Labels {
    pub head: Head,
    pub lots: Vec<PaperLot>,
    /// The labels left empty at the beginning of the first sheet.
    pub skip: usize,
}

impl Index {
    fn amiss_text(&self, amiss: &Amiss) -> String {
        let words = self.frame.words;
        match amiss {
            Amiss::Lot(typed) => words.t1("print-no-lot", "lot", typed.as_str()),
            Amiss::Section(typed) => words.t1("print-no-section", "section", typed.as_str()),
            Amiss::Skip(_) => words.t("print-need-skip"),
            Amiss::TooMany => words.t("print-too-many"),
        }
    }
}

impl Head {
    /// The addresses of all pages of the same part.
    fn page_urls(&self) -> Vec<String> {
        let mut url = format!("/sales/{}/print?what={}", self.sale.line.code, self.what.name());
        for (name, value) in
            [("section", &self.asked.section), ("lots", &self.asked.lots), ("skip", &self.asked.skip)]
        {
            if !value.is_empty() {
                url.push_str(&format!("&{name}={}", percent_encoded(value)));
            }
        }
        (1..=self.n_pages).map(|page| format!("{url}&page={page}")).collect()
    }

    fn shown_text(&self) -> String {
        let (from, to) = (self.first + usize::from(self.n_shown > 0), self.first + self.n_shown);
        let figures = [from, to, self.n].map(|figure| figure.to_string());
        let [from, to, n] = figures.each_ref().map(String::as_str);
        self.frame.words.with("print-shown", &[("from", from), ("to", to), ("n", n)])
    }

    fn sale_address(&self) -> String {
        format!("{}/sales/{}", self.house_address, self.sale.line.code)
    }

    fn sale_code(&self) -> QrCode {
        QrCode::of(self.sale_address())
    }

    fn lot_code(&self, lot: &PaperLot) -> QrCode {
        QrCode::of(format!("{}/listings/{}", self.house_address, lot.card.id))
    }

    fn premium(&self) -> String {
        self.frame.words.t1("premium-added", "percent", percent(self.premium_bps))
    }

    fn opens_at(&self) -> Option<DateTime<Utc>> {
        self.sale.line.opens_at.map(|at| at.utc())
    }

    fn first_ends(&self) -> String {
        self.frame.full(&self.sale.line.closes_at.utc())
    }

    fn last_ends(&self) -> String {
        self.frame.full(&self.sale.line.last_closes_at.utc())
    }
}

impl Booklet {
    /// Gathers the lots by section, in the order of the first lot of each.
    pub fn of(head: Head, lots: Vec<PaperLot>) -> Booklet {
        let zone = &head.frame.zone;
        let first = lots.first().map(|lot| lot.card.closes_at);
        let is_one_day =
            first.is_some_and(|first| lots.iter().all(|lot| same_day(zone, first, lot.card.closes_at)));
        let mut chapters: Vec<Chapter> = Vec::new();
        for lot in lots {
            match chapters.iter_mut().find(|chapter| chapter.section == lot.section) {
                Some(chapter) => chapter.lots.push(lot),
                None => chapters.push(Chapter { section: lot.section.clone(), lots: vec![lot] }),
            }
        }
        Booklet { head, chapters, is_one_day }
    }

    fn closes_text(&self, lot: &PaperLot) -> String {
        let frame = &self.head.frame;
        if self.is_one_day { frame.zone.time(lot.card.closes_at) } else { frame.full(&lot.card.closes_at) }
    }

    /// How a lot has ended, if it has.
    fn ending(&self, lot: &PaperLot) -> Option<String> {
        let frame = &self.head.frame;
        let state = || lot.card.state_text(frame);
        match lot.card.state {
            ListingState::Sold => Some(format!("{} · {}", state(), lot.card.price_text(frame))),
            ListingState::Unsold => Some(state()),
            _ => None,
        }
    }
}

impl Labels {
    /// The labels of each sheet; none is a label left empty.
    fn sheets(&self) -> Vec<Vec<Option<&PaperLot>>> {
        let empty = std::iter::repeat_n(None, self.skip);
        let labels: Vec<Option<&PaperLot>> = empty.chain(self.lots.iter().map(Some)).collect();
        labels.chunks(self.head.what.per_sheet()).map(<[_]>::to_vec).collect()
    }
}
