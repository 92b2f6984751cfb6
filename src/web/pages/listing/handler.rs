//! `/listings/{id}`: the live page of a listing. It shows one moment, with the cursor from which its events follow.

use crate::house::bought::Bought;
use crate::house::listings::cancel::Canceller;
use crate::house::listings::lot::LotRoom;
use crate::house::listings::show::Room;
use crate::house::settings::keys::SignUp;
use crate::rules::bidding::BidKind;
use crate::rules::hash::hex;
use crate::rules::increment::increment;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::settlement::Outcome as Ended;
use crate::store::accounts::AccountState;
use crate::store::bids::StoredBid;
use crate::store::sessions::Person;
use crate::web::api::listings::cancelled_by;
use crate::web::app::App;
use crate::web::pages::confirm::view::Confirm;
use crate::web::pages::history::handler;
use crate::web::pages::history::view::OPENING;
use crate::web::pages::listing::spark::Spark;
use crate::web::pages::listing::view::{
    Ending, Hurdles, KeptOut, ListingPage, Outage, Place, Receipt, SoftClose, Standing,
};
use crate::web::pages::listing::watch::is_watched;
use crate::web::pages::parts::context::{PageContext, card, gallery, with_done};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::form;
use crate::web::pages::parts::frame::{Frame, percent_encoded};
use crate::web::pages::parts::sale_words::{lot_paused, lot_postponements};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use std::sync::Arc;

/// The field of the query that brings a guest's bid back, into the field of the maximum.
const AMOUNT: &str = "amount";
/// The most characters of an amount that the form takes.
const MAX_TYPED: usize = 30;

/// Shows the page. `amount` of the query fills the form: it is the bid of a guest who has logged in since.
pub fn show(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let mut filled = Filled::default();
    if let Some(amount) = request.query(AMOUNT) {
        filled.keep(AMOUNT, amount.chars().take(MAX_TYPED).collect::<String>());
    }
    page(app, &PageContext::of(request), id, 200, |_| filled)
}

/// Returns the path by which a guest who made a bid logs in and comes back with it.
pub fn after_login(id: ListingId, amount: &str) -> String {
    let amount: String = amount.chars().take(MAX_TYPED).collect();
    let back = format!("/listings/{id}?{AMOUNT}={}", percent_encoded(&amount));
    format!("/login?next={}", percent_encoded(&back))
}

/// Shows the page with this status, and the bid form as `fill` fills it. Refuses `not_found`.
pub fn page(
    app: &App,
    context: &PageContext,
    id: ListingId,
    status: u16,
    fill: impl FnOnce(&Frame) -> Filled,
) -> Outcome<Reply> {
    let room = app.house.room(id)?;
    let me = context.person.as_ref().map(|person| person.id);
    let has_bid = me.is_some_and(|me| room.bids.iter().any(|bid| bid.bidder == me));
    let mut frame = context.frame(app, room.at.cursor)?;
    if let (Some(person), Some(warning)) = (&context.person, app.warning())
        && person.id == room.terms.seller
        && !person.is_admin
        && room.settlement.is_none()
    {
        frame.warnings.push(frame.t(warning));
    }
    let filled = fill(&frame);
    let view = &room.at.listing;
    let view = ListingPage {
        card: card(view),
        description: view.description.clone(),
        category: view.category.clone(),
        pictures: gallery(&room.terms.pictures),
        seller: view.seller.clone(),
        increment: increment(view.increment, view.price.unwrap_or(view.opening)),
        soft_close: view.soft_close.map(|s| SoftClose {
            window_s: s.window_s,
            extension_s: s.extension_s,
            cap_s: s.cap_s,
        }),
        extended: view.extended,
        outage: room.at.outage.map(|outage| Outage { from: outage.from.utc(), until: outage.until.utc() }),
        outage_s: view.outage_s,
        premium_bps: room.terms.premium_bps,
        n_older: (view.n_bids - i64::try_from(room.bids.len()).unwrap_or(0)).max(0),
        spark: spark(&room),
        watched: is_watched(app, &context.watched, me, id)?,
        rows: if has_bid { handler::draw(&frame, &room.bids, &room.bidders, me)? } else { String::new() },
        place: room.lot.as_ref().map(|lot| place(&room, lot, &frame)),
        kept_out: kept_out(app, context, &room)?,
        hurdles: hurdles(app, context)?,
        standing: standing(context, &room, has_bid),
        receipts: me.map_or(Vec::new(), |me| receipts(&room, me)),
        ending: ending(&room, &frame, me, context.person.as_ref().is_some_and(|person| person.is_admin)),
        scheduler_entry: (me == Some(room.terms.seller)).then(|| entry(app, &room)).flatten(),
        filled,
        frame,
    };
    if has_bid {
        return Ok(Reply::page(status, &view)?.plain());
    }
    let part = app.bid_cache.part(&view.frame, id, &room.bids, &room.bidders)?;
    Reply::page_around(status, &view, OPENING, part)
}

/// How the close is kept, for the seller: a key of the page's sentence.
fn entry(app: &App, room: &Room) -> Option<String> {
    let entry = match app.settings().is_unscheduled() {
        _ if app.is_kept_by_demo() => "demo",
        true => return None,
        false if app.is_unproven() => "unproven",
        false => room.at.entry,
    };
    Some(entry.to_owned())
}

