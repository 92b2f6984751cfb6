//! Reads a line of an import, cell by cell.

use super::pictures::Pictures;
use super::{CLOSES, PLACE, SOFT_CLOSE, moment};
use crate::cli::formula::bare;
use crate::cli::sheet::{Columns, Line, MAX_CHARS, trimmed};
use crate::house::listings::lines::{LineFaults, NewListing};
use crate::house::sales::import::LotLine;
use crate::rules::listing::{Closes, Draft};
use crate::rules::money::{Currency, Money};
use crate::rules::soft_close::SoftClose;
use crate::rules::time::Time;
use crate::text::dates::Zone;
use std::path::PathBuf;

/// A line of the file, with all that is needed to read it.
pub struct Row<'a> {
    pub columns: &'a Columns,
    pub line: &'a Line,
    /// The zone of times without an offset.
    pub zone: Option<&'a Zone>,
    pub now: Time,
    pub currency: &'a Currency,
    /// Whether texts are taken as they are: no export put an apostrophe before them.
    pub raw: bool,
    pub doubts: &'a mut Doubts,
    pub faults: &'a mut LineFaults,
}

/// Cells that were read one way and may be meant another: a spreadsheet that shortens 25,00 to 25 turns euros into
/// cents.
#[derive(Default)]
pub struct Doubts {
    /// The first line with an amount in digits alone, and how it was read.
    minor: Option<(u64, String, Money)>,
    /// The first line with an amount as money.
    money: Option<(u64, String)>,
    /// The first line whose closing time comes twice.
    comes_twice: Option<u64>,
}

impl Doubts {
    fn note(&mut self, line: u64, text: &str, amount: Money) {
        let shown = || text.chars().take(40).collect();
        if text.chars().all(char::is_numeric) {
            self.minor.get_or_insert_with(|| (line, shown(), amount));
        } else {
            self.money.get_or_insert_with(|| (line, shown()));
        }
    }

    /// Sentences about what a person should look at.
    pub fn words(&self, currency: &Currency) -> Vec<String> {
        let comes_twice = self.comes_twice.map(|line| {
            format!("line {line}: the clocks are put back that night, so this time comes twice; the earlier one counts")
        });
        self.mixed(currency).into_iter().chain(comes_twice).collect()
    }

    /// The sentence for a file that has both kinds of amounts.
    fn mixed(&self, currency: &Currency) -> Option<String> {
        let ((line, digits, amount), (other, money)) = (self.minor.as_ref()?, self.money.as_ref()?);
        (currency.decimals > 0).then(|| {
            let amount = currency.show(*amount);
            format!(
                "line {line} has {digits} and line {other} has {money}: look whether {digits} is to be {amount}, \
                 for digits alone are minor units"
            )
        })
    }
}

impl Row<'_> {
    pub fn lot(mut self, pictures: &mut Pictures) -> NewListing {
        let soft_close = self.soft_close();
        self.listing(pictures, soft_close)
    }

    /// A lot of a sale, whose soft close is the sale's.
    pub fn lot_of_sale(mut self, pictures: &mut Pictures) -> LotLine {
        for name in SOFT_CLOSE.into_iter().filter(|name| self.text(name).is_some()).collect::<Vec<_>>() {
            self.fault(name, "Leave this cell empty: a lot has the soft close of its sale.");
        }
        let [code, section] = PLACE.map(|name| self.written(name, trimmed));
        let section = Some(section).filter(|section| !section.is_empty());
        LotLine { code, section, listing: self.listing(pictures, None) }
    }

    fn listing(&mut self, pictures: &mut Pictures, soft_close: Option<SoftClose>) -> NewListing {
        let draft = Draft {
            title: self.written("title", trimmed),
            description: self.written("description", |text| text),
            // An unreadable amount has its own fault; the smallest amount causes no second one.
            opening: self.amount("opening", true).unwrap_or(1),
            closes: self.closes(),
            reserve: self.amount("reserve", false),
            buy_now: self.amount("buy_now", false),
            increment: self.amount("increment", false),
            soft_close,
            category: Some(self.written("category", trimmed)).filter(|category| !category.is_empty()),
            pictures: Vec::new(),
        };
        let seller = self.written("seller", trimmed);
        NewListing { line: self.line.line, seller, draft, pictures: self.pictures(pictures) }
    }

    /// A text cell, without the apostrophe that an export put before it.
    fn written(&mut self, name: &str, shorten: impl Fn(&str) -> &str) -> String {
        let text = shorten(self.columns.cell(&self.line.cells, name).unwrap_or_default());
        let text = if self.raw { text } else { bare(text) }.to_owned();
        if text.chars().count() > MAX_CHARS {
            self.fault(name, &format!("A cell has at most {MAX_CHARS} characters."));
            return String::new();
        }
        text
    }

    /// A cell that is not empty, without the blanks around it.
    fn text(&self, name: &str) -> Option<&str> {
        self.columns.cell(&self.line.cells, name).map(trimmed)
    }

    fn fault(&mut self, name: &str, words: &str) {
        self.faults.add(self.line.line, format!("{name}: {words}"));
    }

    fn amount(&mut self, name: &str, needed: bool) -> Option<Money> {
        let currency = self.currency;
        let amount =
            self.number(name, needed, |text| currency.parse_minor(text).map_err(|why| why.words(currency)))?;
        let (columns, line) = (self.columns, self.line);
        let text = columns.cell(&line.cells, name).map_or("", trimmed);
        self.doubts.note(line.line, text, amount);
        Some(amount)
    }

    fn whole(&mut self, name: &str, words: &str, needed: bool) -> Option<i64> {
        self.number(name, needed, |text| text.parse().map_err(|_| words.to_owned()))
    }

    fn number(
        &mut self,
        name: &str,
        needed: bool,
        read: impl Fn(&str) -> Result<i64, String>,
    ) -> Option<i64> {
        let Some(text) = self.text(name) else {
            if needed {
                self.fault(name, "This field is required.");
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

    /// Reads one of the two columns. An unreadable close has its own fault, and a good one in its place causes no
    /// second.
    fn closes(&mut self) -> Option<Closes> {
        let right = Some(Closes::In { seconds: 3_600 });
        match (self.text(CLOSES[0]), self.text(CLOSES[1])) {
            (Some(_), Some(_)) => {
                self.fault(CLOSES[0], "Name closes_at or closes_in_s, not both.");
                right
            }
            (Some(text), None) => match moment::read(text, self.zone, self.now) {
                Ok((at, comes_twice)) => {
                    if comes_twice {
                        self.doubts.comes_twice.get_or_insert(self.line.line);
                    }
                    Some(Closes::At(at))
                }
                Err(words) => {
                    self.fault(CLOSES[0], &words);
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

    /// Reads all three columns, or none.
    fn soft_close(&mut self) -> Option<SoftClose> {
        if SOFT_CLOSE.iter().all(|name| self.text(name).is_none()) {
            return None;
        }
        let [window_s, extension_s, cap_s] =
            SOFT_CLOSE.map(|name| self.whole(name, "A whole number of seconds.", true));
        Some(SoftClose { window_s: window_s?, extension_s: extension_s?, cap_s: cap_s? })
    }

    /// The files that a cell names, separated by `|` or line ends.
    fn pictures(&mut self, pictures: &mut Pictures) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let cell = self.text("picture").unwrap_or_default().to_owned();
        for name in cell.split(['|', '\r', '\n']).map(trimmed).filter(|name| !name.is_empty()) {
            match pictures.find(name) {
                Ok(file) => found.push(file),
                Err(words) => self.fault("picture", &words),
            }
        }
        found
    }
}
