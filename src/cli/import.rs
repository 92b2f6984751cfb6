//! `auction listing import`: a CSV of lots, read whole and checked line by line before the house hears of it.

use super::Ending;
use super::formula::bare;
use super::out::{Out, complain};
use super::progress::Progress;
use crate::house::House;
use crate::house::import::{LineFaults, Lot};
use crate::rules::listing::{Closes, Draft};
use crate::rules::money::{Currency, Money};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use clap::Args;
use csv::{ReaderBuilder, StringRecord};
use serde_json::json;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

const MAX_LINES: usize = 10_000;
const MAX_BYTES: u64 = 16 * 1_024 * 1_024;
const NEEDED: [&str; 3] = ["seller", "title", "opening"];
const CLOSES: [&str; 2] = ["closes_at", "closes_in_s"];
const SOFT_CLOSE: [&str; 3] = ["soft_close.window_s", "soft_close.extension_s", "soft_close.cap_s"];
const OTHERS: [&str; 6] = ["description", "category", "reserve", "buy_now", "increment", "picture"];
/// What an export of listings holds beside these; a new listing gets its own.
const PASSED_OVER: [&str; 19] = [
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
    "n_bids",
    "reserve_met",
    "buy_now_offered",
    "extended",
    "thumbnail",
    "outcome",
];

/// List many things from a CSV file; all of them, or none if a line is wrong. Prints the new ids, in the order of the lines.
///
/// The first line names the columns: seller (an email), title, opening and closes_at (RFC 3339) or closes_in_s are needed;
/// description, category, reserve, buy_now, increment, soft_close.window_s, soft_close.extension_s, soft_close.cap_s and picture
/// may be there; what else an export tells is passed over. Amounts are minor units in digits alone (1250), or money (12.50);
/// an empty cell says nothing. A picture is a file beside the CSV, or in a folder beside it; several (up to 8) are separated
/// by |. UTF-8, separated by commas; at most 10,000 lines and 16 MiB.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction listing import --check lots.csv\n  auction listing import lots.csv\n\nA file:\n  \
                  seller,title,opening,closes_at,picture\n  \
                  ann@example.org,Brass lamp,12000,2026-11-28T20:00:00+09:00,pictures/lamp.jpg"
)]
pub struct Import {
    file: PathBuf,
    /// Only say what is wrong with it
    #[arg(long)]
    check: bool,
    /// Leave texts as they are, an apostrophe before a formula too: for an export made with --raw
    #[arg(long)]
    raw: bool,
}

impl Import {
    pub fn run(&self, house: &House, out: &Out) -> Result<Ending> {
        let mut faults = LineFaults::default();
        let lots = self.read(&house.settings()?.currency(), &mut faults)?;
        if faults.n > 0 || self.check {
            // What can be read is checked all the same, so that one hears of everything at once.
            house.check_lots(&lots, &mut faults)?;
            if faults.n > 0 {
                return Ok(self.refused(faults));
            }
            let words = format!("{}: {} lines, nothing is wrong", self.file.display(), lots.len());
            out.data(&json!({"n": lots.len(), "checked": true}), || words)?;
            return Ok(Ending::Done);
        }
        let progress = Progress::new(out);
        let listed = house.import(lots, &mut |what, done, all| progress.tell(what, done, all))?;
        drop(progress);
        let ids = match listed {
            Ok(ids) => ids,
            Err(faults) => return Ok(self.refused(faults)),
        };
        if let Err(error) = house.sync_entries(false) {
            out.say(format!("auction: listed, but the scheduler does not take the entries yet: {error:#}"));
        }
        if ids.is_empty() {
            out.say(format!("auction: {} names nothing to list", self.file.display()));
        }
        out.data(&json!({"n": ids.len(), "ids": ids}), || {
            ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        })?;
        Ok(Ending::Done)
    }

