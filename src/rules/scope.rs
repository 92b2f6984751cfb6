//! Scopes: what a program's token may do for its person. No scope reaches passwords, sessions, tokens or the closing of
//! the account.

use serde::{Serialize, Serializer};
use std::fmt;

/// One scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reads what the person may read.
    Read,
    /// Bids, buys at once, and watches.
    Bid,
    /// Lists, and cancels own listings.
    List,
    /// Works at the desk of a sale; only for an admin's token.
    Desk,
}

impl Scope {
    /// In the order in which they are stored.
    pub const ALL: [Scope; 4] = [Scope::Read, Scope::Bid, Scope::List, Scope::Desk];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Bid => "bid",
            Scope::List => "list",
            Scope::Desk => "desk",
        }
    }

    pub fn of(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// What the text of a token begins with, by which programs, people and scanners of leaked secrets know it.
pub const TOKEN_PREFIX: &str = "auc_";
/// What scopes are, for whoever typed others.
pub const SCOPES_WORDS: &str = "Some of read, bid, list, desk.";

/// The scopes of a token: at least one, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Reads scopes as they are typed and stored: names joined by commas; none for anything else.
    pub fn parse(text: &str) -> Option<Scopes> {
        Scopes::named(text.split(','))
    }

    /// Reads scopes by their names; none without any, and for a name that is no scope.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Scopes> {
        let bits = names.into_iter().try_fold(0, |bits, name| Some(bits | bit(Scope::of(name.trim())?)))?;
        (bits != 0).then_some(Scopes(bits))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// The names, in the order of [`Scope::ALL`].
    pub fn names(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope)).map(Scope::name).collect()
    }
}

fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.names().join(","))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_in_any_order_and_kept_in_one() {
        for (typed, kept) in [
            ("bid,read", Some("read,bid")),
            (" desk , list,bid,read,bid", Some("read,bid,list,desk")),
            ("list", Some("list")),
            ("", None),
            ("read,", None),
            ("admin", None),
            ("Read", None),
        ] {
            assert_eq!(Scopes::parse(typed).map(|scopes| scopes.to_string()).as_deref(), kept, "{typed}");
        }
        let bid = Scopes::parse("bid").unwrap();
        assert!(Scope::ALL.into_iter().all(|scope| bid.has(scope) == (scope == Scope::Bid)));
    }
}
