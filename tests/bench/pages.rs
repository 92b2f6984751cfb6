//! Pages a second over 32 kept connections, as ratios to the same server's no-op: the home page with 20 and with 200 listings,
//! a listing's page with 500 bids, as they are and compressed, as a browser asks.
//!
//! `cargo bench --bench pages`; `BENCH_SECONDS` sets how long each load lasts (default 3).

#![forbid(unsafe_code)]

mod house;
mod load;
mod report;
mod server;

use load::{gets, noop, seconds};
use report::say;
use server::{Line, serve};

const N_CONNECTIONS: usize = 32;
const N_BIDS: i64 = 500;

fn main() {
    let length = seconds(3);
    for n_listings in [20, 200] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let people = house::prepare(dir.path(), 2, n_listings).people;
        house::fill(dir.path(), &people, 1..=1, 1, N_BIDS);
        let (mut server, address) = serve(dir.path());
        let noop = noop(&address, N_CONNECTIONS, length);
        say(format!("{n_listings} listings: no-op {noop:.0}/s"));
        let home = format!("home, {} of {n_listings} listings", n_listings.min(50));
        for (name, path) in [(home.as_str(), "/"), ("a listing with 500 bids", "/listings/1")] {
            for (how, header) in [("plain", ""), ("gzip", "Accept-Encoding: gzip\r\n")] {
                let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{header}\r\n");
                let bytes = Line::open(&address).ask_for_bytes(&request).1.len();
                let rate = gets(&address, path, header, N_CONNECTIONS, length);
                say(format!("  {name}, {how}, {bytes} bytes: {rate:.0}/s = {:.2} of no-op", rate / noop));
            }
        }
        server.kill().ok();
        server.wait().ok();
    }
    report::keep("pages");
}
