//! `/sales/{code}/board`: the board of a sale, or of one of its sections for a hall with several rooms.

use crate::house::sales::catalogue::running_pause;
use crate::house::sales::view::Catalogue;
use crate::house::views::ListingView;
use crate::rules::listing::ListingState;
use crate::rules::money::Money;
use crate::rules::sale::SaleState;
use crate::store::sale_figures::SaleChange;
use crate::web::app::App;
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::join::Join;
use crate::web::pages::parts::moments::Moments;
use crate::web::pages::sale_board::view::{Lot, Postponement, SaleBoard, Unbid};
use crate::web::phone_address::phone_address;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// The lots that are listed: one large and five below it, or six.
const N_SHOWN: usize = 6;
/// How long a lot that has ended may still be news.
const JUST_ENDED: TimeDelta = TimeDelta::minutes(1);
/// The lots without a bid that are named.
const N_UNBID: usize = 5;

/// Shows the board. Refuses `not_found` for a sale that was never published, and for a section that it does not have.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let catalogue = app.house.catalogue(code)?;
    let section = request.query("section").filter(|section| !section.is_empty());
    if section.is_some_and(|asked| !catalogue.sale.sections.iter().any(|known| known == asked)) {
        return Err(Problem::not_found("section"));
    }
    let address = phone_address(app, request);
    let frame = PageContext::of(request).projected().frame(app, catalogue.cursor)?;
    Reply::page(200, &board(frame, &catalogue, section, &address))
}

fn board(frame: Frame, catalogue: &Catalogue, section: Option<&str>, address: &str) -> SaleBoard {
    let (sale, now) = (&catalogue.sale, frame.now);
    let is_shown = |lot: &&ListingView| section.is_none_or(|section| lot.section.as_deref() == Some(section));
    let lots: Vec<&ListingView> = catalogue.lots.iter().filter(is_shown).collect();
    let mut live: Vec<&ListingView> = lots.iter().filter(|lot| lot.state.is_live()).copied().collect();
    // Stable: lots that close together stay in the order of the sale.
    live.sort_by_key(|lot| lot.closes_at);
    let state = state_of(sale.line.state, &live);
    let unbid = || live.iter().filter(|lot| lot.n_bids == 0);
    let last_close = |lots: &mut dyn Iterator<Item = &ListingView>| {
        lots.filter(|lot| lot.state.is_live()).map(|lot| lot.closes_at).max().map(|at| at.utc())
    };
    let ends_at = last_close(&mut catalogue.lots.iter());
    let section_ends = live.first().and_then(|lot| lot.section.clone()).and_then(|name| {
        let mut of_section = catalogue.lots.iter().filter(|lot| lot.section.as_ref() == Some(&name));
        Some((name.clone(), last_close(&mut of_section)?))
    });
    let last = last_ended(&lots, now).map(lot);
    SaleBoard {
        sale: sale.line.code.clone(),
        name: sale.line.name.clone(),
        section: section.map(str::to_owned),
        state,
        opens_at: sale.line.opens_at.filter(|_| state == SaleState::Upcoming).map(|at| at.utc()),
        section_ends: section_ends.filter(|(_, at)| Some(*at) != ends_at),
        ends_at,
        total: section.map_or(sale.total, |_| hammers(&lots)),
        n_lots: lots.len(),
        n_sold: lots.iter().filter(|lot| lot.state == ListingState::Sold).count(),
        unbid: Unbid {
            n: unbid().count(),
            next: unbid().take(N_UNBID).map(|lot| lot.lot.clone().unwrap_or_default()).collect(),
        },
        pause: running_pause(&catalogue.changes).filter(|_| state == SaleState::Paused).map(|pause| {
            let why = pause.why.clone().unwrap_or_default();
            (pause.at.utc(), why)
        }),
        postponement: postponement(catalogue, section).filter(|_| !live.is_empty()),
        why: catalogue.why.clone(),
        pickup: sale.pickup.clone(),
        lots: live.iter().take(N_SHOWN).copied().map(lot).collect(),
        join: Join::at(address, &format!("/sales/{}", sale.line.code)),
        moments: Moments::of(last.as_ref().map(|last| (&last.card, last.code.clone())), &frame),
        codes: codes(&lots, now),
        last,
        frame,
    }
}

/// The state of the lots that are shown: a section may be over while the sale goes on.
fn state_of(sale: SaleState, live: &[&ListingView]) -> SaleState {
    match sale {
        SaleState::Upcoming | SaleState::Open | SaleState::Paused if live.is_empty() => SaleState::Closed,
        state => state,
    }
}

fn lot(listing: &ListingView) -> Lot {
    Lot {
        card: card(listing),
        code: listing.lot.clone().unwrap_or_default(),
        section: listing.section.clone(),
    }
}

/// The codes of the lots that have not ended by their listings; and of those that have just ended, for the script may
/// hear of an end after the page that it has just fetched.
fn codes(lots: &[&ListingView], now: DateTime<Utc>) -> String {
    let is_news = |lot: &&&ListingView| lot.state.is_live() || lot.closes_at.utc() > now - JUST_ENDED;
    let codes = lots.iter().filter(is_news).map(|lot| (lot.id.to_string(), Value::from(lot.lot.clone())));
    Value::Object(codes.collect()).to_string()
}

fn hammers(lots: &[&ListingView]) -> Money {
    let sold = lots.iter().filter(|lot| lot.state == ListingState::Sold);
    sold.filter_map(|lot| lot.price).fold(0, Money::saturating_add)
}

/// The lot whose close came last, unless it was cancelled. A lot that was bought at once keeps its close, which may be
/// ahead: it is passed over until then.
fn last_ended<'l>(lots: &[&'l ListingView], now: DateTime<Utc>) -> Option<&'l ListingView> {
    let has_ended = |lot: &&&ListingView| {
        matches!(lot.state, ListingState::Sold | ListingState::Unsold) && lot.closes_at.utc() <= now
    };
    lots.iter().filter(has_ended).copied().max_by_key(|lot| lot.closes_at)
}

/// The last postponement that concerns the lots shown.
fn postponement(catalogue: &Catalogue, section: Option<&str>) -> Option<Postponement> {
    let concerns = |change: &&SaleChange| {
        change.kind == "postponement"
            && (section.is_none() || change.section.is_none() || change.section.as_deref() == section)
    };
    let change = catalogue.changes.iter().rev().find(concerns)?;
    Some(Postponement {
        by_s: change.by_s?,
        why: change.why.clone().unwrap_or_default(),
        section: change.section.clone().filter(|_| section.is_none() && catalogue.sale.sections.len() > 1),
    })
}