    fn refused(&self, mut faults: LineFaults) -> Ending {
        faults.order();
        for fault in &faults.first {
            complain(format!("{}, line {}: {}", self.file.display(), fault.line, fault.words));
        }
        let more = faults.n - faults.first.len();
        let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        complain(format!("{} faults{more}; nothing was listed", faults.first.len()));
        Ending::Amiss
    }

    /// Every line that can be understood; what is wrong with the others is noted.
    fn read(&self, currency: &Currency, faults: &mut LineFaults) -> Result<Vec<Lot>> {
        let Some(text) = self.read_text(faults)? else { return Ok(Vec::new()) };
        let mut csv = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = csv.records();
        let head = match records.next() {
            Some(head) => head.context("read the columns' names")?,
            None => {
                faults.add(1, "The file is empty; its first line names the columns.");
                return Ok(Vec::new());
            }
        };
        let Some(columns) = Columns::of(&head, faults) else { return Ok(Vec::new()) };
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut lots = Vec::new();
        for (n, record) in records.enumerate() {
            let record = record.context("read a line")?;
            let line = record.position().map_or(0, csv::Position::line);
            if n >= MAX_LINES {
                faults.add(line, format!("A file has at most {MAX_LINES} lines beside the first."));
                break;
            }
            if record.len() != head.len() {
                let words = format!("It has {} cells, the first line has {}.", record.len(), head.len());
                faults.add(line, words);
                continue;
            }
            let row = Row { columns: &columns, record: &record, line, raw: self.raw, currency, faults };
            lots.push(row.lot(folder));
        }
        Ok(lots)
    }

    fn read_text(&self, faults: &mut LineFaults) -> Result<Option<String>> {
        let named = || format!("read {}", self.file.display());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&self.file).with_context(named)?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(named)?;
        if bytes.len() as u64 > MAX_BYTES {
            faults.add(1, "A file has at most 16 MiB.");
            return Ok(None);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
            Err(error) => {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + good.iter().filter(|byte| **byte == b'\n').count() as u64;
                faults.add(line, "This is no UTF-8; save the file as \"CSV UTF-8\".");
                Ok(None)
            }
        }
    }
}

/// Which column has which name.
struct Columns(Vec<String>);

impl Columns {
    fn of(head: &StringRecord, faults: &mut LineFaults) -> Option<Columns> {
        let names: Vec<String> = head.iter().map(|name| name.trim().to_owned()).collect();
        let before = faults.n;
        if names.len() == 1 && names[0].contains(';') {
            faults.add(1, "The columns are separated by commas, not by semicolons.");
            return None;
        }
        let known = || NEEDED.iter().chain(&CLOSES).chain(&OTHERS).chain(&SOFT_CLOSE);
        for (n, name) in names.iter().enumerate() {
            if names[..n].contains(name) {
                faults.add(1, format!("There are two columns {name:?}."));
            } else if !known().chain(&PASSED_OVER).any(|known| known == name) {
                let known: Vec<&str> = known().copied().collect();
                faults.add(1, format!("There is no field {name:?}; the columns are {}.", known.join(", ")));
            }
        }
        for needed in NEEDED {
            if !names.iter().any(|name| name == needed) {
                faults.add(1, format!("The column {needed} is missing."));
            }
        }
        if !names.iter().any(|name| CLOSES.contains(&name.as_str())) {
            faults.add(1, "A column closes_at or closes_in_s is missing.");
        }
        (faults.n == before).then_some(Columns(names))
    }
}

/// A line being read.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    line: u64,
    raw: bool,
    currency: &'a Currency,
    faults: &'a mut LineFaults,
}

