//! PINs of six digits, with which guests log in beside their number. Only their hashes are stored, as those of passwords
//! are: a lost PIN is replaced by a new one.

use crate::house::House;
use crate::house::people::password;
use crate::house::sales::view::SaleLine;
use crate::rules::desk::{PIN_DIGITS, takes_pins};
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// A new PIN with its hash.
pub(super) struct Hashed {
    pub pin: String,
    pub hash: String,
}

impl House {
    /// The published sales whose numbers and PINs log in now; the one that closes last comes first.
    pub fn sales_with_pins(&self) -> Result<Vec<SaleLine>> {
        let now = self.now();
        let is_open = |sale: &SaleLine| takes_pins(sale.n_open, sale.last_closes_at, now);
        Ok(self.sales()?.into_iter().filter(is_open).collect())
    }
}

/// Draws and hashes `n` PINs on all cores, for each takes 30 ms; `tell` is given how many are done.
pub(super) fn new_pins(n: usize, mut tell: impl FnMut(usize)) -> Result<Vec<Hashed>> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from).min(n.max(1));
    let (next, (send, drawn)) = (AtomicUsize::new(0), mpsc::channel());
    let draw = |send: mpsc::Sender<Result<Hashed>>| {
        while next.fetch_add(1, Ordering::Relaxed) < n {
            let hashed = new_pin().and_then(|pin| Ok(Hashed { hash: password::hash(&pin)?, pin }));
            if send.send(hashed).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..n_threads {
            let send = send.clone();
            scope.spawn(|| draw(send));
        }
        drop(send);
        let mut pins = Vec::with_capacity(n);
        for hashed in drawn {
            pins.push(hashed?);
            tell(pins.len());
        }
        Ok(pins)
    })
}

/// A PIN that only the holder of the token can draw again.
pub(super) fn pin_drawn(token: &str, key: &str) -> String {
    let hash: [u8; 32] = Sha256::new()
        .chain_update("pin\n")
        .chain_update(token)
        .chain_update("\n")
        .chain_update(key)
        .finalize()
        .into();
    digits(u64::from_be_bytes(std::array::from_fn(|at| hash[at])))
}

pub(super) fn new_pin() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(digits(u64::from_be_bytes(bytes)))
}

/// Of 2^64 numbers, each of the 10^6 PINs stands for nearly as many: the bias is below 10^-13.
fn digits(number: u64) -> String {
    format!("{:0width$}", number % 10_u64.pow(PIN_DIGITS as u32), width = PIN_DIGITS)
}
