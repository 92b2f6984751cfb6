//! What a sale costs while people bid: the time to postpone 200 lots, and how much longer a bid waits for its answer
//! meanwhile; and the time to arm the nearest of 10,000 lots.
//!
//! `cargo bench --bench sale`; `BENCH_SECONDS` sets how long people bid before (default 3), `BENCH_LOTS` the lots that
//! are armed (default 10,000).

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;

use auction::house::sales::draft::NewSale;
use auction::house::sales::lots::LotOffer;
use auction::house::{House, Opening};
use auction::rules::listing::{AccountId, Draft};
use auction::rules::sale::SaleText;
use auction::store::clock::Clock;
use report::say;
use server::{Line, serve};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const N_CONNECTIONS: usize = 32;
const N_LOTS: usize = 200;
const N_POSTPONEMENTS: usize = 10;
/// The listings outside of the sale: they give the people their sessions.
const SELLER: AccountId = AccountId(1);
/// Stands for `crontab`: a file beside it is the tab.
const CRONTAB: &str =
    "#!/bin/sh\ncd \"$(dirname \"$0\")\"\ncase \"$1\" in -l) cat tab ;; *) cat >tab ;; esac\n";

fn main() {
    postpone_while_people_bid();
    arm_many();
    report::keep("sale");
}

fn postpone_while_people_bid() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), 2 * N_CONNECTIONS, 0).tokens;
    publish(dir.path(), N_LOTS, 3_600);
    let (mut server, address) = serve(dir.path());
    let (begun, is_over) = (Instant::now(), AtomicBool::new(false));
    let (bids, commands) = std::thread::scope(|scope| {
        let bidders: Vec<_> = (0..N_CONNECTIONS)
            .map(|n| {
                let (address, tokens, is_over) = (&address, &tokens[2 * n..2 * n + 2], &is_over);
                scope.spawn(move || bid(address, tokens, n, begun, is_over))
            })
            .collect();
        std::thread::sleep(seconds());
        let commands: Vec<(Duration, Duration)> = (0..N_POSTPONEMENTS)
            .map(|_| {
                let from = begun.elapsed();
                postpone(dir.path());
                let until = begun.elapsed();
                std::thread::sleep(Duration::from_millis(100));
                (from, until)
            })
            .collect();
        is_over.store(true, Ordering::Relaxed);
        let bids: Vec<(Duration, Duration)> =
            bidders.into_iter().flat_map(|bidder| bidder.join().expect("a bidder")).collect();
        (bids, commands)
    });
    server.kill().ok();
    server.wait().ok();
    let first = commands[0].0;
    let overlaps = |(from, until): &(Duration, Duration)| {
        commands.iter().any(|(begin, end)| begin < until && from < end)
    };
    let before: Vec<Duration> =
        bids.iter().filter(|(_, until)| *until < first).map(|(from, until)| *until - *from).collect();
    let meanwhile: Vec<Duration> =
        bids.iter().filter(|bid| overlaps(bid)).map(|(from, until)| *until - *from).collect();
    let took: Vec<Duration> = commands.iter().map(|(from, until)| *until - *from).collect();
    let (p99_before, p99_meanwhile) = (percentile(&before, 99), percentile(&meanwhile, 99));
    say(format!(
        "postponing {N_LOTS} lots by the command, {N_CONNECTIONS} connections bidding: p50 {} ms, max {} ms",
        percentile(&took, 50).as_millis(),
        percentile(&took, 100).as_millis()
    ));
    say(format!(
        "a bid's answer: p99 before {:.1} ms ({} bids), meanwhile {:.1} ms ({} bids), ratio {:.2}; p50 ratio {:.2}",
        p99_before.as_secs_f64() * 1_000.0,
        before.len(),
        p99_meanwhile.as_secs_f64() * 1_000.0,
        meanwhile.len(),
        p99_meanwhile.as_secs_f64() / p99_before.as_secs_f64(),
        percentile(&meanwhile, 50).as_secs_f64() / percentile(&before, 50).as_secs_f64(),
    ));
    say(house::audit(dir.path()));
}

