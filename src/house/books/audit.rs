//! The audit: checks every sale, every chain, every price from the bids alone, every settlement, every balance from the
//! postings, every hold from the leads, the acts of the desk, the names in events, and the schema itself. It stops at the
//! first disagreement.

use crate::house::House;
use crate::house::books::desk_audit;
use crate::house::books::fold::{Link, Unfolded, fold};
use crate::house::books::sale_audit;
use crate::house::books::terms_audit::{self, BidTerms};
use crate::house::settings::{Settings, currency_or_none as currency};
use crate::rules::bidding::Standing;
use crate::rules::chain;
use crate::rules::ledger::{HOUSE, OUTSIDE};
use crate::rules::listing::{Listing, ListingId};
use crate::rules::money::Currency;
use crate::rules::settlement::{self, Outcome, Sale};
use crate::store::Snapshot;
use crate::store::copy::Progress;
use crate::store::ledger::Cause;
use crate::store::listings::{State, StoredStanding};
use crate::store::settlements::Settlement;
use crate::store::values::UnknownWord;
use anyhow::{Context, Result};
use serde::Serialize;

/// The extent of the check, and the first disagreement.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audit {
    pub n_listings: u64,
    pub n_bids: u64,
    pub n_settlements: u64,
    pub n_purses: u64,
    pub n_sales: u64,
    /// The lots of sales, those of drafts included.
    pub n_lots: u64,
    /// A sentence that names the first disagreement; `None` if everything agrees.
    pub disagreement: Option<String>,
}

/// Begins a disagreement in the search index. No money depends on the index, and it can be rebuilt from the listings.
pub(in crate::house) const SEARCH: &str = "search: ";

/// The first disagreement, or `None`.
type Finding = Result<Option<String>>;

impl House {
    /// Audits the house.
    pub fn audit(&self) -> Result<Audit> {
        self.audit_with_progress(&mut |_, _| ())
    }

    /// Audits, and reports to `progress` how many of the listings are done.
    pub fn audit_with_progress(&self, progress: Progress<'_>) -> Result<Audit> {
        self.read(|snapshot| {
            let mut audit = Audit::default();
            let schema = schema(snapshot)?;
            let content = look(snapshot, &mut audit, progress);
            audit.disagreement = match (content, schema) {
                (Ok(Some(content)), Some(schema)) => Some(format!("{content}; {schema}")),
                // If the schema is damaged, the rest may not even be readable.
                (Ok(None) | Err(_), Some(schema)) => Some(schema),
                (Ok(content), None) => content,
                (Err(error), None) => Some(format!("database: {}", UnknownWord::of(&error).ok_or(error)?)),
            };
            Ok(audit)
        })
    }
}

/// Compares the schema with the one that the migrations create.
fn schema(snapshot: &Snapshot<'_>) -> Finding {
    let differences = snapshot.schema_differences()?;
    Ok((!differences.is_empty()).then(|| format!("schema: {}", differences.join(", "))))
}

fn look(snapshot: &Snapshot<'_>, audit: &mut Audit, progress: Progress<'_>) -> Finding {
    if let Some(words) = snapshot.integrity()?.into_iter().next() {
        return Ok(Some(format!("database: {words}")));
    }
    if let Some(words) = snapshot.broken_reference()? {
        return Ok(Some(format!("database: {words}")));
    }
    if let Some(id) = snapshot.unplaced_listing()? {
        return Ok(Some(format!("listing {id}: nothing says where it stands")));
    }
    Settings::of(snapshot)?;
    if let Some(words) = sales(snapshot, audit)? {
        return Ok(Some(words));
    }
    if let Some(words) = terms_audit::check(snapshot)? {
        return Ok(Some(words));
    }
    let mut terms = BidTerms::of(snapshot)?;
    let listings = snapshot.all_listings()?;
    for id in listings.iter().copied() {
        audit.n_listings += 1;
        progress(audit.n_listings, listings.len() as u64);
        if let Some(words) = listing(snapshot, id, &mut terms, audit)? {
            let place = snapshot.listing(id)?.and_then(|listing| listing.lot);
            let place = place.map_or(String::new(), |lot| format!("sale {}, lot {}, ", lot.sale, lot.code));
            return Ok(Some(format!("{place}listing {id}: {words}")));
        }
    }
    if let Some(words) = reversals(snapshot)? {
        return Ok(Some(words));
    }
    if let Some(words) = ledger(snapshot, audit)? {
        return Ok(Some(words));
    }
    if let Some(words) = desk_audit::check(snapshot)? {
        return Ok(Some(words));
    }
    // No chain contains a name: only the events show which name a bidder had.
    if let Some(id) = snapshot.misnamed()? {
        return Ok(Some(format!("account {id}: its name is not the one that was told of its bids")));
    }
    Ok(snapshot.search_fault()?.map(|words| format!("{SEARCH}{words}")))
}

