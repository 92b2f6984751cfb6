//! Placing a bid, on the writer's thread: the rules decide inside the transaction, which also writes the hold, the
//! price and the events. The answer follows the commit.

pub(in crate::house) use super::request::admitted;
pub use super::request::{Key, MAX_KEY, Request};
use crate::house::bidding::kept_out::kept_out;
use crate::house::notices::{events, notify};
use crate::house::views::{BidEvent, ListingView, OutbidEvent};
use crate::house::{Answer, House, Remembered, Writing};
use crate::rules::bidding::{self, Bid, BidKind, HistoryRow, Lead, Placed, Purse, Standing, minimum};
use crate::rules::chain;
use crate::rules::desk::DeskMark;
use crate::rules::hash::{Hash, hex};
use crate::rules::listing::Listing;
use crate::rules::money::Money;
use crate::rules::refusal::Refusal;
use crate::rules::text::nfc;
use crate::rules::time::Time;
use crate::store::accounts::Bidder;
use crate::store::bids::StoredBid;
use crate::store::listings::{State, StoredStanding};
use crate::store::log::{Actor, LogLine};
use crate::store::writer::{Decided, Group};
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// An accepted bid, with everything its answer says.
pub enum Accepted {
    Now(Box<Fresh>),
    /// The same key and request came before: the same answer, and whether the bidder led then.
    Before {
        json: String,
        leading: bool,
    },
}

/// A bid accepted just now.
pub struct Fresh {
    bid: StoredBid,
    offered: Money,
    leading: bool,
    listing: Arc<Listing>,
    standing: Standing,
    cursor: i64,
}

impl Accepted {
    /// The answer as JSON, with the leader's name: `{bid:{seq,amount,max,hash,at,receipt…},leading,listing,cursor}`.
    /// [`House::shown_answer`] has the leader as everyone sees them.
    pub fn json(&self) -> String {
        match self {
            Accepted::Before { json, .. } => json.clone(),
            Accepted::Now(fresh) => fresh.json(),
        }
    }

    /// Whether the bidder led right after the bid.
    pub fn leading(&self) -> bool {
        match self {
            Accepted::Before { leading, .. } => *leading,
            Accepted::Now(fresh) => fresh.leading,
        }
    }
}

#[derive(Serialize)]
struct AnswerView {
    bid: OwnBid,
    leading: bool,
    listing: ListingView,
    cursor: i64,
}

/// A bid as its owner sees it, with what opens its commitment.
#[derive(Serialize)]
struct OwnBid {
    seq: i64,
    amount: Money,
    max: Money,
    salt: String,
    hash: String,
    at: Time,
    receipt: String,
    /// Only of a bid from the desk: the pass that entered it, and where it came from.
    #[serde(flatten)]
    desk: Option<DeskMark>,
}

impl Fresh {
    fn json(&self) -> String {
        let stored = StoredStanding { state: State::Open, standing: self.standing.clone() };
        let answer = AnswerView {
            bid: OwnBid {
                seq: self.bid.seq,
                amount: self.offered,
                max: self.bid.max,
                salt: hex(&self.bid.salt),
                hash: hex(&self.bid.hash),
                at: self.bid.at,
                receipt: self.bid.receipt().to_string(),
                desk: self.bid.desk.clone(),
            },
            leading: self.leading,
            listing: ListingView::of(&self.listing, &stored, self.bid.at),
            cursor: self.cursor,
        };
        serde_json::to_string(&answer).expect("a view of numbers and texts is always JSON")
    }
}

type Reply = Box<dyn FnOnce(Answer<Accepted>) + Send>;

/// A bid on the writer's queue, and the callback for its answer.
pub struct Job {
    request: Request,
    remembered: Remembered,
    reply: Reply,
}

impl Group for Job {
    type Answer = Accepted;

    fn decide(&self, tx: &Tx<'_>) -> Answer<Accepted> {
        place(tx, &self.remembered, &self.request)
    }
}

/// Bids that shared a commit, each with its answer, still to be delivered on a thread that may take its time.
#[must_use]
pub struct Decisions(Vec<Decided<Job>>);

