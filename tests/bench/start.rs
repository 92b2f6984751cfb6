//! How soon a house with 100,000 bids answers after a cold start, what memory an idle server takes, how large the program is.
//!
//! `cargo bench --bench start`

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;

use report::say;
use server::{Line, serve};
use std::time::{Duration, Instant};

const N_STARTS: usize = 9;
const N_LISTINGS: i64 = 64;

fn main() {
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_auction")).expect("the program").len();
    say(format!("the program: {:.1} MiB", program as f64 / f64::from(1 << 20)));
    for n_bids in [0, 100_000] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let people = house::prepare(dir.path(), 2, usize::try_from(N_LISTINGS).expect("few")).people;
        house::fill(dir.path(), &people, 1..=N_LISTINGS, 1, n_bids / N_LISTINGS);
        let read_page = |address: &str| {
            let request = format!("GET /listings/1 HTTP/1.1\r\nHost: {address}\r\n\r\n");
            assert_eq!(Line::open(address).ask_for_bytes(&request).0, 200);
        };
        let mut starts = Vec::new();
        for _ in 0..N_STARTS {
            let began = Instant::now();
            let (mut server, address) = serve(dir.path());
            read_page(&address);
            starts.push(began.elapsed());
            server.kill().ok();
            server.wait().ok();
        }
        let (mut server, address) = serve(dir.path());
        std::thread::sleep(Duration::from_secs(1));
        let idle = resident_mib(server.id());
        read_page(&address);
        std::thread::sleep(Duration::from_secs(1));
        let after = resident_mib(server.id());
        server.kill().ok();
        server.wait().ok();
        starts.sort();
        say(format!(
            "{n_bids} bids in the house: from the start to the first listing's page {:.1} ms (median of {N_STARTS}, worst {:.1}); \
             resident memory of a server that nobody has asked yet {idle:.1} MiB, after a listing's page {after:.1} MiB",
            starts[N_STARTS / 2].as_secs_f64() * 1e3,
            starts[N_STARTS - 1].as_secs_f64() * 1e3,
        ));
    }
    report::keep("start");
}

fn resident_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kib.map_or(0.0, |kib: f64| kib / 1_024.0)
}
