//! `auction listing`: add, show, list and cancel; `import` has a file of its own.

use super::out::{Out, table};
use super::settled::Settled;
use super::when::{Side, TIME, When, parse_seconds};
use super::which::{self, LISTING, LISTING_HELP};
use super::whom::{self, WHOM};
use super::{Ending, Ran, Stop, amount, finish, words};
use crate::house::listings::cancel::Canceller;
use crate::house::listings::pictures;
use crate::house::listings::show::ListingAt;
use crate::house::sales::lots::LotOffer;
use crate::house::views::ListingView;
use crate::house::{Answer, Fault, House, unless_refused};
use crate::rules::listing::{AccountId, Closes, Draft, ListingId, ListingState};
use crate::rules::money::Currency;
use crate::rules::refusal::Refusal;
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::store::search::{Filter, Search, Sort, StateFilter};
use crate::text::dates::Zone;
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Most listings that `list` shows.
const MAX_LISTED: i64 = 100_000;

#[derive(Subcommand)]
pub enum Listing {
    /// List an item; prints the new listing's id
    Add(Box<Add>),
    /// Show a listing
    #[command(after_help = "Examples:\n  auction listing show 17\n  auction listing show spring:A12")]
    Show {
        #[arg(value_name = LISTING, help = LISTING_HELP)]
        listing: String,
    },
    /// List the listings
    #[command(after_help = "Example:\n  auction listing list --state open --format json")]
    List {
        /// Only those in this state
        #[arg(long, value_enum, default_value_t = StateName::All)]
        state: StateName,
    },
    /// Cancel an open listing, at any time before its close
    #[command(after_help = "Example:\n  auction listing cancel 17 --why \"the lamp fell\"")]
    Cancel {
        #[arg(value_name = LISTING, help = LISTING_HELP)]
        listing: String,
        /// The reason, told to everyone who watches it
        #[arg(long)]
        why: String,
    },
    Import(super::import::Import),
}

#[derive(Clone, Copy, ValueEnum)]
pub enum StateName {
    Upcoming,
    Open,
    Paused,
    Closing,
    Sold,
    Unsold,
    Cancelled,
    All,
}

#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction listing add --seller ann@example.org --title \"Brass lamp\" --opening 120.00 --closes-in 24h\n  auction listing add --seller Ann --title Bowl --opening 5.00 --closes-at \"Sat 20:30\""
)]
pub struct Add {
    /// The seller: an email address, a name, a bidder number (#17) or the id of the account
    #[arg(long, value_name = WHOM)]
    seller: String,
    /// What it is, in a line
    #[arg(long)]
    title: String,
    /// More about it, in plain text
    #[arg(long, default_value = "")]
    description: String,
    /// The lowest first bid: minor units in digits alone (12000), or money (120.00)
    #[arg(long, value_name = "AMOUNT")]
    opening: String,
    /// The time at which it closes, in the house's zone: 20:30, "Sat 20:30", "2026-12-24 20:30"; or +90m from now
    #[arg(long, value_name = TIME, value_parser = When::parse, required_unless_present_any = ["closes_in", "sale"])]
    closes_at: Option<When>,
    /// The time until it closes: 90s, 20m, 24h
    #[arg(long, value_name = "DURATION", value_parser = parse_seconds, conflicts_with = "closes_at")]
    closes_in: Option<i64>,
    /// The reserve, below which it is not sold; secret
    #[arg(long, value_name = "AMOUNT")]
    reserve: Option<String>,
    /// The price at which it is sold at once, while nobody has bid or the reserve is not met
    #[arg(long, value_name = "AMOUNT")]
    buy_now: Option<String>,
    /// A fixed increment in place of the house's
    #[arg(long, value_name = "AMOUNT")]
    increment: Option<String>,
    /// The category, such as Books
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// A JPEG, PNG, WebP or GIF of at most 10 MiB; up to 8 of them, the first is shown in lists
    #[arg(long = "picture", value_name = "FILE")]
    pictures: Vec<PathBuf>,
    /// Late bids move the close: three durations, such as 2m,2m,30m
    #[arg(long, value_name = "WINDOW,EXTENSION,CAP", value_parser = parse_soft_close, conflicts_with = "sale")]
    soft_close: Option<SoftClose>,
    /// The sale to which it is added as a lot, on the sale's terms; its close follows from its place there
    #[arg(long, value_name = "CODE", requires = "lot")]
    sale: Option<String>,
    /// The lot's code in the sale, such as A12
    #[arg(long, value_name = "CODE", requires = "sale")]
    lot: Option<String>,
    /// The section of the sale, such as "Silent auction"
    #[arg(long, value_name = "NAME", requires = "sale")]
    section: Option<String>,
}

impl Listing {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Listing::Add(add) => add.run(house, out),
            Listing::Show { listing } => show(house, out, which::listing(house, listing)?),
            Listing::List { state } => list(house, out, *state),
            Listing::Import(import) => import.run(house, out),
            Listing::Cancel { listing, why } => cancel(house, out, which::listing(house, listing)?, why),
        }
    }
}

