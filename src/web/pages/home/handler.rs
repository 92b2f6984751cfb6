//! `/`: the listings, with search, order and pages. `/board`: the same for a projector.

use crate::house::sales::current::CurrentSale;
use crate::house::views::ListingView;
use crate::rules::listing::ListingId;
use crate::store::catalogue::Concern;
use crate::store::search::{Cursor, Filter, Search, Sort, StateFilter};
use crate::web::api::listings::{place_text, read_search};
use crate::web::app::App;
use crate::web::pages::board::view::Board;
use crate::web::pages::home::view::{Home, usual_state};
use crate::web::pages::parts::card::Card;
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::parts::hero::{Hero, Place, in_sentences};
use crate::web::pages::parts::join::Join;
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::parts::moments::Moments;
use crate::web::pages::parts::sale_words;
use crate::web::phone_address::phone_address;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// The most categories that are offered.
const N_CATEGORIES: i64 = 24;
/// The cards on the projector: one large, the others below.
const N_BOARD: i64 = 8;
const N_BOARD_ENDED: i64 = 4;
/// The number of listings that take turns as the large one.
const N_IN_TURN: usize = 4;

/// Shows the first page, or the results of a search.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let usual_state = usual_state(request.query("show").unwrap_or_default());
    let mut search = read_search(request, usual_state, app.house.now())?;
    // The form always sends a state, and nobody has chosen the preset one.
    search.number_in_any_state = search.state == StateFilter::Open;
    let currency = app.current().currency;
    let mut price_is_wrong = false;
    for (name, bound) in
        [("price_from", &mut search.filter.price_from), ("price_to", &mut search.filter.price_to)]
    {
        let typed = request.query(name).filter(|text| !text.trim().is_empty());
        *bound = typed.and_then(|text| currency.parse(text).ok());
        price_is_wrong |= typed.is_some() && bound.is_none();
    }
    // What changes with a sale is fetched without the listings below it.
    let only_head = request.query("part") == Some("head");
    let (listings, next, cursor) = if only_head { nothing(app)? } else { app.house.search(&search)? };
    let named = |name: &str, usual: &str| {
        request.query(name).filter(|value| !value.is_empty()).unwrap_or(usual).to_owned()
    };
    let narrowed = ["q", "show", "category", "price_from", "price_to", "after"]
        .iter()
        .any(|name| !named(name, "").is_empty());
    let plain = !narrowed && search.state == StateFilter::Open;
    let house_is_empty = listings.is_empty() && plain && !only_head && {
        let any = Search { state: StateFilter::All, after: None, limit: 1, ..search.clone() };
        app.house.search(&any)?.0.is_empty()
    };
    let mut frame = PageContext::of(request).frame(app, cursor)?;
    if only_head {
        frame.path_and_query = "/".to_owned();
    }
    let current = if plain && frame.has_sales { app.house.current_sale()? } else { None };
    let page = Home {
        hero: current.map(|sale| hero(sale, &frame)),
        is_front: plain,
        cards: cards(app, request, &listings)?,
        q: search.text.clone().unwrap_or_default(),
        sort: named("sort", "closes_at"),
        state: named("state", usual_state),
        show: named("show", ""),
        category: search.filter.category.clone().unwrap_or_default(),
        categories: app.house.open_categories(N_CATEGORIES)?,
        price_from: named("price_from", ""),
        price_to: named("price_to", ""),
        price_is_wrong,
        next: next.map(place_text),
        house_is_empty,
        frame,
    };
    Reply::page(200, &page)
}

type Found = (Vec<ListingView>, Option<Cursor>, i64);

fn nothing(app: &App) -> Outcome<Found> {
    Ok((Vec::new(), None, app.house.read(|snapshot| snapshot.last_event())?.id))
}

/// The listings as cards, each with how it concerns the visitor: one statement for all of them.
fn cards(app: &App, request: &Request, listings: &[ListingView]) -> Outcome<Vec<Card>> {
    let me = request.person.as_ref().map(|person| person.id);
    let ids: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
    let concerns = me.filter(|_| !ids.is_empty()).map(|me| app.house.own_among(me, &ids)).transpose()?;
    let own: HashMap<ListingId, Concern> =
        concerns.into_iter().flatten().map(|concern| (concern.listing, concern)).collect();
    let mine = |listing: &ListingView| {
        let leads = me.is_some() && listing.leader_id == me;
        let (has_bid, is_watched) = match own.get(&listing.id) {
            Some(concern) => (concern.has_bid, concern.is_watched),
            None => (false, request.watched.contains(&listing.id)),
        };
        let mine = (has_bid || leads || is_watched).then(|| Mine::of(listing.state, has_bid, leads));
        mine.filter(|mine| *mine != Mine::Over && listing.reversed_at.is_none())
    };
    Ok(listings.iter().map(|listing| Card { mine: mine(listing), ..card(listing) }).collect())
}

fn hero(sale: CurrentSale, frame: &Frame) -> Hero {
    let paused = sale.pause.as_ref().map(|pause| {
        let why = pause.why.as_deref().unwrap_or_default();
        sale_words::paused_text(why, &pause.who, pause.at, frame)
    });
    Hero {
        cause: in_sentences(&sale.description),
        total: sale.total,
        has_pickup: sale.has_pickup,
        said: paused.into_iter().collect(),
        next: Vec::new(),
        place: Place::First,
        line: sale.line,
    }
}

/// Shows the board.
pub fn board(app: &App, request: &Request) -> Outcome<Reply> {
    let search = |state, sort, limit| Search {
        state,
        sort,
        text: None,
        number_in_any_state: false,
        filter: Filter::default(),
        after: None,
        limit,
    };
    let (mut live, _, cursor) = app.house.search(&search(StateFilter::Closing, Sort::ClosesAt, N_BOARD))?;
    let frame = PageContext::of(request).projected().frame(app, cursor)?;
    // Only a sale has lots that are paused or open later.
    let n_states = if frame.has_sales { 3 } else { 1 };
    for state in [StateFilter::Open, StateFilter::Paused, StateFilter::Upcoming].into_iter().take(n_states) {
        live.extend(app.house.search(&search(state, Sort::ClosesAt, N_BOARD))?.0);
    }
    live.sort_by_key(|listing| (listing.closes_at, listing.id));
    live.truncate(usize::try_from(N_BOARD).unwrap_or(0));
    let (sold, _, _) = app.house.search(&search(StateFilter::Sold, Sort::Newest, N_BOARD_ENDED))?;
    let turn = request.query("turn").and_then(|turn| turn.parse().ok()).unwrap_or(0);
    let first = on_stage(&live, turn, app.house.now().utc());
    if first < live.len() {
        let shown = live.remove(first);
        live.insert(0, shown);
    }
    let ended: Vec<Card> = sold.iter().map(card).collect();
    let last = ended.iter().filter(|card| card.closes_at <= frame.now).max_by_key(|card| card.closes_at);
    let page = Board {
        moments: Moments::of(last.map(|card| (card, card.number(&frame))), &frame),
        cards: live.iter().map(card).collect(),
        ended,
        total: app.house.raised()?,
        join: Join::at(&phone_address(app, request), ""),
        frame,
    };
    Reply::page(200, &page)
}

/// The index of the listing that is shown large: they take turns, but one that ends within two minutes stays.
fn on_stage(live: &[ListingView], turn: usize, now: DateTime<Utc>) -> usize {
    let urgent = live.first().is_some_and(|first| first.closes_at.utc() - now < TimeDelta::minutes(2));
    if urgent { 0 } else { turn % live.len().clamp(1, N_IN_TURN) }
}
