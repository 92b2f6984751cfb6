//! `auction bidder import`: the guests of a sale from a CSV, checked line by line before anything is written.

use crate::cli::formula::bare;
use crate::cli::import::Reading;
use crate::cli::import::report::{self, Checked};
use crate::cli::out::{Out, table};
use crate::cli::progress::Progress;
use crate::cli::sheet::{Columns, Line, MAX_CHARS, Names, Sheet, trimmed};
use crate::cli::{Ending, Ran, Stop};
use crate::house::House;
use crate::house::desk::guest_import::{GuestLine, ImportedGuest};
use crate::house::desk::guests::Guest;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::rules::desk::NUMBER_WORDS;
use crate::rules::money::Currency;
use anyhow::Result;
use clap::Args;
use serde_json::json;

const COLUMNS: [&str; 5] = ["name", "email", "phone", "number", "limit"];
const NEEDED: &str = "name";
/// Other words for a column, which are proposed as that column.
const MEANT: [(&str, &str); 27] = [
    ("guest", "name"),
    ("bidder", "name"),
    ("full name", "name"),
    ("이름", "name"),
    ("성명", "name"),
    ("손님", "name"),
    ("e-mail", "email"),
    ("mail", "email"),
    ("email address", "email"),
    ("이메일", "email"),
    ("메일", "email"),
    ("tel", "phone"),
    ("telephone", "phone"),
    ("mobile", "phone"),
    ("cell", "phone"),
    ("phone number", "phone"),
    ("전화", "phone"),
    ("전화번호", "phone"),
    ("휴대폰", "phone"),
    ("연락처", "phone"),
    ("no", "number"),
    ("paddle", "number"),
    ("bidder number", "number"),
    ("번호", "number"),
    ("응찰 번호", "number"),
    ("credit limit", "limit"),
    ("한도", "limit"),
];

/// Register many guests of a sale from a CSV file: all of them, or none if a line is wrong or looks like a double
///
/// The first line names the columns: name (needed), email, phone, number and limit. Capitals, blanks, _ and - in names
/// of columns are ignored. A guest without a number gets the lowest free one, in the order of the lines; a guest without
/// a limit gets the house's default_credit. Limits are minor units in digits alone (50000), or money (500.00).
///
/// Guests whose names are similar, or whose phones or email addresses are the same, are named with their lines and
/// numbers, among each other and with the guests that the sale has. With --anyway they are registered all the same;
/// but an account has only one number in a sale.
///
/// Files are read as `listing import` reads them.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction bidder import spring guests.csv --check\n  auction bidder import spring guests.csv --pins --format json\n\nA file:\n  \
                  name,email,phone,number,limit\n  \
                  Bob Ray,bob@example.org,,17,500.00\n  \
                  Cleo,,010-1234-5678,,"
)]
pub struct ImportGuests {
    /// The sale's code
    sale: String,
    #[command(flatten)]
    reading: Reading,
    /// Register likely doubles, too
    #[arg(long)]
    anyway: bool,
    /// Draw a PIN for each guest and print it, never to be shown again; otherwise guests get theirs at check-in
    #[arg(long)]
    pins: bool,
}

