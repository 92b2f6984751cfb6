//! How bidders are shown: to the public as the setting `bidder_names` says, to the house's own people by name and number.
//!
//! The books and the stored events keep every name. It is replaced where it is shown, so that today's setting holds for
//! what is past, too. Sellers keep their names.

use crate::house::House;
use crate::house::settings::keys::BidderNames;
use crate::rules::listing::{AccountId, ListingId};
use crate::store::Snapshot;
use crate::store::settlements::Settlement;
use anyhow::Result;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// How a process shows bidders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By name, with the bidder number beside it: for commands and the desk.
    Staff,
    /// As everyone sees them.
    Public(BidderNames),
}

/// A bidder as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownBidder {
    /// The name, the masked name, or `No. 17`.
    pub name: String,
    /// The bidder number in the sale, where it is shown: a page writes it in the language of its visitor.
    pub number: Option<i64>,
}

/// Looks up how the bidders of one listing are shown. Each number is read once.
pub struct Bidders<'s, 'c> {
    naming: Naming,
    snapshot: &'s Snapshot<'c>,
    listing: ListingId,
    numbers: HashMap<AccountId, Option<i64>>,
}

/// How the bidders of a history are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownBidders {
    ByName,
    Otherwise(HashMap<AccountId, ShownBidder>),
}

/// The naming of a house, which its clones share.
#[derive(Clone)]
pub(in crate::house) struct NamingCell(Arc<RwLock<Naming>>);

impl NamingCell {
    pub fn new(naming: Naming) -> NamingCell {
        NamingCell(Arc::new(RwLock::new(naming)))
    }
}

impl House {
    /// How this house shows bidders: a command as [`Naming::Staff`], a server as it was told last.
    pub fn naming(&self) -> Naming {
        *self.naming.0.read().expect("nobody panics with a copy")
    }

    /// Shows bidders to the public by this setting from now on.
    pub fn show_bidders(&self, names: BidderNames) {
        *self.naming.0.write().expect("nobody panics with a copy") = Naming::Public(names);
    }

    /// The same house for the desk: it shows bidders by name and number.
    pub fn for_staff(&self) -> House {
        House { naming: NamingCell::new(Naming::Staff), ..self.clone() }
    }
}

impl Naming {
    /// The naming of a house without the setting.
    pub const USUAL: Naming = Naming::Public(BidderNames::Name);

    /// Whether bidders are shown by name and nothing else, so that there is nothing to look up.
    pub fn is_by_name(self) -> bool {
        self == Naming::USUAL
    }

    pub fn bidders<'s, 'c>(self, snapshot: &'s Snapshot<'c>, listing: ListingId) -> Bidders<'s, 'c> {
        Bidders { naming: self, snapshot, listing, numbers: HashMap::new() }
    }

    /// The buyer of a sale; none for a listing that was not sold.
    pub fn buyer(self, snapshot: &Snapshot<'_>, settlement: &Settlement) -> Result<Option<ShownBidder>> {
        match (settlement.buyer(), &settlement.buyer_name) {
            (Some(buyer), Some(name)) => {
                self.bidders(snapshot, settlement.listing).show(buyer, name).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Bidders<'_, '_> {
    /// The bidder called `name`, as they are shown.
    pub fn show(&mut self, bidder: AccountId, name: &str) -> Result<ShownBidder> {
        Ok(match self.naming {
            Naming::Staff => ShownBidder { name: name.to_owned(), number: self.number(bidder)? },
            Naming::Public(BidderNames::Name) => ShownBidder::named(name),
            Naming::Public(BidderNames::Number) => match self.number(bidder)? {
                Some(number) => ShownBidder { name: format!("No. {number}"), number: Some(number) },
                None => ShownBidder::masked(name),
            },
            Naming::Public(BidderNames::Masked) => ShownBidder::masked(name),
        })
    }

    /// Shows the bidder of these bids.
    pub fn show_all<'b>(mut self, bids: impl Iterator<Item = (AccountId, &'b str)>) -> Result<ShownBidders> {
        if self.naming.is_by_name() {
            return Ok(ShownBidders::ByName);
        }
        let named: HashMap<AccountId, &str> = bids.collect();
        let shown = named.into_iter().map(|(bidder, name)| Ok((bidder, self.show(bidder, name)?)));
        Ok(ShownBidders::Otherwise(shown.collect::<Result<_>>()?))
    }

    /// Replaces the name under `who` in a JSON object, such as `leader`, by what is shown of it, and adds a shown number
    /// as `leader_number`. Masks the name of a bidder who is not known.
    pub fn replace(&mut self, told: &mut Value, who: &str, bidder: Option<AccountId>) -> Result<()> {
        let Some(name) = told[who].as_str() else { return Ok(()) };
        let shown = match bidder {
            Some(bidder) => self.show(bidder, name)?,
            None => ShownBidder::masked(name),
        };
        told[who] = shown.name.into();
        if let Some(number) = shown.number {
            told[format!("{who}_number")] = number.into();
        }
        Ok(())
    }

    fn number(&mut self, bidder: AccountId) -> Result<Option<i64>> {
        if let Some(known) = self.numbers.get(&bidder) {
            return Ok(*known);
        }
        let number = self.snapshot.bidder_number(self.listing, bidder)?;
        self.numbers.insert(bidder, number);
        Ok(number)
    }
}

impl ShownBidder {
    fn named(name: &str) -> ShownBidder {
        ShownBidder { name: name.to_owned(), number: None }
    }

    /// The first character and three bullets: `A•••`.
    fn masked(name: &str) -> ShownBidder {
        let first = name.chars().next().map_or(String::new(), String::from);
        ShownBidder { name: first + "•••", number: None }
    }
}

impl ShownBidders {
    /// The bidder called `name`, as they are shown.
    pub fn show(&self, bidder: AccountId, name: &str) -> ShownBidder {
        match self {
            ShownBidders::ByName => ShownBidder::named(name),
            ShownBidders::Otherwise(shown) => {
                shown.get(&bidder).cloned().unwrap_or_else(|| ShownBidder::masked(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_name_is_its_first_character_and_three_bullets() {
        for (name, shown) in [("Ann", "A•••"), ("김민수", "김•••"), ("B", "B•••"), ("Émile Zola", "É•••")]
        {
            assert_eq!(ShownBidder::masked(name), ShownBidder::named(shown));
        }
    }

    #[test]
    fn who_is_not_among_those_looked_up_is_masked_unless_all_are_shown_by_name() {
        let seventeen = ShownBidder { name: "No. 17".into(), number: Some(17) };
        let shown = ShownBidders::Otherwise(HashMap::from([(AccountId(3), seventeen.clone())]));
        assert_eq!(shown.show(AccountId(3), "Cleo"), seventeen);
        assert_eq!(shown.show(AccountId(2), "Bob").name, "B•••");
        assert_eq!(ShownBidders::ByName.show(AccountId(2), "Bob").name, "Bob");
    }
}
