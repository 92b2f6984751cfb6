//! Imports many listings at once: all of them or none. All faults are found before anything is written.

use crate::files::private;
use crate::house::listings::list::list_in;
use crate::house::listings::pictures;
use crate::house::people::email;
use crate::house::settings::Settings;
use crate::house::{Answer, Fault, House, Progress};
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::money::Currency;
use crate::rules::refusal::{FieldFault, Refusal};
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most kinds of faults that are named; the others are counted.
pub const MAX_NAMED: usize = 100;
/// The most kinds of faults that are kept, which bounds the memory for a file full of faults.
const MAX_KINDS: usize = 10_000;

/// A listing to create, from a line of a file.
#[derive(Clone, Debug)]
pub struct NewListing {
    pub line: u64,
    /// The seller's email.
    pub seller: String,
    pub draft: Draft,
    pub pictures: Vec<PathBuf>,
}

/// A fault, and the lines on which it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineFault {
    pub lines: Vec<u64>,
    pub words: String,
}

/// The faults of a file. The same fault on several lines is reported once.
#[derive(Debug, Default)]
pub struct LineFaults {
    kinds: Vec<LineFault>,
    by_words: HashMap<String, usize>,
    /// The number of all faults, each line counted.
    pub n: usize,
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum NotImported {
    /// The file has faults.
    Faulty(LineFaults),
    Broken(anyhow::Error),
}

impl From<LineFaults> for NotImported {
    fn from(faults: LineFaults) -> NotImported {
        NotImported::Faulty(faults)
    }
}

impl From<anyhow::Error> for NotImported {
    fn from(error: anyhow::Error) -> NotImported {
        NotImported::Broken(error)
    }
}

impl LineFaults {
    /// Adds a fault on a line.
    pub fn add(&mut self, line: u64, words: impl Into<String>) {
        let words = words.into();
        if let Some(at) = self.by_words.get(&words) {
            let lines = &mut self.kinds[*at].lines;
            if lines.last() != Some(&line) {
                lines.push(line);
                self.n += 1;
            }
            return;
        }
        self.n += 1;
        if self.kinds.len() < MAX_KINDS {
            self.by_words.insert(words.clone(), self.kinds.len());
            self.kinds.push(LineFault { lines: vec![line], words });
        }
    }

    /// Adds every fault that a refusal names.
    pub fn refused(&mut self, line: u64, refusal: &Refusal, currency: &Currency) {
        match refusal {
            Refusal::Invalid(faults) => {
                let words = |fault: &FieldFault| format!("{}: {}", fault.field, fault.words_in(currency));
                faults.iter().for_each(|fault| self.add(line, words(fault)));
            }
            other => self.add(line, other.words_in(currency)),
        }
    }

    /// The first faults by line, and within a line in the order in which they were found.
    pub fn named(mut self) -> Vec<LineFault> {
        self.kinds.iter_mut().for_each(|kind| kind.lines.sort_unstable());
        self.kinds.sort_by_key(|kind| kind.lines[0]);
        self.kinds.truncate(MAX_NAMED);
        self.kinds
    }
}

impl House {
    /// Adds everything that is wrong with `lots`, as if they were listed now. Checks that pictures exist, but does not
    /// read them.
    pub fn check_lots(&self, lots: &[NewListing], faults: &mut LineFaults) -> Result<()> {
        let (now, currency) = (self.now(), self.settings()?.currency());
        let sellers = self.sellers(lots)?;
        for lot in lots {
            if lot.seller.is_empty() {
                faults.add(lot.line, "seller: This field is required.");
            } else if let Err(refusal) = &sellers[&lot.seller] {
                let field = if let Refusal::Invalid(_) = refusal { "" } else { "seller: " };
                faults.add(lot.line, format!("{field}{refusal} ({})", lot.seller));
            }
            let mut wrong = lot.draft.faults(now);
            wrong.pictures(lot.pictures.len());
            if let Err(refusal) = wrong.done() {
                faults.refused(lot.line, &refusal, &currency);
            }
        }
        Ok(())
    }

