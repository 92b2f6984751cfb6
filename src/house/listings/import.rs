//! Imports many listings at once: all of them or none. All faults are found before anything is written.

use crate::house::listings::lines::{LineFaults, NewListing};
use crate::house::listings::list::list_in;
use crate::house::listings::staged::Staged;
use crate::house::people::email;
use crate::house::settings::Settings;
use crate::house::{Answer, Fault, House, Progress};
use crate::rules::listing::{AccountId, Draft, ListingId};
use crate::rules::refusal::Refusal;
use crate::store::Tx;
use anyhow::Result;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// For each seller as typed: the account, or why it may not list.
pub(in crate::house) type Sellers = HashMap<String, Result<AccountId, Refusal>>;

/// Why nothing was imported.
#[derive(Debug)]
pub enum NotImported {
    /// The file has faults.
    Faulty(LineFaults),
    /// Whatever the file has.
    Refused(Refusal),
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

impl From<Fault> for NotImported {
    fn from(fault: Fault) -> NotImported {
        match fault {
            Fault::Refused(refusal) => NotImported::Refused(refusal),
            Fault::Broken(error) => NotImported::Broken(error),
        }
    }
}

impl House {
    /// Adds everything that is wrong with `lots`, as if they were listed now. Checks that pictures exist, but does not
    /// read them.
    pub fn check_lots(&self, lots: &[NewListing], faults: &mut LineFaults) -> Result<()> {
        let (now, currency) = (self.now(), self.settings()?.currency());
        let sellers = self.sellers(lots)?;
        for lot in lots {
            check_seller(lot, &sellers, faults);
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
        let mut faults = LineFaults::default();
        self.check_lots(&lots, &mut faults)?;
        let staged = Staged::read(self, lots.iter(), &mut faults, progress)?;
        if faults.n > 0 {
            return Err(faults.into());
        }
        let sellers = self.sellers(&lots)?;
        let dir = self.dir().join("pictures");
        self.write_lines(move |tx, reached| {
            let terms = Settings::of(tx)?.terms();
            let mut ids = Vec::with_capacity(lots.len());
            for lot in lots {
                reached.store(lot.line, Ordering::Relaxed);
                let seller = sellers[&lot.seller].clone()?;
                let draft = Draft { pictures: staged.names_of(&lot.pictures), ..lot.draft };
                ids.push(list_in(tx, seller, &draft, terms)?.id);
            }
            staged.put(&dir)?;
            Ok(ids)
        })
    }

    /// Writes what passed the check, in one transaction. It may be wrong by now: the first such line ends the import.
    /// `write` notes the line that it has reached.
    pub(in crate::house) fn write_lines<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Tx<'_>, &AtomicU64) -> Answer<T> + Send + 'static,
    ) -> Result<T, NotImported> {
        let currency = self.settings()?.currency();
        let reached = Arc::new(AtomicU64::new(0));
        let line_at = reached.clone();
        let written = self.write_by_clock(move |tx| write(tx, &line_at));
        written.map_err(|fault| match (fault, reached.load(Ordering::Relaxed)) {
            (Fault::Refused(refusal), line) if line > 0 => {
                let mut faults = LineFaults::default();
                faults.refused(line, &refusal, &currency);
                faults.into()
            }
            (fault, _) => fault.into(),
        })
    }

    /// Finds the sellers of `lots`.
    pub(in crate::house) fn sellers<'l>(
        &self,
        lots: impl IntoIterator<Item = &'l NewListing>,
    ) -> Result<Sellers> {
        let mut sellers = Sellers::new();
        for lot in lots {
            if sellers.contains_key(&lot.seller) {
                continue;
            }
            let seller = match self.account_called(&lot.seller) {
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

/// Adds what is wrong with the seller of a line.
pub(in crate::house) fn check_seller(lot: &NewListing, sellers: &Sellers, faults: &mut LineFaults) {
    if lot.seller.is_empty() {
        faults.add(lot.line, "seller: This field is required.");
    } else if let Err(refusal) = &sellers[&lot.seller] {
        let field = if let Refusal::Invalid(_) = refusal { "" } else { "seller: " };
        faults.add(lot.line, format!("{field}{refusal} ({})", lot.seller));
    }
}
