//! What a till took, by method, and the sheet on which it is counted.

use crate::house::desk::till::Till;
use crate::rules::desk::Method;
use crate::rules::money::Money;
use crate::store::desk_report::DeskVoid;
use crate::web::pages::desk::frame::DeskFrame;
use crate::web::pages::parts::frame::Frame;
use askama::Template;

/// The rows for coins and notes on the count sheet.
const N_ROWS: usize = 12;

/// A till: all passes of one name in one sale.
pub struct TillPart {
    pub name: String,
    pub till: Till,
    /// The voids that count for it.
    pub voids: Vec<DeskVoid>,
}

/// `/desk/till`.
#[derive(Template)]
#[template(path = "desk/till/page.html", config = "src/web/askama.toml")]
pub struct CountSheet {
    pub frame: DeskFrame,
    pub till: TillPart,
}

impl TillPart {
    /// What it took by each method, in the order of the methods.
    pub fn by_method(&self) -> Vec<(Method, Money)> {
        Method::ALL.iter().map(|method| (*method, self.till.taken.of(*method))).collect()
    }

    pub fn sum(&self) -> Money {
        self.by_method().iter().map(|(_, taken)| taken).sum()
    }

    pub fn since(&self, frame: &Frame) -> String {
        frame.full(&self.till.since.utc())
    }

    pub fn void_text(&self, frame: &Frame, void: &DeskVoid) -> String {
        let number = void.number.map_or(String::new(), |number| format!("{number} "));
        let by_admin = void.by.is_none().then(|| format!(" · {}", frame.t("who-organiser")));
        format!("{} · {number}{}{}", frame.full(&void.at.utc()), void.payer, by_admin.unwrap_or_default())
    }
}

impl CountSheet {
    fn rows(&self) -> std::ops::Range<usize> {
        0..N_ROWS
    }

    fn sale(&self) -> String {
        self.frame.pass.as_ref().map_or(String::new(), |pass| pass.sale.clone())
    }
}
