//! Everything that can be seen of a house, a line a thing: as the store shows it, and as the naive books have it. Equal
//! pictures, equal houses.

use crate::books::{Books, HOUSE, OUTSIDE, SETTINGS, statement};
use crate::command;
use crate::model::No;
use crate::sales::{Evening, Stage};
use anyhow::Result;
use auction::house::House;
use auction::house::money::statement::StatementPart;
use auction::house::unless_refused;
use auction::rules::listing::{AccountId, ListingId};
use auction::rules::time::Time;
use std::collections::BTreeMap;

pub type Picture = BTreeMap<String, String>;

/// How much is looked at: every statement of every purse is the slow part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Quick,
    Whole,
}

/// What the store shows, and the events after the first `n_told`.
pub fn of_store(house: &House, n_told: usize, look: Look) -> Result<Picture> {
    let mut picture = Picture::new();
    for account in house.accounts()? {
        let funds = &account.funds;
        let line = format!(
            "{} {} balance {} held {} limit {} available {}",
            account.email.as_deref().unwrap_or("-"),
            account.state,
            funds.balance,
            funds.held,
            funds.credit_limit,
            funds.available
        );
        picture.insert(format!("account {}", account.id), line);
        if look == Look::Whole {
            let mut lines = Vec::new();
            house.statement(account.id, Time(0), |told| {
                if let StatementPart::Movement(line) = told {
                    lines.push(format!("{} {:?} {}", line.cause, line.cause.settlement(), line.amount));
                }
                Ok(())
            })?;
            picture.insert(format!("statement of {}", account.id), lines.join(", "));
        }
    }
    for (purse, id) in [("house", HOUSE), ("outside", OUTSIDE)] {
        let balance = house.purse(AccountId(id))?.balance;
        picture.insert(format!("purse of {purse}"), balance.to_string());
    }
    let settings = house.settings()?;
    for (key, _) in SETTINGS {
        picture.insert(format!("setting {key}"), settings.value(key).unwrap().to_owned());
    }
    for id in house.read(|snapshot| snapshot.all_listings())? {
        lot_of_store(house, id, &mut picture)?;
    }
    for line in house.sales_and_drafts()? {
        let view = house.sale_details(&line.code)?.view;
        let text = sale_line(
            line.state.name(),
            line.opens_at.map(|at| at.0),
            (line.closes_at.0, line.last_closes_at.0),
            (line.n_lots, line.n_open),
            view.total,
            &view.sections,
        );
        picture.insert(format!("sale {}", line.code), text);
    }
    let told = house.read(|snapshot| snapshot.events_after(n_told as i64, 10_000))?;
    let event = |kind: &str, listing: Option<ListingId>, person: Option<AccountId>| {
        format!("{kind} {:?} {:?}", listing.map(|id| id.0), person.map(|id| id.0))
    };
    let mut told: Vec<String> = told.iter().map(|e| event(&e.kind, e.listing, e.account)).collect();
    told.sort_unstable();
    picture.insert("told since".into(), told.join(", "));
    Ok(picture)
}

/// The words of a sale.
fn sale_line(
    state: &str,
    opens_at: Option<i64>,
    closes: (i64, i64),
    n: (i64, i64),
    total: i64,
    sections: &[String],
) -> String {
    format!(
        "{state} opens {opens_at:?} closes {closes:?} lots and open ones {n:?} total {total} sections {sections:?}"
    )
}

fn lot_of_store(house: &House, id: ListingId, picture: &mut Picture) -> Result<()> {
    let shape = house.show(id)?.listing;
    let lead = house.read(|snapshot| snapshot.standing(id))?.standing.lead;
    let terms = house.read(|snapshot| snapshot.listing(id))?.unwrap();
    let rates = format!("premium {} commission {}", terms.premium_bps, terms.commission_bps);
    picture.insert(format!("rates of {id}"), rates);
    let line = format!(
        "{} price {:?} minimum {:?} leader {:?} max {:?} held {} bids {} reserve met {:?} buy-now {} closes {} extended {}",
        shape.state,
        shape.price,
        shape.minimum,
        shape.leader_id.map(|leader| leader.0),
        lead.as_ref().map(|lead| lead.max),
        lead.map_or(0, |lead| lead.held),
        shape.n_bids,
        shape.reserve_met,
        shape.buy_now_offered,
        shape.closes_at.0,
        shape.extended
    );
    picture.insert(format!("listing {id}"), line);
    let place = (shape.sale, shape.lot, shape.section, shape.opens_at.map(|at| at.0), shape.outage_s);
    picture.insert(format!("place of {id}"), format!("{place:?}"));
    if let Some(settlement) = unless_refused(house.settlement(id))? {
        picture.insert(format!("settlement of {id}"), command::statement(&settlement));
    }
    Ok(())
}

