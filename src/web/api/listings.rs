//! Listings: search, add, show, buy, cancel, and how they ended.

use crate::house::listings::cancel::Canceller;
use crate::house::listings::show::ListingAt;
use crate::rules::listing::{Draft, ListingId};
use crate::rules::refusal::Refusal;
use crate::rules::text;
use crate::rules::time::Time;
use crate::store::accounts::AccountState;
use crate::store::log::Actor;
use crate::store::search::{Cursor, Filter, Search, Sort, StateFilter};
use crate::store::sessions::Person;
use crate::web::app::App;
use crate::web::input::Input;
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;
use multer::bytes::Bytes;
use serde_json::json;

/// Listings on a page, unless `limit` says otherwise; and the most that it may ask for.
pub const USUAL_PAGE: i64 = 50;
pub const MAX_PAGE: i64 = 200;
/// The longest search text, in characters.
const MAX_QUERY: usize = 120;
/// Listings that close within so many seconds are shown by `show=ending`.
const ENDING_SOON_S: i64 = 3_600;

/// Searches the listings.
pub fn search(app: &App, request: &Request) -> Outcome<Reply> {
    let now = app.house.now();
    let is_of_sale = request.query("sale").is_some_and(|code| !code.trim().is_empty());
    let mut search = read_search(request, if is_of_sale { "all" } else { "open" }, now)?;
    for (name, bound) in
        [("price_from", &mut search.filter.price_from), ("price_to", &mut search.filter.price_to)]
    {
        let whole = |text: &str| {
            text.parse().map_err(|_| Problem::bad_request(format!("{name} must be in minor units.")))
        };
        *bound = request.query(name).filter(|text| !text.is_empty()).map(whole).transpose()?;
    }
    let (listings, next, _) = app.house.search(&search)?;
    Reply::json(200, &json!({"listings": listings, "next": next.map(place_text)}))
}

/// Reads the search of a query, in `usual_state` if it names none; the caller reads its price range. Refuses
/// `bad_request`, `invalid` for lots without a sale, and `unauthenticated` for a guest who asks for `show=mine`.
pub fn read_search(request: &Request, usual_state: &str, now: Time) -> Outcome<Search> {
    let named_state = request.query("state").filter(|state| !state.is_empty());
    let state = named_state.unwrap_or(usual_state);
    let state = match state {
        "upcoming" => StateFilter::Upcoming,
        "open" => StateFilter::Open,
        "paused" => StateFilter::Paused,
        "closing" => StateFilter::Closing,
        "sold" => StateFilter::Sold,
        "unsold" => StateFilter::Unsold,
        "cancelled" => StateFilter::Cancelled,
        "all" => StateFilter::All,
        _ => {
            return Err(Problem::bad_request(
                "state must be upcoming, open, paused, closing, sold, unsold, cancelled or all.",
            ));
        }
    };
    let sort = match request.query("sort").filter(|sort| !sort.is_empty()).unwrap_or("closes_at") {
        "closes_at" => Sort::ClosesAt,
        "newest" => Sort::Newest,
        "price" => Sort::Price,
        "price_desc" => Sort::PriceDesc,
        "bids" => Sort::Bids,
        "lot" => Sort::Lot,
        _ => {
            return Err(Problem::bad_request(
                "sort must be closes_at, newest, price, price_desc, bids or lot.",
            ));
        }
    };
    let text = request.query("q").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_QUERY) {
        return Err(Problem::bad_request(format!("q can have at most {MAX_QUERY} characters.")));
    }
    let after = request.query("after").filter(|after| !after.is_empty()).map(read_place).transpose()?;
    let filter = read_filter(request, now)?;
    let of_sale = [("sort", sort == Sort::Lot), ("section", filter.section.is_some())];
    if let (None, Some((name, _))) = (&filter.sale, of_sale.iter().find(|(_, is_of_sale)| *is_of_sale)) {
        return Err(Refusal::invalid(name, "Lots are those of one sale: name it in sale.").into());
    }
    let limit = request.limit(USUAL_PAGE, MAX_PAGE)?;
    Ok(Search { state, sort, text, number_in_any_state: false, filter, after, limit })
}

