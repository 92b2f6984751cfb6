//! Imports a whole club: all of its members, or none. Every wrong line is named before anything is written.

use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::members::invite::{Way, check_way, open, send};
use crate::house::members::plan::{Known, MemberLine, Planned, Planning};
use crate::rules::listing::AccountId;
use crate::store::Tx;
use crate::store::log::LogLine;
use anyhow::Result;
use serde::Serialize;

/// A member of a file who has an account now.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    pub line: u64,
    pub account: AccountId,
    pub email: String,
    pub name: String,
}

impl House {
    /// Adds everything that is wrong with `lines`, as if they were imported now.
    pub fn check_members(&self, lines: &[MemberLine], faults: &mut LineFaults) -> Result<()> {
        self.read(|snapshot| Planning::new(snapshot, Known::Taken, faults).plan(lines).map(drop))
    }

    /// Opens accounts without a password for all of `lines` in one transaction, and with `invite` asks for a mail to each
    /// with a link to choose one. With a fault in any of them it writes nothing.
    ///
    /// Refuses `not_allowed` for invitations without a way for mails, or in a house without passwords.
    pub fn import_members(&self, lines: Vec<MemberLine>, invite: bool) -> Result<Vec<Member>, NotImported> {
        let imported = self.write(move |tx| {
            if invite {
                check_way(tx, Way::Mail)?;
            }
            let mut faults = LineFaults::default();
            let planned = Planning::new(tx, Known::Taken, &mut faults).plan(&lines)?;
            if faults.n > 0 {
                return Ok(Err(faults));
            }
            Ok(Ok(planned.iter().map(|person| import(tx, person, invite)).collect::<Result<_>>()?))
        })?;
        Ok(imported?)
    }
}

fn import(tx: &Tx<'_>, person: &Planned, invite: bool) -> Result<Member> {
    let account = open(tx, person)?;
    tx.log(&LogLine::of("account.import").account(account.id))?;
    if invite {
        send(tx, account.id, &person.email, true)?;
    }
    Ok(Member { line: person.line, account: account.id, email: person.email.clone(), name: account.name })
}
