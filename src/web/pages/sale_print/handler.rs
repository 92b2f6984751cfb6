//! `/sales/{code}/print`: says what can be printed, and with `?what=` is the page to print. Like the catalogue it is
//! public: no reserve and no maximum is on it.

use crate::house::sales::view::Catalogue;
use crate::house::settings::public_url::is_loopback;
use crate::house::views::ListingView;
use crate::rules::increment::next_amounts;
use crate::web::app::App;
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::sale_print::part::{Amiss, pages, select};
use crate::web::pages::sale_print::view::{
    Asked, BidSheets, Booklet, Head, Index, Labels, N_AMOUNTS, PaperLot, What,
};
use crate::web::problem::{Outcome, Problem};
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The most labels of a sheet that may be used up already.
const MAX_SKIP: usize = What::Labels24.per_sheet() - 1;

/// Shows what can be printed, or one page to print. Refuses `not_found` for a sale that was never published, for
/// another `what`, and for a `page` that there is not; what is wrong with the part asked for is said on the index.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let catalogue = app.house.catalogue(code)?;
    let frame = PageContext::of(request).frame(app, catalogue.cursor)?;
    let typed = |name| request.query(name).unwrap_or_default().trim().to_owned();
    let asked = Asked { section: typed("section"), lots: typed("lots"), skip: typed("skip") };
    let what = match request.query("what").filter(|name| !name.is_empty()) {
        None => return index(frame, &catalogue, asked, None),
        Some(name) => What::named(name).ok_or_else(|| Problem::not_found("page"))?,
    };
    let section = Some(asked.section.as_str()).filter(|section| !section.is_empty());
    let found = select(&catalogue.lots, section, &asked.lots).and_then(|lots| Ok((lots, skipped(&asked)?)));
    let (mut lots, skip) = match found {
        Ok(found) => found,
        Err(amiss) => return index(frame, &catalogue, asked, Some(amiss)),
    };
    // Nobody bids on what has ended.
    lots.retain(|lot| what != What::Sheets || lot.outcome.is_none());
    let skip = if what == What::Labels24 { skip } else { 0 };
    let ranges = pages(&lots, what.per_sheet(), skip);
    let page = page_asked(request, ranges.len())?;
    let shown = ranges[page].clone();
    let address = request.public_address(&app.settings());
    let head = Head {
        is_out_of_reach: is_loopback(&address),
        frame,
        house_address: address,
        sale: catalogue.sale.clone(),
        what,
        asked,
        page,
        n_pages: ranges.len(),
        first: shown.start,
        n_shown: shown.len(),
        n: lots.len(),
        premium_bps: lots.first().map_or(Ok(0), |lot| app.house.premium_bps(lot.id))?,
    };
    let lots: Vec<PaperLot> = lots[shown].iter().map(|lot| paper_lot(lot)).collect();
    match what {
        What::Catalogue => Reply::page(200, &Booklet::of(head, lots)),
        What::Sheets => Reply::page(200, &BidSheets { head, lots }),
        What::Labels62 | What::Labels24 => {
            let skip = if page == 0 { skip } else { 0 };
            Reply::page(200, &Labels { head, lots, skip })
        }
    }
}

fn index(frame: Frame, catalogue: &Catalogue, asked: Asked, amiss: Option<Amiss>) -> Outcome<Reply> {
    let status = if amiss.is_some() { 422 } else { 200 };
    Reply::page(status, &Index { frame, sale: catalogue.sale.clone(), asked, amiss })
}

/// The number of labels that are left empty on the first sheet.
fn skipped(asked: &Asked) -> Result<usize, Amiss> {
    if asked.skip.is_empty() {
        return Ok(0);
    }
    let skip = asked.skip.parse().ok().filter(|skip| *skip <= MAX_SKIP);
    skip.ok_or_else(|| Amiss::Skip(asked.skip.clone()))
}

/// The index of the page asked for, from 0.
fn page_asked(request: &Request, n_pages: usize) -> Outcome<usize> {
    let Some(typed) = request.query("page").filter(|typed| !typed.is_empty()) else {
        return Ok(0);
    };
    let page = typed.parse::<usize>().ok().and_then(|page| page.checked_sub(1));
    page.filter(|page| *page < n_pages).ok_or_else(|| Problem::not_found("page"))
}

fn paper_lot(lot: &ListingView) -> PaperLot {
    PaperLot {
        card: card(lot),
        code: lot.lot.clone().unwrap_or_default(),
        section: lot.section.clone(),
        description: lot.description.clone(),
        amounts: lot.minimum.map_or(Vec::new(), |first| next_amounts(lot.increment, first, N_AMOUNTS)),
    }
}
