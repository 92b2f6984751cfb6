//! What the pages say of a sale: its state, why it waits, who decided it.

use crate::house::sales::catalogue::LotLine;
use crate::house::views::{picture_path, thumbnail_path};
use crate::rules::bidding::minimum;
use crate::rules::desk::{BY_ADMIN, Source};
use crate::rules::listing::ListingState;
use crate::rules::sale::SaleState;
use crate::rules::time::Time;
use crate::rules::timing::{Timing, TimingLink};
use crate::store::sale_figures::SaleChange;
use crate::text::dates;
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::frame::Frame;

/// A lot as a card, without its leader: no row of a sale shows them.
pub fn lot_card(line: &LotLine) -> Card {
    let (terms, standing) = (&line.terms, &line.now.stored.standing);
    Card {
        id: terms.id.0,
        title: terms.title.clone(),
        category: terms.category.clone(),
        state: line.state,
        opening: terms.opening,
        price: standing.price,
        minimum: minimum(terms, standing.price),
        n_bids: standing.n_bids,
        closes_at: standing.closes_at.utc(),
        picture: terms.pictures.first().map(|name| picture_path(name)),
        thumb: terms.pictures.first().map(|name| thumbnail_path(name)),
        hammer: line.now.hammer.filter(|_| line.state == ListingState::Sold),
        reversed: line.now.reversed_at.is_some(),
        lot: terms.lot.as_ref().map(|lot| lot.code.clone()),
        opens_at: terms.opens_at().map(|at| at.utc()),
        ..Card::default()
    }
}

pub fn state_text(state: SaleState, frame: &Frame) -> String {
    match state {
        SaleState::Draft => frame.t("sale-state-draft"),
        SaleState::Upcoming => frame.t("state-upcoming"),
        SaleState::Open => frame.t("state-open"),
        SaleState::Paused => frame.t("state-paused"),
        SaleState::Closed => frame.t("label-closed"),
        SaleState::Cancelled => frame.t("state-cancelled"),
    }
}

/// The person who decided, by the public name in the chain's links.
pub fn who_text(who: &str, frame: &Frame) -> String {
    match who {
        BY_ADMIN | "admin" => frame.t("who-organiser"),
        "seller" => frame.t("who-seller"),
        pass => pass.to_owned(),
    }
}

/// Who took a payment: the organiser, or the pass of this name.
pub fn taken_by(by: &str, frame: &Frame) -> String {
    if by == BY_ADMIN { frame.t("who-organiser") } else { by.to_owned() }
}

/// Where a bid from the desk came from.
pub fn source_text(source: Source, frame: &Frame) -> String {
    match source {
        Source::Paper => frame.t("source-paper"),
        Source::Phone => frame.t("source-phone"),
        Source::Absentee => frame.t("source-absentee"),
        Source::Room => frame.t("source-room"),
    }
}

/// `Paused: fire alarm (the organiser, 19:42:10)`.
pub fn paused_text(why: &str, who: &str, at: Time, frame: &Frame) -> String {
    let (who, at) = (who_text(who, frame), frame.brief(&at.utc()));
    frame.words.with("paused-said", &[("why", why), ("who", &who), ("at", &at)])
}

fn postponed_text(by_s: i64, why: &str, who: &str, at: Time, frame: &Frame) -> String {
    let (by, who) = (dates::duration(by_s, frame.words), who_text(who, frame));
    let at = frame.brief(&at.utc());
    frame.words.with("postponed-said", &[("by", &by), ("why", why), ("who", &who), ("at", &at)])
}

/// The sentence of a sale's postponement, with its section or the number of its lots unless it was of all `n_lots`; `None` for another change.
pub fn sale_postponed(change: &SaleChange, n_lots: i64, frame: &Frame) -> Option<String> {
    let why = change.why.as_deref().unwrap_or_default();
    let text = postponed_text(change.by_s?, why, &change.who, change.at, frame);
    Some(match &change.section {
        _ if change.n_lots == n_lots => text,
        Some(section) => format!("{section} – {text}"),
        None => format!("{} – {text}", frame.words.t1("n-lots", "n", change.n_lots)),
    })
}

/// The sentences of a lot's postponements, newest first.
pub fn lot_postponements(timings: &[TimingLink], frame: &Frame) -> Vec<String> {
    let said = timings.iter().rev().filter_map(|link| match &link.timing {
        Timing::Postponement { by_s, who, why } => Some(postponed_text(*by_s, why, who, link.at, frame)),
        _ => None,
    });
    said.collect()
}

/// The sentence of the pause that a lot is in.
pub fn lot_paused(timings: &[TimingLink], frame: &Frame) -> Option<String> {
    timings.iter().rev().find_map(|link| match &link.timing {
        Timing::Pause { who, why } => Some(paused_text(why, who, link.at, frame)),
        _ => None,
    })
}
