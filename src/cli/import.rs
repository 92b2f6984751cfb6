//! `auction listing import` and `auction sale import`: a CSV of listings, or of the lots of a sale, checked line by line
//! before anything is written.

mod lot_pictures;
pub mod lots;
pub mod moment;
mod pictures;
pub mod report;
mod row;

use super::out::Out;
use super::progress::Progress;
use super::sheet::{Asked, Columns, Line, Names, Separator, Sheet, parse_encoding, parse_separator, trimmed};
use super::{Ending, Ran, Stop};
use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::settings::Settings;
use crate::rules::listing::ListingId;
use crate::rules::time::Time;
use crate::text::dates::Zone;
use clap::Args;
use encoding_rs::Encoding;
use pictures::Pictures;
use row::{Doubts, Row};
use serde_json::json;
use std::path::PathBuf;

const NEEDED: [&str; 3] = ["seller", "title", "opening"];
const CLOSES: [&str; 2] = ["closes_at", "closes_in_s"];
const SOFT_CLOSE: [&str; 3] = ["soft_close.window_s", "soft_close.extension_s", "soft_close.cap_s"];
/// The columns of a lot's place in its sale.
const PLACE: [&str; 2] = ["lot", "section"];
const OTHERS: [&str; 6] = ["description", "category", "reserve", "buy_now", "increment", "picture"];
/// Other words for a column, which are proposed as that column.
const MEANT: [(&str, &str); 39] = [
    ("name", "title"),
    ("item", "title"),
    ("제목", "title"),
    ("물품", "title"),
    ("email", "seller"),
    ("e-mail", "seller"),
    ("판매자", "seller"),
    ("start", "opening"),
    ("starting price", "opening"),
    ("시작가", "opening"),
    ("end", "closes_at"),
    ("ends at", "closes_at"),
    ("deadline", "closes_at"),
    ("마감", "closes_at"),
    ("마감 시각", "closes_at"),
    ("설명", "description"),
    ("분류", "category"),
    ("최저 낙찰가", "reserve"),
    ("즉시 구매가", "buy_now"),
    ("image", "picture"),
    ("photo", "picture"),
    ("사진", "picture"),
    ("code", "lot"),
    ("lot code", "lot"),
    ("lot no", "lot"),
    ("lot number", "lot"),
    ("no", "lot"),
    ("number", "lot"),
    ("로트", "lot"),
    ("로트 번호", "lot"),
    ("랏", "lot"),
    ("번호", "lot"),
    ("출품 번호", "lot"),
    ("chapter", "section"),
    ("group", "section"),
    ("part", "section"),
    ("구역", "section"),
    ("부문", "section"),
    ("섹션", "section"),
];
/// Columns of an export that an import ignores, since a new listing gets its own.
const PASSED_OVER: [&str; 25] = [
    "id",
    "state",
    "seller_id",
    "seller_name",
    "premium_bps",
    "commission_bps",
    "created_at",
    "first_closes_at",
    "price",
    "minimum",
    "leader",
    "leader_id",
    "leader_name",
    "leader_number",
    "n_bids",
    "reserve_met",
    "buy_now_offered",
    "extended",
    "thumbnail",
    "outcome",
    "reversed_at",
    "sale",
    "lot",
    "section",
    "opens_at",
];

/// List many items from a CSV file: all of them, or none if a line is wrong. Prints the new ids in the order of the
/// lines.
///
/// The first line names the columns. Needed: seller (an email), title, opening, and closes_at or closes_in_s. Optional:
/// description, category, reserve, buy_now, increment, soft_close.window_s, soft_close.extension_s, soft_close.cap_s
/// and picture. Other columns of an export are ignored, and so are capitals, blanks, _ and - in names. Amounts are
/// minor units in digits alone (1250), or money (12.50). A time has its offset (RFC 3339), or is in the house's zone,
/// such as 2026-12-05 20:00. A picture is a file beside the CSV, or in a folder beside it; several (up to 8) are
/// separated by |.
///
/// UTF-8, UTF-16 and CP949 are recognised, and the separators , ; tab and |, or the one that a first line sep=; names.
/// Empty lines and cells are ignored. At most 16 MiB, 10,000 lines, 100 columns and 32,767 characters a cell.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction listing import --check lots.csv\n  auction listing import lots.csv\n\nA file:\n  \
                  seller,title,opening,closes_at,picture\n  \
                  ann@example.org,Brass lamp,12000,2026-11-28T20:00:00+09:00,pictures/lamp.jpg"
)]
pub struct Import {
    #[command(flatten)]
    reading: Reading,
}