fn place(room: &Room, lot: &LotRoom, frame: &Frame) -> Place {
    let view = &room.at.listing;
    let numbered = |lot: &Option<(ListingId, String)>| lot.clone().map(|(id, code)| (id.0, code));
    Place {
        sale: view.sale.clone().unwrap_or_default(),
        sale_name: lot.sale_name.clone(),
        section: view.section.clone(),
        before: numbered(&lot.before),
        after: numbered(&lot.after),
        paused: lot_paused(&lot.timings, frame),
        postponed: lot_postponements(&lot.timings, frame),
    }
}

/// The prices from the opening on, or from the oldest bid on the page.
fn spark(room: &Room) -> Spark {
    let opening = Some(room.at.listing.opening);
    Spark::of(opening.into_iter().chain(room.bids.iter().rev().map(|bid| bid.price)))
}

fn standing(context: &PageContext, room: &Room, has_bid: bool) -> Standing {
    let Some(person) = &context.person else {
        return Standing::Guest;
    };
    if person.id == room.terms.seller {
        return Standing::Seller;
    }
    match &room.stored.standing.lead {
        Some(lead) if lead.bidder == person.id => Standing::Leading { max: lead.max },
        _ if has_bid => Standing::Outbid,
        _ => Standing::Onlooker,
    }
}

/// Why the visitor may bid nowhere, in the order in which a bid is refused; nothing once the listing has ended, and
/// nothing for its seller.
fn kept_out(app: &App, context: &PageContext, room: &Room) -> Outcome<Option<KeptOut>> {
    let may_matter = |person: &&Arc<Person>| person.id != room.terms.seller && room.settlement.is_none();
    let Some(person) = context.person.as_ref().filter(may_matter) else {
        return Ok(None);
    };
    match person.state {
        AccountState::Active => {}
        AccountState::Pending => return Ok(Some(KeptOut::AwaitingApproval)),
        AccountState::Suspended | AccountState::Closed => return Ok(Some(KeptOut::Suspended)),
    }
    if app.must_verify(person) {
        return Ok(Some(KeptOut::Unverified));
    }
    let newest = app.house.terms_mark()?.map(|terms| terms.version);
    Ok(newest.filter(|_| person.terms_version != newest).map(KeptOut::Terms))
}

fn hurdles(app: &App, context: &PageContext) -> Outcome<Hurdles> {
    if context.person.is_some() {
        return Ok(Hurdles::default());
    }
    let approval = app.settings().sign_up == SignUp::Approval;
    Ok(Hurdles { terms: app.house.terms_mark()?.is_some(), approval })
}

/// The viewer's own bids on the page, except those that the house made for them.
fn receipts(room: &Room, me: AccountId) -> Vec<Receipt> {
    let own = room.bids.iter().filter(|bid| bid.bidder == me && bid.kind != BidKind::Automatic);
    let receipt = |bid: &Arc<StoredBid>| Receipt {
        seq: bid.seq,
        amount: bid.amount,
        at: bid.at.utc(),
        text: bid.receipt().to_string(),
        desk: bid.desk.clone(),
    };
    own.map(receipt).collect()
}

fn ending(room: &Room, frame: &Frame, me: Option<AccountId>, is_admin: bool) -> Option<Ending> {
    let settlement = room.settlement.as_ref()?;
    let is_seller = me == Some(settlement.seller);
    let sale = settlement.sale();
    let won = sale.is_some_and(|sale| Some(sale.buyer) == me);
    let viewer_total = match sale {
        Some(sale) if won => Some(sale.total()),
        Some(sale) if is_seller => Some(sale.hammer - sale.commission),
        _ => None,
    };
    Some(Ending {
        outcome: settlement.outcome.clone(),
        winner: room.buyer.as_ref().map(|buyer| frame.bidder(&buyer.name, buyer.number)),
        why: match &settlement.outcome {
            Ended::Cancelled { why } => Some(why.clone()),
            // The page tells it to those whom it concerns; in the proof, it is public.
            _ => settlement.reversed_why.clone().filter(|_| won || is_seller || is_admin),
        },
        at: settlement.settled_at.utc(),
        viewer_won: won,
        settlement: settlement.id,
        viewer_total,
        coverage: room.bought.as_ref().filter(|_| won).map(Bought::coverage),
        reversed_at: settlement.reversed_at.map(|at| at.utc()),
        reversed_by: settlement.reversed_by.clone(),
        hash: Some(hex(&settlement.hash)),
    })
}

/// Asks for confirmation, then cancels. Only the seller may, and only before the first bid.
pub fn cancel(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let person = request.signed_in()?;
    let mut input = form::read(app, request)?;
    if input.text("confirm").as_deref() != Some("yes") {
        let listing = app.house.show(id)?;
        let frame = PageContext::of(request).frame(app, listing.cursor)?;
        return Reply::page(200, &Confirm::cancel(frame, id.0, &listing.listing.title, ""));
    }
    let by = Canceller::Seller(person.id);
    app.house.cancel(id, by, cancelled_by(by))?;
    Ok(Reply::see_other(with_done(&format!("/listings/{id}"), "cancelled")))
}
