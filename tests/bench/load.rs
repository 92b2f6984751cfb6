//! Load over kept connections, one thread a connection, each asking again as soon as it has its answer.

use crate::server::Line;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Runs `work` on each of `n` connections for `length`; how many successes a second there were.
pub fn load(
    n: usize,
    length: Duration,
    work: impl Fn(usize, &dyn Fn() -> bool) -> u64 + Send + Sync + 'static,
) -> f64 {
    let work = Arc::new(work);
    let until = Instant::now() + length;
    let total = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..n)
        .map(|i| {
            let (work, total) = (work.clone(), total.clone());
            std::thread::spawn(move || {
                total.fetch_add(work(i, &|| Instant::now() < until), Ordering::Relaxed);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a connection");
    }
    total.load(Ordering::Relaxed) as f64 / length.as_secs_f64()
}

/// Answers a second to `GET path`, with one more header line if there is one.
pub fn gets(address: &str, path: &str, header: &str, n: usize, length: Duration) -> f64 {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{header}\r\n");
    let address = address.to_owned();
    load(n, length, move |_, go_on| {
        let mut line = Line::open(&address);
        let mut n = 0;
        while go_on() {
            assert_eq!(line.ask_for_bytes(&request).0, 200);
            n += 1;
        }
        n
    })
}

/// The same server's cheapest answer.
pub fn noop(address: &str, n: usize, length: Duration) -> f64 {
    gets(address, "/api/v1/time", "", n, length)
}

#[allow(dead_code)] // Read by those that take a length from the environment.
pub fn seconds(usual: u64) -> Duration {
    let said = std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(said.unwrap_or(usual))
}
