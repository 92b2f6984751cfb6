//! A sale as a feed (RFC 4287): an entry a lot, the newest change first.

use crate::house::sales::follow::{FollowedLot, FollowedSale};
use crate::house::views::ListingView;
use crate::rules::money::Currency;
use crate::text::i18n::{Lang, Words};
use crate::web::app::App;
use crate::web::feeds::{beginning, fresh, identifier};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use anyhow::Context;
use askama::Template;
use std::cmp::Reverse;

#[derive(Template)]
#[template(path = "feed.xml", config = "src/web/askama.toml")]
struct Feed {
    lang: &'static str,
    /// The address of the house, without a slash at its end.
    address: String,
    house: String,
    id: String,
    code: String,
    name: String,
    description: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    path: String,
    listing: ListingView,
    lot: String,
    updated: String,
    /// Its price in words: the hammer price, the price, or the opening price.
    price: String,
    description: String,
}

/// Shows a sale as a feed. Refuses `not_found`, for a draft too.
pub fn show(app: &App, request: &Request, code: &str) -> Outcome<Reply> {
    let current = app.current();
    let FollowedSale { sale, mut lots, changed_at } = app.house.follow_sale(code)?;
    // Stable: of the same instant, in the order of the sale.
    lots.sort_by_key(|lot| Reverse(lot.changed_at));
    let (words, house_id) = (Words::new(request.lang), current.settings.house_id());
    let feed = Feed {
        lang: words.lang.tag(),
        address: request.public_address(&current.settings),
        house: current.settings.name.clone(),
        id: identifier(house_id, &format!("/sales/{}", sale.line.code)).urn().to_string(),
        code: sale.line.code,
        name: sale.line.name,
        description: beginning(&sale.description),
        updated: changed_at.to_string(),
        entries: lots.into_iter().map(|lot| entry(lot, house_id, words, &current.currency)).collect(),
    };
    let text = feed.render().context("render a feed")?;
    Ok(fresh(request, "application/atom+xml; charset=utf-8", text))
}

fn entry(lot: FollowedLot, house_id: &str, words: Words, currency: &Currency) -> Entry {
    let FollowedLot { listing, changed_at, .. } = lot;
    let path = format!("/listings/{}", listing.id);
    Entry {
        id: identifier(house_id, &path).urn().to_string(),
        path,
        lot: listing.lot.clone().unwrap_or_default(),
        updated: changed_at.to_string(),
        price: price(&listing, words, currency),
        description: beginning(&listing.description),
        listing,
    }
}

fn price(listing: &ListingView, words: Words, currency: &Currency) -> String {
    let money = |amount| currency.money(amount, words.lang == Lang::Ko);
    match (listing.price, listing.outcome) {
        (Some(hammer), Some("sold")) => format!("{}: {}", words.t("label-hammer"), money(hammer)),
        (Some(price), _) => {
            let bids = words.t1("n-bids", "n", listing.n_bids);
            format!("{}: {} ({bids})", words.t("label-price"), money(price))
        }
        (None, _) => format!("{}: {}", words.t("label-opening"), money(listing.opening)),
    }
}