impl Row<'_> {
    fn lot(mut self, folder: &Path) -> Lot {
        let draft = Draft {
            title: self.written("title"),
            description: self.written("description"),
            // A fault of its own stands for what cannot be read; the smallest amount keeps it from being told twice.
            opening: self.amount("opening", true).unwrap_or(1),
            closes: self.closes(),
            reserve: self.amount("reserve", false),
            buy_now: self.amount("buy_now", false),
            increment: self.amount("increment", false),
            soft_close: self.soft_close(),
            category: Some(self.written("category")).filter(|category| !category.is_empty()),
            pictures: Vec::new(),
        };
        let seller = self.written("seller");
        Lot { line: self.line, seller, draft, pictures: self.pictures(folder) }
    }

    /// What a person wrote, as it was before an export put an apostrophe before it.
    fn written(&self, name: &str) -> String {
        let text = self.text(name).unwrap_or_default();
        if self.raw { text } else { bare(text) }.to_owned()
    }

    /// A cell with something in it.
    fn text(&self, name: &str) -> Option<&str> {
        let at = self.columns.0.iter().position(|known| known == name)?;
        self.record.get(at).filter(|cell| !cell.trim().is_empty())
    }

    fn fault(&mut self, name: &str, words: &str) {
        self.faults.add(self.line, format!("{name}: {words}"));
    }

    fn amount(&mut self, name: &str, needed: bool) -> Option<Money> {
        let currency = self.currency;
        self.number(name, needed, |text| currency.parse_minor(text).map_err(|why| why.words(currency)))
    }

    fn whole(&mut self, name: &str, words: &str, needed: bool) -> Option<i64> {
        self.number(name, needed, |text| text.trim().parse().map_err(|_| words.to_owned()))
    }

    fn number(
        &mut self,
        name: &str,
        needed: bool,
        read: impl Fn(&str) -> Result<i64, String>,
    ) -> Option<i64> {
        let Some(text) = self.text(name) else {
            if needed {
                self.fault(name, "This is needed.");
            }
            return None;
        };
        match read(text) {
            Ok(number) => Some(number),
            Err(words) => {
                self.fault(name, &words);
                None
            }
        }
    }

    /// One of the two; a close that cannot be read is replaced by one that is right, for its fault is told.
    fn closes(&mut self) -> Option<Closes> {
        let right = Some(Closes::In { seconds: 3_600 });
        match (self.text(CLOSES[0]), self.text(CLOSES[1])) {
            (Some(_), Some(_)) => {
                self.fault(CLOSES[0], "Name closes_at or closes_in_s, not both.");
                right
            }
            (Some(text), None) => match Time::parse(text.trim()) {
                Some(at) => Some(Closes::At(at)),
                None => {
                    self.fault(CLOSES[0], "A time with its offset, such as 2026-11-22T18:00:00Z.");
                    right
                }
            },
            (None, Some(_)) => match self.whole(CLOSES[1], "A whole number of seconds.", false) {
                Some(seconds) => Some(Closes::In { seconds }),
                None => right,
            },
            (None, None) => None,
        }
    }

    /// All three, or none.
    fn soft_close(&mut self) -> Option<SoftClose> {
        if SOFT_CLOSE.iter().all(|name| self.text(name).is_none()) {
            return None;
        }
        let [window_s, extension_s, cap_s] =
            SOFT_CLOSE.map(|name| self.whole(name, "A whole number of seconds.", true));
        Some(SoftClose { window_s: window_s?, extension_s: extension_s?, cap_s: cap_s? })
    }

    fn pictures(&mut self, folder: &Path) -> Vec<PathBuf> {
        let cell = self.text("picture").unwrap_or_default().to_owned();
        let named = cell.split('|').map(str::trim).filter(|name| !name.is_empty());
        named.filter_map(|name| self.picture(folder, name)).collect()
    }

    fn picture(&mut self, folder: &Path, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(name);
        let beside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !beside {
            self.fault("picture", "A file beside the CSV, or in a folder beside it.");
            return None;
        }
        let path = folder.join(path);
        if !path.is_file() {
            self.fault("picture", &format!("There is no file {}.", path.display()));
            return None;
        }
        Some(path)
    }
}
