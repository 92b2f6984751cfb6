//! `serve --demo`: a house with a few people, a sale of two dozen lots with pictures, and a robot that bids now and then.
//! It is in a temporary folder and removed at the end, with its scheduler entries; or in a directory that a person names,
//! and stays.

mod korean;
mod locale;
mod lots;
mod pictures;
mod things;

use self::locale::Locale;
use self::lots::{Lot, lots};
use self::pictures::store_pictures;
use super::out::Out;
use crate::house::bidding::place_bid::Request;
use crate::house::people::accounts::{By, Joining};
use crate::house::sales::draft::NewSale;
use crate::house::sales::lots::LotOffer;
use crate::house::{Fault, House, Opening, unless_refused};
use crate::rules::desk::BY_ADMIN;
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::money::Money;
use crate::rules::sale::SaleText;
use crate::rules::soft_close::SoftClose;
use crate::scheduler::Choice;
use crate::store::clock::Clock;
use crate::store::fault::Unopened;
use crate::store::search::{Filter, Search, Sort, StateFilter};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "demo-demo";
/// In won, as the openings of the lots.
const PAID_IN: Money = 5_000_000;
/// Ann sells; Bob and Cleo bid, and so do the robot's two.
const PEOPLE: [(&str, &str); 5] = [
    ("Ann", "ann@demo.example"),
    ("Bob", "bob@demo.example"),
    ("Cleo", "cleo@demo.example"),
    ("Robot Dora", "dora@demo.example"),
    ("Robot Emil", "emil@demo.example"),
];
const SALE: &str = "charity-night";
const ABOUT: &str = "Twenty-four lots for the school library. Nothing is owed: this is a demo.";
const PICKUP: &str = "At the door of the hall, until ten o'clock tonight.";
/// The sale opens this long after it is made, so that a visitor sees it open.
const OPENS_S: i64 = 20;
/// The first lot closes a minute after the opening, and then one after the other.
const FIRST_CLOSE_S: i64 = OPENS_S + 60;
const EVERY_S: i64 = 30;
/// By how much the last lot is postponed, and why.
const POSTPONED_S: i64 = 120;
const POSTPONED_WHY: &str = "the keeper of the hut is still on the way down";
/// How often the robot bids.
const ROBOT_EVERY: Duration = Duration::from_secs(3);

pub struct Demo {
    folder: Folder,
}

enum Folder {
    Temporary(TempDir),
    /// Named by a person, and theirs.
    Named(PathBuf),
}

impl Demo {
    /// Makes the demo in the named directory, or in a temporary one. Refused with [`Unopened`] where another house is.
    pub fn make(named: Option<&Path>) -> Result<Demo> {
        let folder = match named {
            Some(dir) => Folder::Named(dir.to_owned()),
            None => Folder::Temporary(
                tempfile::Builder::new()
                    .prefix("auction-demo-")
                    .tempdir()
                    .context("make a temporary folder")?,
            ),
        };
        let demo = Demo { folder };
        let house = House::open(demo.dir(), Opening::Make, Clock::default())?;
        if unless_refused(house.account_by_email(PEOPLE[0].1))?.is_some() {
            return Ok(demo);
        }
        if !house.accounts()?.is_empty() {
            let dir = demo.dir().display();
            let words =
                format!("There is a house in {dir} already; name another directory for the demo, or none.");
            return Err(Unopened(words).into());
        }
        let locale = Locale::of_environment();
        house.set("currency", locale.currency)?;
        house.set("language", locale.lang.tag())?;
        house.set("name", locale.either("Demo House", korean::HOUSE))?;
        let mut people = Vec::new();
        for (name, email) in PEOPLE {
            let joining = Joining {
                email: email.into(),
                name: name.into(),
                password: Some(PASSWORD.into()),
                is_admin: false,
                ..Joining::default()
            };
            let account = house.open_account(joining, By::Admin)?;
            house.credit(account.id, locale.amount(PAID_IN), "for the demo")?;
            people.push(account.id);
        }
        publish(&house, people[0], locale)?;
        Ok(demo)
    }

