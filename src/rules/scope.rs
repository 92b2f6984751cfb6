//! Scopes: what a program's token may do for its person. No scope reaches passwords, sessions, tokens or the closing of
//! the account.

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
