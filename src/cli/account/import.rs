//! `auction account import`: the members of a club from a CSV file, checked line by line before anything is written.

use crate::cli::account::members;
use crate::cli::import::Reading;
use crate::cli::import::report::{self, Checked};
use crate::cli::out::{Out, table};
use crate::cli::sheet::Sheet;
use crate::cli::{Ending, Ran, Stop};
use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::members::import::Member;
use crate::house::members::plan::MemberLine;
use clap::Args;
use serde_json::json;

const NOTHING: &str = "nobody was imported";

/// Open accounts for a whole club from a CSV file: for all of it, or for nobody if a line is wrong
///
/// The first line names the columns: email and name, both needed, in any order. Capitals, blanks, _ and - in names of
/// columns are ignored. Each wrong line is named, with whom an address or a name belongs to.
///
/// The accounts have no password: with --invite, each person is mailed a link to choose one, which holds for 14 days;
/// `account invite` sends it later, or again.
///
/// Files are read as `listing import` reads them. At most 10,000 lines.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction account import club.csv --check\n  auction account import club.csv --invite\n\nA file:\n  \
                  email,name\n  \
                  bob@example.org,Bob Ray\n  \
                  cleo@example.org,Cleo"
)]
pub struct Import {
    #[command(flatten)]
    reading: Reading,
    /// Mail each person a link to choose a password
    #[arg(long)]
    invite: bool,
}

impl Import {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let (mut faults, reading) = (LineFaults::default(), &self.reading);
        let sheet = reading.sheet_of(&members::names(), &mut faults)?;
        let columns = sheet.as_ref().and_then(|sheet| members::columns(sheet, true, &mut faults));
        let (Some(sheet), Some(columns)) = (&sheet, columns) else {
            return self.refused(sheet.as_ref(), faults, out);
        };
        let people = members::people(sheet, &columns, reading.raw, true, &mut faults);
        if faults.n > 0 || reading.check {
            house.check_members(&people, &mut faults)?;
            return if faults.n > 0 {
                self.refused(Some(sheet), faults, out)
            } else {
                self.checked(sheet, &people, out)
            };
        }
        reading.say(sheet, &[], out);
        match house.import_members(people, self.invite) {
            Ok(imported) => self.imported(&imported, out),
            Err(NotImported::Faulty(faults)) => self.refused(Some(sheet), faults, out),
            Err(NotImported::Refused(refusal)) => Err(Stop::Refused(refusal)),
            Err(NotImported::Broken(error)) => Err(error.into()),
        }
    }

    fn refused(&self, sheet: Option<&Sheet>, faults: LineFaults, out: &Out) -> Ran {
        report::refused(&self.reading.file, sheet, faults, self.reading.check, NOTHING, out)?;
        Ok(Ending::Amiss)
    }

    fn checked(&self, sheet: &Sheet, people: &[MemberLine], out: &Out) -> Ran {
        let name = |person: &MemberLine| person.name.clone().unwrap_or_default();
        let cells = |person: &MemberLine| [person.line.to_string(), person.email.clone(), name(person)];
        let rows = || table(["line", "email", "name"], people.iter().map(cells));
        let lines = people
            .iter()
            .map(|person| json!({"line": person.line, "email": person.email, "name": person.name}));
        let checked = Checked { what: "members", lines: lines.collect(), look_at: &[] };
        report::print_checked(&self.reading.file, sheet, checked, rows, out)?;
        Ok(Ending::Done)
    }

    fn imported(&self, imported: &[Member], out: &Out) -> Ran {
        let n = imported.len();
        out.done(&json!({"n": n, "invited": self.invite, "members": imported}), || {
            let who = if n == 1 { "1 member was".to_owned() } else { format!("{n} members were") };
            let invited = if self.invite { "; each gets a link by mail to choose a password" } else { "" };
            format!("{who} imported{invited}")
        })?;
        Ok(Ending::Done)
    }
}