    pub fn dir(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Named(dir) => dir,
        }
    }

    /// Returns the scheduler to ask for; none where no cron would keep the deadlines.
    pub fn scheduler(&self, asked: Option<Choice>) -> Result<Option<Choice>> {
        House::open(self.dir(), Opening::Existing, Clock::default())?.scheduler_of_demo(asked)
    }

    pub fn words(&self) -> String {
        let people: Vec<String> =
            PEOPLE.iter().take(3).map(|(name, email)| format!("  {name:<5} {email}")).collect();
        format!(
            "A demo house in {}, {} with Ctrl-C. Ann sells; log in as Bob or Cleo to bid.\n{}\n  \
             password: {PASSWORD}",
            self.dir().display(),
            match self.folder {
                Folder::Temporary(_) => "gone when you end it",
                Folder::Named(_) => "which you end",
            },
            people.join("\n")
        )
    }

    /// Starts the robot, which bids for Dora and Emil until `end` is set.
    pub fn start_robot(&self, house: &House, end: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
        let house = house.clone();
        let thread = std::thread::Builder::new().name("robot".into()).spawn(move || {
            let mut turn: usize = 0;
            while !end.load(Ordering::Relaxed) {
                if let Err(error) = bid(&house, turn) {
                    tracing::warn!(error = format!("{error:#}"), "the robot");
                }
                turn += 1;
                let mut left = ROBOT_EVERY;
                while !end.load(Ordering::Relaxed) && left > Duration::ZERO {
                    std::thread::sleep(Duration::from_millis(100));
                    left = left.saturating_sub(Duration::from_millis(100));
                }
            }
        });
        thread.context("start the robot")
    }

    /// Removes a temporary house: its scheduler entries first, then its folder.
    pub fn end(self, out: &Out) {
        let Folder::Temporary(folder) = self.folder else { return };
        let cleared = House::open(folder.path(), Opening::Existing, Clock::default())
            .and_then(|house| house.clear_entries());
        if let Err(error) = cleared {
            out.say(format!("auction: the demo's entries in the scheduler may still be there: {error:#}"));
        }
        let dir = folder.path().to_owned();
        if let Err(error) = folder.close() {
            out.say(format!("auction: {} could not be removed: {error}", dir.display()));
        }
    }
}

/// Publishes the sale, with everything on it from `seller`.
fn publish(house: &House, seller: AccountId, locale: Locale) -> Result<()> {
    let pictures = store_pictures(house)?;
    let now = house.now();
    house.add_sale(NewSale {
        code: SALE.into(),
        text: SaleText {
            name: locale.either("Charity night", korean::SALE).into(),
            description: locale.either(ABOUT, korean::ABOUT).into(),
            pickup: locale.either(PICKUP, korean::PICKUP).into(),
        },
        opens_at: Some(now.plus_s(OPENS_S)),
        closes_at: now.plus_s(FIRST_CLOSE_S),
        every_s: EVERY_S,
        premium_bps: None,
        commission_bps: None,
        soft_close: Some(SoftClose { window_s: 20, extension_s: 20, cap_s: 120 }),
    })?;
    let named = |name: &'static str| locale.either(name, korean::name(name));
    let mut last_section = "";
    for (n, ((section, lot), pictures)) in (1..).zip(lots().zip(pictures)) {
        let offer = LotOffer {
            seller,
            code: n.to_string(),
            section: Some(named(section).into()),
            draft: draft(lot, pictures, locale),
        };
        house.add_lot(SALE, offer).map_err(|fault| fault.context(format!("{section}: {}", lot.title)))?;
        last_section = named(section);
    }
    house.publish_sale(SALE)?;
    let why = locale.either(POSTPONED_WHY, korean::POSTPONED_WHY);
    house.postpone_sale(SALE, POSTPONED_S, Some(last_section), BY_ADMIN, why)?;
    Ok(())
}

fn draft(lot: &Lot, pictures: Vec<String>, locale: Locale) -> Draft {
    let (title, description) = locale.either((lot.title, lot.description), korean::lot(lot.thing));
    Draft {
        title: title.into(),
        description: description.into(),
        opening: locale.amount(lot.opening),
        category: Some(locale.either(lot.category, korean::name(lot.category)).into()),
        pictures,
        ..Draft::default()
    }
}

/// Places one bid of the robot, at the minimum, on a listing that it does not lead.
fn bid(house: &House, turn: usize) -> Result<()> {
    let search = Search {
        state: StateFilter::Open,
        sort: Sort::ClosesAt,
        text: None,
        number_in_any_state: false,
        filter: Filter::default(),
        after: None,
        limit: 12,
    };
    let (listings, _, _) = house.search(&search)?;
    if listings.is_empty() {
        return Ok(());
    }
    let listing = &listings[turn * 5 % listings.len()];
    let (_, email) = PEOPLE[3 + turn % 2];
    let Some(account) = unless_refused(house.account_by_email(email))? else {
        return Ok(());
    };
    if listing.leader_id == Some(account.id) {
        return Ok(());
    }
    let amount = listing.minimum.unwrap_or(listing.opening);
    offer(house, listing.id, account.id, amount);
    Ok(())
}

fn offer(house: &House, listing: ListingId, bidder: AccountId, amount: Money) {
    let request = Request {
        listing,
        bidder,
        amount,
        max: None,
        rises: false,
        message: String::new(),
        key: None,
        desk: None,
    };
    house.place_bid(request, |answer| match answer {
        Ok(_) => {}
        Err(Fault::Refused(refusal)) => tracing::debug!("the robot's bid: {refusal}"),
        Err(Fault::Broken(error)) => tracing::warn!(error = format!("{error:#}"), "the robot's bid"),
    });
}
