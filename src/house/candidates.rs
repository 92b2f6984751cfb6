//! What a shell proposes while a command is typed: sale codes, lot codes, email addresses. Only reads, never waits, never
//! brings an older house forward, and fails without a word: a prompt is no place for an error.

use super::house_lock::HouseLock;
use super::{DATABASE, House};
use crate::store::accounts::AccountState;
use crate::store::clock::Clock;
use crate::store::migrate::{self, Content};
use crate::store::{Snapshot, Store};
use anyhow::Result;
use std::path::Path;

/// The most that are proposed.
const MAX_PROPOSED: usize = 500;

/// A word that completes what was typed, with what it stands for.
pub type Candidate = (String, String);

/// What may be proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sales,
    /// Of sales that were published; without their sale, as an item's sheet shows them.
    Lots,
    /// Of accounts that are not closed.
    Emails,
}

impl House {
    /// The words of this kind that begin as typed, without case; none where no house can be read at once.
    pub fn candidates(dir: &Path, kind: Kind, typed: &str) -> Vec<Candidate> {
        let begins = |candidate: &Candidate| {
            let head: String = candidate.0.chars().take(typed.chars().count()).collect();
            head.to_lowercase() == typed.to_lowercase()
        };
        let mut found = read(dir, kind).unwrap_or_default();
        found.retain(begins);
        found.sort();
        found.dedup_by(|one, other| one.0 == other.0);
        found.truncate(MAX_PROPOSED);
        found
    }
}

fn read(dir: &Path, kind: Kind) -> Result<Vec<Candidate>> {
    let file = dir.join(DATABASE);
    if !file.try_exists()? {
        return Ok(Vec::new());
    }
    let _in_use = HouseLock::share_now(dir)?;
    match migrate::look(&file)? {
        Content::House { is_behind: false } => {}
        _ => return Ok(Vec::new()),
    }
    Store::open(&file, false, Clock::default())?.read(|snapshot| match kind {
        Kind::Sales => sales(snapshot),
        Kind::Lots => lots(snapshot),
        Kind::Emails => emails(snapshot),
    })
}

fn sales(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    Ok(snapshot.all_sales()?.into_iter().map(|sale| (sale.code, sale.text.name)).collect())
}

fn lots(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for sale in snapshot.all_sales()? {
        let lots = snapshot.lots(sale.id)?.into_iter().filter(|lot| lot.listing.is_some());
        found.extend(lots.map(|lot| (lot.code, sale.text.name.clone())));
    }
    Ok(found)
}

fn emails(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    let known = snapshot.accounts()?.into_iter().filter(|account| account.state != AccountState::Closed);
    Ok(known.filter_map(|account| Some((account.email?, account.name))).collect())
}
