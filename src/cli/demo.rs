//! `serve --demo`: a house with a few people, a dozen listings with pictures, and a robot that bids now and then. It is
//! in a temporary folder and removed at the end, with its scheduler entries; or in a directory that a person names, and
//! stays.

use super::out::Out;
use crate::house::bidding::place_bid::Request;
use crate::house::people::accounts::{By, Joining};
use crate::house::{Fault, House, Opening, unless_refused};
use crate::rules::listing::{AccountId, Closes, Draft, ListingId};
use crate::rules::money::Money;
use crate::rules::soft_close::SoftClose;
use crate::store::Unopened;
use crate::store::clock::Clock;
use crate::store::search::{Filter, Search, Sort, StateFilter};
use anyhow::{Context, Result};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "demo-demo";
const PAID_IN: Money = 5_000_000;
/// Ann sells; Bob and Cleo bid, and so do the robot's two.
const PEOPLE: [(&str, &str); 5] = [
    ("Ann", "ann@demo.example"),
    ("Bob", "bob@demo.example"),
    ("Cleo", "cleo@demo.example"),
    ("Robot Dora", "dora@demo.example"),
    ("Robot Emil", "emil@demo.example"),
];
/// Title, category, opening, minutes until the close, colours of the pictures.
const LOTS: [(&str, &str, Money, i64, [u8; 3]); 12] = [
    ("Brass desk lamp", "For the home", 12_000, 1, [196, 146, 52]),
    ("Walnut radio, 1958", "Curiosities", 45_000, 2, [104, 66, 40]),
    ("Box of 40 comic books", "Books", 20_000, 3, [188, 60, 52]),
    ("Celadon tea bowl", "For the home", 80_000, 5, [122, 164, 138]),
    ("Folding bicycle", "Outdoors", 90_000, 7, [44, 92, 150]),
    ("Quilt, hand-sewn", "For the home", 60_000, 9, [168, 96, 132]),
    ("Field camera and tripod", "Curiosities", 150_000, 12, [62, 62, 70]),
    ("Weekend in a mountain hut", "Outings", 100_000, 15, [86, 120, 82]),
    ("Signed football", "Outdoors", 30_000, 18, [222, 222, 214]),
    ("Espresso machine", "For the home", 110_000, 22, [140, 140, 150]),
    ("Map of the harbour, 1904", "Curiosities", 25_000, 26, [206, 184, 140]),
    ("Dinner for six, cooked at home", "Outings", 70_000, 30, [204, 112, 60]),
];
/// How often the robot bids.
const ROBOT_EVERY: Duration = Duration::from_secs(4);

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
        house.set("name", "Demo House")?;
        let mut people = Vec::new();
        for (name, email) in PEOPLE {
            let joining = Joining {
                email: email.into(),
                name: name.into(),
                password: Some(PASSWORD.into()),
                is_admin: false,
            };
            let account = house.open_account(joining, By::Admin)?;
            house.credit(account.id, PAID_IN, "for the demo")?;
            people.push(account.id);
        }
        for lot in LOTS {
            list(&house, people[0], lot)?;
        }
        Ok(demo)
    }

    pub fn dir(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Named(dir) => dir,
        }
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

fn list(house: &House, seller: AccountId, lot: (&str, &str, Money, i64, [u8; 3])) -> Result<()> {
    let (title, category, opening, minutes, colour) = lot;
    let mut pictures = Vec::new();
    for colour in [colour, [colour[1], colour[2], colour[0]]] {
        pictures.push(house.store_picture(&paint(colour)?)?);
    }
    let draft = Draft {
        title: title.into(),
        description: "An item of the demo house: bid on it, nothing is owed.".into(),
        opening,
        closes: Some(Closes::In { seconds: minutes * 60 }),
        soft_close: Some(SoftClose { window_s: 20, extension_s: 20, cap_s: 120 }),
        category: Some(category.into()),
        pictures,
        ..Draft::default()
    };
    house.list(seller, draft).map(drop).map_err(|fault| fault.context(title.to_owned()))
}

/// Paints a still life in one colour: a ball on a table, lit from the left.
fn paint(colour: [u8; 3]) -> Result<Vec<u8>> {
    let shade = |percent: i64| {
        Rgb(colour.map(|c| u8::try_from((i64::from(c) * percent / 100).clamp(0, 255)).unwrap_or(255)))
    };
    let picture = RgbImage::from_fn(960, 720, |x, y| {
        let (x, y) = (i64::from(x), i64::from(y));
        let (dx, dy) = (x - 480, y - 350);
        let (shadow_x, shadow_y) = ((x - 560) / 2, (y - 570) * 3);
        if dx * dx + dy * dy < 210 * 210 {
            let lit = (dx + 90) * (dx + 90) + (dy + 100) * (dy + 100);
            shade(135 - lit * 90 / (300 * 300))
        } else if shadow_x * shadow_x + shadow_y * shadow_y < 120 * 120 {
            shade(32)
        } else if y > 500 {
            shade(58 - (y - 500) / 12)
        } else {
            shade(150 + (480 - x) / 16 + (360 - y) / 24)
        }
    });
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).context("paint a picture")?;
    Ok(bytes)
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
    let (name, email) = PEOPLE[3 + turn % 2];
    if listing.leader.as_deref() == Some(name) {
        return Ok(());
    }
    let Some(account) = unless_refused(house.account_by_email(email))? else {
        return Ok(());
    };
    let amount = listing.minimum.unwrap_or(listing.opening);
    offer(house, listing.id, account.id, amount);
    Ok(())
}

fn offer(house: &House, listing: ListingId, bidder: AccountId, amount: Money) {
    let request = Request { listing, bidder, amount, max: None, message: String::new(), key: None };
    house.place_bid(request, |answer| match answer {
        Ok(_) => {}
        Err(Fault::Refused(refusal)) => tracing::debug!("the robot's bid: {refusal}"),
        Err(Fault::Broken(error)) => tracing::warn!(error = format!("{error:#}"), "the robot's bid"),
    });
}
