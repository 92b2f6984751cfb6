//! Settlement: who won, at which hammer price, and who owes whom.

use super::bidding::{Standing, reserve_met};
use super::ledger::{HOUSE, Transfer};
use super::listing::{AccountId, Listing};
use super::money::{Money, share};

/// How a listing ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sold(Sale),
    Unsold(Unsold),
    Cancelled { why: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsold {
    NoBids,
    ReserveNotMet,
}

/// A sale: the buyer pays hammer and premium, the seller gets the hammer less commission, the house the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Bought at the buy-now price, not won by bidding.
    pub buy_now: bool,
    pub buyer: AccountId,
    pub hammer: Money,
    pub premium: Money,
    pub commission: Money,
}

impl Sale {
    /// What the buyer pays: hammer price and premium.
    pub fn total(&self) -> Money {
        self.hammer + self.premium
    }
}

impl Outcome {
    /// `sold`, `unsold` or `cancelled`: also the listing's state from then on.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Sold(_) => "sold",
            Outcome::Unsold(_) => "unsold",
            Outcome::Cancelled { .. } => "cancelled",
        }
    }

    /// `buy_now`, `no_bids`, `reserve_not_met`, or an admin's or seller's own words; none for a sale by bidding.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Outcome::Sold(sale) => sale.buy_now.then_some("buy_now"),
            Outcome::Unsold(Unsold::NoBids) => Some("no_bids"),
            Outcome::Unsold(Unsold::ReserveNotMet) => Some("reserve_not_met"),
            Outcome::Cancelled { why } => Some(why),
        }
    }

    pub fn sale(&self) -> Option<&Sale> {
        if let Outcome::Sold(sale) = self { Some(sale) } else { None }
    }
}

/// The outcome of a listing whose close has passed, from its bids alone.
pub fn decide(listing: &Listing, standing: &Standing) -> Outcome {
    match (&standing.lead, standing.price) {
        (Some(lead), Some(price)) => {
            if reserve_met(listing, Some(price)) == Some(false) {
                return Outcome::Unsold(Unsold::ReserveNotMet);
            }
            Outcome::Sold(sale(listing, lead.bidder, price))
        }
        _ => Outcome::Unsold(Unsold::NoBids),
    }
}

/// A sale at `hammer`: premium and commission by the listing's own terms, each rounded half up, once.
pub fn sale(listing: &Listing, buyer: AccountId, hammer: Money) -> Sale {
    Sale {
        buy_now: false,
        buyer,
        hammer,
        premium: share(hammer, listing.premium_bps),
        commission: share(hammer, listing.commission_bps),
    }
}

/// The postings of a sale.
pub fn transfer(sale: &Sale, seller: AccountId) -> Transfer {
    Transfer::of([
        (sale.buyer, -sale.total()),
        (seller, sale.hammer - sale.commission),
        (HOUSE, sale.premium + sale.commission),
    ])
}
