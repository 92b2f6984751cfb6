//! A visit: one request from its first reading to its answer. It has an id, which its client is told and the log names, and
//! one line in the log when it ends, however it ends.
//!
//! The line tells who asked by the account's id, where, and how it was answered. It must never hold a secret: no query, no
//! header, no body, and of a path what the house itself would write.

use super::request;
use super::routes;
use super::tally::{Kind, Tally};
use crate::gate::config::RequestKind;
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use anyhow::{Result, anyhow};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Under this target the lines stand in the log: `AUCTION_LOG=info,request=off` leaves them away.
const TARGET: &str = "request";

/// The visits of one running server.
pub struct Visits {
    /// Tells this server's ids from those of the one before it.
    run: u32,
    n: AtomicU64,
    tally: Arc<Tally>,
}

/// What the log and the client call a visit: eight digits of the server's run, and the visit's number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitId {
    run: u32,
    n: u64,
}

impl fmt::Display for VisitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.run, self.n)
    }
}

/// One of them. Dropped without an answer, it is one that tiny_http answers with 500.
pub struct Visit {
    pub id: VisitId,
    pub kind: Kind,
    pub account: Option<AccountId>,
    /// When it began, by the house's clock.
    pub at: Time,
    began: Instant,
    method: tiny_http::Method,
    target: String,
    /// The status of the answer, and its bytes.
    answered: Option<(u16, usize)>,
    tally: Arc<Tally>,
}

impl Visits {
    pub fn new(tally: Arc<Tally>) -> Result<Visits> {
        let run = getrandom::u32().map_err(|error| anyhow!("draw random bytes: {error}"))?;
        Ok(Visits { run, n: AtomicU64::new(0), tally })
    }

    pub fn begin(&self, raw: &tiny_http::Request, at: Time) -> Visit {
        let (method, target) = (raw.method().clone(), raw.url().to_owned());
        Visit {
            id: VisitId { run: self.run, n: self.n.fetch_add(1, Ordering::Relaxed) + 1 },
            kind: kind(method.as_str(), &target),
            account: None,
            at,
            began: Instant::now(),
            method,
            target,
            answered: None,
            tally: self.tally.clone(),
        }
    }
}

fn kind(method: &str, target: &str) -> Kind {
    match request::kind(method, target) {
        RequestKind::Quick | RequestKind::Search | RequestKind::Watching => Kind::Read,
        RequestKind::Write => Kind::Bid,
        RequestKind::Long | RequestKind::Password | RequestKind::Picture => Kind::Write,
    }
}

impl Visit {
    /// It was answered so, with so many bytes.
    pub fn end(mut self, status: u16, n_bytes: usize) {
        self.answered = Some((status, n_bytes));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let (status, n_bytes) = self.answered.unwrap_or((500, 0));
        let took = self.began.elapsed();
        self.tally.answered(self.kind, status, took);
        if tracing::enabled!(target: TARGET, tracing::Level::INFO) {
            tracing::info!(
                target: TARGET,
                id = %self.id,
                method = self.method.as_str(),
                path = routes::told_path(&self.target),
                status,
                n_bytes,
                duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                account = self.account.map(|account| account.0),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bids_are_told_from_other_writes() {
        for (method, target, expected) in [
            ("GET", "/api/v1/listings/1/bids", Kind::Read),
            ("HEAD", "/", Kind::Read),
            ("POST", "/api/v1/listings/1/bids", Kind::Bid),
            ("POST", "/listings/1/bids?lang=ko", Kind::Bid),
            ("POST", "/login", Kind::Write),
            ("DELETE", "/api/v1/sessions/current", Kind::Write),
        ] {
            assert_eq!(kind(method, target), expected, "{method} {target}");
        }
    }
}
