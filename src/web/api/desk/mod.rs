//! The desk for programs: what a pass lets its holder do, with the token of the pass as bearer. No answer tells what a
//! person holds back or has available: that gives maxima away.

pub mod bidders;
pub mod bids;
pub mod session;
pub mod till;

use crate::house::bidding::place_bid::Key;
use crate::rules::faults::Faults;
use crate::web::problem::{Outcome, Problem};
use crate::web::request::Request;
use sha2::{Digest, Sha256};

/// Returns the key under which a write of the desk is done once; it is bound to the method, the path and the body.
/// Refuses `bad_request` without one, and `invalid` for one that is too long.
fn key_of(request: &Request) -> Outcome<Key> {
    let key = request.idempotency_key.as_deref().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Problem::bad_request("A write of the desk needs an Idempotency-Key."))?;
    let mut faults = Faults::default();
    faults.verbatim("Idempotency-Key", key, 1, 200);
    faults.done()?;
    let hash = Sha256::new()
        .chain_update(request.method.name())
        .chain_update("\n")
        .chain_update(&request.path)
        .chain_update("\n")
        .chain_update(&request.body)
        .finalize();
    Ok(Key { key: key.to_owned(), request: hash.into() })
}

/// Reads the number of a bidder or a payment in a path. Refuses `not_found` for anything else.
fn number(text: &str, what: &'static str) -> Outcome<i64> {
    let number = text.parse().ok().filter(|number: &i64| *number > 0);
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    number.filter(|_| is_digits).ok_or_else(|| Problem::not_found(what))
}
