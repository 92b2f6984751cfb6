//! Everything that can be seen of a house, a line a thing: as the store shows it, and as the naive books have it. Equal
//! pictures, equal houses.

use crate::at_desk;
use crate::books::{Books, HOUSE, OUTSIDE, SETTINGS, hash, statement};
use crate::command;
use crate::desk::{METHODS, Scope};
use crate::model::No;
use crate::sales::{Evening, Stage};
use anyhow::Result;
use auction::house::House;
use auction::house::money::bill::Bill;
use auction::house::money::statement::StatementPart;
use auction::house::unless_refused;
use auction::rules::desk::Method;
use auction::rules::hash::hex;
use auction::rules::listing::{AccountId, ListingId};
use auction::rules::time::Time;
use auction::store::bids::StoredBid;
use auction::store::registrations::Registration;
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
    let accounts = house.accounts()?;
    let n_people = accounts.len();
    for account in accounts {
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
        picture.insert(format!("terms of {}", account.id), format!("{:?}", account.terms_version));
        if look == Look::Whole {
            let mut lines = Vec::new();
            house.statement(account.id, Time(0), |told| {
                if let StatementPart::Movement(line) = told {
                    lines.push(format!("{} {:?} {}", line.cause, line.cause.settlement(), line.amount));
                }
                Ok(())
            })?;
            picture.insert(format!("statement of {}", account.id), lines.join(", "));
            let accepted: Vec<(i64, i64)> =
                house.acceptances(account.id)?.iter().map(|one| (one.version, one.at.0)).collect();
            picture.insert(format!("acceptances of {}", account.id), format!("{accepted:?}"));
            bills_of_store(house, account.id, &mut picture)?;
        }
    }
    let terms = house.terms_versions()?;
    let terms: Vec<(String, i64)> = terms.iter().rev().map(|one| (hex(&one.mark.hash), one.at.0)).collect();
    picture.insert("terms".into(), format!("{terms:?}"));
    desk_of_store(house, n_told, n_people, &mut picture)?;
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
        if look == Look::Whole {
            marks_of_store(house, id, &mut picture)?;
        }
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
        if look == Look::Whole {
            let n: usize = line.code[1..].parse()?;
            let who = AccountId(someone(n_told + n, n_people));
            let bill = serde_json::to_value(house.bill(who, Some(&line.code))?)?;
            picture.insert(format!("a bill in {}", line.code), at_desk::bill(&bill));
        }
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
        let email = if person.n == 0 { "-".into() } else { format!("person{}@example.org", person.n) };
        let line = format!(
            "{email} {} balance {} held {} limit {} available {}",
            person.state,
            books.balance(who),
            books.held(who),
            person.limit,
            books.available(who)
        );
        picture.insert(format!("account {who}"), line);
        let newest = person.accepted.last().map(|(version, _)| *version);
        picture.insert(format!("terms of {who}"), format!("{newest:?}"));
        if look == Look::Whole {
            let mut lines = Vec::new();
            for a_move in &books.moves {
                for (_, amount) in a_move.postings.iter().filter(|(purse, _)| *purse == who) {
                    lines.push(format!("{} {:?} {amount}", a_move.cause, a_move.settlement));
                }
            }
            picture.insert(format!("statement of {who}"), lines.join(", "));
            picture.insert(format!("acceptances of {who}"), format!("{:?}", person.accepted));
            bills_of_books(books, who, &mut picture);
        }
    }
    let terms: Vec<(String, i64)> = books.terms.iter().map(|(text, at)| (hash(*text), *at)).collect();
    picture.insert("terms".into(), format!("{terms:?}"));
    desk_of_books(books, n_told, &mut picture);
    picture.insert("purse of house".into(), books.balance(HOUSE).to_string());
    picture.insert("purse of outside".into(), books.balance(OUTSIDE).to_string());
    for (key, default) in SETTINGS {
        picture.insert(format!("setting {key}"), books.setting(key, default));
    }
    for id in 1..=books.lots.len() as i64 {
        lot_of_books(books, id, clock.max(books.told_at), &mut picture);
        if look == Look::Whole {
            marks_of_books(books, id, &mut picture);
        }
    }
    for evening in &books.sales {
        let n = evening.sale.n;
        let text = sale_of_books(books, evening, clock.max(books.told_at));
        picture.insert(format!("sale {}", command::code(n)), text);
        if look == Look::Whole {
            let who = someone(n_told + n as usize, books.people.len());
            let bill = books.bill(who, Scope::Sale(n));
            picture.insert(format!("a bill in {}", command::code(n)), bill);
        }
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

/// Another one for each `n`.
fn someone(n: usize, n_people: usize) -> i64 {
    (n % n_people) as i64 + 1
}

/// The passes and what their tills took, the numbers, and the whole bill of one person: another one after each event.
fn desk_of_store(house: &House, n_told: usize, n_people: usize, picture: &mut Picture) -> Result<()> {
    for pass in house.passes()? {
        let line = format!(
            "{} for {} may {} limit {:?} from {} until {} shut {:?}",
            pass.name,
            pass.sale_code,
            pass.may,
            pass.most_limit,
            pass.made_at.0,
            pass.ends_at.0,
            pass.shut_at.map(|at| at.0)
        );
        picture.insert(format!("pass {}", pass.id.0), line);
        let till = house.till(&pass)?;
        let taken = METHODS.map(|method| till.taken.of(Method::of(method).unwrap()));
        let line = format!("{taken:?} in {} payments since {}", till.n_payments, till.since.0);
        picture.insert(format!("till of {} for {}", pass.name, pass.sale_code), line);
        let key = format!("numbers of {}", pass.sale_code);
        if picture.contains_key(&key) {
            continue;
        }
        let numbers = house.read(|snapshot| snapshot.registrations(pass.sale, 0, 100_000))?;
        let number = |one: Registration| {
            format!(
                "{} is {} at {} by {:?} with PIN {}",
                one.number, one.account, one.at.0, one.by, one.has_pin
            )
        };
        let line: Vec<String> = numbers.into_iter().map(number).collect();
        picture.insert(key, line.join(", "));
    }
    if n_people > 0 {
        let who = AccountId(someone(n_told, n_people));
        picture.insert("a bill".into(), at_desk::bill(&serde_json::to_value(house.bill(who, None)?)?));
    }
    Ok(())
}

fn desk_of_books(books: &Books, n_told: usize, picture: &mut Picture) {
    for (k, pass) in books.desk.passes.iter().enumerate() {
        let (asked, sale) = (&pass.asked, command::code(pass.asked.sale));
        let name = at_desk::till(asked.name);
        let line = format!(
            "{name} for {sale} may {} limit {:?} from {} until {} shut {:?}",
            asked.may, asked.limit, pass.made_at, asked.ends_at, pass.shut_at
        );
        picture.insert(format!("pass {}", k + 1), line);
        picture.insert(format!("till of {name} for {sale}"), books.till(pass));
        let numbers = books.desk.numbers.iter().filter(|((of, _), _)| *of == asked.sale);
        let line = numbers.map(|((_, number), given)| {
            let by = given.pass.map(|pass| at_desk::till(books.pass(pass).unwrap().asked.name));
            format!("{number} is {} at {} by {by:?} with PIN true", given.who, given.at)
        });
        picture.insert(format!("numbers of {sale}"), line.collect::<Vec<_>>().join(", "));
    }
    let n_people = books.people.len();
    if n_people > 0 {
        picture.insert("a bill".into(), books.bill(someone(n_told, n_people), Scope::All));
    }
}

/// All bills of a person, in every way in which they can be asked for.
fn bills_of_store(house: &House, who: AccountId, picture: &mut Picture) -> Result<()> {
    let words = |bill: &Bill| anyhow::Ok(at_desk::bill(&serde_json::to_value(bill)?));
    picture.insert(format!("bill of {who}"), words(&house.bill(who, None)?)?);
    let all: Vec<String> = house.bills(who)?.iter().map(words).collect::<Result<_>>()?;
    picture.insert(format!("bills of {who}"), all.join("; "));
    Ok(())
}

fn bills_of_books(books: &Books, who: i64, picture: &mut Picture) {
    picture.insert(format!("bill of {who}"), books.bill(who, Scope::All));
    picture.insert(format!("bills of {who}"), books.bills(who).join("; "));
}

/// Which bids the desk has entered.
fn marks_of_store(house: &House, id: ListingId, picture: &mut Picture) -> Result<()> {
    let bids = house.read(|snapshot| snapshot.bids_after(id, 0, 1_000))?;
    let mark = |bid: &StoredBid| {
        let desk = bid.desk.as_ref();
        let desk = desk.map(|desk| format!(" by {} from {}", desk.pass, desk.source));
        let terms = bid.terms.map_or(String::new(), |terms| format!(" under {}", terms.version));
        format!("{} of {}{}{terms}", bid.seq, bid.bidder, desk.unwrap_or_default())
    };
    let marks: Vec<String> = bids.iter().map(mark).collect();
    picture.insert(format!("bids on {id}"), marks.join(", "));
    Ok(())
}

fn marks_of_books(books: &Books, id: i64, picture: &mut Picture) {
    let lot = books.lot(id).unwrap();
    let mut marks: Vec<String> = Vec::new();
    for (k, bid) in lot.bids.iter().enumerate() {
        let by = books.desk.marks.get(&(id, k)).map_or(String::new(), |(pass, source)| {
            format!(" by {} from {source}", at_desk::till(books.pass(*pass).unwrap().asked.name))
        });
        let terms =
            books.bid_terms.get(&(id, k)).map_or(String::new(), |version| format!(" under {version}"));
        marks.push(format!("{} of {}{by}{terms}", marks.len() + 1, bid.who));
        if lot.is_answered(k) {
            let (leader, _) = lot.best_before(k).unwrap();
            marks.push(format!("{} of {leader}", marks.len() + 1));
        }
    }
    picture.insert(format!("bids on {id}"), marks.join(", "));
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
