//! Small auctions, all of them: every order of up to five bids of three bidders over a small grid of amounts and maxima,
//! the rules of the program against the naive model, bid by bid.
//!
//! A refused bid changes nothing, so what could follow it is what could follow without it: those branches end there.

use crate::model::{Lot, Made, Terms};
use auction::rules::bidding::{Bid, Lead, Purse, Standing, buy_now_offered, decide, minimum, reserve_met};
use auction::rules::listing::{AccountId, Listing, ListingId};
use auction::rules::refusal::Refusal;
use auction::rules::settlement::{self, Outcome};
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;

const SELLER: i64 = 9;
const BIDDERS: [i64; 3] = [1, 2, 3];
const N_BIDS: usize = 5;
/// Between two bids: the soft close is entered with the third.
const PACE_MS: i64 = 10_000;

/// The listing as the program knows it.
fn listing(terms: &Terms) -> Listing {
    let soft = |(window_s, extension_s, cap_s)| SoftClose { window_s, extension_s, cap_s };
    Listing {
        id: ListingId(1),
        seller: AccountId(terms.seller),
        seller_name: "Ann".into(),
        title: "Lamp".into(),
        description: String::new(),
        opening: terms.opening,
        reserve: terms.reserve,
        reserve_salt: [0; 16],
        buy_now: terms.buy_now,
        increment: terms.increment,
        first_closes_at: Time(terms.first_close),
        soft_close: terms.soft.map(soft),
        premium_bps: terms.premium_bps,
        commission_bps: terms.commission_bps,
        outage_s: None,
        category: None,
        pictures: Vec::new(),
        created_at: Time(0),
        lot: None,
    }
}

struct Enumeration {
    terms: Terms,
    listing: Listing,
    /// Amounts and maxima.
    offers: Vec<(i64, i64)>,
    /// What each bidder has, in the order of [`BIDDERS`].
    balances: [i64; 3],
    n_cases: u64,
}

impl Enumeration {
    fn of(terms: Terms, grid: &[i64], balances: [i64; 3]) -> Enumeration {
        let offer = |amount: &i64| {
            let amount = *amount;
            grid.iter().filter(move |max| **max >= amount).map(move |max| (amount, *max))
        };
        let offers = grid.iter().flat_map(offer).collect();
        Enumeration { listing: listing(&terms), terms, offers, balances, n_cases: 0 }
    }

    /// All that can follow `lot`, which the program knows as `standing`.
    fn go_on(&mut self, lot: &mut Lot, standing: &Standing) {
        let at = (lot.bids.len() as i64 + 1) * PACE_MS;
        for (k, who) in BIDDERS.into_iter().enumerate() {
            let held = lot.best().filter(|(leader, _)| *leader == who).map_or(0, |_| lot.held());
            let purse = Purse { balance: self.balances[k], held, credit_limit: 0 };
            for (amount, max) in self.offers.clone() {
                self.n_cases += 1;
                let made = Made { who, amount, max, at };
                let bid = Bid { bidder: AccountId(who), amount, max };
                let decided = decide(&self.listing, standing, &bid, None, &purse, Time(at));
                let expected = lot.why_not(made, false, self.balances[k] - held);
                let told = || format!("{:?}\nafter {:#?}\n{made:?}", self.terms, lot.bids);
                match (decided, expected) {
                    (Err(refusal), Some(no)) => {
                        assert_eq!(
                            (refusal.code(), figure(&refusal)),
                            (no.code(), no.figure()),
                            "{}",
                            told()
                        );
                    }
                    (Ok(placed), None) => {
                        let mut after = standing.clone();
                        after.price = Some(placed.price);
                        after.closes_at = placed.closes_at;
                        after.n_bids += 1 + i64::from(placed.automatic.is_some());
                        if placed.leads {
                            let name = String::new();
                            after.lead = Some(Lead { bidder: bid.bidder, name, max, held: placed.held });
                        }
                        lot.bids.push(made);
                        self.compare(lot, &after);
                        if lot.bids.len() < N_BIDS {
                            self.go_on(lot, &after);
                        }
                        lot.bids.pop();
                    }
                    (decided, expected) => panic!("{}\n{decided:?}, not {expected:?}", told()),
                }
            }
        }
    }

