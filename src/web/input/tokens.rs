//! Fields of a token for programs: its scopes.

use super::{Input, Json, Writing};
use crate::rules::scope::{SCOPES_WORDS, Scope, Scopes};

/// The ticks of a form, in the order of [`Scope::ALL`].
const TICKS: [&str; Scope::ALL.len()] = ["may_read", "may_bid", "may_list", "may_desk"];

impl Input {
    /// Returns the scopes in `may`: a list of names, or their names joined by commas; in a person's form, those that are
    /// ticked.
    pub fn needed_scopes(&mut self) -> Option<Scopes> {
        self.note("may");
        let read = match (&self.writing, self.value("may")) {
            (Writing::People { .. }, _) => {
                let ticked = Scope::ALL.into_iter().zip(TICKS).filter(|(_, tick)| self.value(tick).is_some());
                Scopes::named(ticked.map(|(scope, _)| scope.name()))
            }
            (_, Some(Json::Texts(names))) => Scopes::named(names.iter().map(String::as_str)),
            (_, Some(Json::Text(names))) => Scopes::parse(names),
            _ => None,
        };
        self.noted("may", read.ok_or(SCOPES_WORDS))
    }
}