/// Checks each sale, and that no listing stands in a sale of which it is no lot.
fn sales(snapshot: &Snapshot<'_>, audit: &mut Audit) -> Finding {
    for sale in snapshot.all_sales()? {
        audit.n_sales += 1;
        let (n_lots, words) = sale_audit::check(snapshot, &sale)?;
        audit.n_lots += n_lots;
        if let Some(words) = words {
            return Ok(Some(format!("sale {}: {words}", sale.code)));
        }
    }
    let stray = snapshot.stray_lot()?;
    Ok(stray.map(|id| format!("listing {id}: it does not stand in the sale of which it is a lot")))
}

fn listing(
    snapshot: &Snapshot<'_>,
    id: ListingId,
    terms: &mut BidTerms<'_, '_>,
    audit: &mut Audit,
) -> Finding {
    let listing = snapshot.listing(id)?.with_context(|| format!("listing {id} is gone"))?;
    audit.n_settlements += u64::from(snapshot.settlement_of(id)?.is_some());
    let (mut is_bid_at_desk, mut fault_in_terms) = (false, Ok(None));
    let count = |link: Link<'_>, _: &Standing| {
        if let Link::Bid(bid) = link {
            audit.n_bids += 1;
            is_bid_at_desk |= bid.desk.is_some();
            if let Ok(None) = fault_in_terms {
                fault_in_terms = terms.fault(bid);
            }
        }
    };
    match fold(snapshot, &listing, count) {
        Ok(standing) => match departs(snapshot, &listing, &standing)? {
            None => match fault_in_terms? {
                None if is_bid_at_desk => desk_audit::check_bids(snapshot, id),
                words => Ok(words),
            },
            words => Ok(words),
        },
        Err(Unfolded::Wrong(words)) => Ok(Some(words)),
        Err(Unfolded::Broken(error)) => Err(error),
    }
}

/// How the stored listing, its settlement included, departs from its bids.
pub(in crate::house) fn departs(snapshot: &Snapshot<'_>, listing: &Listing, folded: &Standing) -> Finding {
    let stored = snapshot.standing(listing.id)?;
    match snapshot.settlement_of(listing.id)? {
        None if stored.state == State::Open => Ok(differs(&stored.standing, folded, &currency(snapshot)?)),
        None => Ok(Some(format!("it is {} without a settlement", stored.state.name()))),
        Some(settlement) => ended(snapshot, listing, folded, &stored, &settlement),
    }
}

/// How the stored standing differs from the one that the bids yield.
fn differs(stored: &Standing, folded: &Standing, currency: &Currency) -> Option<String> {
    let leader = |standing: &Standing| standing.lead.as_ref().map(|lead| (lead.bidder, lead.max));
    let held = |standing: &Standing| standing.lead.as_ref().map_or(0, |lead| lead.held);
    if stored.n_bids != folded.n_bids {
        return Some(format!("it counts {} bids, there are {}", stored.n_bids, folded.n_bids));
    }
    if stored.head != folded.head {
        return Some("the head of its chain is not the hash of its last link".into());
    }
    if stored.price != folded.price {
        let price =
            |standing: &Standing| standing.price.map_or("none".to_owned(), |price| currency.show(price));
        return Some(format!("its price is {}, by its bids {}", price(stored), price(folded)));
    }
    if leader(stored) != leader(folded) {
        return Some("its leader is not the one that its bids make".into());
    }
    if held(stored) != held(folded) {
        let (stored, folded) = (currency.show(held(stored)), currency.show(held(folded)));
        return Some(format!("{stored} is held for its leader, {folded} must be"));
    }
    if stored.closes_at != folded.closes_at {
        return Some("its close is not the one that its bids make".into());
    }
    if stored.paused_at != folded.paused_at {
        return Some("whether it is paused is not what its chain says".into());
    }
    (stored.cap_from != folded.cap_from)
        .then(|| "the cap of its soft close does not count from where its chain says".into())
}

fn ended(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    folded: &Standing,
    stored: &StoredStanding,
    settlement: &Settlement,
) -> Finding {
    if stored.state.name() != settlement.outcome.name() {
        return Ok(Some(format!(
            "it is {}, its settlement says {}",
            stored.state.name(),
            settlement.outcome.name()
        )));
    }
    let hash = chain::link_settlement(&folded.head, &settlement.link());
    if hash != settlement.hash {
        return Ok(Some("the settlement's hash does not follow from its last bid and its content".into()));
    }
    if settlement.reversed_at.is_some_and(|at| at < settlement.settled_at) {
        return Ok(Some("its sale was reversed before it was settled".into()));
    }
    let reversal = snapshot.reversal(settlement.id)?;
    if let Some(reversal) = &reversal
        && chain::link_reversal(&hash, &reversal.link(listing.id, settlement.id)) != reversal.hash
    {
        return Ok(Some("the reversal's hash does not follow from its settlement and its content".into()));
    }
    if stored.standing.head != reversal.map_or(hash, |reversal| reversal.hash) {
        return Ok(Some("the head of its chain is not the hash of its last link".into()));
    }
    if let Some(words) = stands_otherwise(folded, stored, settlement) {
        return Ok(Some(words.to_owned()));
    }
    let outcome = match justified(listing, folded, settlement) {
        Ok(outcome) => outcome,
        Err(words) => return Ok(Some(words)),
    };
    if outcome != settlement.outcome {
        return Ok(Some("its bids do not justify its settlement".into()));
    }
    postings(snapshot, listing, settlement, outcome.sale())
}