/// What the books have, at `clock`.
pub fn of_books(books: &Books, n_told: usize, clock: i64, look: Look) -> Picture {
    let mut picture = Picture::new();
    for (k, person) in books.people.iter().enumerate() {
        let who = k as i64 + 1;
        let line = format!(
            "person{}@example.org {} balance {} held {} limit {} available {}",
            person.n,
            person.state,
            books.balance(who),
            books.held(who),
            person.limit,
            books.available(who)
        );
        picture.insert(format!("account {who}"), line);
        if look == Look::Whole {
            let mut lines = Vec::new();
            for a_move in &books.moves {
                for (_, amount) in a_move.postings.iter().filter(|(purse, _)| *purse == who) {
                    lines.push(format!("{} {:?} {amount}", a_move.cause, a_move.settlement));
                }
            }
            picture.insert(format!("statement of {who}"), lines.join(", "));
        }
    }
    picture.insert("purse of house".into(), books.balance(HOUSE).to_string());
    picture.insert("purse of outside".into(), books.balance(OUTSIDE).to_string());
    for (key, default) in SETTINGS {
        picture.insert(format!("setting {key}"), books.setting(key, default));
    }
    for id in 1..=books.lots.len() as i64 {
        lot_of_books(books, id, clock.max(books.told_at), &mut picture);
    }
    for evening in &books.sales {
        let n = evening.sale.n;
        let text = sale_of_books(books, evening, clock.max(books.told_at));
        picture.insert(format!("sale {}", command::code(n)), text);
    }
    let event =
        |(kind, listing, person): &(&str, Option<i64>, Option<i64>)| format!("{kind} {listing:?} {person:?}");
    let mut told: Vec<String> = books.told[n_told..].iter().map(event).collect();
    told.sort_unstable();
    picture.insert("told since".into(), told.join(", "));
    picture
}

fn lot_of_books(books: &Books, id: i64, now: i64, picture: &mut Picture) {
    let lot = books.lot(id).unwrap();
    let end = books.end_of(id);
    let bought = end.filter(|end| end.reason == Some("buy_now"));
    let closes_at = books.closes_at(id);
    let state = match end {
        Some(end) => end.outcome,
        None => match lot.why_shut(now) {
            Some(No::Paused) => "paused",
            Some(No::ListingClosed) => "closing",
            Some(_) => "upcoming",
            None => "open",
        },
    };
    let best = lot.best();
    let (price, leader, max, met) = match bought {
        Some(end) => (end.hammer, end.buyer, end.hammer, lot.terms.reserve.map(|_| true)),
        None => (lot.price(), best.map(|(who, _)| who), best.map(|(_, max)| max), lot.reserve_met()),
    };
    let line = format!(
        "{state} price {price:?} minimum {:?} leader {leader:?} max {max:?} held {} bids {} reserve met {met:?} buy-now {} closes {closes_at} extended {}",
        end.is_none().then(|| lot.minimum()),
        if end.is_none() { lot.held() } else { 0 },
        lot.n_rows(),
        end.is_none() && lot.buy_now().is_some(),
        closes_at > lot.terms.first_close
    );
    picture.insert(format!("listing {id}"), line);
    let rates = format!("premium {} commission {}", lot.terms.premium_bps, lot.terms.commission_bps);
    picture.insert(format!("rates of {id}"), rates);
    let all = books.sales.iter().flat_map(|evening| evening.lots.iter());
    let of_sale = all.into_iter().find(|(_, listing)| *listing == Some(id)).map(|(lot, _)| lot);
    let place = (
        of_sale.map(|lot| command::code(lot.sale)),
        of_sale.map(|lot| format!("A{}", lot.code)),
        of_sale.and_then(|lot| lot.section).map(command::section),
        lot.terms.opens_at,
        lot.terms.outage_s,
    );
    picture.insert(format!("place of {id}"), format!("{place:?}"));
    if let Some(end) = end {
        picture.insert(format!("settlement of {id}"), statement(end));
    }
}

fn sale_of_books(books: &Books, evening: &Evening, now: i64) -> String {
    let n = evening.sale.n;
    let listings = books.listings_of(n, None);
    let n_open = listings.iter().filter(|id| books.is_open(**id)).count() as i64;
    let state = match evening.stage {
        Stage::Draft => "draft",
        Stage::Cancelled => "cancelled",
        Stage::Published if n_open == 0 => "closed",
        Stage::Published if books.is_paused(n) => "paused",
        Stage::Published if evening.sale.opens_at.is_some_and(|at| now < at) => "upcoming",
        Stage::Published => "open",
    };
    let n_lots = if evening.was_never_published() { evening.lots.len() } else { listings.len() };
    let closes = books.closes_of(n).unwrap_or((evening.sale.closes_at, evening.sale.closes_at));
    let total = listings.iter().filter_map(|id| books.end_of(*id)).filter_map(|end| end.hammer).sum();
    let mut sections: Vec<String> = Vec::new();
    for section in evening.lots.iter().filter_map(|(lot, _)| lot.section).map(command::section) {
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sale_line(state, evening.sale.opens_at, closes, (n_lots as i64, n_open), total, &sections)
}

/// The lines in which they differ; nothing if they do not.
pub fn differences(store: &Picture, books: &Picture) -> Vec<String> {
    let mut names: Vec<&String> = store.keys().chain(books.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let show = |line: Option<&String>| line.map_or("nothing".to_owned(), String::clone);
    names
        .into_iter()
        .filter(|name| store.get(*name) != books.get(*name))
        .map(|name| format!("{name}\n  store: {}\n  model: {}", show(store.get(name)), show(books.get(name))))
        .collect()
}
