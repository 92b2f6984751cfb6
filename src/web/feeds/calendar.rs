//! A sale as a calendar (RFC 5545): an event a lot, at its close as it stands.

use crate::house::sales::follow::{FollowedLot, FollowedSale};
use crate::rules::listing::ListingState;
use crate::web::app::App;
use crate::web::feeds::{beginning, fresh, identifier};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use chrono::TimeDelta;
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};

/// How often a calendar is to be fetched, for those who follow it.
const EVERY: TimeDelta = TimeDelta::minutes(15);

/// Shows a sale as a calendar. Refuses `not_found`, for a draft too.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let followed = app.house.follow_sale(code)?;
    let settings = app.settings();
    let address = request.public_address(&settings);
    let text = calendar(&followed, settings.house_id(), &address).to_string();
    Ok(fresh(request, "text/calendar; charset=utf-8", text))
}

fn calendar(followed: &FollowedSale, house_id: &str, address: &str) -> Calendar {
    let FollowedSale { sale, lots, .. } = followed;
    let mut calendar = Calendar::empty();
    for (name, value) in
        [("VERSION", "2.0"), ("PRODID", "-//auction//auction//EN"), ("CALSCALE", "GREGORIAN")]
    {
        calendar.append_property((name, value));
    }
    // Named as text, or the library would not escape it (RFC 7986, 5.1).
    calendar.append_property(Property::new("NAME", &sale.line.name).add_parameter("VALUE", "TEXT"));
    calendar.append_property(("X-WR-CALNAME", &*sale.line.name));
    if !sale.description.is_empty() {
        let description = beginning(&sale.description);
        calendar.append_property(("DESCRIPTION", &*description));
        calendar.append_property(("X-WR-CALDESC", &*description));
    }
    calendar.append_property(("URL", &*format!("{address}/sales/{}", sale.line.code)));
    calendar.ttl(&EVERY);
    calendar.extend(lots.iter().map(|lot| event(lot, house_id, address)));
    calendar
}

/// The event of a lot. It takes up no time, and nobody is busy for it.
fn event(lot: &FollowedLot, house_id: &str, address: &str) -> Event {
    let listing = &lot.listing;
    let status = match listing.state {
        ListingState::Cancelled => EventStatus::Cancelled,
        // Its close will move.
        ListingState::Paused => EventStatus::Tentative,
        _ => EventStatus::Confirmed,
    };
    let path = format!("/listings/{}", listing.id);
    let mut event = Event::with_uid(&identifier(house_id, &path).to_string());
    event
        .starts(listing.closes_at.utc())
        .summary(&format!("{} {}", listing.lot.as_deref().unwrap_or_default(), listing.title))
        .url(&format!("{address}{path}"))
        .status(status)
        .sequence(u32::try_from(lot.n_changes).unwrap_or(u32::MAX))
        .timestamp(lot.changed_at.utc())
        .last_modified(lot.changed_at.utc())
        .add_property("TRANSP", "TRANSPARENT");
    if !listing.description.is_empty() {
        event.description(&beginning(&listing.description));
    }
    if let Some(section) = &listing.section {
        event.categories([section]);
    }
    event.done()
}
