//! How long after their close listings are settled that end in the same second: by the server's timer, by the processes that
//! cron starts with the server dead, and by the sweep alone. Each has a leader, so each sale moves money.
//!
//! `cargo bench --bench punctual`; `BENCH_MOST` sets the most listings (default 10,000), `BENCH_RATE` how many this machine makes
//! in a second (default 250), from which the close follows.

#![forbid(unsafe_code)]

mod report;

use auction::house::bidding::place_bid::Request;
use auction::house::people::accounts::{By, Joining};
use auction::house::{House, Opening};
use auction::rules::listing::{AccountId, Closes, Draft, ListingId};
use auction::rules::time::Time;
use auction::store::clock::Clock;
use report::say;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

const PURSE: i64 = 900_000_000_000_000;
const PRICE: i64 = 1_000;
/// Of one line, when many close in one minute: as the block has them.
const IDS_A_LINE: usize = 40;
const CRON_LISTINGS: usize = 500;

fn main() {
    let most = std::env::var("BENCH_MOST").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
    let sizes: Vec<usize> = [1, 100, 1_000, 10_000].into_iter().filter(|n| *n <= most).collect();
    say("lateness (settled_at - closes_at) of listings that close in the same second, in ms");
    say(format!("{:<34} {:>7} {:>8} {:>8} {:>8} {:>9}", "by", "n", "p50", "p99", "max", "work"));
    for n in &sizes {
        by_server(*n);
    }
    let n = CRON_LISTINGS.min(most);
    by_processes("cron, a process a listing", n, 1);
    by_processes("cron, lines of 40 ids", n, IDS_A_LINE);
    for n in &sizes {
        by_sweep(*n);
    }
    report::keep("punctual");
}

/// The server's own timer.
fn by_server(n: usize) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let closes_at = prepare(dir.path(), n, ahead_s(n));
    let mut server = command(dir.path())
        .args(["-q", "serve", "--listen", "127.0.0.1:0", "--scheduler", "none"])
        .stdout(Stdio::null())
        .spawn()
        .expect("start the server");
    wait_until(closes_at.plus_s(-1));
    wait_till_settled(dir.path(), n);
    server.kill().ok();
    server.wait().ok();
    tell("the server's timer", dir.path(), n);
}

/// All started together some seconds before the close, as cron does at the full minute; `a_line` ids each.
fn by_processes(name: &str, n: usize, a_line: usize) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let closes_at = prepare(dir.path(), n, ahead_s(n) + 5);
    wait_until(closes_at.plus_s(-4));
    let ids: Vec<String> = (1..=n).map(|id| id.to_string()).collect();
    let children: Vec<Child> = ids
        .chunks(a_line)
        .map(|ids| {
            let mut line = command(dir.path());
            line.arg("settle").args(ids).stdout(Stdio::null()).spawn().expect("start settle")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("an end").success());
    }
    let ended_ms = Clock::default().now().ms_since(closes_at);
    tell(name, dir.path(), n);
    say(format!("{:<34} {n:>7} {:>8} {:>8} {ended_ms:>8}   the last process had ended", "", "", ""));
}

/// `settle --due`, started once the close has passed: its own time from start to end.
fn by_sweep(n: usize) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let closes_at = prepare(dir.path(), n, ahead_s(n));
    wait_until(closes_at);
    let began = Instant::now();
    let ended = command(dir.path()).args(["settle", "--due"]).stdout(Stdio::null()).status();
    assert!(ended.expect("an end").success());
    let took_ms = began.elapsed().as_millis();
    tell("the sweep alone", dir.path(), n);
    say(format!("{:<34} {n:>7} {:>8} {:>8} {took_ms:>8}   the sweep from start to end", "", "", ""));
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auction"));
    command.args(["--data-dir", dir.to_str().expect("a plain path")]).stdin(Stdio::null());
    command
}

/// Long enough to make the listings.
fn ahead_s(n: usize) -> i64 {
    let rate = std::env::var("BENCH_RATE").ok().and_then(|s| s.parse().ok()).unwrap_or(250);
    10 + i64::try_from(n / rate).expect("few")
}

/// A house with `n` listings that all close at the same instant, which is given, each with a bid.
fn prepare(dir: &Path, n: usize, ahead_s: i64) -> Time {
    let (house, writer) =
        House::open_to_serve(dir, Clock::default(), |decided| decided.tell()).expect("a house");
    house.set("premium_bps", "1000").expect("a rate");
    house.set("scheduler", "none").expect("a scheduler");
    let open = |name: &str| {
        let joining = Joining {
            email: format!("{name}@bench.example"),
            name: name.into(),
            password: None,
            is_admin: false,
            ..Joining::default()
        };
        house.open_account(joining, By::Admin).expect("a new account").id
    };
    let (seller, bidder) = (open("seller"), open("bidder"));
    house.credit(bidder, PURSE, "bench").expect("money");
    let closes_at = house.now().plus_s(ahead_s);
    let (tell, told) = channel();
    for i in 0..n {
        let draft = Draft {
            title: format!("Lot {i}"),
            opening: PRICE,
            closes: Some(Closes::At(closes_at)),
            ..Draft::default()
        };
        let id = house.list(seller, draft).expect("a listing").id;
        let tell = tell.clone();
        house.place_bid(request(id, bidder), move |answer| {
            tell.send(answer.is_ok()).ok();
        });
    }
    for _ in 0..n {
        assert!(told.recv().expect("an answer"), "the bid was refused");
    }
    assert!(house.now() < closes_at.plus_s(-2), "the listings took too long to make");
    house.stop_writing();
    writer.join().expect("the writer ends");
    closes_at
}

fn request(listing: ListingId, bidder: AccountId) -> Request {
    Request {
        listing,
        bidder,
        amount: PRICE,
        max: None,
        rises: false,
        message: String::new(),
        key: None,
        desk: None,
    }
}

fn wait_until(at: Time) {
    let ahead_ms = at.ms_since(Clock::default().now());
    std::thread::sleep(Duration::from_millis(u64::try_from(ahead_ms).unwrap_or(0)));
}

fn wait_till_settled(dir: &Path, n: usize) {
    let began = Instant::now();
    while lateness(dir, n).len() < n {
        assert!(began.elapsed() < Duration::from_secs(120), "not settled");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn lateness(dir: &Path, n: usize) -> Vec<i64> {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let limit = i64::try_from(n + 1).expect("few");
    house.read(|snapshot| snapshot.lateness_ms(limit)).expect("read")
}

/// Percentiles, and from the first settlement to the last; the books must agree.
fn tell(name: &str, dir: &Path, n: usize) {
    let mut late = lateness(dir, n);
    late.sort_unstable();
    assert_eq!(late.len(), n);
    let rank = |percent: usize| late[(n * percent).div_ceil(100) - 1];
    let work = late[n - 1] - late[0];
    say(format!("{name:<34} {n:>7} {:>8} {:>8} {:>8} {work:>9}", rank(50), rank(99), rank(100)));
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    assert_eq!(house.audit().expect("an audit").disagreement, None);
    assert!(fs::metadata(dir.join("auction.db")).is_ok());
}
