//! Many lots at once: all of them are listed, or none. Whatever is wrong with any of them is found before anything is
//! written.

use super::backup::Told;
use super::list::list_in;
use super::settings::Settings;
use super::{Answer, House, email, pictures};
use crate::rules::bidding::SUSPENDED;
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::refusal::Refusal;
use crate::store::accounts::AccountState;
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Faults that are named; the others are counted.
pub const MAX_NAMED: usize = 100;

/// A lot to list, from a line of a file.
#[derive(Clone, Debug)]
pub struct Lot {
    pub line: u64,
    /// The seller's email.
    pub seller: String,
    pub draft: Draft,
    pub pictures: Vec<PathBuf>,
}

/// What is wrong on a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LineFault {
    pub line: u64,
    pub words: String,
}

/// What is wrong with a file: the first faults in the order of their lines, and how many there are in all.
#[derive(Debug, Default)]
pub struct LineFaults {
    pub first: Vec<LineFault>,
    pub n: usize,
}

impl LineFaults {
    pub fn add(&mut self, line: u64, words: impl Into<String>) {
        self.n += 1;
        self.first.push(LineFault { line, words: words.into() });
        // So that a file of nothing but faults takes no more room than it must.
        if self.first.len() >= 2 * MAX_NAMED {
            self.order();
        }
    }

    pub fn refused(&mut self, line: u64, refusal: &Refusal) {
        match refusal {
            Refusal::Invalid(faults) => {
                faults.iter().for_each(|fault| self.add(line, format!("{}: {}", fault.field, fault.words)));
            }
            other => self.add(line, other.to_string()),
        }
    }

    pub fn order(&mut self) {
        self.first.sort();
        self.first.truncate(MAX_NAMED);
    }
}

impl House {
    /// Notes everything that is wrong with `lots`, as it would be if they were listed now. Pictures are looked for, not read.
    pub fn check_lots(&self, lots: &[Lot], faults: &mut LineFaults) -> Result<()> {
        let now = self.now();
        let mut sellers = HashMap::new();
        for lot in lots {
            let seller = self.seller(&mut sellers, &lot.seller)?;
            if let Err(refusal) = seller {
                faults.add(lot.line, format!("seller: {refusal}"));
            }
            let mut wrong = lot.draft.faults(now);
            wrong.pictures(lot.pictures.len());
            if let Err(refusal) = wrong.done() {
                faults.refused(lot.line, &refusal);
            }
        }
        Ok(())
    }

    /// Lists all of `lots` in one transaction; their ids, in the same order. With a fault in any of them, or in a picture,
    /// nothing is written. The scheduler's entries are put in afterwards, by the caller.
    pub fn import(&self, lots: Vec<Lot>, told: Told<'_>) -> Result<Result<Vec<ListingId>, LineFaults>> {
        let mut faults = LineFaults::default();
        self.check_lots(&lots, &mut faults)?;
        let staging = tempfile::Builder::new().prefix("importing-").tempdir_in(self.dir());
        let staging = staging.with_context(|| format!("make a folder in {}", self.dir().display()))?;
        let names = read_pictures(&lots, staging.path(), &mut faults, told)?;
        if faults.n > 0 {
            return Ok(Err(faults));
        }
        put_pictures(staging.path(), &self.dir().join("pictures"))?;
        let mut sellers = HashMap::new();
        let mut ready = Vec::with_capacity(lots.len());
        for mut lot in lots {
            lot.draft.pictures = lot.pictures.iter().filter_map(|path| names.get(path)).cloned().collect();
            match self.seller(&mut sellers, &lot.seller)? {
                Ok(seller) => ready.push((lot.line, seller, lot.draft)),
                Err(refusal) => faults.refused(lot.line, &refusal),
            }
        }
        if faults.n > 0 {
            return Ok(Err(faults));
        }
        self.list_all(ready)
    }

    /// What was right when it was checked may not be any more: the first such line ends it.
    fn list_all(&self, ready: Vec<(u64, AccountId, Draft)>) -> Result<Result<Vec<ListingId>, LineFaults>> {
        let (tell, told) = std::sync::mpsc::channel();
        let listed = self.write_by_clock(move |tx| {
            let terms = Settings::of(tx)?.terms();
            let mut ids = Vec::with_capacity(ready.len());
            for (line, seller, draft) in &ready {
                match list_in(tx, *seller, draft, terms)? {
                    Ok(listing) => ids.push(listing.id),
                    Err(refusal) => {
                        tell.send(*line).ok();
                        return Ok(Err(refusal));
                    }
                }
            }
            Ok(Ok(ids))
        })?;
        Ok(listed.map_err(|refusal| {
            let mut faults = LineFaults::default();
            faults.refused(told.try_recv().unwrap_or(0), &refusal);
            faults
        }))
    }

    fn seller(
        &self,
        known: &mut HashMap<String, Result<AccountId, Refusal>>,
        typed: &str,
    ) -> Answer<AccountId> {
        if let Some(seller) = known.get(typed) {
            return Ok(seller.clone());
        }
        let seller = match self.account_by_email(typed)? {
            Ok(account) if account.state != AccountState::Active => Err(Refusal::NotAllowed(SUSPENDED)),
            Ok(account) => Ok(account.id),
            Err(refusal) => Err(email::read(typed).map_or_else(Refusal::NotAllowed, |_| refusal)),
        };
        known.insert(typed.to_owned(), seller.clone());
        Ok(seller)
    }
}

/// Each file once, however many lots it shows; the names of the stored pictures.
fn read_pictures(
    lots: &[Lot],
    staging: &Path,
    faults: &mut LineFaults,
    told: Told<'_>,
) -> Result<HashMap<PathBuf, String>> {
    let mut names: HashMap<PathBuf, Option<String>> = HashMap::new();
    for (n, lot) in lots.iter().enumerate() {
        told("pictures", n as u64, lots.len() as u64);
        for path in &lot.pictures {
            if names.contains_key(path) {
                continue;
            }
            let stored = read_picture(path, staging)?;
            if let Err(words) = &stored {
                faults.add(lot.line, format!("picture: {words}"));
            }
            names.insert(path.clone(), stored.ok());
        }
    }
    Ok(names.into_iter().filter_map(|(path, name)| Some((path, name?))).collect())
}

/// The name of the stored picture, or what is wrong with the file.
fn read_picture(path: &Path, staging: &Path) -> Result<Result<String, String>> {
    let bytes = match pictures::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(format!("{}: {error}.", path.display()))),
    };
    Ok(pictures::store_in(staging, &bytes)?.map_err(|refusal| match refusal {
        Refusal::Invalid(mut faults) => faults.swap_remove(0).words,
        other => other.to_string(),
    }))
}

fn put_pictures(staging: &Path, dir: &Path) -> Result<()> {
    for file in std::fs::read_dir(staging).context("read the new pictures")? {
        let file = file.context("read the new pictures")?;
        std::fs::rename(file.path(), dir.join(file.file_name())).context("put a picture in place")?;
    }
    super::sync_dir(dir)
}
