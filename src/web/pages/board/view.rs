//! `/board`: for the projector in the hall. What ends next stands large; no log-in, nothing to press.

use askama::Template;

use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;

#[derive(Template)]
#[template(path = "board/page.html", config = "src/web/askama.toml")]
pub struct Board {
    pub frame: Frame,
    /// Open and closing, the next to end first. The page shows one large and up to seven below.
    pub cards: Vec<Card>,
    /// The last that ended, newest first.
    pub ended: Vec<Card>,
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