impl Add {
    fn run(&self, house: &House, out: &Out) -> Ran {
        let seller = whom::account(house, &self.seller).map_err(seller_unknown)?;
        if !self.seller.contains('@') {
            out.say(format!("the seller is {}", whom::said(&seller, &self.seller)));
        }
        let seller = seller.id;
        if let Some(code) = &self.sale {
            which::sale(house, code)?;
        }
        let currency = house.settings()?.currency();
        let closes_at =
            self.closes_at.as_ref().map(|when| when.resolve(house, Side::Next, out)).transpose()?;
        let draft = self.draft(&currency, closes_at)?;
        if let (Some(sale), Some(lot)) = (&self.sale, &self.lot) {
            return self.add_lot(house, out, seller, draft, sale, lot);
        }
        let terms = format!("{} · {}", self.title, amount::terms(&currency, &draft));
        let listed = self.list(house, seller, draft);
        if let Err(Fault::Refused(_)) = listed {
            out.say(format!("not listed: {terms}"));
        }
        let listing = listed?;
        if let Err(error) = house.sync_entries(false) {
            out.say(format!("auction: listed, but the scheduler does not take its entry yet: {error:#}"));
        }
        say_unless_cron_runs(house, out);
        let closes = closes_in_words(house, listing.closes_at)?;
        out.say(format!("{terms} · closes {closes}"));
        finish(house.show_with_reserve(listing.id), |at| out.data(&at, || at.listing.id.to_string()))
    }

    /// Adds a lot to a sale. Prints the listing's id, or in a draft, where there is none yet, the lot's code.
    fn add_lot(
        &self,
        house: &House,
        out: &Out,
        seller: AccountId,
        draft: Draft,
        sale: &str,
        lot: &str,
    ) -> Ran {
        let mut faults = draft.lot_faults(None);
        faults.pictures(self.pictures.len());
        faults.done()?;
        let draft = self.with_pictures(house, draft)?;
        let offer = LotOffer { seller, code: lot.to_owned(), section: self.section.clone(), draft };
        let added = house.add_lot(sale, offer)?;
        if added.listing.is_some()
            && let Err(error) = house.sync_entries(false)
        {
            out.say(format!("auction: listed, but the scheduler does not take its entry yet: {error:#}"));
        }
        out.data(&json!({"sale": sale, "lot": added.code, "listing": added.listing}), || {
            added.listing.map_or(added.code.clone(), |id| id.to_string())
        })?;
        Ok(Ending::Done)
    }

    fn list(&self, house: &House, seller: AccountId, draft: Draft) -> Answer<ListingView> {
        let mut faults = draft.faults(house.now());
        faults.pictures(self.pictures.len());
        faults.done()?;
        house.list(seller, self.with_pictures(house, draft)?)
    }

    fn with_pictures(&self, house: &House, mut draft: Draft) -> Answer<Draft> {
        for file in &self.pictures {
            let bytes = pictures::read(file).with_context(|| format!("read {}", file.display()))?;
            draft.pictures.push(house.store_picture(&bytes)?);
        }
        Ok(draft)
    }

    fn draft(&self, currency: &Currency, closes_at: Option<Time>) -> Result<Draft, Stop> {
        let read = |name, text: &Option<String>| amount::read_if_given(currency, name, text.as_deref());
        let closes_in = self.closes_in.map(|seconds| Closes::In { seconds });
        Ok(Draft {
            title: self.title.clone(),
            description: self.description.clone(),
            opening: amount::read(currency, "opening", &self.opening)?,
            closes: closes_at.map(Closes::At).or(closes_in),
            reserve: read("reserve", &self.reserve)?,
            buy_now: read("buy_now", &self.buy_now)?,
            increment: read("increment", &self.increment)?,
            soft_close: self.soft_close,
            category: self.category.clone(),
            pictures: Vec::new(),
        })
    }
}

/// Says who keeps the deadlines where cron has the entries, but no daemon reads them.
pub(super) fn say_unless_cron_runs(house: &House, out: &Out) {
    if house.lacks_daemon().unwrap_or(false) {
        out.say(
            "no cron daemon runs here: deadlines are kept while `auction serve` runs; for those beyond it, start cron: \
             `systemctl enable --now cron`",
        );
    }
}

/// Says of an account that does not exist that it is the seller's.
fn seller_unknown(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::NotFound(_)) => Refusal::NotFound("seller").into(),
        other => other,
    }
}

/// `Sat 5 Dec 20:00 KST`, in the house's zone.
pub(super) fn closes_in_words(house: &House, closes_at: Time) -> Result<String> {
    Ok(Zone::of(&house.settings()?).short(closes_at.utc()))
}

