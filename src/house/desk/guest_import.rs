//! Imports the guests of a sale: all of them or none. Every wrong line and every likely double is named before anything
//! is written.

use super::guests::{
    Guest, MAX_ALIKE, log_registered, open_account, open_to_guests, raise_limit, tell, traits_of,
};
use super::pins::{Hashed, new_pins};
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::people::accounts::account_of;
use crate::house::settings::Settings;
use crate::house::{Answer, House, Progress};
use crate::rules::desk::MAX_NUMBER;
use crate::rules::likeness::Crowd;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::store::registrations::KnownGuest;
use crate::store::sales::Sale;
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A guest, from a line of a file.
#[derive(Clone, Debug)]
pub struct GuestLine {
    pub line: u64,
    pub guest: Guest,
}

/// A guest of a file who has a number now, or would have it.
#[derive(Clone, Debug, Serialize)]
pub struct ImportedGuest {
    pub line: u64,
    pub number: i64,
    pub name: String,
    /// None while the file is only checked and the guest has no account yet.
    pub account: Option<AccountId>,
    /// None unless PINs were asked for.
    pub pin: Option<String>,
}

/// A guest to register.
struct Planned {
    line: u64,
    guest: Guest,
    number: i64,
    /// The account with the email address, if there is one.
    account: Option<AccountId>,
}

impl House {
    /// Adds everything that is wrong with `lines`, as if they were imported now, and returns what the import would make
    /// of the others. Likely doubles are no faults of lines that say `anyway`. Refuses `not_found` and `not_allowed`,
    /// for the sale.
    pub fn check_guests(
        &self,
        sale: &str,
        lines: &[GuestLine],
        faults: &mut LineFaults,
    ) -> Answer<Vec<ImportedGuest>> {
        self.answer(|snapshot| {
            let sale = open_to_guests(snapshot, sale)?;
            let planned = Planning::of(snapshot, &sale, faults)?.plan(lines)?;
            Ok(planned.into_iter().map(|guest| guest.imported(None, None)).collect())
        })
    }

    /// Registers all of `lines` in one transaction. With a fault in any of them it writes nothing. The lowest free
    /// numbers are given in the order of the lines, past those that other lines choose.
    ///
    /// With `pins` each guest gets a PIN, which takes 30 ms of a core before the transaction; otherwise each gets one at
    /// check-in.
    pub fn import_guests(
        &self,
        sale: &str,
        lines: Vec<GuestLine>,
        pins: bool,
        progress: Progress<'_>,
    ) -> Result<Vec<ImportedGuest>, NotImported> {
        let mut faults = LineFaults::default();
        self.check_guests(sale, &lines, &mut faults)?;
        if faults.n > 0 {
            return Err(faults.into());
        }
        let n = if pins { lines.len() } else { 0 };
        let pins = new_pins(n, |done| progress("hashing", done as u64, n as u64))?;
        let sale = sale.to_owned();
        let imported = self.write(move |tx| {
            let sale = open_to_guests(tx, &sale)?;
            let mut faults = LineFaults::default();
            // Anew, for others may have been registered since.
            let planned = Planning::of(tx, &sale, &mut faults)?.plan(&lines)?;
            if faults.n > 0 { Ok(Err(faults)) } else { Ok(Ok(register_all(tx, &sale, planned, pins)?)) }
        })?;
        Ok(imported?)
    }
}

fn register_all(
    tx: &Tx<'_>,
    sale: &Sale,
    planned: Vec<Planned>,
    pins: Vec<Hashed>,
) -> Result<Vec<ImportedGuest>> {
    let usual_limit = Settings::of(tx)?.default_credit();
    let mut pins = pins.into_iter();
    let mut imported = Vec::with_capacity(planned.len());
    for guest in planned {
        let account = match guest.account {
            Some(account) => raise_limit(tx, account, &guest.guest)?,
            None => open_account(tx, &guest.guest, usual_limit)?,
        };
        let pin = pins.next();
        tx.register(sale.id, guest.number, account, None, pin.as_ref().map(|pin| pin.hash.as_str()))?;
        tell(tx, account)?;
        log_registered(tx, sale.id, guest.number, account)?;
        imported.push(guest.imported(Some(account), pin.map(|pin| pin.pin)));
    }
    Ok(imported)
}

impl Planned {
    fn imported(self, account: Option<AccountId>, pin: Option<String>) -> ImportedGuest {
        let account = account.or(self.account);
        ImportedGuest { line: self.line, number: self.number, name: self.guest.name, account, pin }
    }
}

