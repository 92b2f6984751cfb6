//! `auction export`: CSV by RFC 4180 on stdout, written as it is read.

use super::Ending;
use super::listing::parse_time;
use super::out::{Out, Printed};
use crate::house::House;
use crate::rules::time::Time;
use crate::store::export::{Column, Holds, Table};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use csv::{ErrorKind, Terminator, WriterBuilder};
use std::borrow::Cow;

#[derive(Args)]
#[command(after_help = "\
CSV whatever --format says: a head line, UTF-8, lines ended by CR LF, amounts in minor units, times in RFC 3339.
People stand by their email addresses: keep the file as you keep the database.
A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line end) is put after an
apostrophe; --raw leaves every text as it is, for programs.
Left out unless --secrets asks: a listing's reserve, a bid's max and salt.

Examples:
  auction export settlements --since 2026-11-01T00:00:00Z > november.csv
  auction export listings --secrets --raw > listings.csv")]
pub struct Export {
    #[arg(value_enum)]
    what: What,
    /// Only what came at this time or later: listed, bid, posted, settled
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    since: Option<Time>,
    /// Put in reserves, maxima and salts
    #[arg(long)]
    secrets: bool,
    /// Leave texts as they are, formulas too
    #[arg(long)]
    raw: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// One row a listing
    Listings,
    /// One row a bid, automatic ones too
    Bids,
    /// One row a posting, in the order in which they were made
    Ledger,
    /// One row a settlement
    Settlements,
}

impl What {
    fn table(self) -> Table {
        match self {
            What::Listings => Table::Listings,
            What::Bids => Table::Bids,
            What::Ledger => Table::Ledger,
            What::Settlements => Table::Settlements,
        }
    }
}

impl Export {
    pub fn run(&self, house: &House, out: &Out) -> Result<Ending> {
        let mut printed = out.stream();
        let written = self.write(house, &mut printed);
        printed.end(written)?;
        Ok(Ending::Done)
    }

    fn write(&self, house: &House, printed: &mut Printed) -> Result<()> {
        let table = self.what.table();
        let columns: Vec<(usize, &Column)> = table.columns().iter().enumerate().collect();
        let wanted = |column: &Column| self.secrets || column.holds != Holds::Secret;
        let columns: Vec<_> = columns.into_iter().filter(|(_, column)| wanted(column)).collect();
        let mut csv = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(printed);
        csv.write_record(columns.iter().map(|(_, column)| column.name)).map_err(broken)?;
        house.export(table, self.since.unwrap_or(Time(i64::MIN)), |cells| {
            let row = columns.iter().map(|(at, column)| self.shown(column, &cells[*at]));
            csv.write_record(row).map_err(broken)
        })?;
        csv.flush().context("print")
    }

    fn shown<'c>(&self, column: &Column, cell: &'c str) -> Cow<'c, [u8]> {
        if column.holds == Holds::Written && !self.raw && is_formula(cell) {
            Cow::Owned(format!("'{cell}").into_bytes())
        } else {
            Cow::Borrowed(cell.as_bytes())
        }
    }
}

/// What the output said, without the wrapping that hides a reader who has enough.
fn broken(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => anyhow::Error::from(error).context("print"),
        other => anyhow::anyhow!("write CSV: {other:?}"),
    }
}

/// What spreadsheets compute instead of showing it (OWASP, "CSV Injection"), full-width signs included.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
