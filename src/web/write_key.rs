//! The key of a write at the desk, under which it is done once: a header of a program, or a field of a form.

use super::input::Input;
use super::problem::{Outcome, Problem};
use super::request::Request;
use crate::house::bidding::place_bid::{Key, MAX_KEY};
use crate::rules::faults::Faults;
use sha2::{Digest, Sha256};

/// Returns the key of a program's request, bound to it. Refuses `bad_request` without one, and `invalid` for one that is
/// too long.
pub fn of_program(request: &Request) -> Outcome<Key> {
    let key = request.idempotency_key.as_deref().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Problem::bad_request("A write of the desk needs an Idempotency-Key."))?;
    let mut faults = Faults::default();
    faults.verbatim("Idempotency-Key", key, 1, MAX_KEY);
    faults.done()?;
    Ok(bound(request, key))
}

/// Returns the key of a form. Refuses `bad_request` for a form without one, or with one that is no key of a page.
pub fn of_form(input: &mut Input) -> Outcome<String> {
    let key = input.text("key").unwrap_or_default();
    let is_key = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_key.then_some(key).ok_or_else(|| Problem::bad_request("The form has no key. Load the page again."))
}

/// Binds a key to its request: the method, the path and the body.
pub fn bound(request: &Request, key: &str) -> Key {
    let hash = Sha256::new()
        .chain_update(request.method.name())
        .chain_update("\n")
        .chain_update(&request.path)
        .chain_update("\n")
        .chain_update(&request.body);
    Key { key: key.to_owned(), request: hash.finalize().into() }
}
