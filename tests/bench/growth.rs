//! Whether a house that has grown is as fast as a young one: bids and pages a second over 32 connections with 1,000, 100,000 and
//! 1,000,000 bids in the house.
//!
//! `cargo bench --bench growth`; `BENCH_SECONDS` sets how long each load lasts (default 3), `BENCH_MOST` the most bids.

#![forbid(unsafe_code)]

mod house;
mod load;
mod report;
mod server;

use load::{gets, load, noop, seconds};
use report::say;
use server::{Line, serve};
use std::sync::atomic::{AtomicI64, Ordering};

const N_CONNECTIONS: usize = 32;
const N_LISTINGS: i64 = 64;

fn main() {
    let length = seconds(3);
    let most = std::env::var("BENCH_MOST").ok().and_then(|s| s.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let house::Prepared { people, tokens } =
        house::prepare(dir.path(), 2, usize::try_from(N_LISTINGS).expect("few"));
    let (mut amount, mut first) = (1, None);
    for n_bids in [1_000, 100_000, 1_000_000].into_iter().filter(|n| *n <= most) {
        let more = n_bids / N_LISTINGS + 1 - amount;
        house::fill(dir.path(), &people, 1..=N_LISTINGS, amount, more.max(0));
        amount += more.max(0);
        let (mut server, address) = serve(dir.path());
        let noop = noop(&address, N_CONNECTIONS, length);
        let page = gets(&address, "/listings/1", "", N_CONNECTIONS, length);
        let amounts: Vec<AtomicI64> = (0..N_LISTINGS).map(|_| AtomicI64::new(amount)).collect();
        let (to, tokens) = (address.clone(), tokens.clone());
        let bids = load(N_CONNECTIONS, length, move |i, go_on| {
            let (mut line, mut n) = (Line::open(&to), 0);
            while go_on() {
                // Two listings a connection, one after the other.
                let at = 2 * i + n % 2;
                let amount = amounts[at].fetch_add(1, Ordering::Relaxed);
                let token = &tokens[usize::try_from(amount % 2).expect("0 or 1")];
                let (status, body) = line.bid(&to, token, at + 1, amount);
                assert_eq!(status, 201, "{body}");
                n += 1;
            }
            n as u64
        });
        amount += i64::try_from((bids * length.as_secs_f64()) as u64).expect("few") / N_LISTINGS + 100_000;
        let (first_bids, first_page) = *first.get_or_insert((bids / noop, page / noop));
        say(format!(
            "{n_bids:>9} bids in the house: bids {bids:.0}/s = {:.2} of no-op, {:.2} of the young house's share; page of one with {} \
             bids {page:.0}/s = {:.2}, {:.2}",
            bids / noop,
            bids / noop / first_bids,
            n_bids / N_LISTINGS,
            page / noop,
            page / noop / first_page,
        ));
        server.kill().ok();
        server.wait().ok();
    }
    report::keep("growth");
}
