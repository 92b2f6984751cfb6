//! Instants: as programs write them, or as people type them, in the house's zone.

use super::{Input, Writing};
use crate::rules::time::Time;
use crate::text::dates::{NoInstant, SKIPPED};

impl Input {
    /// Returns an instant, if the field was sent.
    pub fn time(&mut self, name: &'static str, now: Time) -> Option<Time> {
        let text = self.text(name)?;
        let read = read(&self.writing, &text, now).map(|(at, _)| at);
        self.noted(name, read)
    }

    /// Reads `closes_at`, and notes whether the local time that a person typed comes twice that day.
    pub(super) fn closing_instant(&mut self, text: &str, now: Time) -> Option<Time> {
        let read = read(&self.writing, text, now).map(|(at, comes_again)| {
            self.closes_comes_again |= comes_again;
            at
        });
        self.noted("closes_at", read)
    }
}

/// Reads an instant, and says whether it is a local time that comes twice that day; the earlier one is taken.
fn read(writing: &Writing, text: &str, now: Time) -> Result<(Time, bool), &'static str> {
    let local = match writing {
        Writing::Programs | Writing::ProgramForms => Err(NoInstant::Unreadable),
        Writing::People { zone, .. } => zone.parse(text, now.utc()),
    };
    match (Time::parse(text), local) {
        (Some(at), _) => Ok((at, false)),
        (None, Ok(typed)) => Ok((Time(typed.at.timestamp_millis()), typed.comes_again)),
        (None, Err(NoInstant::Skipped)) => Err(SKIPPED),
        (None, Err(NoInstant::Unreadable)) => Err("A time, such as 2026-11-22T18:00:00Z."),
    }
}
