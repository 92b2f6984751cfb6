//! Faults in the fields of a request, collected so that a person hears of all of them at once.

use super::money::{MAX_AMOUNT, Money};
use super::refusal::{FieldFault, Figure, Refusal};
use super::soft_close::SoftClose;
use super::text;

/// The most pictures that a listing has.
pub const MAX_PICTURES: usize = 8;

/// Checks the reason for a change to an account, a listing or money; it is kept as [`text::one_line`] returns it.
pub fn check_why(why: &str) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    faults.why(why);
    faults.done()
}

/// Collects faults, so that a person hears of all of them at once.
#[derive(Default)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    pub fn add(&mut self, field: &'static str, words: impl Into<String>) {
        self.0.push(FieldFault::new(field, words));
    }

    pub fn add_with(&mut self, field: &'static str, words: &str, figure: Figure) {
        self.0.push(FieldFault { field, words: words.to_owned(), figure });
    }

    pub fn when(&mut self, wrong: bool, field: &'static str, words: &str) {
        if wrong {
            self.add(field, words);
        }
    }

    /// Adds a fault unless `value` has from `least` to `most` characters.
    pub fn length(&mut self, field: &'static str, value: &str, least: usize, most: usize) {
        let n_chars = value.chars().count();
        self.when(n_chars < least || n_chars > most, field, &text::length_words(least, most));
    }

    /// Adds a fault unless `typed` is one line of `least` to `most` characters, at least one of them visible.
    pub fn line(&mut self, field: &'static str, typed: &str, least: usize, most: usize) {
        if let Some(words) = text::amiss_in_line(typed, least, most) {
            self.add(field, words);
        }
    }

    /// Adds a fault unless `sent`, which is kept as it is, has `least` to `most` characters and no control character.
    pub fn verbatim(&mut self, field: &'static str, sent: &str, least: usize, most: usize) {
        self.length(field, sent, least, most);
        self.when(sent.chars().any(char::is_control), field, "One line, without control characters.");
    }

    /// Adds a fault unless `typed` has at most `most` characters, and no control characters but line ends and tabs: a
    /// terminal would obey them.
    pub fn lines(&mut self, field: &'static str, typed: &str, most: usize) {
        if let Some(words) = text::amiss_in_lines(typed, most) {
            self.add(field, words);
        }
    }

    /// Adds the faults of a soft close.
    pub fn soft_close(&mut self, soft_close: Option<SoftClose>) {
        let Some(soft) = soft_close else { return };
        let good = |s: i64| (1..=86_400).contains(&s);
        self.when(!good(soft.window_s), "soft_close.window_s", "From 1 second to a day.");
        self.when(!good(soft.extension_s), "soft_close.extension_s", "From 1 second to a day.");
        let cap = 1..=30 * 86_400;
        self.when(!cap.contains(&soft.cap_s), "soft_close.cap_s", "From 1 second to 30 days.");
    }

    /// Adds a fault unless ledgers and statements can show this reason.
    pub fn why(&mut self, why: &str) {
        self.line("why", why.trim(), 1, 200);
    }

    /// Adds a fault for more pictures than [`MAX_PICTURES`].
    pub fn pictures(&mut self, n: usize) {
        self.when(n > MAX_PICTURES, "picture", "At most 8 pictures.");
    }

    /// Adds a fault unless `amount`, if given, lies from 1 to [`MAX_AMOUNT`].
    pub fn amount(&mut self, field: &'static str, amount: Option<Money>) {
        if amount.is_some_and(|a| !(1..=MAX_AMOUNT).contains(&a)) {
            self.0.push(FieldFault::range(field, 1));
        }
    }

    /// Adds a fault if `amount` is given and below `least`.
    pub fn at_least(&mut self, field: &'static str, amount: Option<Money>, least: Money, words: &str) {
        if amount.is_some_and(|a| a < least) {
            self.add_with(field, words, Figure::AtLeast(least));
        }
    }

    /// Adds the faults of fields that have none yet.
    pub fn join(&mut self, others: Faults) {
        let new = |other: &FieldFault| !self.0.iter().any(|known| known.field == other.field);
        let others: Vec<FieldFault> = others.0.into_iter().filter(new).collect();
        self.0.extend(others);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn done(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0)) }
    }
}
