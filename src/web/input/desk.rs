//! Fields that only the desk and its guests have: bidder numbers, words of a fixed few, and yes or no.

use super::{Input, Json, Writing};
use crate::rules::desk::{MAX_NUMBER, NUMBER_WORDS};

impl Input {
    /// Returns a whole number, if the field was sent.
    pub fn whole(&mut self, name: &'static str) -> Option<i64> {
        self.note(name);
        let read = match self.value(name)? {
            Json::Whole(number) if self.is_of_json() => Some(*number),
            Json::Text(text) if !self.is_of_json() => text.trim().parse().ok(),
            _ => None,
        };
        self.noted(name, read.ok_or("A whole number."))
    }

    /// Returns a whole number that must be sent; 0, with the fault noted, if it was not.
    pub fn needed_whole(&mut self, name: &'static str) -> i64 {
        self.need(name);
        self.whole(name).unwrap_or(0)
    }

    /// Returns a bidder number that must be sent; 0, with the fault noted, if it was not.
    pub fn needed_bidder_number(&mut self, name: &'static str) -> i64 {
        self.known.push(name);
        let read = match (&self.writing, self.value(name)) {
            (_, None) => Err("This field is required."),
            (Writing::Programs, Some(Json::Whole(number))) => Ok(*number),
            (Writing::ProgramForms | Writing::People { .. }, Some(Json::Text(text))) => {
                text.trim().parse().map_err(|_| NUMBER_WORDS)
            }
            _ => Err(NUMBER_WORDS),
        };
        let in_range = read.and_then(|number| match (1..=MAX_NUMBER).contains(&number) {
            true => Ok(number),
            false => Err(NUMBER_WORDS),
        });
        self.noted(name, in_range).unwrap_or(0)
    }

    /// Whether a field was sent, even with nothing in it.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Returns a word of a fixed few, which must be sent, as `of` reads it; `words` say which there are.
    pub fn needed_word<T>(
        &mut self,
        name: &'static str,
        of: impl Fn(&str) -> Option<T>,
        words: &'static str,
    ) -> Option<T> {
        self.need(name);
        let text = self.text(name)?;
        self.noted(name, of(&text).ok_or(words))
    }

    /// Returns whether the field says yes: `true` in JSON, anything at all in a form, which sends a tick so.
    pub fn flag(&mut self, name: &'static str) -> bool {
        self.note(name);
        let read = match self.value(name) {
            None => Ok(false),
            Some(Json::Flag(flag)) => Ok(*flag),
            Some(Json::Text(_)) if !self.is_of_json() => Ok(true),
            Some(_) => Err("true or false."),
        };
        self.noted(name, read).unwrap_or(false)
    }
}