// How a file is read, and whether it is only looked at.
#[derive(Args)]
pub struct Reading {
    /// The CSV file
    pub(in crate::cli) file: PathBuf,
    /// Change nothing: show what would be made of the file, or what is wrong
    #[arg(long)]
    pub(in crate::cli) check: bool,
    /// Leave texts as they are, even an apostrophe before a formula: for an export made with --raw
    #[arg(long)]
    pub(in crate::cli) raw: bool,
    /// The encoding of a file without a mark of its own, such as windows-1252 [default: as recognised]
    #[arg(long, value_name = "NAME", value_parser = parse_encoding)]
    encoding: Option<&'static Encoding>,
    /// The sign between cells: , ; | or tab [default: as recognised]
    #[arg(long, value_name = "SIGN", value_parser = parse_separator)]
    separator: Option<Separator>,
}

/// What a file lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Listings,
    /// The lots of a sale, which closes them one after the other.
    Lots,
}

impl Import {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let mut faults = LineFaults::default();
        let reading = &self.reading;
        let sheet = reading.sheet(Kind::Listings, &mut faults)?;
        let columns = sheet.as_ref().and_then(|sheet| columns(sheet, Kind::Listings, &mut faults));
        let (Some(sheet), Some(columns)) = (&sheet, columns) else {
            return reading.refused(sheet.as_ref(), faults, out);
        };
        let settings = house.settings()?;
        let shown = report::Shown::of(&settings, house.now());
        let mut pictures = Pictures::beside(&reading.file);
        let now = house.now();
        let (lots, doubts) =
            reading.rows(sheet, &columns, (&settings, now), Kind::Listings, &mut faults, |row| {
                row.lot(&mut pictures)
            });
        let mut doubts = doubts.words(&settings.currency());
        doubts.extend(outside_of_its_sale(sheet, &columns));
        if faults.n > 0 || reading.check {
            // Checks what can be read all the same, so that all faults are reported at once.
            house.check_lots(&lots, &mut faults)?;
            if faults.n > 0 {
                return reading.refused(Some(sheet), faults, out);
            }
            report::checked(&reading.file, sheet, &lots, &doubts, &shown, out)?;
            return Ok(Ending::Done);
        }
        reading.say(sheet, &doubts, out);
        let understood = shown.sentences(&lots);
        let progress = Progress::new(out);
        let listed = house.import(lots, &mut |what, done, all| progress.tell(what, done, all));
        drop(progress);
        match listed {
            Ok(ids) => {
                understood.iter().for_each(|words| out.say(words));
                self.listed(&ids, sheet, house, out)
            }
            Err(fault) => reading.not_imported(sheet, fault, out),
        }
    }

    fn listed(&self, ids: &[ListingId], sheet: &Sheet, house: &House, out: &Out) -> Ran {
        if let Err(error) = house.sync_entries(false) {
            out.say(format!("auction: listed, but the scheduler does not take the entries yet: {error:#}"));
        }
        if ids.is_empty() {
            out.say(format!("auction: {} names nothing to list", self.reading.file.display()));
        }
        let read = (sheet.encoding, sheet.separator.to_string());
        let listed = json!({"n": ids.len(), "ids": ids, "encoding": read.0, "separator": read.1});
        out.data(&listed, || ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        Ok(Ending::Done)
    }
}

impl Reading {
    fn sheet(&self, kind: Kind, faults: &mut LineFaults) -> anyhow::Result<Option<Sheet>> {
        self.sheet_of(&names(kind), faults)
    }

    /// Reads the file, whose columns have these names, or notes its faults.
    pub(in crate::cli) fn sheet_of(
        &self,
        names: &Names,
        faults: &mut LineFaults,
    ) -> anyhow::Result<Option<Sheet>> {
        let asked = Asked { encoding: self.encoding, separator: self.separator };
        Sheet::read(&self.file, asked, |name| names.find(name).is_some(), faults)
    }

