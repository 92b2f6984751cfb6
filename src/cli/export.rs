//! `auction export`: CSV by RFC 4180 on stdout, written while it is read.

use super::formula::guarded;
use super::out::{Out, Printed};
use super::progress::Progress;
use super::when::{Side, TIME, When};
use super::{Ending, Ran};
use crate::house::House;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::export::{Column, Content, Table};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use csv::{ErrorKind, Terminator, WriterBuilder};
use std::borrow::Cow;
use std::io::Write;

#[derive(Args)]
#[command(after_help = "\
CSV whatever --format says: a head line, UTF-8, lines ended by CR LF, amounts in minor units, times in RFC 3339.
People are named by their email addresses: keep the file as private as the database.
A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line end) gets an apostrophe
before it; --raw leaves every text as it is, for programs. --bom is for Excel, which misreads UTF-8 without it.
A listing's reserve, a bid's max and its salt are left out without --secrets.
`listing import` takes what `export listings --secrets --open` prints, with the house's pictures/ beside the file.

Examples:
  auction export settlements --since 2026-11-01 > november.csv
  auction export ledger --bom > for-excel.csv
  auction export listings --secrets --open > lots.csv")]
pub struct Export {
    /// The table
    #[arg(value_enum)]
    what: What,
    /// Only rows from this time on (2026-11-01, yesterday, -2h): listed, bid, posted, settled, logged, published, accepted
    #[arg(long, value_name = TIME, value_parser = When::parse, allow_hyphen_values = true)]
    since: Option<When>,
    /// Only listings that still take bids
    #[arg(long)]
    open: bool,
    /// Include reserves, maxima and salts
    #[arg(long)]
    secrets: bool,
    /// Leave texts as they are, even formulas
    #[arg(long)]
    raw: bool,
    /// Begin with the UTF-8 mark (BOM), which Excel needs to read Korean and other letters
    #[arg(long)]
    bom: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// One row a listing
    Listings,
    /// One row a bid, including automatic ones
    Bids,
    /// One row a posting, oldest first
    Ledger,
    /// One row a settlement
    Settlements,
    /// One row a change by staff
    Log,
    /// One row a version of the terms, with its text
    Terms,
    /// One row a version of the terms that a person accepted
    Acceptances,
}

impl What {
    fn table(self) -> Table {
        match self {
            What::Listings => Table::Listings,
            What::Bids => Table::Bids,
            What::Ledger => Table::Ledger,
            What::Settlements => Table::Settlements,
            What::Log => Table::Log,
            What::Terms => Table::Terms,
            What::Acceptances => Table::Acceptances,
        }
    }
}

impl Export {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        if self.open && !matches!(self.what, What::Listings) {
            return Err(Refusal::invalid("open", "Only listings are open or not.").into());
        }
        let since = self.since.as_ref().map(|when| when.resolve(house, Side::Last, out)).transpose()?;
        let mut printed = out.stream();
        let progress = Progress::of_rows("exporting", out);
        let written = self.write(house, since.unwrap_or(Time(i64::MIN)), &mut printed, &progress);
        drop(progress);
        printed.end(written)?;
        Ok(Ending::Done)
    }

    fn write(&self, house: &House, since: Time, printed: &mut Printed, progress: &Progress) -> Result<()> {
        if self.bom {
            printed.write_all("\u{feff}".as_bytes()).context("print")?;
        }
        let table = self.what.table();
        let columns: Vec<(usize, &Column)> = table.columns().iter().enumerate().collect();
        let wanted = |column: &Column| self.secrets || column.content != Content::Secret;
        let columns: Vec<_> = columns.into_iter().filter(|(_, column)| wanted(column)).collect();
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(printed);
        csv.write_record(columns.iter().map(|(_, column)| column.name)).map_err(broken)?;
        let now = house.now();
        let mut n_rows = 0;
        house.export(table, since, |cells| {
            if self.open && !is_open(table, cells, now) {
                return Ok(());
            }
            n_rows += 1;
            progress.count(n_rows);
            let row = columns.iter().map(|(at, column)| self.shown(column, &cells[*at]));
            csv.write_record(row).map_err(broken)
        })?;
        csv.flush().context("print")
    }

    fn shown<'c>(&self, column: &Column, cell: &'c str) -> Cow<'c, [u8]> {
        let text =
            if column.content == Content::Written && !self.raw { guarded(cell) } else { Cow::Borrowed(cell) };
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }
}

/// Whether a row of listings still takes bids.
fn is_open(table: Table, cells: &[String], now: Time) -> bool {
    let cell = |name: &str| Some(&*cells[table.columns().iter().position(|column| column.name == name)?]);
    cell("state") == Some("open") && cell("closes_at").and_then(Time::parse).is_some_and(|close| close > now)
}

/// The output's own error, by which a closed pipe is recognised.
fn broken(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => anyhow::Error::from(error).context("print"),
        other => anyhow::anyhow!("write CSV: {other:?}"),
    }
}