    /// Lists all of `lots` in one transaction, and returns their ids in the same order. With a fault in any of them, or
    /// in a picture, it writes nothing. The caller installs the scheduler's entries afterwards.
    pub fn import(
        &self,
        lots: Vec<NewListing>,
        progress: Progress<'_>,
    ) -> Result<Vec<ListingId>, NotImported> {
        let (mut faults, currency) = (LineFaults::default(), self.settings()?.currency());
        self.check_lots(&lots, &mut faults)?;
        let staging = tempfile::Builder::new().prefix("importing-").tempdir_in(self.dir());
        let staging = staging.with_context(|| format!("make a folder in {}", self.dir().display()))?;
        let names = read_pictures(&lots, staging.path(), &mut faults, progress)?;
        if faults.n > 0 {
            return Err(faults.into());
        }
        put_pictures(staging.path(), &self.dir().join("pictures"))?;
        let sellers = self.sellers(&lots)?;
        let mut ready = Vec::with_capacity(lots.len());
        for mut lot in lots {
            lot.draft.pictures = lot.pictures.iter().filter_map(|path| names.get(path)).cloned().collect();
            match &sellers[&lot.seller] {
                Ok(seller) => ready.push((lot.line, *seller, lot.draft)),
                Err(refusal) => faults.refused(lot.line, refusal, &currency),
            }
        }
        if faults.n > 0 {
            return Err(faults.into());
        }
        self.list_all(ready)
    }

    /// A listing that has passed the check may be wrong by now: the first such line ends the import.
    fn list_all(&self, ready: Vec<(u64, AccountId, Draft)>) -> Result<Vec<ListingId>, NotImported> {
        let currency = self.settings()?.currency();
        let reached = Arc::new(AtomicU64::new(0));
        let line_at = reached.clone();
        let listed = self.write_by_clock(move |tx| {
            let terms = Settings::of(tx)?.terms();
            let mut ids = Vec::with_capacity(ready.len());
            for (line, seller, draft) in &ready {
                line_at.store(*line, Ordering::Relaxed);
                ids.push(list_in(tx, *seller, draft, terms)?.id);
            }
            Ok(ids)
        });
        listed.map_err(|fault| match fault {
            Fault::Refused(refusal) => {
                let mut faults = LineFaults::default();
                faults.refused(reached.load(Ordering::Relaxed), &refusal, &currency);
                faults.into()
            }
            Fault::Broken(error) => error.into(),
        })
    }

    /// Returns, for each seller as typed, the account, or why it may not list.
    fn sellers(&self, lots: &[NewListing]) -> Result<HashMap<String, Result<AccountId, Refusal>>> {
        let mut sellers = HashMap::new();
        for lot in lots {
            if sellers.contains_key(&lot.seller) {
                continue;
            }
            let seller = match self.account_by_email(&lot.seller) {
                Ok(account) => account.state.may_take_part().map(|()| account.id),
                Err(Fault::Refused(refusal)) => match email::read(&lot.seller) {
                    Ok(_) => Err(refusal),
                    Err(words) => Err(Refusal::invalid("seller", words)),
                },
                Err(Fault::Broken(error)) => return Err(error),
            };
            sellers.insert(lot.seller.clone(), seller);
        }
        Ok(sellers)
    }
}

/// Reads each picture once, however many listings show it, and returns the names of the stored pictures.
fn read_pictures(
    lots: &[NewListing],
    staging: &Path,
    faults: &mut LineFaults,
    progress: Progress<'_>,
) -> Result<HashMap<PathBuf, String>> {
    let mut names: HashMap<PathBuf, Option<String>> = HashMap::new();
    for (n, lot) in lots.iter().enumerate() {
        progress("pictures", n as u64, lots.len() as u64);
        for path in &lot.pictures {
            if names.contains_key(path) {
                continue;
            }
            let stored = match read_picture(path, staging) {
                Ok(name) => Some(name),
                Err(Fault::Refused(refusal)) => {
                    faults.add(lot.line, words(&refusal));
                    None
                }
                Err(Fault::Broken(error)) => return Err(error),
            };
            names.insert(path.clone(), stored);
        }
    }
    Ok(names.into_iter().filter_map(|(path, name)| Some((path, name?))).collect())
}

/// Returns the name of the stored picture. A file that cannot be read is refused, too.
fn read_picture(path: &Path, staging: &Path) -> Answer<String> {
    let unread = |error: std::io::Error| Refusal::invalid("picture", format!("{}: {error}.", path.display()));
    let bytes = pictures::read(path).map_err(unread)?;
    pictures::store_in(staging, &bytes)
}

/// Returns the fault of a picture, to follow the name of its column.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(_) => refusal.to_string(),
        other => format!("picture: {other}"),
    }
}

fn put_pictures(staging: &Path, dir: &Path) -> Result<()> {
    for file in std::fs::read_dir(staging).context("read the new pictures")? {
        let file = file.context("read the new pictures")?;
        std::fs::rename(file.path(), dir.join(file.file_name())).context("put a picture in place")?;
    }
    private::sync_folder(dir)
}
