//! `/sales/{code}?mine=1`: the lots of a sale that the visitor bid on, leads, watches or won, the most urgent first, each
//! with what it needs next.

use crate::house::sales::catalogue::OwnLot;
use crate::rules::listing::ListingState;
use crate::rules::sale::SaleState;
use crate::web::app::App;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::hero::Place;
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::parts::sale_words::lot_card;
use crate::web::pages::sale::view::Head;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use askama::Template;

/// The content of the page.
#[derive(Template)]
#[template(path = "sale/mine.html", config = "src/web/askama.toml")]
pub struct MinePage {
    pub frame: Frame,
    pub head: Head,
    pub rows: Vec<MineRow>,
}

/// A lot of the visitor's own.
#[derive(Clone, Debug)]
pub struct MineRow {
    pub card: Card,
    pub mine: Mine,
    /// What it needs next.
    pub said: String,
}

/// Shows the page. Refuses `unauthenticated`, `not_found`.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let (sale, lots) = app.house.own_lots(code, person.id)?;
    let frame = PageContext::of(request).frame(app, sale.cursor)?;
    let rows = lots.iter().map(|own| row(own, &frame)).collect();
    // A maximum stands beside titles that others wrote.
    Ok(Reply::page(200, &MinePage { head: Head::of(&sale), rows, frame })?.plain())
}

fn row(own: &OwnLot, frame: &Frame) -> MineRow {
    let card = lot_card(&own.line);
    let mine = Mine::of(card.state, own.has_bid, own.max.is_some());
    MineRow { said: said(own, &card, mine, frame), mine, card }
}

fn said(own: &OwnLot, card: &Card, mine: Mine, frame: &Frame) -> String {
    let words = frame.words;
    let opens = card.opens_at.filter(|_| card.state == ListingState::Upcoming);
    match mine {
        _ if card.state == ListingState::Closing => words.t("state-closing"),
        Mine::Leading => words.t1("own-leads-to", "max", frame.money(own.max.unwrap_or_default())),
        Mine::Outbid => words.t1("own-outbid-at", "minimum", frame.money(card.minimum)),
        Mine::Watching => match opens {
            Some(at) => words.t1("own-opens", "at", frame.brief(&at)),
            None => words.t1("own-watching", "minimum", frame.money(card.minimum)),
        },
        Mine::Won => match &own.bought {
            Some(bought) if bought.owed > 0 => words.t1("own-won-owed", "owed", frame.money(bought.owed)),
            Some(bought) if bought.paid => words.t("own-won-paid"),
            _ => words.t("state-reversed"),
        },
        Mine::Over => match card.hammer {
            Some(hammer) => words.t1("own-over", "hammer", frame.money(hammer)),
            None => card.state_text(frame),
        },
    }
}
