//! How long a payment takes at eight tills while 32 connections bid, and how much longer a bid takes because of them:
//! tills and bidders ask again as soon as they have their answer, which no evening comes near.
//!
//! `cargo bench --bench desk`; `BENCH_SECONDS` sets how long each load lasts (default 3).

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;

use auction::house::desk::guests::Guest;
use auction::house::desk::passes::PassAsked;
use auction::house::sales::draft::NewSale;
use auction::house::{House, Opening};
use auction::rules::desk::Rights;
use auction::rules::sale::SaleText;
use auction::store::clock::Clock;
use report::say;
use server::{Line, serve};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const N_TILLS: usize = 8;
const N_BIDDERS: usize = 32;
const N_GUESTS: i64 = 40;
/// Loads of each kind, in turn: the machine may be quicker at one time than at another.
const N_ROUNDS: usize = 2;
static N_KEYS: AtomicUsize = AtomicUsize::new(0);

/// What is under way at once.
struct Load<'a> {
    address: &'a str,
    bidders: &'a [String],
    tills: &'a [String],
    /// The turns that each bidder has had.
    turns: &'a [AtomicUsize],
}

#[derive(Default)]
struct Took {
    bids: Mutex<Vec<Duration>>,
    payments: Mutex<Vec<Duration>>,
}

fn main() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tokens = house::prepare(dir.path(), 2 * N_BIDDERS, 2 * N_BIDDERS).tokens;
    let tills = open_desk(dir.path());
    let (mut server, address) = serve(dir.path());
    let turns: Vec<AtomicUsize> = (0..N_BIDDERS).map(|_| AtomicUsize::new(0)).collect();
    let [alone, both, tills_alone] = [Took::default(), Took::default(), Took::default()];
    for _ in 0..N_ROUNDS {
        let load = |bidders, tills| Load { address: &address, bidders, tills, turns: &turns };
        load(&tokens, &[]).run(&alone);
        load(&tokens, &tills).run(&both);
        load(&[], &tills).run(&tills_alone);
    }
    server.kill().ok();
    server.wait().ok();
    let [payment, quiet] = [&both, &tills_alone].map(|took| sorted(&took.payments));
    let [with, without] = [&both, &alone].map(|took| sorted(&took.bids));
    say(format!(
        "a payment at {N_TILLS} tills while {N_BIDDERS} connections bid: p50 {:.1} ms, p99 {:.1} ms ({} payments); \
         to one while nobody bids: p50 ratio {:.2}, p99 ratio {:.2}",
        ms(&payment, 50),
        ms(&payment, 99),
        payment.len(),
        ms(&payment, 50) / ms(&quiet, 50),
        ms(&payment, 99) / ms(&quiet, 99),
    ));
    say(format!(
        "a bid's answer: p99 without tills {:.1} ms ({} bids), with them {:.1} ms ({} bids), ratio {:.2}; p50 ratio {:.2}",
        ms(&without, 99),
        without.len(),
        ms(&with, 99),
        with.len(),
        ms(&with, 99) / ms(&without, 99),
        ms(&with, 50) / ms(&without, 50),
    ));
    say(reported(dir.path(), payment.len() + quiet.len()));
    say(house::audit(dir.path()));
    report::keep("desk");
}

/// A sale with guests, and a token for each till.
fn open_desk(dir: &Path) -> Vec<String> {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let sale = NewSale {
        code: "night".into(),
        text: SaleText { name: "Night".into(), description: String::new(), pickup: String::new() },
        opens_at: None,
        closes_at: house.now().plus_s(86_400),
        every_s: 20,
        premium_bps: None,
        commission_bps: None,
        soft_close: None,
    };
    house.add_sale(sale).expect("a sale");
    for n in 1..=N_GUESTS {
        let guest = Guest { name: format!("Guest {n}"), number: Some(n), anyway: true, ..Guest::default() };
        house.register_guest("night", guest).expect("a number");
    }
    let till = |n: usize| {
        let asked = PassAsked {
            name: format!("Till {n}"),
            sale: "night".into(),
            may: Rights::parse("checkout").expect("a right"),
            ends_at: house.now().plus_s(86_400),
            most_limit: None,
        };
        let opened = house.open_pass(asked).expect("a pass");
        house.enter_desk(&opened.code, None).expect("let in").expect("the code is right").token
    };
    (0..N_TILLS).map(till).collect()
}

impl Load<'_> {
    fn run(&self, took: &Took) {
        let until = Instant::now() + seconds();
        std::thread::scope(|scope| {
            for (n, tokens) in self.bidders.chunks(2).enumerate() {
                scope.spawn(move || self.bid(n, tokens, until, &took.bids));
            }
            for (n, token) in self.tills.iter().enumerate() {
                scope.spawn(move || self.pay(n, token, until, &took.payments));
            }
        });
    }

    /// Two people outbid each other on two lots of their own.
    fn bid(&self, n: usize, tokens: &[String], until: Instant, took: &Mutex<Vec<Duration>>) {
        let (mut line, mut bids) = (Line::open(self.address), Vec::new());
        while Instant::now() < until {
            let turn = self.turns[n].fetch_add(1, Ordering::Relaxed);
            let (lot, amount) = (1 + n + N_BIDDERS * (turn % 2), i64::try_from(turn / 2 + 1).expect("few"));
            let from = Instant::now();
            let (status, body) = line.bid(self.address, &tokens[turn / 2 % 2], lot, amount);
            assert_eq!(status, 201, "{body}");
            bids.push(from.elapsed());
        }
        took.lock().expect("nobody panics").extend(bids);
    }

    fn pay(&self, n: usize, token: &str, until: Instant, took: &Mutex<Vec<Duration>>) {
        let (mut line, mut payments) = (Line::open(self.address), Vec::new());
        while Instant::now() < until {
            let number = 1 + (n + payments.len()) % N_GUESTS as usize;
            let body = format!("{{\"number\":{number},\"amount\":1,\"method\":\"cash\"}}");
            let key = N_KEYS.fetch_add(1, Ordering::Relaxed);
            let request = format!(
                "POST /api/v1/desk/payments HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
                 Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                self.address,
                body.len()
            );
            let from = Instant::now();
            let (status, body) = line.ask(&request);
            assert_eq!(status, 201, "{body}");
            payments.push(from.elapsed());
        }
        took.lock().expect("nobody panics").extend(payments);
    }
}

/// The report adds up to one minor unit a payment.
fn reported(dir: &Path, n_payments: usize) -> String {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let total = house.desk_report("night").expect("the tills are the ledger's").total;
    assert_eq!(usize::try_from(total).expect("taken"), n_payments);
    format!("report: {n_payments} payments are in the ledger")
}

fn sorted(all: &Mutex<Vec<Duration>>) -> Vec<Duration> {
    let mut sorted = all.lock().expect("nobody panics").clone();
    sorted.sort_unstable();
    sorted
}

fn ms(sorted: &[Duration], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_secs_f64() * 1_000.0
}

fn seconds() -> Duration {
    let said = std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(said.unwrap_or(3))
}
