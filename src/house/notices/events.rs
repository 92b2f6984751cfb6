//! Events: each is written in the transaction that causes it; the watchers receive it after the commit.

use crate::house::bidder_names::Naming;
use crate::house::views::{FundsView, ListingView, OutbidEvent};
use crate::rules::bidding::Purse;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::money::Money;
use crate::rules::outage::Outage;
use crate::rules::settlement::Outcome;
use crate::rules::time::Time;
use crate::store::events::{Event, NewEvent};
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt::Write;

/// The number of characters of a description in the event `listed`.
const DESCRIPTION_CHARS: usize = 200;
/// The kinds of events that name bidders.
const NAMING: [&str; 3] = ["bid", "outbid", "settled"];

/// Writes an event for everyone who watches `listing`.
pub(in crate::house) fn all(
    tx: &Tx<'_>,
    kind: &'static str,
    listing: ListingId,
    data: &impl Serialize,
) -> Result<i64> {
    let data = serde_json::to_string(data)?;
    tx.add_event(&NewEvent { kind, listing: Some(listing), account: None, data: &data })
}

/// Writes an event for one person, and names them in it: the browser may have changed hands since it subscribed.
pub(in crate::house) fn one(
    tx: &Tx<'_>,
    kind: &'static str,
    account: AccountId,
    listing: Option<ListingId>,
    data: &impl Serialize,
) -> Result<i64> {
    let mut data = serde_json::to_string(data)?;
    let end = data.pop();
    debug_assert_eq!(end, Some('}'), "an event is an object");
    write!(data, ",\"account\":{account}}}")?;
    tx.add_event(&NewEvent { kind, listing, account: Some(account), data: &data })
}

/// Writes the event `listed` with only the beginning of the description: it goes to everyone who watches, and few ever
/// read it.
pub(in crate::house) fn listed(tx: &Tx<'_>, listing: &ListingView) -> Result<i64> {
    let description = beginning(&listing.description).to_owned();
    all(tx, "listed", listing.id, &ListingView { description, ..listing.clone() })
}

/// The event as it is sent. A `listed` from an older version holds the whole description, which is cut here.
pub fn as_told(event: &Event) -> Cow<'_, str> {
    let is_long = event.kind == "listed" && event.data.len() > DESCRIPTION_CHARS;
    let shorter = || {
        let mut listing: Value = serde_json::from_str(&event.data).ok()?;
        let description = listing.get_mut("description")?;
        *description = beginning(description.as_str()?).into();
        Some(listing.to_string().into())
    };
    is_long.then(shorter).flatten().unwrap_or(Cow::Borrowed(&event.data))
}

/// The events with their bidders as `naming` shows them. They are stored with names, whatever the setting was.
pub fn shown(snapshot: &Snapshot<'_>, naming: Naming, mut events: Vec<Event>) -> Result<Vec<Event>> {
    if naming.is_by_name() {
        return Ok(events);
    }
    for event in events.iter_mut().filter(|event| NAMING.contains(&event.kind.as_str())) {
        let (Some(listing), Ok(mut told)) = (event.listing, serde_json::from_str(&event.data)) else {
            continue;
        };
        let mut bidders = naming.bidders(snapshot, listing);
        for who in ["bidder", "leader", "winner"] {
            let bidder = bidder_in(snapshot, listing, &told, who)?;
            bidders.replace(&mut told, who, bidder)?;
        }
        event.data = told.to_string();
    }
    Ok(events)
}

/// The account of `who` in an event. A settlement knows its winner. An older event of a lost lead has the name alone: the
/// account is found among those who bid, unless two of them share the name.
pub(in crate::house) fn bidder_in(
    snapshot: &Snapshot<'_>,
    listing: ListingId,
    told: &Value,
    who: &str,
) -> Result<Option<AccountId>> {
    match (told[who].as_str(), told[format!("{who}_id")].as_i64()) {
        (None, _) => Ok(None),
        (Some(_), Some(id)) => Ok(Some(AccountId(id))),
        (Some(_), None) if who == "winner" => {
            Ok(snapshot.settlement_of(listing)?.and_then(|settlement| settlement.buyer()))
        }
        (Some(name), None) => snapshot.bidder_named(listing, name),
    }
}