/// What is known while the lines of a file are looked at, one after the other.
struct Planning<'p, 's> {
    snapshot: &'p Snapshot<'s>,
    faults: &'p mut LineFaults,
    known: Vec<KnownGuest>,
    /// The numbers of those who have an account and a number.
    by_account: HashMap<AccountId, i64>,
    /// The line that chooses a number; none for one that is taken.
    numbers: HashMap<i64, Option<u64>>,
    /// The line that has an email address.
    emails: HashMap<String, u64>,
    /// Everybody known, then the guests of the lines before.
    crowd: Crowd,
    /// The guests of the lines before: line and name.
    before: Vec<(u64, String)>,
}

impl<'p, 's> Planning<'p, 's> {
    fn of(snapshot: &'p Snapshot<'s>, sale: &Sale, faults: &'p mut LineFaults) -> Result<Planning<'p, 's>> {
        let known = snapshot.known_guests(sale.id)?;
        let mut crowd = Crowd::default();
        known.iter().for_each(|guest| crowd.add(traits_of(guest)));
        Ok(Planning {
            snapshot,
            faults,
            by_account: known.iter().map(|guest| (guest.account, guest.number)).collect(),
            numbers: known.iter().map(|guest| (guest.number, None)).collect(),
            emails: HashMap::new(),
            crowd,
            before: Vec::new(),
            known,
        })
    }

    /// Notes the faults of all lines, and gives the others their numbers.
    fn plan(mut self, lines: &[GuestLine]) -> Result<Vec<Planned>> {
        let currency = Settings::of(self.snapshot)?.currency();
        let mut planned = Vec::with_capacity(lines.len());
        for GuestLine { line, guest } in lines {
            match guest.clone().checked() {
                Ok(guest) => planned.push(self.look_at(*line, guest)?),
                Err(refusal) => self.faults.refused(*line, &refusal, &currency),
            }
        }
        self.number(&mut planned);
        Ok(planned)
    }

    fn look_at(&mut self, line: u64, guest: Guest) -> Result<Planned> {
        let account = match &guest.email {
            Some(email) => account_of(self.snapshot, email)?,
            None => None,
        };
        let account = account.map(|account| account.id);
        if let Some(number) = guest.number {
            self.choose(line, number);
        }
        if !self.is_second(line, &guest, account) && !guest.anyway {
            self.doubt(line, &guest);
        }
        self.crowd.add(guest.traits());
        self.before.push((line, guest.name.clone()));
        Ok(Planned { line, number: guest.number.unwrap_or(0), guest, account })
    }

    fn choose(&mut self, line: u64, number: i64) {
        match self.numbers.get(&number) {
            Some(Some(first)) => {
                self.faults.add(line, format!("number: Line {first} has number {number}, too."))
            }
            Some(None) => self.faults.add(line, format!("number: Somebody else has number {number}.")),
            None => drop(self.numbers.insert(number, Some(line))),
        }
    }

    /// Whether the email address has a number already or is on a line before, which no `anyway` can allow: an account
    /// has one number in a sale.
    fn is_second(&mut self, line: u64, guest: &Guest, account: Option<AccountId>) -> bool {
        let Some(email) = &guest.email else { return false };
        if let Some(number) = account.and_then(|account| self.by_account.get(&account)) {
            self.faults.add(line, format!("email: {email} has number {number} already."));
            return true;
        }
        // Two spellings of one address are one account.
        let key = account.map_or_else(|| email.clone(), |account| format!("account {account}"));
        if let Some(first) = self.emails.get(&key) {
            self.faults.add(line, format!("email: Line {first} has {email}, too."));
            return true;
        }
        self.emails.insert(key, line);
        false
    }

    /// Names those whom the guest is much like.
    fn doubt(&mut self, line: u64, guest: &Guest) {
        let n_known = self.known.len();
        for (at, why) in self.crowd.like(&guest.traits(), MAX_ALIKE) {
            let who = match at.checked_sub(n_known) {
                None => format!("number {} ({})", self.known[at].number, self.known[at].name),
                Some(at) => format!("the guest of line {} ({})", self.before[at].0, self.before[at].1),
            };
            let (field, name) = (why.field(), &guest.name);
            let words = format!("{field}: {name} may be {who}; --anyway registers both.");
            self.faults.add(line, words);
        }
    }

    /// Gives the lowest free numbers to those who have chosen none.
    fn number(&mut self, planned: &mut [Planned]) {
        let taken: HashSet<i64> = self.numbers.keys().copied().collect();
        let mut free = (1..=MAX_NUMBER).filter(|number| !taken.contains(number));
        for guest in planned.iter_mut().filter(|guest| guest.guest.number.is_none()) {
            match free.next() {
                Some(number) => guest.number = number,
                None => {
                    let refusal = Refusal::invalid("number", "All numbers are taken.");
                    return self.faults.add(guest.line, refusal.to_string());
                }
            }
        }
    }
}
