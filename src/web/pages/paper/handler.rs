//! Pages to print: the sheet that lies beside an item in the hall, and the buyer's invoice.

use crate::house::settings::public_url::is_loopback;
use crate::house::views::ListingView;
use crate::rules::coverage::Coverage;
use crate::rules::listing::ListingId;
use crate::web::app::App;
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::paper::view::{Invoice, Reversed, Sheet};
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::{Request, listing_id};

/// Shows the sheet of a listing. Refuses `not_found`.
pub fn sheet(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let at = app.house.show(id)?;
    let address = format!("{}/listings/{id}", request.public_address(&app.settings()));
    let page = Sheet {
        frame: PageContext::of(request).frame(app, at.cursor)?,
        card: card(&at.listing),
        description: at.listing.description.clone(),
        seller: at.listing.seller.clone(),
        picture: at.listing.picture.clone(),
        is_out_of_reach: is_loopback(&address),
        address,
    };
    Reply::page(200, &page)
}

/// Shows the buyer their invoice; for anyone else it does not exist.
pub fn invoice(app: &App, request: &Request, settlement: &str) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let id = listing_id(settlement).map_err(|_| Problem::not_found("invoice"))?.0;
    let listing = app.house.read(|snapshot| snapshot.listing_of_settlement(id))?;
    let listing = listing.ok_or_else(|| Problem::not_found("invoice"))?;
    let settlement = app.house.settlement(listing)?;
    let Some(sale) = settlement.sale().filter(|sale| sale.buyer == person.id) else {
        return Err(Problem::not_found("invoice"));
    };
    let at = app.house.show(listing)?;
    let coverage = app.house.bought(&settlement)?.map_or(Coverage::Owed, |bought| bought.coverage());
    let page = Invoice {
        what_now: what_now(app, &at.listing, coverage)?,
        frame: PageContext::of(request).frame(app, at.cursor)?,
        number: settlement.id,
        card: card(&at.listing),
        buyer: person.name.clone(),
        buyer_email: person.email.clone().unwrap_or_default(),
        seller: settlement.seller_name.clone(),
        hammer: sale.hammer,
        premium: sale.premium,
        settled_at: settlement.settled_at.utc(),
        coverage,
        reversed: settlement.reversed_at.map(|at| Reversed {
            at: at.utc(),
            why: settlement.reversed_why.clone().unwrap_or_default(),
            who: settlement.reversed_by.clone(),
        }),
    };
    Reply::page(200, &page)
}

/// How the buyer pays and collects; the pickup of the lot's own sale goes before that of the house. Nothing after a
/// reversal.
fn what_now(app: &App, listing: &ListingView, coverage: Coverage) -> Outcome<WhatNow> {
    if coverage == Coverage::Reversed {
        return Ok(WhatNow::default());
    }
    let sale = match &listing.sale {
        Some(code) => app.house.read(|snapshot| snapshot.sale(code))?,
        None => None,
    };
    let pickup = sale.map(|sale| sale.text.pickup).unwrap_or_default();
    Ok(WhatNow::of(&app.own_texts(), coverage != Coverage::Paid, &pickup))
}
