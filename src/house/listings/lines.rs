//! The lines of an import: what each offers, and what is wrong with them.

use crate::rules::listing::Draft;
use crate::rules::money::Currency;
use crate::rules::refusal::{FieldFault, Refusal};
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;

/// The most kinds of faults that are named; the others are counted.
pub const MAX_NAMED: usize = 100;
/// The most kinds of faults that are kept, which bounds the memory for a file full of faults.
const MAX_KINDS: usize = 10_000;

/// A listing to create, from a line of a file.
#[derive(Clone, Debug)]
pub struct NewListing {
    pub line: u64,
    /// The seller's email, or the number of the account.
    pub seller: String,
    pub draft: Draft,
    pub pictures: Vec<PathBuf>,
}

/// A fault, and the lines on which it occurs; none for a fault of no line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineFault {
    pub lines: Vec<u64>,
    pub words: String,
}

/// The faults of a file. The same fault on several lines is reported once.
#[derive(Debug, Default)]
pub struct LineFaults {
    kinds: Vec<LineFault>,
    by_words: HashMap<String, usize>,
    /// The number of all faults, each line counted.
    pub n: usize,
}

impl LineFaults {
    /// Adds a fault of no line, such as one of a file beside the table.
    pub fn add_beside(&mut self, words: impl Into<String>) {
        self.n += 1;
        if self.kinds.len() < MAX_KINDS {
            self.kinds.push(LineFault { lines: Vec::new(), words: words.into() });
        }
    }

    /// Adds a fault on a line.
    pub fn add(&mut self, line: u64, words: impl Into<String>) {
        let words = words.into();
        if let Some(at) = self.by_words.get(&words) {
            let lines = &mut self.kinds[*at].lines;
            if lines.last() != Some(&line) {
                lines.push(line);
                self.n += 1;
            }
            return;
        }
        self.n += 1;
        if self.kinds.len() < MAX_KINDS {
            self.by_words.insert(words.clone(), self.kinds.len());
            self.kinds.push(LineFault { lines: vec![line], words });
        }
    }

    /// Adds every fault that a refusal names.
    pub fn refused(&mut self, line: u64, refusal: &Refusal, currency: &Currency) {
        match refusal {
            Refusal::Invalid(faults) => {
                let words = |fault: &FieldFault| format!("{}: {}", fault.field, fault.words_in(currency));
                faults.iter().for_each(|fault| self.add(line, words(fault)));
            }
            other => self.add(line, other.words_in(currency)),
        }
    }

    /// The first faults by line, those of no line first, and within a line in the order in which they were found.
    pub fn named(mut self) -> Vec<LineFault> {
        self.kinds.iter_mut().for_each(|kind| kind.lines.sort_unstable());
        self.kinds.sort_by_key(|kind| kind.lines.first().copied());
        self.kinds.truncate(MAX_NAMED);
        self.kinds
    }
}