fn read_filter(request: &Request, now: Time) -> Outcome<Filter> {
    let me = request.person.as_ref().map(|person| person.id);
    let named =
        |name| request.query(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    let filter = Filter {
        category: named("category"),
        sale: named("sale"),
        section: named("section").map(|section| text::one_line(&section)),
        ..Filter::default()
    };
    Ok(match request.query("show").unwrap_or_default() {
        "" => filter,
        "ending" => Filter { until: Some(now.plus_s(ENDING_SOON_S)), ..filter },
        "no_bids" => Filter { no_bids: true, ..filter },
        "mine" => Filter { mine: Some(request.signed_in()?.id), ..filter },
        "watched" if me.is_some() => Filter { watched_by: me, ..filter },
        "watched" => Filter { among: Some(request.watched.clone()), ..filter },
        _ => return Err(Problem::bad_request("show must be ending, no_bids, mine or watched.")),
    })
}

/// Writes a cursor as `next` has it.
pub fn place_text(place: Cursor) -> String {
    format!("{}.{}", place.key, place.id)
}

fn read_place(text: &str) -> Outcome<Cursor> {
    let parts = text.split_once('.').and_then(|(key, id)| Some((key.parse().ok()?, id.parse().ok()?)));
    let (key, id) =
        parts.ok_or_else(|| Problem::bad_request("after must be the next of the previous page."))?;
    Ok(Cursor { key, id })
}

/// Lists an item, with its pictures. Refuses `invalid`, `not_allowed` and `rate_limited`.
pub fn add(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    app.house.may_list(person.id)?;
    let mut input = Input::of_api(request, true)?;
    let draft = input.draft(app.house.now());
    input.done()?;
    app.limits.list(person.id, request.client.address, 1, input.pictures.len())?;
    let listing = list(app, person, draft, &input.pictures)?;
    let path = format!("/api/v1/listings/{}", listing.listing.id);
    Ok(Reply::json(201, &listing)?.with("Location", path))
}

/// Lists a checked draft, with `pictures` after those it already has. The caller has checked that the seller may send
/// them.
pub fn list(app: &App, person: &Person, mut draft: Draft, pictures: &[Bytes]) -> Outcome<ListingAt> {
    for bytes in pictures {
        draft.pictures.push(app.house.store_picture(bytes)?);
    }
    let listing = app.house.list_own(person.id, draft)?;
    app.arm(listing.id);
    Ok(app.house.show_with_reserve(listing.id)?)
}

/// Shows a listing; to its seller with the reserve.
pub fn show(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let at = app.house.show(id)?;
    let is_seller = request.person.as_ref().is_some_and(|person| person.id == at.listing.seller_id);
    let at = if is_seller { app.house.show_with_reserve(id)? } else { at };
    Reply::json(200, &at)
}

/// Cancels a listing: its seller before the first bid, an admin at any time.
pub fn cancel(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let person = request.signed_in()?;
    Input::nothing(request)?;
    let is_admin = person.is_admin && person.state == AccountState::Active;
    let by = if is_admin { Canceller::Admin } else { Canceller::Seller(person.id) };
    let house = app.house.clone();
    let house = if is_admin { house.acting_as(Actor::Account(person.id)) } else { house };
    house.cancel(id, by, cancelled_by(by))?;
    Ok(Reply::empty(204))
}

/// The reason that is recorded for a cancellation by a form or a call, which asks for none.
pub fn cancelled_by(by: Canceller) -> &'static str {
    match by {
        Canceller::Seller(_) => "Withdrawn by the seller.",
        Canceller::Admin => "Cancelled by the house.",
    }
}

/// Buys at the buy-now price.
pub fn buy(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let person = request.signed_in()?;
    Input::nothing(request)?;
    let settlement = app.house.buy(id, person.id)?;
    Reply::json(201, &app.house.shown_settlement(&settlement)?.settlement)
}

/// Shows how a listing ended, or that it has not.
pub fn settlement(app: &App, _: &Request, id: ListingId) -> Outcome<Reply> {
    Reply::json(200, &app.house.shown_settlement(&app.house.settlement(id)?)?)
}

/// Puts a listing on the caller's watchlist.
pub fn watch(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    set_watched(app, request, id, true)
}

/// Takes a listing off the caller's watchlist.
pub fn unwatch(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    set_watched(app, request, id, false)
}

fn set_watched(app: &App, request: &Request, id: ListingId, on: bool) -> Outcome<Reply> {
    let person = request.signed_in()?;
    Input::nothing(request)?;
    app.house.watch(person.id, id, on)?;
    Ok(Reply::empty(204))
}