impl ImportGuests {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let (mut faults, reading) = (LineFaults::default(), &self.reading);
        let names = Names { known: COLUMNS.to_vec(), passed_over: &[], meant: &MEANT };
        let sheet = reading.sheet_of(&names, &mut faults)?;
        let columns = sheet.as_ref().and_then(|sheet| columns(sheet, &names, &mut faults));
        let (Some(sheet), Some(columns)) = (&sheet, columns) else {
            return self.refused(sheet.as_ref(), faults, out);
        };
        let guests = self.guests(sheet, &columns, &house.settings()?.currency(), &mut faults);
        if faults.n > 0 || reading.check {
            let planned = house.check_guests(&self.sale, &guests, &mut faults)?;
            if faults.n > 0 {
                return self.refused(Some(sheet), faults, out);
            }
            return self.checked(sheet, &planned, out);
        }
        reading.say(sheet, &[], out);
        let progress = Progress::new(out);
        let tell = &mut |what, done, all| progress.tell(what, done, all);
        let imported = house.import_guests(&self.sale, guests, self.pins, tell);
        drop(progress);
        match imported {
            Ok(imported) => self.imported(&imported, out),
            Err(NotImported::Faulty(faults)) => self.refused(Some(sheet), faults, out),
            Err(NotImported::Refused(refusal)) => Err(Stop::Refused(refusal)),
            Err(NotImported::Broken(error)) => Err(error.into()),
        }
    }

    fn guests(
        &self,
        sheet: &Sheet,
        columns: &Columns,
        currency: &Currency,
        faults: &mut LineFaults,
    ) -> Vec<GuestLine> {
        let mut guests = Vec::with_capacity(sheet.lines.len());
        for line in &sheet.lines {
            if columns.fit(line, |name| name == NEEDED, faults) {
                let guest = Row { columns, line, raw: self.reading.raw, faults }.guest(currency);
                guests.push(GuestLine { line: line.line, guest: Guest { anyway: self.anyway, ..guest } });
            }
        }
        guests
    }

    fn refused(&self, sheet: Option<&Sheet>, faults: LineFaults, out: &Out) -> Ran {
        let reading = &self.reading;
        report::refused(&reading.file, sheet, faults, reading.check, "nobody was registered", out)?;
        Ok(Ending::Amiss)
    }

    fn checked(&self, sheet: &Sheet, planned: &[ImportedGuest], out: &Out) -> Ran {
        let rows = || table(["line", "number", "name"], planned.iter().map(cells));
        let guests = planned.iter().map(|guest| {
            json!({"line": guest.line, "number": guest.number, "name": guest.name, "account": guest.account})
        });
        let checked = Checked { what: "bidders", lines: guests.collect(), look_at: &[] };
        report::print_checked(&self.reading.file, sheet, checked, rows, out)?;
        Ok(Ending::Done)
    }

    fn imported(&self, imported: &[ImportedGuest], out: &Out) -> Ran {
        if imported.is_empty() {
            out.say(format!("auction: {} names nobody", self.reading.file.display()));
        }
        out.data(&json!({"n": imported.len(), "bidders": imported}), || {
            let row = |guest: &ImportedGuest| {
                let account = guest.account.map_or_else(String::new, |account| account.to_string());
                let pin = guest.pin.clone().unwrap_or_else(|| "-".to_owned());
                [guest.number.to_string(), guest.name.clone(), account, pin]
            };
            if imported.is_empty() {
                return String::new();
            }
            table(["number", "name", "account", "PIN"], imported.iter().map(row))
        })?;
        Ok(Ending::Done)
    }
}

fn cells(guest: &ImportedGuest) -> [String; 3] {
    [guest.line.to_string(), guest.number.to_string(), guest.name.clone()]
}

/// Finds the columns, or notes what is missing.
fn columns(sheet: &Sheet, names: &Names, faults: &mut LineFaults) -> Option<Columns> {
    let columns = Columns::of(sheet, names, faults)?;
    if !columns.has(NEEDED) {
        faults.add(sheet.head.line, format!("The column {NEEDED} is missing."));
        return None;
    }
    Some(columns)
}

/// A line of the file, with all that is needed to read it.
struct Row<'a> {
    columns: &'a Columns,
    line: &'a Line,
    /// Whether texts are taken as they are: no export put an apostrophe before them.
    raw: bool,
    faults: &'a mut LineFaults,
}

impl Row<'_> {
    fn guest(mut self, currency: &Currency) -> Guest {
        Guest {
            name: self.text("name").unwrap_or_default(),
            email: self.text("email"),
            phone: self.phone(),
            number: self.read("number", |text| text.parse().map_err(|_| NUMBER_WORDS.to_owned())),
            limit: self.read("limit", |text| currency.parse_minor(text).map_err(|why| why.words(currency))),
            anyway: false,
        }
    }

    /// A cell that is not empty.
    fn text(&mut self, name: &str) -> Option<String> {
        let text = trimmed(self.columns.cell(&self.line.cells, name)?);
        let text = if self.raw { text } else { bare(text) }.to_owned();
        if text.chars().count() > MAX_CHARS {
            self.fault(name, &format!("A cell has at most {MAX_CHARS} characters."));
            return None;
        }
        Some(text)
    }

    fn phone(&mut self) -> Option<String> {
        let phone = self.text("phone")?;
        if is_shortened(&phone) {
            self.fault("phone", "A spreadsheet has shortened this number; make the column one of texts.");
            return None;
        }
        Some(phone)
    }

    fn read(&mut self, name: &str, read: impl Fn(&str) -> Result<i64, String>) -> Option<i64> {
        let text = self.text(name)?;
        read(&text).map_err(|words| self.fault(name, &words)).ok()
    }

    fn fault(&mut self, name: &str, words: &str) {
        self.faults.add(self.line.line, format!("{name}: {words}"));
    }
}

/// Whether a spreadsheet took the digits for a quantity: `8.21012E+11`.
fn is_shortened(phone: &str) -> bool {
    let is_quantity =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".,".contains(c));
    phone.split_once(['E', 'e']).is_some_and(|(digits, power)| {
        is_quantity(digits) && power.strip_prefix('+').is_some_and(|power| power.parse::<u8>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_a_spreadsheet_has_shortened_is_known() {
        for (phone, is) in [
            ("8.21012E+11", true),
            ("8,21E+11", true),
            ("1e+10", true),
            ("+82 10 1234 5678", false),
            ("E+5", false),
            ("ext. 5e+", false),
            ("office", false),
        ] {
            assert_eq!(is_shortened(phone), is, "{phone}");
        }
    }
}