fn beginning(description: &str) -> &str {
    let end = description.char_indices().nth(DESCRIPTION_CHARS).map_or(description.len(), |(at, _)| at);
    &description[..end]
}

/// Writes the event of a close moved by a late bid.
pub(in crate::house) fn extended(tx: &Tx<'_>, listing: ListingId, closes_at: Time) -> Result<i64> {
    all(tx, "extended", listing, &json!({"listing": listing, "closes_at": closes_at}))
}

/// Writes the event of a close that an outage has moved: the usual one for a moved close, with the reason.
pub(in crate::house) fn prolonged(
    tx: &Tx<'_>,
    listing: ListingId,
    closes_at: Time,
    outage: Outage,
) -> Result<i64> {
    let data = json!({"listing": listing, "closes_at": closes_at, "cause": "outage", "outage": outage});
    all(tx, "extended", listing, &data)
}

/// Writes the event of a close that the organiser has postponed.
pub(in crate::house) fn postponed(
    tx: &Tx<'_>,
    listing: ListingId,
    closes_at: Time,
    why: &str,
) -> Result<i64> {
    let data = json!({"listing": listing, "closes_at": closes_at, "cause": "postponement", "why": why});
    all(tx, "extended", listing, &data)
}

/// Writes the event of a listing that takes no bids until it is resumed.
pub(in crate::house) fn paused(tx: &Tx<'_>, listing: ListingId, why: &str) -> Result<i64> {
    all(tx, "paused", listing, &json!({"listing": listing, "why": why}))
}

/// Writes the event of a listing that goes on after a pause.
pub(in crate::house) fn resumed(tx: &Tx<'_>, listing: ListingId, closes_at: Time) -> Result<i64> {
    all(tx, "resumed", listing, &json!({"listing": listing, "closes_at": closes_at}))
}

/// Writes the events of a settlement.
pub(in crate::house) fn settled(
    tx: &Tx<'_>,
    listing: ListingId,
    outcome: &Outcome,
    winner: Option<&str>,
) -> Result<i64> {
    let hammer: Option<Money> = outcome.sale().map(|sale| sale.hammer);
    let data = json!({"listing": listing, "outcome": outcome.name(), "hammer": hammer, "winner": winner});
    all(tx, "settled", listing, &data)
}

/// Tells a person that they have lost the lead, or that their bid was too low to take it.
pub(in crate::house) fn outbid(tx: &Tx<'_>, account: AccountId, event: &OutbidEvent<'_>) -> Result<i64> {
    one(tx, "outbid", account, Some(event.listing), event)
}

/// Writes the event of a cancelled listing.
pub(in crate::house) fn cancelled(tx: &Tx<'_>, listing: ListingId, why: &str) -> Result<i64> {
    all(tx, "cancelled", listing, &json!({"listing": listing, "why": why}))
}

/// Tells a person the current state of their purse.
pub(in crate::house) fn funds(tx: &Tx<'_>, account: AccountId) -> Result<i64> {
    purse(tx, account, tx.purse(account)?)
}

/// The same for a purse that the caller has at hand.
pub(in crate::house) fn purse(tx: &Tx<'_>, account: AccountId, purse: Purse) -> Result<i64> {
    one(tx, "funds", account, None, &FundsView::from(purse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_only_begun_in_what_is_told() {
        let sent = |kind: &str, data: &str| {
            let event = Event { id: 1, kind: kind.into(), listing: None, account: None, data: data.into() };
            as_told(&event).into_owned()
        };
        let long = "책".repeat(10_000);
        let listed =
            |description: &str| json!({"id": 7, "description": description, "title": "Lamp"}).to_string();
        assert_eq!(sent("listed", &listed(&long)), listed(&long[..3 * DESCRIPTION_CHARS]));
        for (kind, data) in [
            ("listed", listed("short")),
            ("bid", listed(&long)),
            ("listed", format!("no JSON{long}")),
            ("listed", json!({"id": "x".repeat(300)}).to_string()),
        ] {
            assert_eq!(sent(kind, &data), data);
        }
    }
}