impl Decisions {
    pub(in crate::house) fn of(decided: Vec<Decided<Job>>) -> Decisions {
        Decisions(decided)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls each bid's `reply`.
    pub fn tell(self) {
        for (job, answer) in self.0 {
            (job.reply)(answer);
        }
    }
}

impl House {
    /// Puts a bid on the writer's queue. [`Decisions::tell`] calls `reply` after the commit.
    ///
    /// Refuses `invalid` first, then as [`bidding::decide`] does, with `not_allowed`, `unverified` or `terms_not_accepted`
    /// for who may bid nowhere; `busy` if the queue is full.
    pub fn place_bid(&self, request: Request, reply: impl FnOnce(Answer<Accepted>) + Send + 'static) {
        let request = Request { message: nfc(&request.message), ..request };
        if let Err(refusal) = request.check() {
            return reply(Err(refusal.into()));
        }
        let Writing::Thread(writer) = &self.writing else {
            return reply(Err(anyhow!("bids are placed by a server").into()));
        };
        let job = Job { request, remembered: self.remembered.clone(), reply: Box::new(reply) };
        if let Err(job) = writer.submit(job) {
            (job.reply)(Err(Refusal::Busy { retry_after_s: 1 }.into()));
        }
    }

    /// Checks whether the bid would be accepted now; writes nothing. Refuses as [`House::place_bid`] does.
    pub fn weigh_bid(&self, request: &Request) -> Answer<()> {
        request.check()?;
        self.answer(|snapshot| {
            weigh(snapshot, &self.remembered, request, self.now_in(snapshot)?)?;
            Ok(self.store.clock().check()?)
        })
    }
}

/// A bid that the rules accept, with what they were given.
struct Weighed {
    listing: Arc<Listing>,
    before: Standing,
    bidder: Bidder,
    /// The amount of the bid.
    offered: Money,
    placed: Placed,
}

fn weigh(snapshot: &Snapshot<'_>, remembered: &Remembered, request: &Request, now: Time) -> Answer<Weighed> {
    let Some(listing) = remembered.listing(snapshot, request.listing)? else {
        return Err(Refusal::NotFound("listing").into());
    };
    let before = snapshot.standing(listing.id)?.standing;
    let Some(bidder) = snapshot.bidder(request.bidder)? else {
        return Err(anyhow!("bidder {} has no account", request.bidder).into());
    };
    let amount = request.amount_at(minimum(&listing, before.price));
    let bid = Bid { bidder: request.bidder, amount, max: request.max.unwrap_or(amount) };
    let kept_out = match request.desk {
        None => kept_out(snapshot, &bidder)?,
        Some(_) => bidder.state.may_take_part().err(),
    };
    let placed = bidding::decide(&listing, &before, &bid, kept_out, &bidder.purse, now);
    let placed = placed.map_err(|refusal| request.told(refusal))?;
    Ok(Weighed { listing, before, bidder, offered: amount, placed })
}

fn place(tx: &Tx<'_>, remembered: &Remembered, request: &Request) -> Answer<Accepted> {
    request.admitted(tx)?;
    if let Some(key) = &request.key
        && let Some((hash, json)) = request.answered(tx, key)?
    {
        key.check_same(hash)?;
        let answer: serde_json::Value = serde_json::from_str(&json).context("read a stored answer")?;
        return Ok(Accepted::Before { leading: answer["leading"] == true, json });
    }
    let Weighed { listing, before, bidder, offered, placed } = weigh(tx, remembered, request, tx.now)?;
    tx.check_clock()?;
    if let Some((_, mark)) = &request.desk {
        tx.act_as(Some(Actor::Pass(mark.pass.as_str().into())));
    }
    let fresh = Writes { tx, listing, before, offered, placed, request, bidder }.write()?;
    if request.desk.is_some() {
        let line = LogLine::of("bid.place").account(request.bidder).listing(request.listing);
        tx.log(&line.detail(json!({"seq": fresh.bid.seq, "amount": request.amount})))?;
        // The next bid of the same transaction may be a person's own.
        tx.act_as(None);
    }
    if let Some(key) = &request.key {
        match &request.desk {
            Some((pass, _)) => tx.keep_desk_answer(*pass, &key.key, &key.request, &fresh.json())?,
            None => tx.keep_answer(request.bidder, &key.key, &key.request, &fresh.json())?,
        }
    }
    Ok(Accepted::Now(Box::new(fresh)))
}

/// Writes an accepted bid. Nothing in here refuses.
struct Writes<'t, 'c> {
    tx: &'t Tx<'c>,
    listing: Arc<Listing>,
    before: Standing,
    offered: Money,
    placed: Placed,
    request: &'t Request,
    /// The bidder before this bid.
    bidder: Bidder,
}

impl Writes<'_, '_> {
    fn write(self) -> Result<Fresh> {
        let (tx, id) = (self.tx, self.listing.id);
        let first =
            self.row(&self.placed.first, self.before.n_bids, &self.before.head, &self.request.message)?;
        let automatic = match &self.placed.automatic {
            Some(row) => Some(self.row(row, first.seq, &first.hash, "")?),
            None => None,
        };
        let last = automatic.as_ref().unwrap_or(&first);
        let standing = self.standing_after(last);
        tx.move_standing(id, &standing)?;
        let extended = standing.closes_at != self.before.closes_at;
        if extended {
            tx.extend(id, standing.closes_at)?;
        }
        self.move_holds(&standing)?;
        tx.participate(self.request.bidder, id)?;
        let mut cursor = events::all(tx, "bid", id, &BidEvent::of(&self.listing, &standing, &first))?;
        if let Some(automatic) = &automatic {
            cursor = events::all(tx, "bid", id, &BidEvent::of(&self.listing, &standing, automatic))?;
        }
        if extended {
            cursor = events::extended(tx, id, standing.closes_at)?;
            notify::extended(tx, &self.listing)?;
        }
        self.notify_people(&standing)?;
        Ok(Fresh {
            bid: first,
            offered: self.offered,
            leading: self.placed.leads,
            listing: self.listing,
            standing,
            cursor,
        })
    }