    /// Reads every line, and notes the faults of those that cannot be read. `house` is its settings and its time.
    fn rows<T>(
        &self,
        sheet: &Sheet,
        columns: &Columns,
        (settings, now): (&Settings, Time),
        kind: Kind,
        faults: &mut LineFaults,
        mut read: impl FnMut(Row<'_>) -> T,
    ) -> (Vec<T>, Doubts) {
        let zone = Zone::named(&settings.zone).ok();
        let currency = &settings.currency();
        let mut doubts = Doubts::default();
        let mut rows = Vec::with_capacity(sheet.lines.len());
        for line in &sheet.lines {
            let closes = CLOSES.iter().any(|name| columns.cell(&line.cells, name).is_some());
            let needed = |name: &str| match kind {
                Kind::Listings => NEEDED.contains(&name) || CLOSES.contains(&name) && !closes,
                Kind::Lots => NEEDED.contains(&name) || name == PLACE[0],
            };
            if columns.fit(line, needed, faults) {
                rows.push(read(Row {
                    columns,
                    line,
                    zone: zone.as_ref(),
                    now,
                    currency,
                    raw: self.raw,
                    doubts: &mut doubts,
                    faults,
                }));
            }
        }
        (rows, doubts)
    }

    /// Says how the file was read, and what a person should look at.
    pub(in crate::cli) fn say(&self, sheet: &Sheet, doubts: &[String], out: &Out) {
        let file = self.file.display();
        if !sheet.is_plain() {
            out.say(format!("auction: {file}: {}", sheet.read_as()));
        }
        for words in doubts {
            out.say(format!("auction: {file}: {words}"));
        }
    }

    fn not_imported(&self, sheet: &Sheet, fault: NotImported, out: &Out) -> Ran {
        match fault {
            NotImported::Faulty(faults) => self.refused(Some(sheet), faults, out),
            NotImported::Refused(refusal) => Err(Stop::Refused(refusal)),
            NotImported::Broken(error) => Err(error.into()),
        }
    }

    fn refused(&self, sheet: Option<&Sheet>, faults: LineFaults, out: &Out) -> Ran {
        report::refused(&self.file, sheet, faults, self.check, "nothing was listed", out)?;
        Ok(Ending::Amiss)
    }
}

/// A sentence for a file of lots that would be listed outside of any sale.
fn outside_of_its_sale(sheet: &Sheet, columns: &Columns) -> Option<String> {
    let lot = |line: &Line| {
        let code = trimmed(columns.cell(&line.cells, PLACE[0])?);
        Some((line.line, code.chars().take(40).collect::<String>()))
    };
    let (line, code) = sheet.lines.iter().find_map(lot)?;
    Some(format!(
        "line {line} has the lot {code}, which is listed outside of any sale; `auction sale import` adds lots to one"
    ))
}

fn names(kind: Kind) -> Names {
    let known = match kind {
        Kind::Listings => [].iter().chain(&NEEDED).chain(&CLOSES).chain(&OTHERS).chain(&SOFT_CLOSE),
        Kind::Lots => PLACE.iter().chain(&NEEDED).chain(&CLOSES).chain(&OTHERS).chain(&SOFT_CLOSE),
    };
    Names { known: known.copied().collect(), passed_over: &PASSED_OVER, meant: &MEANT }
}

/// Finds the columns, or notes what is missing.
fn columns(sheet: &Sheet, kind: Kind, faults: &mut LineFaults) -> Option<Columns> {
    let columns = Columns::of(sheet, &names(kind), faults)?;
    let before = faults.n;
    let place = if kind == Kind::Lots { &PLACE[..1] } else { &[] };
    for needed in place.iter().chain(&NEEDED).filter(|name| !columns.has(name)) {
        faults.add(sheet.head.line, format!("The column {needed} is missing."));
    }
    if kind == Kind::Listings && !CLOSES.iter().any(|name| columns.has(name)) {
        faults.add(sheet.head.line, "A column closes_at or closes_in_s is missing.");
    }
    (faults.n == before).then_some(columns)
}
