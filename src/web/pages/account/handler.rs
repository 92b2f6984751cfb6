//! `/account`: what a person must pay, bids on, sells and holds, and their settings; one tab at a time.

use crate::house::listings::show::OwnListing;
use crate::house::money::bill::{Bill, BillLine};
use crate::house::money::statement::Movement;
use crate::house::people::email;
use crate::rules::coverage::Coverage;
use crate::rules::listing::AccountId;
use crate::store::ledger::Cause;
use crate::store::listings::Relation;
use crate::text::i18n::Words;
use crate::web::app::App;
use crate::web::pages::account::settings::Settings;
use crate::web::pages::account::tabs::{Counts, Tab};
use crate::web::pages::account::view::{
    Account, Bidding, Content, Line, Money, OpenBill, Pay, Selling, Stake, Won,
};
use crate::web::pages::bills::handler::sale_text;
use crate::web::pages::own_page::what_now::WhatNow;
use crate::web::pages::parts::context::{PageContext, card};
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

const MAX_OWN: i64 = 500;
const MAX_LINES: i64 = 200;

/// Shows the account page to its owner.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let cursor = app.house.read(|snapshot| snapshot.last_event())?.id;
    let counts = Counts::of(app, person.id)?;
    let tab = Tab::of(request, &counts);
    let content = match tab {
        Tab::Pay => Content::Pay(pay(app, person.id, counts.due)?),
        Tab::Bidding => Content::Bidding(bidding(app, person.id)?),
        Tab::Selling => Content::Selling(selling(app, person.id)?),
        Tab::Money => Content::Money(money(app, request)?),
        Tab::Settings => Content::Settings(Settings::of(app, request)?),
    };
    let mut frame = PageContext::of(request).frame(app, cursor)?;
    if person.is_admin {
        frame.warnings.extend(waiting(app, &frame)?);
    }
    let page = Account {
        frame,
        name: person.name.clone(),
        email: person.email.as_deref().map_or_else(String::new, |email| email::shown(email).into_owned()),
        is_unverified: app.must_verify(person),
        tab,
        counts,
        content,
    };
    Reply::page(200, &page)
}

/// How many wait for approval, and what an admin does about it; none if nobody waits.
fn waiting(app: &App, frame: &Frame) -> Outcome<Option<String>> {
    let n = app.house.n_unapproved()?;
    Ok((n > 0).then(|| frame.words.t1("waiting-for-you", "n", n)))
}

/// Bills on which something is due come open, each with how to collect; what is paid stands below.
fn pay(app: &App, person: AccountId, due: i64) -> Outcome<Pay> {
    let texts = app.own_texts();
    let mut pay = Pay { due, payment: WhatNow::of(&texts, due > 0, "").payment, ..Pay::default() };
    for bill in app.house.bills(person)? {
        let text = sale_text(app, &bill)?;
        let pickup = text.as_ref().map(|text| text.pickup.clone()).unwrap_or_default();
        let lines = || bill.lines.iter().rev();
        let (open, over): (Vec<&BillLine>, Vec<&BillLine>) = lines().partition(|line| is_due(line));
        pay.won.extend(over.into_iter().map(|line| won(&bill, line)));
        if !open.is_empty() {
            pay.open.push(OpenBill {
                won: open.into_iter().map(|line| won(&bill, line)).collect(),
                due: bill.due,
                what_now: WhatNow { payment: None, ..WhatNow::of(&texts, true, &pickup) },
                pickup,
                sale: bill.sale.clone(),
                name: text.map(|text| text.name),
            });
        }
    }
    Ok(pay)
}

fn is_due(line: &BillLine) -> bool {
    !line.reversed && line.covered < line.total
}

fn won(bill: &Bill, line: &BillLine) -> Won {
    Won {
        listing: line.listing.0,
        title: line.title.clone(),
        lot: bill.sale.as_ref().and(line.lot.clone()),
        settlement: line.settlement,
        hammer: line.hammer,
        premium: line.premium,
        coverage: match line.reversed {
            true => Coverage::Reversed,
            false => Coverage::of(line.total, line.total - line.covered),
        },
    }
}

fn bidding(app: &App, person: AccountId) -> Outcome<Bidding> {
    let (bidding, _) = app.house.listings_of(person, Relation::Bidding, None, MAX_OWN)?;
    let (leading, outbid): (Vec<_>, Vec<_>) = bidding.iter().partition(|own| own.leading);
    let purse = app.house.purse(person)?;
    Ok(Bidding {
        available: purse.available(),
        held: purse.held,
        outbid: outbid.into_iter().map(|own| card(&own.listing)).collect(),
        leading: leading.into_iter().map(stake).collect(),
    })
}

fn stake(own: &OwnListing) -> Stake {
    Stake { card: card(&own.listing), max: own.max.unwrap_or(0), held: own.held.unwrap_or(0) }
}

fn selling(app: &App, person: AccountId) -> Outcome<Selling> {
    let (selling, next) = app.house.listings_of(person, Relation::Selling, None, MAX_OWN)?;
    let (open, ended) = selling.iter().map(|own| card(&own.listing)).partition(|card| card.is_live());
    Ok(Selling { open, ended, has_more: next.is_some() })
}

fn money(app: &App, request: &Request) -> Outcome<Money> {
    let purse = app.house.purse(request.signed_in()?.id)?;
    Ok(Money {
        balance: purse.balance,
        held: purse.held,
        available: purse.available(),
        credit_limit: purse.credit_limit,
        statement: statement(app, request)?,
    })
}

/// Newest first, each with the balance after it.
fn statement(app: &App, request: &Request) -> Outcome<Vec<Line>> {
    let person = request.signed_in()?;
    let words = PageContext::of(request).words();
    let mut lines = Vec::new();
    for line in app.house.newest_movements(person.id, MAX_LINES)? {
        let cause = match line.cause {
            Cause::Sale { .. } if line.amount < 0 => "cause-bought",
            Cause::Sale { .. } => "cause-sold",
            Cause::Reversal { .. } => "cause-reversed",
            Cause::Credit => "cause-credit",
            Cause::Debit => "cause-debit",
            Cause::Void { .. } => "cause-void",
        };
        let payment = payment_text(&words, &line);
        let why = if line.why.is_empty() { String::new() } else { format!(": {}", line.why) };
        lines.push(Line {
            at: line.at.utc(),
            cause: format!("{}{payment}{why}", words.t(cause)),
            listing: line.listing.map(|id| id.0),
            amount: line.amount,
            balance: line.balance,
            coverage: line.owed.map(|owed| match line.reversed_at {
                Some(_) => Coverage::Reversed,
                None => Coverage::of(-line.amount, owed),
            }),
            is_voided: line.voided_at.is_some(),
        });
    }
    Ok(lines)
}

/// ` (Card, reference 0042)` for a payment; nothing for any other movement.
fn payment_text(words: &Words, line: &Movement) -> String {
    let Some(method) = line.method else {
        return String::new();
    };
    let mut text = words.t(&format!("method-{method}"));
    if let Some(reference) = &line.reference {
        text = format!("{text}, {}", words.t1("bill-payment-reference", "reference", reference.as_str()));
    }
    format!(" ({text})")
}
