//! `auction sale import`: the lots of a sale from a CSV, with pictures named by lot code.

use super::lot_pictures::LotPictures;
use super::pictures::Pictures;
use super::{Kind, Reading, columns, report};
use crate::cli::out::{Out, table};
use crate::cli::progress::Progress;
use crate::cli::sheet::{Columns, Sheet};
use crate::cli::words::lots;
use crate::cli::{Ending, Ran};
use crate::house::House;
use crate::house::listings::lines::{LineFaults, NewListing};
use crate::house::sales::import::LotLine;
use crate::house::sales::lots::{AddedLot, Before};
use crate::rules::listing::{Closes, Draft};
use crate::rules::time::Time;
use crate::text::dates::Zone;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Add lots to a sale from a CSV file: all of them, or none if a line is wrong
///
/// The sale is a draft, or a published sale whose first lot has not closed: then they are listed at once, and close
/// after its last lot. The columns are those of `listing import`, and lot (required: 1 to 12 letters, digits, - and .)
/// and section. closes_at is a close of the lot's own; without one, its place in the sale decides. The soft close is
/// the sale's. The lots stand in the order of the lines.
///
/// In DIR, pictures are named after their lot, in any case: A12.jpg, A12-2.jpg, A12-3.png (jpg, jpeg, png, webp, gif),
/// up to 8 a lot, the lowest number first. A picture that belongs to no lot refuses the import; hidden files, folders
/// and other files are passed over.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction sale import spring lots.csv --pictures photos --check\n  auction sale import spring lots.csv --pictures photos\n\nA file:\n  \
                  lot,section,seller,title,opening\n  \
                  A12,Toys,ann@example.org,Brass lamp,12000"
)]
pub struct ImportLots {
    /// The sale's code
    code: String,
    #[command(flatten)]
    reading: Reading,
    /// A folder with pictures named by lot code: A12.jpg, A12-2.jpg
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Put these lots in the place of those that the draft has, for a spreadsheet that was corrected
    #[arg(long)]
    replace: bool,
}

impl ImportLots {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let (mut faults, reading) = (LineFaults::default(), &self.reading);
        let before = if self.replace { Before::Replace } else { Before::Keep };
        let mut known = house.lot_codes(&self.code)?;
        if self.replace {
            known.clear();
        }
        let sheet = reading.sheet(Kind::Lots, &mut faults)?;
        let columns = sheet.as_ref().and_then(|sheet| columns(sheet, Kind::Lots, &mut faults));
        let (Some(sheet), Some(columns)) = (&sheet, columns) else {
            return reading.refused(sheet.as_ref(), faults, out);
        };
        let (lots, doubts) = self.lots(sheet, &columns, &known, house, &mut faults)?;
        let closes = house.check_sale_lots(&self.code, &lots, before, &mut faults)?;
        if faults.n > 0 {
            return reading.refused(Some(sheet), faults, out);
        }
        if reading.check {
            self.checked(house, sheet, &lots, &closes, &doubts, out)?;
            return Ok(Ending::Done);
        }
        reading.say(sheet, &doubts, out);
        let progress = Progress::new(out);
        let added = house
            .import_lots(&self.code, lots, before, &mut |what, done, all| progress.tell(what, done, all));
        drop(progress);
        match added {
            Ok(added) => self.added(house, sheet, &added, out),
            Err(fault) => reading.not_imported(sheet, fault, out),
        }
    }

    /// The lots of the file with their pictures, and what a person should look at.
    fn lots(
        &self,
        sheet: &Sheet,
        columns: &Columns,
        known: &[String],
        house: &House,
        faults: &mut LineFaults,
    ) -> Result<(Vec<LotLine>, Vec<String>)> {
        let settings = house.settings()?;
        let mut beside = Pictures::beside(&self.reading.file);
        let (mut lots, doubts) =
            self.reading.rows(sheet, columns, (&settings, house.now()), Kind::Lots, faults, |row| {
                row.lot_of_sale(&mut beside)
            });
        let mut doubts = doubts.words(&settings.currency());
        if let Some(folder) = &self.pictures {
            let mut pictures =
                LotPictures::read(folder, lots.iter().map(|lot| lot.code.as_str()), known, faults)?;
            for lot in &mut lots {
                lot.listing.pictures.extend(pictures.take(&lot.code));
            }
            doubts.extend(pictures.passed_over());
        }
        Ok((lots, doubts))
    }

    /// Prints what would be added.
    fn checked(
        &self,
        house: &House,
        sheet: &Sheet,
        lots: &[LotLine],
        closes: &[Time],
        look_at: &[String],
        out: &Out,
    ) -> Result<()> {
        let shown = report::Shown::of(&house.settings()?, house.now());
        let closing = |(lot, at): (&LotLine, &Time)| NewListing {
            draft: Draft { closes: Some(Closes::At(*at)), ..lot.listing.draft.clone() },
            ..lot.listing.clone()
        };
        let listings: Vec<NewListing> = lots.iter().zip(closes).map(closing).collect();
        let values = lots.iter().zip(&listings).map(|(lot, listing)| {
            let mut value = shown.json(listing);
            value["lot"] = json!(lot.code);
            value["section"] = json!(lot.section);
            value
        });
        let values: Vec<Value> = values.collect();
        let rows = || {
            let [line, rest @ ..] = report::HEAD;
            let head = [&[line, "lot", "section"][..], &rest].concat();
            let head: [&str; 10] = head.try_into().expect("eight columns and two");
            let row = |(lot, listing): (&LotLine, &NewListing)| {
                let [line, title, opening, reserve, buy_now, closes, picture, seller] = shown.cells(listing);
                let section = lot.section.clone().unwrap_or_else(|| "-".to_owned());
                let code = lot.code.clone();
                [line, code, section, title, opening, reserve, buy_now, closes, picture, seller]
            };
            table(head, lots.iter().zip(&listings).map(row))
        };
        let checked = report::Checked { what: "listings", lines: values, look_at };
        report::print_checked(&self.reading.file, sheet, checked, rows, out)
    }

    fn added(&self, house: &House, sheet: &Sheet, added: &[AddedLot], out: &Out) -> Ran {
        let closes = || added.iter().map(|lot| lot.closes_at);
        let ids: Vec<_> = added.iter().filter_map(|lot| lot.listing).collect();
        if !ids.is_empty()
            && let Err(error) = house.sync_entries(false)
        {
            out.say(format!("auction: listed, but the scheduler does not take the entries yet: {error:#}"));
        }
        if let (Some(first), Some(last)) = (closes().min(), closes().max()) {
            let zone = Zone::of(&house.settings()?);
            out.say(format!("closes from {} to {}", zone.short(first.utc()), zone.short(last.utc())));
        }
        let codes: Vec<&str> = added.iter().map(|lot| lot.code.as_str()).collect();
        let report = json!({
            "sale": self.code,
            "n": added.len(),
            "lots": codes,
            "ids": ids,
            "first_closes_at": closes().min(),
            "last_closes_at": closes().max(),
            "encoding": sheet.encoding,
            "separator": sheet.separator.to_string(),
        });
        out.data(&report, || match (closes().min(), closes().max()) {
            (Some(first), Some(last)) => {
                let n = lots(added.len() as u64);
                format!("{n} added to {}; the first closes at {first}, the last at {last}", self.code)
            }
            _ => format!("{} names no lots", self.reading.file.display()),
        })?;
        Ok(Ending::Done)
    }
}
