//! `/sales/{code}`: the catalogue. `?lot=a12` leads to the lot, `?mine=1` to the visitor's own lots.

use crate::house::sales::catalogue::{CataloguePage, LotLine};
use crate::house::unless_refused;
use crate::rules::listing::{AccountId, ListingId};
use crate::web::app::App;
use crate::web::pages::parts::context::PageContext;
use crate::web::pages::parts::frame::percent_encoded;
use crate::web::pages::parts::mine::Mine;
use crate::web::pages::parts::sale_words::lot_card;
use crate::web::pages::sale::mine;
use crate::web::pages::sale::view::{Group, Head, LotRow, SalePage, SectionLink};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use std::collections::HashMap;

/// The most characters of a lot's code that are shown again.
const MAX_TYPED: usize = 30;

/// Shows a page of the catalogue. Refuses `not_found`, for a draft too.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let wanted = request.query("lot").map(str::trim).filter(|lot| !lot.is_empty());
    if let Some(listing) = wanted.map(|lot| unless_refused(app.house.lot_listing(code, lot))).transpose()? {
        match listing {
            Some(id) => return Ok(Reply::see_other(format!("/listings/{id}"))),
            None => return catalogue(app, request, code, wanted),
        }
    }
    if request.query("mine").is_some_and(|mine| !mine.is_empty()) {
        return mine::show(app, request, code);
    }
    catalogue(app, request, code, None)
}

/// The catalogue; with the status 404 and a sentence if there is no lot `missing`.
fn catalogue(app: &App, request: &Request, code: &str, missing: Option<&str>) -> Outcome<Reply> {
    let after = request.after("after must be the number of lots before the page.")?.unwrap_or(0);
    let person = request.person.as_ref().map(|person| person.id);
    let only_head = request.query("part") == Some("head");
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let page = app.house.catalogue_page(code, after, only_head, person)?;
    let rows = rows(&page, person);
    let mut frame = PageContext::of(request).frame(app, page.head.cursor)?;
    if only_head {
        frame.path_and_query = format!("/sales/{code}");
    }
    let view = SalePage {
        groups: groups(&page, rows.0),
        n_leading: rows.1,
        n_outbid: rows.2,
        n_own: page.own.len(),
        sections: section_links(&page, code),
        before: (page.after > 0).then(|| url(code, page.after.saturating_sub(PAGE), "")),
        after: page.next_page.map(|after| url(code, after, "")),
        jump: missing.unwrap_or_default().chars().take(MAX_TYPED).collect(),
        head: Head::of(&page.head),
        frame,
    };
    let reply = Reply::page(if missing.is_some() { 404 } else { 200 }, &view)?;
    // What somebody else typed into the address is repeated.
    Ok(if missing.is_some() && person.is_some() { reply.plain() } else { reply })
}

const PAGE: usize = crate::house::sales::catalogue::MAX_LOTS_ON_PAGE;

/// The rows of the page, and how many of the visitor's open lots they lead, and were outbid on.
fn rows(page: &CataloguePage, person: Option<AccountId>) -> (Vec<LotRow>, usize, usize) {
    let own: HashMap<ListingId, bool> = page.own.iter().copied().collect();
    let row = |line: &LotLine| LotRow { card: lot_card(line), mine: mine_of(line, &own, person) };
    let rows: Vec<LotRow> = page.lots.iter().map(row).collect();
    let count = |mine| rows.iter().filter(|row| row.mine == Some(mine)).count();
    let (n_leading, n_outbid) = (count(Mine::Leading), count(Mine::Outbid));
    (rows, n_leading, n_outbid)
}

fn mine_of(line: &LotLine, own: &HashMap<ListingId, bool>, person: Option<AccountId>) -> Option<Mine> {
    let has_bid = *own.get(&line.terms.id)?;
    let leads = line.now.stored.standing.lead.as_ref().is_some_and(|lead| Some(lead.bidder) == person);
    Some(Mine::of(line.state, has_bid, leads))
}

fn groups(page: &CataloguePage, rows: Vec<LotRow>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (line, row) in page.lots.iter().zip(rows) {
        let section = line.terms.lot.as_ref().and_then(|lot| lot.section.clone());
        let nth = page.sections.iter().position(|known| Some(&known.name) == section.as_ref());
        match groups.last_mut().filter(|group| group.nth == nth) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { nth, title: section, rows: vec![row] }),
        }
    }
    groups
}

fn section_links(page: &CataloguePage, code: &str) -> Vec<SectionLink> {
    let link = |(nth, section): (usize, &crate::house::sales::catalogue::SectionStart)| {
        let after = section.at / PAGE * PAGE;
        let anchor = format!("#section-{nth}");
        let href = if after == page.after { anchor } else { url(code, after, &anchor) };
        SectionLink { href, name: section.name.clone(), n_lots: section.n_lots }
    };
    page.sections.iter().enumerate().map(link).collect()
}

fn url(code: &str, after: usize, anchor: &str) -> String {
    let query = if after == 0 { String::new() } else { format!("?after={after}") };
    format!("/sales/{}{query}{anchor}", percent_encoded(code))
}
