//! Checks people who are to become members, one line after the other, before anything is written.

use crate::house::listings::lines::LineFaults;
use crate::house::people::accounts::account_of;
use crate::house::people::email;
use crate::rules::{names, text};
use crate::store::Snapshot;
use crate::store::accounts::Account;
use anyhow::Result;
use std::collections::HashMap;

/// A person of a file or of a command.
#[derive(Clone, Debug, Default)]
pub struct MemberLine {
    pub line: u64,
    pub email: String,
    /// Without one, an invited person is called as their address begins.
    pub name: Option<String>,
}

/// A person whose line has no fault.
pub(super) struct Planned {
    pub line: u64,
    /// In its stored form.
    pub email: String,
    pub name: Option<String>,
    /// The account that the address has already.
    pub known: Option<Account>,
}

/// What an address is that has an account already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A fault.
    Taken,
    /// Invited again, under the name that it has.
    Welcome,
}

/// What the lines before have.
pub(super) struct Planning<'p, 's> {
    snapshot: &'p Snapshot<'s>,
    faults: &'p mut LineFaults,
    known: Known,
    /// The line of each account or new address.
    emails: HashMap<String, u64>,
    /// The lines of names by their keys, and by their looks.
    by_key: HashMap<String, u64>,
    by_look: HashMap<String, Vec<(u64, String)>>,
}

impl<'p, 's> Planning<'p, 's> {
    pub fn new(snapshot: &'p Snapshot<'s>, known: Known, faults: &'p mut LineFaults) -> Planning<'p, 's> {
        let (by_key, by_look) = (HashMap::new(), HashMap::new());
        Planning { snapshot, faults, known, emails: HashMap::new(), by_key, by_look }
    }

    /// Notes the faults of all lines, and returns the others.
    pub fn plan(mut self, lines: &[MemberLine]) -> Result<Vec<Planned>> {
        let mut planned = Vec::with_capacity(lines.len());
        for line in lines {
            planned.extend(self.look_at(line)?);
        }
        Ok(planned)
    }

    fn look_at(&mut self, line: &MemberLine) -> Result<Option<Planned>> {
        let before = self.faults.n;
        let (email, known) = match email::read(&line.email) {
            Ok(email) => (email, account_of(self.snapshot, &line.email)?),
            Err(words) => {
                self.fault(line, "email", words);
                (String::new(), None)
            }
        };
        if !email.is_empty() {
            self.look_at_email(line, &email, known.as_ref());
        }
        let name = line.name.as_deref().filter(|_| known.is_none() || self.known == Known::Taken);
        if let Some(name) = name {
            self.look_at_name(line, name, known.as_ref())?;
        }
        let name = name.map(text::one_line);
        let planned = Planned { line: line.line, email, name, known };
        Ok((self.faults.n == before).then_some(planned))
    }

    fn look_at_email(&mut self, line: &MemberLine, email: &str, known: Option<&Account>) {
        // Two spellings of one address are one account.
        let key = known.map_or_else(|| email.to_owned(), |account| format!("account {}", account.id));
        if let Some(first) = self.emails.get(&key) {
            self.fault(line, "email", &format!("Line {first} has {email}, too."));
            return;
        }
        self.emails.insert(key, line.line);
        if let (Some(account), Known::Taken) = (known, self.known) {
            let words = format!("{} has the address {email} (account {}).", account.name, account.id);
            self.fault(line, "email", &words);
        }
    }

    fn look_at_name(&mut self, line: &MemberLine, typed: &str, known: Option<&Account>) -> Result<()> {
        if let Some(words) = names::amiss(typed) {
            self.fault(line, "name", &words);
            return Ok(());
        }
        let name = text::one_line(typed);
        let (key, look) = (names::key(&name), names::look(&name));
        let alike = self.by_look.get(&look).into_iter().flatten();
        let alike = alike.map(|(line, other)| (*line, other.as_str()));
        let first = self.by_key.get(&key).copied();
        let first = first
            .or_else(|| alike.filter(|(_, other)| names::are_one(other, &name)).map(|(at, _)| at).next());
        if let Some(first) = first {
            self.fault(
                line,
                "name",
                &format!("Line {first} has the name {name}, or one that looks like it."),
            );
            return Ok(());
        }
        // Whose the address is has been said.
        let is_other = |other: &Account| known.is_none_or(|known| known.id != other.id);
        let mut others = self.snapshot.accounts_named(&name)?.into_iter().filter(is_other);
        if let Some(other) = others.find(|other| names::are_one(&other.name, &name)) {
            let words = format!("{} has the name {name}, or one that looks like it.", other.called());
            self.fault(line, "name", &words);
        }
        self.by_key.insert(key, line.line);
        self.by_look.entry(look).or_default().push((line.line, name));
        Ok(())
    }

    fn fault(&mut self, line: &MemberLine, field: &str, words: &str) {
        self.faults.add(line.line, format!("{field}: {words}"));
    }
}