/// Two people outbid each other on lots of their own, and note from when to when each bid waited for its answer.
fn bid(
    address: &str,
    tokens: &[String],
    n: usize,
    begun: Instant,
    is_over: &AtomicBool,
) -> Vec<(Duration, Duration)> {
    let (mut line, mut bids, mut turn) = (Line::open(address), Vec::new(), 0);
    let lots = [1 + n, 1 + n + N_CONNECTIONS];
    while !is_over.load(Ordering::Relaxed) {
        let (lot, amount) = (lots[turn % 2], i64::try_from(turn / 2 + 1).expect("few"));
        let from = begun.elapsed();
        let (status, body) = line.bid(address, &tokens[turn / 2 % 2], lot, amount);
        assert_eq!(status, 201, "{body}");
        bids.push((from, begun.elapsed()));
        turn += 1;
    }
    bids
}

fn postpone(dir: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auction"));
    command.args(["-q", "--data-dir", dir.to_str().expect("a plain path")]);
    command.args(["sale", "postpone", "night", "--by", "1m", "--why", "the wifi failed"]);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(ended.expect("an end").success());
}

/// The entries of many lots: those within the window are put in, and again after a postponement.
fn arm_many() {
    let n = std::env::var("BENCH_LOTS").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
    let dir = tempfile::tempdir().expect("a temporary folder");
    house::prepare(dir.path(), 0, 0);
    let published = publish(dir.path(), n, 3_600);
    say(format!("publishing {n} lots: {} ms", published.as_millis()));
    let crontab = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(crontab.path().join("tab"), "").expect("a tab");
    put_program(&crontab.path().join("crontab"));
    let ask = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auction"));
        let path = format!("{}:/usr/bin:/bin", crontab.path().display());
        command.args(["-q", "--data-dir", dir.path().to_str().expect("a plain path")]).args(args);
        let command = command.env("PATH", path).env("HOME", crontab.path()).stdin(Stdio::null());
        let begun = Instant::now();
        let ended = command.stdout(Stdio::null()).status().expect("an end");
        assert!(ended.success(), "{args:?}");
        begun.elapsed()
    };
    ask(&["house", "set", "scheduler", "cron"]);
    let first = ask(&["scheduler", "sync"]);
    let again = ask(&["scheduler", "sync"]);
    let postponed = ask(&["sale", "postpone", "night", "--by", "1m", "--why", "the wifi failed"]);
    let tab = std::fs::read_to_string(crontab.path().join("tab")).expect("the tab");
    let armed =
        tab.lines().filter_map(|line| line.split_once(" settle ")).filter(|(_, ids)| !ids.starts_with("--"));
    let n_armed: usize = armed.map(|(_, ids)| ids.split(' ').count()).sum();
    say(format!(
        "arming {n_armed} of {n} lots: {} ms at first, {} ms when nothing has changed, {} ms with their postponement",
        first.as_millis(),
        again.as_millis(),
        postponed.as_millis()
    ));
}

#[cfg(unix)]
fn put_program(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, CRONTAB).expect("a program");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("that can be run");
}

#[cfg(not(unix))]
fn put_program(_: &Path) {}

/// A sale of so many lots of the seller, 20 s apart; how long its publication took.
fn publish(dir: &Path, n: usize, closes_in_s: i64) -> Duration {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let text = SaleText { name: "Night".into(), description: String::new(), pickup: String::new() };
    let sale = NewSale {
        code: "night".into(),
        text,
        opens_at: None,
        closes_at: house.now().plus_s(closes_in_s),
        every_s: 20,
        premium_bps: None,
        commission_bps: None,
        soft_close: None,
    };
    house.add_sale(sale).expect("a sale");
    for i in 0..n {
        let draft = Draft { title: format!("Lot {i}"), opening: 1, increment: Some(1), ..Draft::default() };
        let offer = LotOffer { seller: SELLER, code: format!("A{i}"), section: None, draft };
        house.add_lot("night", offer).expect("a lot");
    }
    let begun = Instant::now();
    house.publish_sale("night").expect("published");
    begun.elapsed()
}

fn percentile(all: &[Duration], percent: usize) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

fn seconds() -> Duration {
    let said = std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(said.unwrap_or(3))
}