/// How an ended listing's standing differs from its bids. One bought at once has its buyer's price and close.
fn stands_otherwise(
    folded: &Standing,
    stored: &StoredStanding,
    settlement: &Settlement,
) -> Option<&'static str> {
    let standing = &stored.standing;
    let leader = |standing: &Standing| standing.lead.as_ref().map(|lead| lead.bidder);
    let (leader_due, price_due, close_due) = match settlement.sale().filter(|sale| sale.buy_now) {
        Some(sale) => (Some(sale.buyer), Some(sale.hammer), settlement.settled_at),
        None => (leader(folded), folded.price, folded.closes_at),
    };
    if standing.n_bids != folded.n_bids {
        return Some("it does not count the bids that there are");
    }
    if (leader(standing), standing.price) != (leader_due, price_due) {
        return Some("its price or leader is not what its bids make");
    }
    if (standing.closes_at, settlement.closes_at) != (close_due, close_due) {
        return Some("its close is not the one that its bids make");
    }
    (standing.cap_from != folded.cap_from)
        .then_some("the cap of its soft close does not count from where its chain says")
}

/// The outcome that the bids justify.
fn justified(listing: &Listing, folded: &Standing, settlement: &Settlement) -> Result<Outcome, String> {
    match &settlement.outcome {
        cancelled @ Outcome::Cancelled { .. } => Ok(cancelled.clone()),
        _ if folded.paused_at.is_some() => Err("it was settled while it was paused".into()),
        Outcome::Sold(Sale { buy_now: true, .. })
            if listing.opens_at().is_some_and(|opens_at| settlement.settled_at < opens_at) =>
        {
            Err("it was bought before bidding opened".into())
        }
        Outcome::Sold(Sale { buy_now: true, buyer, .. }) => {
            let price = crate::rules::bidding::buy_now_offered(listing, folded);
            let price = price.ok_or("it was bought, but buy-now was not offered")?;
            Ok(Outcome::Sold(Sale { buy_now: true, ..settlement::sale(listing, *buyer, price) }))
        }
        _ if settlement.settled_at < folded.closes_at => Err("it was settled before its close".into()),
        _ => Ok(settlement::decide(listing, folded)),
    }
}

fn postings(
    snapshot: &Snapshot<'_>,
    listing: &Listing,
    settlement: &Settlement,
    sale: Option<&Sale>,
) -> Finding {
    let mut due =
        sale.map_or(Vec::new(), |sale| settlement::transfer(sale, listing.seller).postings().to_vec());
    due.sort_by_key(|posting| posting.purse);
    if snapshot.postings_of(Cause::Sale { settlement: settlement.id })? != due {
        return Ok(Some("the postings of its settlement are not what its outcome demands".into()));
    }
    let reversal = snapshot.postings_of(Cause::Reversal { settlement: settlement.id })?;
    let opposite = reversal.len() == due.len()
        && reversal.iter().zip(&due).all(|(r, d)| r.purse == d.purse && r.amount == -d.amount);
    if !reversal.is_empty() && !opposite {
        return Ok(Some("its reversal is not the opposite of its settlement".into()));
    }
    Ok(None)
}

/// Each reversal since there are links of them is one; those from before have a row without a hash.
fn reversals(snapshot: &Snapshot<'_>) -> Finding {
    if let Some(id) = snapshot.stray_reversal()? {
        return Ok(Some(format!("settlement {id}: its reversal is not in the ledger and in the chain both")));
    }
    let unlinked = snapshot.unlinked_reversal()?;
    Ok(unlinked.map(|id| format!("settlement {id}: its reversal is no link of the chain")))
}

fn ledger(snapshot: &Snapshot<'_>, audit: &mut Audit) -> Finding {
    if let Some(transfer) = snapshot.unbalanced_transfers()?.first() {
        return Ok(Some(format!("transfer {transfer}: its postings do not sum to zero")));
    }
    if let Some(transfer) = snapshot.baseless_transfer()? {
        return Ok(Some(format!("transfer {transfer}: nothing in the house is its cause")));
    }
    let sums = snapshot.sums_of_postings()?;
    let (holds, currency) = (snapshot.sums_of_holds()?, currency(snapshot)?);
    for (id, purse) in snapshot.purses()? {
        audit.n_purses += 1;
        let name = match id {
            HOUSE => "the house".to_owned(),
            OUTSIDE => "outside".to_owned(),
            person => format!("account {person}"),
        };
        let balance = sums.get(&id).copied().unwrap_or(0);
        if purse.balance != balance {
            let (stored, sum) = (currency.show(purse.balance), currency.show(balance));
            return Ok(Some(format!("{name}: the balance is {stored}, its postings sum to {sum}")));
        }
        let held = holds.get(&id).copied().unwrap_or(0);
        if purse.held != held {
            let (stored, due) = (currency.show(purse.held), currency.show(held));
            return Ok(Some(format!("{name}: {stored} is held, its leads explain {due}")));
        }
    }
    Ok(None)
}
