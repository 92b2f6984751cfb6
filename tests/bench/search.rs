//! Whether the home page, the search and the board are as fast among 100,000 open listings as among 200: what one
//! answer takes over a kept connection: of many answers that which a tenth were faster than, for a busy machine slows
//! the rest.
//!
//! `cargo bench --bench search`; `BENCH_MOST` sets how many listings the large house has, `BENCH_SECONDS` how long each
//! page is asked for (default 1).

#![forbid(unsafe_code)]

mod house;
#[allow(dead_code)] // Only the length of a load is read here.
mod load;
mod report;
mod server;

use auction::house::listings::lines::NewListing;
use auction::house::{House, Opening};
use auction::rules::listing::{Closes, Draft};
use auction::store::clock::Clock;
use load::seconds;
use report::say;
use server::{Line, serve};
use std::path::Path;
use std::time::{Duration, Instant};

const FEW: i64 = 200;
/// Listings that are imported at once.
const AT_ONCE: i64 = 10_000;

const PAGES: [(&str, &str); 16] = [
    ("the home page", "/"),
    ("by newest", "/?sort=newest"),
    ("by price", "/?sort=price"),
    ("by price, falling", "/?sort=price_desc"),
    ("by bids", "/?sort=bids"),
    ("a category", "/?category=Shelf+3"),
    ("a category by price", "/?category=Shelf+3&sort=price"),
    ("a range of prices", "/?price_from=100&price_to=120"),
    ("a word of all", "/?q=lamp"),
    ("a word of every 50th", "/?q=brass"),
    ("a word of three", "/?q=onyx"),
    ("a word of none", "/?q=nowhere"),
    ("a part of a Korean word", "/?q=%EC%9E%90%EC%A0%84"),
    ("one Korean letter, by bids", "/?q=%EA%B1%B0&sort=bids"),
    ("a number", "/?q=%23150"),
    ("the board", "/board"),
];

/// Each with its place: they end one after the other.
fn lot(n: i64) -> NewListing {
    let what = match n {
        20 | 120 | 170 => "Onyx lamp",
        _ if n % 50 == 1 => "Brass lamp",
        _ if n % 2 == 0 => "Lamp of a 중고 자전거",
        _ => "Lamp",
    };
    let draft = Draft {
        title: format!("{what} {n}"),
        description: "It was used with care, and comes with what it came with. Collected by its buyer."
            .into(),
        opening: 100 + n % 97,
        closes: Some(Closes::In { seconds: 40_000 + n * 7 % 40_000 }),
        category: Some(format!("Shelf {}", n % 24)),
        ..Draft::default()
    };
    NewListing { line: 1, seller: "p0@bench.example".into(), draft, pictures: Vec::new() }
}

fn fill(dir: &Path, n_listings: i64) {
    house::prepare(dir, 0, 0);
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    for first in (0..n_listings).step_by(usize::try_from(AT_ONCE).expect("few")) {
        let lots = (first..n_listings.min(first + AT_ONCE)).map(lot).collect();
        house.import(lots, &mut |_, _, _| ()).expect("each lot is sound");
    }
}

/// What a tenth of the answers were faster than; the first answers are none of them.
fn decile(line: &mut Line, address: &str, path: &str, length: Duration) -> Duration {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut ask = || {
        let asked = Instant::now();
        assert_eq!(line.ask_for_bytes(&request).0, 200, "{path}");
        asked.elapsed()
    };
    for _ in 0..5 {
        ask();
    }
    let until = Instant::now() + length;
    let mut times = vec![ask()];
    while Instant::now() < until {
        times.push(ask());
    }
    times.sort_unstable();
    times[times.len() / 10]
}

fn main() {
    let length = seconds(1);
    let many = std::env::var("BENCH_MOST").ok().and_then(|s| s.parse().ok()).unwrap_or(100_000);
    let houses = [FEW, many].map(|n_listings| {
        let (dir, began) = (tempfile::tempdir().expect("a temporary folder"), Instant::now());
        fill(dir.path(), n_listings);
        let us = began.elapsed().as_micros() / u128::try_from(n_listings).expect("some");
        say(format!("{n_listings} listings, imported in {us} us each"));
        let (server, address) = serve(dir.path());
        (dir, server, address)
    });
    let mut lines = [0, 1].map(|n| Line::open(&houses[n].2));
    for (name, path) in PAGES {
        let [few, many] = [0, 1].map(|n| decile(&mut lines[n], &houses[n].2, path, length).as_micros());
        let tenths = many * 10 / few.max(1);
        say(format!("{name}: {few} us, {many} us: {}.{} times", tenths / 10, tenths % 10));
    }
    for (_, mut server, _) in houses {
        server.kill().ok();
        server.wait().ok();
    }
    report::keep("search");
}
