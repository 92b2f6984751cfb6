//! The access log: one line for each request when it ends, however it ends. A request has an id, which its client is
//! told in `X-Request-Id` and its line names.
//!
//! The line says who asked by the account's id, for what, and how it was answered. It must never hold a secret: no
//! query, no header, no body, and of a path only what the house itself would write.

use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use crate::web::stats::{Kind, Stats};
use anyhow::{Result, anyhow};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The target of the lines in the log: `AUCTION_LOG=info,request=off` drops them.
const TARGET: &str = "request";

/// The requests of one running server.
pub struct AccessLog {
    /// Tells the ids of this run from those of the run before it.
    run: u32,
    n: AtomicU64,
    stats: Arc<Stats>,
}

/// The name of a request in the log and at its client: eight digits of the server's run, and its number in that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    run: u32,
    n: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.run, self.n)
    }
}

/// One request on its way to a line. Dropped without an answer, its request is one that tiny_http answers with 500.
pub struct AccessEntry {
    pub id: RequestId,
    pub kind: Kind,
    pub account: Option<AccountId>,
    /// When the request began, by the house's clock.
    pub at: Time,
    began: Instant,
    method: tiny_http::Method,
    target: String,
    /// The path of its route, if any.
    pattern: Option<&'static str>,
    /// The status of the answer, and its bytes.
    answered: Option<(u16, usize)>,
    stats: Arc<Stats>,
}

impl AccessLog {
    pub fn new(stats: Arc<Stats>) -> Result<AccessLog> {
        let run = getrandom::u32().map_err(|error| anyhow!("draw random bytes: {error}"))?;
        Ok(AccessLog { run, n: AtomicU64::new(0), stats })
    }

    /// Begins the entry of a request of this kind, whose route has the path `pattern`, if it has any.
    pub fn begin(
        &self,
        raw: &tiny_http::Request,
        kind: Kind,
        pattern: Option<&'static str>,
        at: Time,
    ) -> AccessEntry {
        let (method, target) = (raw.method().clone(), raw.url().to_owned());
        AccessEntry {
            id: RequestId { run: self.run, n: self.n.fetch_add(1, Ordering::Relaxed) + 1 },
            kind,
            account: None,
            at,
            began: Instant::now(),
            method,
            target,
            pattern,
            answered: None,
            stats: self.stats.clone(),
        }
    }
}

impl AccessEntry {
    /// Ends the entry of a request that was answered with this status, in so many bytes.
    pub fn end(mut self, status: u16, n_bytes: usize) {
        self.answered = Some((status, n_bytes));
    }
}

impl Drop for AccessEntry {
    fn drop(&mut self) {
        let (status, n_bytes) = self.answered.unwrap_or((500, 0));
        let took = self.began.elapsed();
        self.stats.answered(self.kind, status, took);
        if tracing::enabled!(target: TARGET, tracing::Level::INFO) {
            tracing::info!(
                target: TARGET,
                id = %self.id,
                method = self.method.as_str(),
                path = shown_path(self.pattern, &self.target),
                status,
                n_bytes,
                duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                account = self.account.map(|account| account.0),
            );
        }
    }
}

/// What the log shows of a target's path: the path itself where everything that varies in it is a number, else the
/// pattern, because somebody's secret may stand in it by mistake; `(nowhere)` where no route has the path.
pub(in crate::web) fn shown_path<'t>(pattern: Option<&'static str>, target: &'t str) -> &'t str {
    let Some(pattern) = pattern else { return "(nowhere)" };
    let path = target.split('?').next().unwrap_or_default();
    let is_number = |text: &str| text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_shown = |(known, given)| known == given || is_number(given);
    if pattern.split('/').zip(path.split('/')).all(is_shown) { path } else { pattern }
}
