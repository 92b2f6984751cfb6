//! `/`: the listings, searched, sorted, paged. `/board`: the same for a projector.

use super::frame::{Basis, card};
use crate::store::listings::{Search, Sort, Wanted};
use crate::web::api::listings::{place_text, read_search};
use crate::web::app::App;
use crate::web::pages::board::Board;
use crate::web::pages::home::Home;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// Cards on the projector: one large, some below.
const N_BOARD: i64 = 8;
const N_BOARD_ENDED: i64 = 4;

pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let search = read_search(request, "open")?;
    let (listings, next, cursor) = app.house.search(&search)?;
    let named = |name: &str, usual: &str| {
        request.query(name).filter(|value| !value.is_empty()).unwrap_or(usual).to_owned()
    };
    let plain = search.text.is_none() && search.state == Wanted::Open;
    let house_is_empty = listings.is_empty() && plain && {
        let any = Search { state: Wanted::All, after: None, limit: 1, ..search.clone() };
        app.house.search(&any)?.0.is_empty()
    };
    let page = Home {
        frame: Basis::of(request).frame(app, cursor)?,
        cards: listings.iter().map(card).collect(),
        q: search.text.clone().unwrap_or_default(),
        sort: named("sort", "closes_at"),
        state: named("state", "open"),
        next: next.map(place_text),
        house_is_empty,
    };
    Reply::page(200, &page)
}

pub fn board(app: &App, request: &Request) -> Outcome<Reply> {
    let search = |state, sort, limit| Search { state, sort, text: None, after: None, limit };
    let (mut live, _, cursor) = app.house.search(&search(Wanted::Closing, Sort::ClosesAt, N_BOARD))?;
    live.extend(app.house.search(&search(Wanted::Open, Sort::ClosesAt, N_BOARD))?.0);
    live.truncate(usize::try_from(N_BOARD).unwrap_or(0));
    let (sold, _, _) = app.house.search(&search(Wanted::Sold, Sort::Newest, N_BOARD_ENDED))?;
    let page = Board {
        frame: Basis::of(request).frame(app, cursor)?,
        cards: live.iter().map(card).collect(),
        ended: sold.iter().map(card).collect(),
    };
    Reply::page(200, &page)
}
