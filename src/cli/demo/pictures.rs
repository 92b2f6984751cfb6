//! The pictures of the demo house: drawn and stored on all cores, so that its first page comes soon.

use super::lots::{Lot, lots};
use super::things::draw;
use crate::house::House;
use crate::web::painter::View;
use anyhow::{Result, anyhow};
use std::num::NonZero;
use std::thread;

/// The most threads that draw.
const MAX_THREADS: usize = 8;

/// Draws and stores the pictures of all lots, and returns the names of the pictures, lot by lot.
pub fn store_pictures(house: &House) -> Result<Vec<Vec<String>>> {
    let lots: Vec<&Lot> = lots().map(|(_, lot)| lot).collect();
    let n_threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    thread::scope(|scope| {
        let shares = lots.chunks(lots.len().div_ceil(n_threads));
        let threads: Vec<_> = shares.map(|lots| scope.spawn(|| store_each(house, lots))).collect();
        let mut names = Vec::new();
        for thread in threads {
            names.extend(thread.join().map_err(|_| anyhow!("a thread that draws has failed"))??);
        }
        Ok(names)
    })
}

fn store_each(house: &House, lots: &[&Lot]) -> Result<Vec<Vec<String>>> {
    let views = |lot: &Lot| [Some(View::WHOLE), lot.detail].into_iter().flatten();
    lots.iter()
        .map(|lot| views(lot).map(|view| Ok(house.store_picture(&draw(lot.thing, view)?)?)).collect())
        .collect()
}
