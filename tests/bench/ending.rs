//! What the notice `ending` for 10,000 watchers of one listing costs 32 connections that bid meanwhile: the server writes
//! 20,000 notices, for mails and a webhook, and begins to send them.
//!
//! `cargo bench --bench ending`; `BENCH_SECONDS` sets how long each load lasts (default 3).

#![forbid(unsafe_code)]

mod house;
mod report;
mod server;

use report::say;
use rusqlite::Connection;
use server::{Line, serve};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

const N_WATCHERS: i64 = 10_000;
const N_BIDDERS: usize = 32;
/// Loads of each kind, in turn: the machine may be quicker at one time than at another.
const N_ROUNDS: i64 = 3;
/// Whoever watches nothing is told within this, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let n_lots = 2 * N_BIDDERS + usize::try_from(N_ROUNDS).expect("few");
    let tokens = house::prepare(dir.path(), 2 * N_BIDDERS, n_lots).tokens;
    let first_watched = i64::try_from(2 * N_BIDDERS + 1).expect("few");
    let conn = open(dir.path());
    fill(&conn, first_watched);
    send_to(dir.path(), &conn);
    let (mut server, address) = serve(dir.path());
    let turns: Vec<AtomicUsize> = (0..N_BIDDERS).map(|_| AtomicUsize::new(0)).collect();
    let [with, without] = [Mutex::default(), Mutex::default()];
    let mut told_in = Vec::new();
    conn.execute_batch(
        "create temp table listed as select id, created_at, first_closes_at from listing;
         create temp table stood as select listing_id, closes_at from standing;",
    )
    .expect("kept");
    for round in 0..N_ROUNDS {
        bid(&address, &tokens, &turns, &without);
        std::thread::scope(|scope| {
            let bidding = scope.spawn(|| bid(&address, &tokens, &turns, &with));
            told_in.push(tell(&conn, first_watched + round));
            bidding.join().expect("nobody panics");
        });
        // The next round begins with an empty outbox.
        conn.execute_batch("delete from notice; update delivery set state = 'sent' where state = 'waiting'")
            .expect("emptied");
    }
    conn.execute_batch(
        "update listing set (created_at, first_closes_at) = (
           select l.created_at, l.first_closes_at from listed l where l.id = listing.id);
         update standing set closes_at = (select s.closes_at from stood s where s.listing_id = standing.listing_id);",
    )
    .expect("as it was");
    server.kill().ok();
    server.wait().ok();
    let [with, without] = [with, without].map(sorted);
    told_in.sort_unstable();
    say(format!(
        "ending for {N_WATCHERS} watchers while {N_BIDDERS} connections bid: all are told within {:.1} s",
        told_in.last().expect("rounds").as_secs_f64()
    ));
    say(format!(
        "a bid's answer: p50 without {:.2} ms, with {:.2} ms, ratio {:.2}; p99 without {:.2} ms ({} bids), with {:.2} ms \
         ({} bids), ratio {:.2}",
        ms(&without, 50),
        ms(&with, 50),
        ms(&with, 50) / ms(&without, 50),
        ms(&without, 99),
        without.len(),
        ms(&with, 99),
        with.len(),
        ms(&with, 99) / ms(&without, 99),
    ));
    say(house::audit(dir.path()));
    report::keep("ending");
}

fn open(dir: &Path) -> Connection {
    let conn = Connection::open(dir.join("auction.db")).expect("the database");
    conn.busy_timeout(PATIENCE).expect("set");
    conn
}

/// 10,000 people who watch the last lots.
fn fill(conn: &Connection, first: i64) {
    let sql = format!(
        "begin immediate;
         create temp table n as with recursive n (i) as (select 100000 union all select i + 1 from n limit {N_WATCHERS})
           select i from n;
         insert into purse (id) select i from n;
         insert into account (id, email, name, state, created_at)
           select i, 'w' || i || '@bench.example', 'Watcher ' || i, 'active', 0 from n;
         insert into watched (account_id, listing_id)
           select n.i, l.id from n join listing l on l.id >= {first};
         commit;"
    );
    conn.execute_batch(&sql).expect("watchers");
}

/// Mails go nowhere, as if the server for them were down; a webhook is answered at once.
fn send_to(dir: &Path, conn: &Connection) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hook = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("read") == 1 {
                head.push(byte[0]);
            }
            let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            stream.read_exact(&mut vec![0; length.unwrap_or(0)]).expect("read");
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .expect("answer");
        }
    });
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let entries = format!(
        "smtp_url = \"smtp://{nobody}\"\nmail_from = \"house@bench.example\"\n\
         webhook_url = \"http://{hook}/\"\nwebhook_secret = \"hush-hush-hush-hush\"\n"
    );
    let file = dir.join("auction.toml");
    std::fs::write(&file, entries).expect("write");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its owner's");
    }
    conn.execute("insert into house (key, value) values ('mail_window_s', '0')", []).expect("set");
}

/// Has the mark of this listing pass now; how long until all were told.
fn tell(conn: &Connection, listing: i64) -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis();
    let closes_at = i64::try_from(since).expect("a time") + 900_000;
    // As if the house had been told an hour ago that it closes then.
    conn.execute(
        "update listing set created_at = created_at - 3600000, first_closes_at = ?2 where id = ?1",
        [listing, closes_at],
    )
    .expect("moved");
    conn.execute("update standing set closes_at = ?2 where listing_id = ?1", [listing, closes_at])
        .expect("moved");
    let begun = Instant::now();
    let is_done = || -> bool {
        let sql = "select exists (select 1 from ending where listing_id = ?1 and told_through is null)";
        conn.query_row(sql, [listing], |row| row.get(0)).expect("read")
    };
    while !is_done() {
        assert!(begun.elapsed() < PATIENCE, "nobody is told");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    begun.elapsed()
}

/// Two people outbid each other on two lots of their own, on each connection.
fn bid(address: &str, tokens: &[String], turns: &[AtomicUsize], took: &Mutex<Vec<Duration>>) {
    let until = Instant::now() + seconds();
    std::thread::scope(|scope| {
        for (n, tokens) in tokens.chunks(2).enumerate() {
            scope.spawn(move || {
                let (mut line, mut bids) = (Line::open(address), Vec::new());
                while Instant::now() < until {
                    let turn = turns[n].fetch_add(1, Ordering::Relaxed);
                    let (lot, amount) =
                        (1 + n + N_BIDDERS * (turn % 2), i64::try_from(turn / 2 + 1).expect("few"));
                    let from = Instant::now();
                    let (status, body) = line.bid(address, &tokens[turn / 2 % 2], lot, amount);
                    assert_eq!(status, 201, "{body}");
                    bids.push(from.elapsed());
                }
                took.lock().expect("nobody panics").extend(bids);
            });
        }
    });
}

fn sorted(all: Mutex<Vec<Duration>>) -> Vec<Duration> {
    let mut sorted = all.into_inner().expect("nobody panics");
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
