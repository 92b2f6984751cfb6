//! What a shell proposes while a command is typed: sale codes, lot codes, email addresses. Opens the house for reading
//! only, waits for a tenth of a second at most, never brings an older house forward, and fails without a word: a prompt is
//! no place for an error.
//!
//! Bash puts a proposed word into the command line as it is, and anybody may join by an address such as
//! `` a`reboot`@example.org ``. So only words are proposed in which no shell finds anything but letters.

use super::house_lock::HouseLock;
use super::{DATABASE, House};
use crate::rules::sale::folded;
use crate::store::Snapshot;
use crate::store::accounts::AccountState;
use crate::store::migrate;
use anyhow::Result;
use std::collections::HashMap;
use std::path::Path;

/// The most that are proposed.
const MAX_PROPOSED: usize = 500;

/// A word that completes what was typed, with what it stands for.
pub type Candidate = (String, String);

/// What may be proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sales,
    /// Of sales that were published; without their sale, as an item's sheet shows them, unless several sales have one.
    Lots,
    /// Of accounts that are not closed; of ASCII letters and digits, so that no letter looks like another.
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
        found.retain(|candidate| is_plain(&candidate.0) && begins(candidate));
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
    let _in_use = HouseLock::glance(dir)?;
    migrate::glance(&file, |snapshot| match kind {
        Kind::Sales => sales(snapshot),
        Kind::Lots => lots(snapshot),
        Kind::Emails => emails(snapshot),
    })
}

/// Whether a shell takes the word as it stands, and no command takes it for an option.
fn is_plain(word: &str) -> bool {
    word.starts_with(char::is_alphanumeric)
        && word.chars().all(|c| c.is_alphanumeric() || ['.', '_', '+', '-', '@', '/'].contains(&c))
}

fn sales(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    Ok(snapshot.all_sales()?.into_iter().map(|sale| (sale.code, sale.text.name)).collect())
}

fn lots(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    let (mut found, mut n_called) = (Vec::new(), HashMap::<String, usize>::new());
    for sale in snapshot.all_sales()? {
        for lot in snapshot.lots(sale.id)?.into_iter().filter(|lot| lot.listing.is_some()) {
            *n_called.entry(folded(&lot.code)).or_default() += 1;
            found.push((lot.code, sale.code.clone(), sale.text.name.clone()));
        }
    }
    let meant = |(lot, sale, name): (String, String, String)| match n_called[&folded(&lot)] {
        1 => (lot, name),
        _ => (format!("{sale}/{lot}"), name),
    };
    Ok(found.into_iter().map(meant).collect())
}

fn emails(snapshot: &Snapshot<'_>) -> Result<Vec<Candidate>> {
    let known = snapshot.accounts()?.into_iter().filter(|account| account.state != AccountState::Closed);
    let found = known.filter_map(|account| Some((account.email?, account.name)));
    Ok(found.filter(|(email, _)| email.is_ascii()).collect())
}