/// Cancels a listing. One that is cancelled already counts as done.
fn cancel(house: &House, out: &Out, id: ListingId, why: &str) -> Ran {
    let cancelled = match house.cancel(id, Canceller::Admin, why) {
        Err(Fault::Refused(Refusal::ListingClosed)) if is_cancelled(house, id)? => Ok(()),
        answer => answer,
    };
    finish(cancelled, |()| {
        out.done(&json!({"id": id, "state": "cancelled"}), || format!("listing {id} is cancelled"))
    })
}

fn is_cancelled(house: &House, id: ListingId) -> Result<bool> {
    Ok(unless_refused(house.show(id))?.is_some_and(|at| at.listing.state == ListingState::Cancelled))
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    at: ListingAt,
    /// Since when its sale is paused; null if it is not.
    paused_at: Option<Time>,
    /// Why it is paused, or was postponed last.
    why: Option<String>,
    /// Null until it has ended.
    settlement: Option<Settled>,
}

fn show(house: &House, out: &Out, id: ListingId) -> Ran {
    let currency = house.settings()?.currency();
    finish(house.show_with_reserve(id), |at| {
        let timings = house.timings(id)?;
        let paused =
            (at.listing.state == ListingState::Paused).then(|| words::last_pause(&timings)).flatten();
        let shown = Shown {
            settlement: Settled::of(house, id)?,
            paused_at: paused.map(|pause| pause.link.at),
            why: words::last_why(&timings).map(str::to_owned),
            at,
        };
        out.data(&shown, || {
            let at = &shown.at;
            let listing = &at.listing;
            let mut lines = vec![
                format!("{}  {}", listing.id, listing.title),
                format!("state      {}", state_words(listing)),
                format!("seller     {}", listing.seller),
                format!("category   {}", listing.category.as_deref().unwrap_or("-")),
                format!("opening    {}", currency.show(listing.opening)),
                format!(
                    "reserve    {}",
                    amount::shown(&currency, at.secret.as_ref().and_then(|secret| secret.reserve))
                ),
                format!("price      {}", amount::shown(&currency, listing.price)),
                format!("minimum    {}", amount::shown(&currency, listing.minimum)),
                format!("leader     {}", words::leader(listing.leader.as_deref(), listing.leader_number)),
                format!("bids       {}", listing.n_bids),
                format!("closes at  {}", listing.closes_at),
            ];
            lines.extend(lot_lines(listing));
            lines.extend(words::change_lines(&timings));
            lines.extend(shown.settlement.iter().flat_map(|settled| settled.lines(&currency)));
            if let Some(outage) = at.outage {
                lines.push(format!("prolonged  no server ran from {} to {}", outage.from, outage.until));
            }
            if listing.state.is_live() {
                lines.push(format!("entry      {}", at.entry));
            }
            lines.join("\n")
        })
    })
}

/// The place in its sale.
fn lot_lines(listing: &ListingView) -> Vec<String> {
    let lines = [
        ("sale      ", &listing.sale),
        ("lot       ", &listing.lot),
        ("section   ", &listing.section),
        ("opens at  ", &listing.opens_at.map(|at| at.to_string())),
    ];
    lines.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?))).collect()
}

fn list(house: &House, out: &Out, state: StateName) -> Ran {
    let state = match state {
        StateName::Upcoming => StateFilter::Upcoming,
        StateName::Open => StateFilter::Open,
        StateName::Paused => StateFilter::Paused,
        StateName::Closing => StateFilter::Closing,
        StateName::Sold => StateFilter::Sold,
        StateName::Unsold => StateFilter::Unsold,
        StateName::Cancelled => StateFilter::Cancelled,
        StateName::All => StateFilter::All,
    };
    let search = Search {
        state,
        sort: Sort::ClosesAt,
        text: None,
        number_in_any_state: false,
        filter: Filter::default(),
        after: None,
        limit: MAX_LISTED,
    };
    let (listings, _, _) = house.search(&search)?;
    let currency = house.settings()?.currency();
    out.data(&listings, || {
        let row = |listing: &ListingView| {
            [
                listing.id.to_string(),
                state_words(listing),
                amount::shown(&currency, listing.price),
                listing.n_bids.to_string(),
                listing.closes_at.to_string(),
                listing.title.clone(),
            ]
        };
        table(["id", "state", "price", "bids", "closes at", "title"], listings.iter().map(row))
    })?;
    Ok(Ending::Done)
}

/// The state in words. A reversed sale stays `sold` in JSON, which has `reversed_at`.
fn state_words(listing: &ListingView) -> String {
    match listing.reversed_at {
        Some(_) => format!("{}, reversed", listing.state),
        None => listing.state.to_string(),
    }
}

pub fn parse_soft_close(text: &str) -> Result<SoftClose, String> {
    let parts: Vec<i64> = text.split(',').map(|part| parse_seconds(part.trim())).collect::<Result<_, _>>()?;
    match parts[..] {
        [window_s, extension_s, cap_s] => Ok(SoftClose { window_s, extension_s, cap_s }),
        _ => Err("three durations: WINDOW,EXTENSION,CAP".to_owned()),
    }
}
