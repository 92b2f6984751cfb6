//! `/account`: a person's money and holds; the listings that they lead, were outbid on, won or sell; and their choice
//! of mails.

use crate::house::bought::Bought;
use crate::house::listings::show::OwnListing;
use crate::house::money::statement::Movement;
use crate::house::people::email;
use crate::house::unless_refused;
use crate::rules::coverage::Coverage;
use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, KindSet, NoticeKind};
use crate::store::ledger::Cause;
use crate::store::listings::Relation;
use crate::text::i18n::{Lang, Words};
use crate::web::app::App;
use crate::web::pages::account::push::Pushes;
use crate::web::pages::account::view::{Account, Line, Mails, Stake, Won};
use crate::web::pages::parts::context::{PageContext, card, with_done};
use crate::web::pages::parts::form;
use crate::web::pages::parts::frame::Frame;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The fields of the kinds that are pushed, in the order of all kinds.
const PUSH_FIELDS: [&str; NoticeKind::ALL.len()] = [
    "push_outbid",
    "push_won",
    "push_sold",
    "push_unsold",
    "push_cancelled",
    "push_extended",
    "push_funds",
    "push_ending",
    "push_opens",
    "push_bill",
    "push_pending",
];
const MAX_OWN: i64 = 500;
const MAX_LINES: i64 = 200;

/// Shows the account page to its owner.
pub fn show(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let cursor = app.house.read(|snapshot| snapshot.last_event())?.id;
    let purse = app.house.purse(person.id)?;
    let (bidding, _) = app.house.listings_of(person.id, Relation::Bidding, None, MAX_OWN)?;
    let leading = bidding.iter().filter(|own| own.leading).map(stake).collect();
    let outbid = bidding.iter().filter(|own| !own.leading).map(|own| card(&own.listing)).collect();
    let (won, more_won) = won(app, person.id)?;
    let (selling, more_selling) = app.house.listings_of(person.id, Relation::Selling, None, MAX_OWN)?;
    let mut frame = PageContext::of(request).frame(app, cursor)?;
    if person.is_admin {
        frame.warnings.extend(waiting(app, &frame)?);
    }
    let page = Account {
        frame,
        name: person.name.clone(),
        email: person.email.as_deref().map_or_else(String::new, |email| email::shown(email).into_owned()),
        is_unverified: app.must_verify(person),
        balance: purse.balance,
        held: purse.held,
        available: purse.available(),
        credit_limit: purse.credit_limit,
        owed: app.house.owed(person.id)?,
        leading,
        outbid,
        won,
        more_won,
        selling: selling.iter().map(|own| card(&own.listing)).collect(),
        more_selling: more_selling.is_some(),
        statement: statement(app, request)?,
        mails: mails(app, request)?,
        pushes: Pushes::of(app, request)?,
    };
    Reply::page(200, &page)
}

/// Saves the kinds of mails that are ticked.
pub fn choose(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let held = app.house.preferences(person.id)?;
    let mut input = form::read(app, request)?;
    let shows_push = input.text("shows_push").is_some();
    // A kind that the page does not show keeps its setting, and so do all pushes where it shows none.
    let mut chosen = |shown: bool, field: fn(NoticeKind) -> &'static str, held: KindSet| {
        let kinds = NoticeKind::ALL.into_iter();
        let wanted = kinds.filter(|kind| match shown && is_shown(*kind, person.is_admin) {
            true => input.text(field(*kind)).is_some(),
            false => held.has(*kind),
        });
        wanted.fold(KindSet::NONE, KindSet::with)
    };
    let mail = chosen(true, NoticeKind::name, held.mail);
    let push = chosen(shows_push, push_field, held.push);
    let language = input.text("language");
    input.done()?;
    app.house.choose_all(person.id, Some(mail), Some(push), language.as_deref())?;
    Ok(Reply::see_other(with_done("/account#mail", "chosen")))
}

fn push_field(kind: NoticeKind) -> &'static str {
    PUSH_FIELDS[kind as usize]
}

/// Whether the page offers this kind: only admins are told who waits for approval.
fn is_shown(kind: NoticeKind, is_admin: bool) -> bool {
    kind != NoticeKind::Pending || is_admin
}

/// How many wait for approval, and what an admin does about it; none if nobody waits.
fn waiting(app: &App, frame: &Frame) -> Outcome<Option<String>> {
    let n = app.house.n_unapproved()?;
    Ok((n > 0).then(|| frame.words.t1("waiting-for-you", "n", n)))
}

fn mails(app: &App, request: &Request) -> Outcome<Mails> {
    let person = request.signed_in()?;
    let preferences = app.house.preferences(person.id)?;
    let channels = app.house.read(|snapshot| snapshot.channels())?;
    let shown = NoticeKind::ALL.into_iter().filter(|kind| is_shown(*kind, person.is_admin));
    let kinds_in = |set: KindSet| shown.clone().map(|kind| (kind.name(), set.has(kind))).collect();
    Ok(Mails {
        kinds: kinds_in(preferences.mail),
        push_kinds: if preferences.has_push { kinds_in(preferences.push) } else { Vec::new() },
        lang: preferences.language.as_deref().and_then(Lang::from_tag).unwrap_or_else(|| app.language()),
        are_sent: channels.iter().any(|open| open.channel == Channel::Mail),
    })
}

fn stake(own: &OwnListing) -> Stake {
    Stake { card: card(&own.listing), max: own.max.unwrap_or(0), held: own.held.unwrap_or(0) }
}

/// The newest purchases, and whether there are more.
fn won(app: &App, person: AccountId) -> Outcome<(Vec<Won>, bool)> {
    let mut won = Vec::new();
    let (listings, next) = app.house.listings_of(person, Relation::Won, None, MAX_OWN)?;
    for own in listings {
        if let Some(settlement) = unless_refused(app.house.settlement(own.listing.id))? {
            let sale = settlement.sale();
            won.push(Won {
                card: card(&own.listing),
                coverage: own.bought.as_ref().map_or(Coverage::Owed, Bought::coverage),
                settlement: settlement.id,
                hammer: sale.map_or(0, |sale| sale.hammer),
                premium: sale.map_or(0, |sale| sale.premium),
                settled_at: settlement.settled_at.utc(),
            });
        }
    }
    Ok((won, next.is_some()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_a_push_is_named_after_its_kind() {
        for kind in NoticeKind::ALL {
            assert_eq!(push_field(kind), format!("push_{}", kind.name()));
        }
    }
}
