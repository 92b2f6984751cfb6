//! A bidder number, as a program sends it or a person types it.

use super::{Input, Json, Writing};
use crate::rules::desk::MAX_NUMBER;

const WORDS: &str = "A number from 1 to 99999.";

impl Input {
    /// Returns a bidder number that must be sent; 0, with the fault noted, if it was not.
    pub fn needed_bidder_number(&mut self, name: &'static str) -> i64 {
        self.known.push(name);
        let read = match (&self.writing, self.value(name)) {
            (_, None) => Err("This field is required."),
            (Writing::Programs, Some(Json::Whole(number))) => Ok(*number),
            (Writing::ProgramForms | Writing::People { .. }, Some(Json::Text(text))) => {
                text.trim().parse().map_err(|_| WORDS)
            }
            _ => Err(WORDS),
        };
        let in_range = read.and_then(|number| match (1..=MAX_NUMBER).contains(&number) {
            true => Ok(number),
            false => Err(WORDS),
        });
        self.noted(name, in_range).unwrap_or(0)
    }

    /// Whether a field was sent, even with nothing in it.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }
}