    fn row(&self, row: &HistoryRow, n_before: i64, head: &Hash, message: &str) -> Result<StoredBid> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        // The automatic bids of a leader are the house's, whoever entered theirs.
        let is_own = row.kind != BidKind::Automatic;
        let desk = self.request.desk.as_ref().filter(|_| is_own);
        let mut bid = StoredBid {
            listing: self.listing.id,
            seq: n_before + 1,
            kind: row.kind,
            bidder: row.bidder,
            bidder_name: self.name_of(row),
            amount: row.amount,
            max: row.max,
            price: self.placed.price,
            closes_at: self.placed.closes_at,
            at: self.tx.now,
            message: message.to_owned(),
            salt,
            hash: [0; 32],
            desk: desk.map(|(_, mark)| mark.clone()),
            terms: self.bidder.terms.filter(|_| is_own && desk.is_none()),
        };
        bid.hash = chain::link_bid(head, &bid.link());
        self.tx.place(&bid, desk.map(|(pass, _)| *pass))?;
        Ok(bid)
    }

    fn name_of(&self, row: &HistoryRow) -> String {
        match (&self.before.lead, row.kind) {
            (Some(lead), BidKind::Automatic) => lead.name.clone(),
            _ => self.bidder.name.clone(),
        }
    }

    fn standing_after(&self, last: &StoredBid) -> Standing {
        let lead = if self.placed.leads {
            let held = self.placed.held;
            Lead {
                bidder: self.request.bidder,
                name: self.bidder.name.clone(),
                max: self.placed.first.max,
                held,
            }
        } else {
            self.before.lead.clone().expect("who does not lead bids against a leader")
        };
        Standing {
            closes_at: self.placed.closes_at,
            price: Some(self.placed.price),
            lead: Some(lead),
            n_bids: last.seq,
            head: last.hash,
            ..self.before
        }
    }

    /// Releases the hold of the previous lead, and takes the hold of the new one.
    fn move_holds(&self, standing: &Standing) -> Result<()> {
        if !self.placed.leads {
            return Ok(());
        }
        let after = standing.lead.as_ref().context("a bid leaves a leader")?;
        if let Some(before) = self.outbid() {
            self.tx.hold(before.bidder, -before.held)?;
        }
        self.tx.hold(after.bidder, after.held - self.held_before())
    }

    /// The leader who loses the lead to this bidder, if any.
    fn outbid(&self) -> Option<&Lead> {
        self.before.lead.as_ref().filter(|lead| self.placed.leads && lead.bidder != self.request.bidder)
    }

    /// The amount already held for the bidder's own lead.
    fn held_before(&self) -> Money {
        let own = self.before.lead.as_ref().filter(|lead| lead.bidder == self.request.bidder);
        own.map_or(0, |lead| lead.held)
    }

    /// Tells the bidder or leader who is outbid, and each person whose funds have changed.
    fn notify_people(&self, standing: &Standing) -> Result<()> {
        let (tx, id) = (self.tx, self.listing.id);
        let outbid = |account| {
            let event = OutbidEvent {
                listing: id,
                title: &self.listing.title,
                price: standing.price,
                minimum: Some(minimum(&self.listing, standing.price)),
                leader: standing.lead.as_ref().map(|lead| lead.name.as_str()),
                leader_id: standing.lead.as_ref().map(|lead| lead.bidder),
            };
            events::outbid(tx, account, &event)
        };
        if !self.placed.leads {
            outbid(self.request.bidder)?;
            return Ok(());
        }
        let purse = self.bidder.purse;
        let held = purse.held + self.placed.held - self.held_before();
        events::purse(tx, self.request.bidder, Purse { held, ..purse })?;
        if let Some(before) = self.outbid() {
            outbid(before.bidder)?;
            notify::outbid(tx, id, before.bidder)?;
            events::funds(tx, before.bidder)?;
        }
        Ok(())
    }
}
