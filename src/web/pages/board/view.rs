//! `/board`: for the projector in the hall. It shows large what ends next; there is no log-in, and nothing to press.

use askama::Template;

use crate::rules::money::Money;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::join::Join;
use crate::web::pages::parts::moments::Moments;

/// The content of the board.
#[derive(Template)]
#[template(path = "board/page.html", config = "src/web/askama.toml")]
pub struct Board {
    pub frame: Frame,
    /// The open and closing listings, the next to end first. The page shows one large and up to seven below it.
    pub cards: Vec<Card>,
    /// The listings that ended last, newest first.
    pub ended: Vec<Card>,
    /// The hammer prices of everything sold, in minor units.
    pub total: Money,
    /// Leads to the first page.
    pub join: Join,
    pub moments: Moments,
}

impl Board {
    fn first(&self) -> Option<&Card> {
        self.cards.first()
    }

    fn rest(&self) -> &[Card] {
        let end = self.cards.len().min(8);
        self.cards.get(1..end).unwrap_or_default()
    }
}