    fn compare(&self, lot: &Lot, standing: &Standing) {
        let lead = standing.lead.as_ref().unwrap();
        let met = reserve_met(&self.listing, standing.price);
        let here = (
            standing.price,
            minimum(&self.listing, standing.price),
            Some((lead.bidder.0, lead.max)),
            lead.held,
            standing.closes_at.0,
            standing.n_bids,
            (met, buy_now_offered(&self.listing, standing)),
        );
        let there = (
            lot.price(),
            lot.minimum(),
            lot.best(),
            lot.held(),
            lot.closes_at(),
            lot.n_rows(),
            (lot.reserve_met(), lot.buy_now()),
        );
        assert_eq!(here, there, "{:?}\nafter {:#?}", self.terms, lot.bids);
        let outcome = settlement::decide(&self.listing, standing);
        let here = match &outcome {
            Outcome::Sold(sale) => Ok((sale.buyer.0, sale.hammer)),
            other => Err(other.reason().unwrap()),
        };
        assert_eq!(here, lot.outcome(), "{:?}\nafter {:#?}", self.terms, lot.bids);
    }

    /// How many bids were tried.
    fn run(mut self) -> u64 {
        let standing = Standing {
            open: true,
            closes_at: self.listing.first_closes_at,
            paused_at: None,
            cap_from: None,
            price: None,
            lead: None,
            n_bids: 0,
            head: [0; 32],
        };
        self.go_on(&mut Lot { terms: self.terms.clone(), ..Lot::default() }, &standing);
        self.n_cases
    }
}

fn figure(refusal: &Refusal) -> Option<i64> {
    match refusal {
        Refusal::BidTooLow { minimum: figure } | Refusal::InsufficientFunds { available: figure } => {
            Some(*figure)
        }
        _ => None,
    }
}

/// All auctions over `grid`, with and without a reserve, an increment of the listing's own, and a soft close.
fn enumerate(grid: &[i64], reserves: &[Option<i64>], increments: &[Option<i64>], balances: [i64; 3]) -> u64 {
    let mut n_cases = 0;
    for reserve in reserves {
        for increment in increments {
            let terms = Terms {
                seller: SELLER,
                opening: grid[0],
                reserve: *reserve,
                buy_now: grid.last().copied(),
                increment: *increment,
                first_close: 55_000,
                soft: reserve.is_some().then_some((30, 40, 45)),
                premium_bps: 1_250,
                commission_bps: 333,
                ..Terms::default()
            };
            n_cases += Enumeration::of(terms, grid, balances).run();
        }
    }
    println!("{n_cases} bids tried over {grid:?}");
    n_cases
}

const RICH: [i64; 3] = [1_000_000; 3];

#[test]
fn every_small_auction_goes_as_the_model_says() {
    let n_cases = enumerate(&[1, 2, 3, 4, 5], &[None], &[None], RICH)
        + enumerate(&[1, 2, 3, 4], &[None, Some(3), Some(4)], &[None, Some(2)], RICH);
    assert!(n_cases > 50_000, "{n_cases}");
}

#[test]
fn every_small_auction_about_a_change_of_the_increment_goes_as_the_model_says() {
    // The house's increment is 1 below 40, 2 from 40, 5 from 100.
    let n_cases = enumerate(&[38, 39, 40, 42], &[None, Some(40)], &[None], RICH)
        + enumerate(&[96, 99, 100, 105], &[None, Some(100)], &[None], RICH);
    assert!(n_cases > 50_000, "{n_cases}");
}

#[test]
fn every_small_auction_of_people_with_little_money_goes_as_the_model_says() {
    let n_cases = enumerate(&[8, 9, 10, 11], &[None, Some(10)], &[None], [10, 12, 1_000]);
    assert!(n_cases > 10_000, "{n_cases}");
}
