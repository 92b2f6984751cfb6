//! Everything that can be seen of a house, a line a thing: as the store shows it, and as the naive books have it. Equal
//! pictures, equal houses.

use crate::books::{Books, HOUSE, OUTSIDE, SETTINGS, statement};
use crate::command;
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
            account.email, account.state, funds.balance, funds.held, funds.credit_limit, funds.available
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
    let told = house.read(|snapshot| snapshot.events_after(n_told as i64, 10_000))?;
    let event = |kind: &str, listing: Option<ListingId>, person: Option<AccountId>| {
        format!("{kind} {:?} {:?}", listing.map(|id| id.0), person.map(|id| id.0))
    };
    let mut told: Vec<String> = told.iter().map(|e| event(&e.kind, e.listing, e.account)).collect();
    told.sort_unstable();
    picture.insert("told since".into(), told.join(", "));
    Ok(picture)
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
        None if now >= closes_at => "closing",
        None => "open",
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
    if let Some(end) = end {
        picture.insert(format!("settlement of {id}"), statement(end));
    }
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
