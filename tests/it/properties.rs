//! What holds for every auction, however it went: played on the rules alone, with the bids of chance.

use auction::rules::bidding::{Bid, BidKind, Lead, Placed, Purse, Standing, decide, minimum};
use auction::rules::chain::{self, BidLink, SettlementLink, link_bid, link_settlement};
use auction::rules::hash::Hash;
use auction::rules::ledger::{HOUSE, OUTSIDE, Transfer};
use auction::rules::listing::{AccountId, Listing, ListingId};
use auction::rules::money::{Currency, MAX_AMOUNT, MAX_BPS, share};
use auction::rules::outage::Outage;
use auction::rules::settlement;
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;
use auction::rules::timing::{self, Timing};
use proptest::prelude::*;
use std::collections::HashMap;

const SELLER: AccountId = AccountId(9);
const N_BIDDERS: i64 = 4;
const N_LISTINGS: usize = 3;

fn listing(opening: i64, reserve: Option<i64>, increment: Option<i64>, premium_bps: i64) -> Listing {
    Listing {
        id: ListingId(1),
        seller: SELLER,
        seller_name: "Ann".into(),
        title: "Lamp".into(),
        description: String::new(),
        opening,
        reserve,
        reserve_salt: [0; 16],
        buy_now: None,
        increment,
        first_closes_at: Time(100_000),
        soft_close: None,
        premium_bps,
        commission_bps: 1_000,
        outage_s: None,
        category: None,
        pictures: Vec::new(),
        created_at: Time(0),
        lot: None,
    }
}

fn any_listing() -> impl Strategy<Value = Listing> {
    let reserve = proptest::option::of(0_i64..400);
    let increment = proptest::option::of(1_i64..50);
    (1_i64..500, reserve, increment, 0_i64..3_000).prop_map(|(opening, above, increment, premium_bps)| {
        listing(opening, above.map(|above| opening + above), increment, premium_bps)
    })
}

/// Several listings and the purses of those who bid on them.
struct Hall {
    listings: Vec<(Listing, Standing, Vec<Bid>)>,
    purses: HashMap<AccountId, Purse>,
}

impl Hall {
    fn open(listings: Vec<Listing>, balances: &[i64], limits: &[i64]) -> Hall {
        let fresh = |listing: Listing| {
            let standing = Standing {
                open: true,
                closes_at: listing.first_closes_at,
                paused_at: None,
                cap_from: None,
                price: None,
                lead: None,
                n_bids: 0,
                head: chain::genesis(&listing),
            };
            (listing, standing, Vec::new())
        };
        let purse = |k: usize| Purse { balance: balances[k], held: 0, credit_limit: limits[k] };
        let purses = (0..balances.len()).map(|k| (AccountId(k as i64 + 1), purse(k))).collect();
        Hall { listings: listings.into_iter().map(fresh).collect(), purses }
    }

    /// What the bid changed, if it was accepted; holds are moved as the house moves them.
    fn bid(&mut self, at: usize, bid: Bid) -> Option<Placed> {
        self.bid_at(at, bid, Time(1))
    }

    fn bid_at(&mut self, at: usize, bid: Bid, now: Time) -> Option<Placed> {
        let (listing, standing, bids) = &mut self.listings[at];
        let purse = self.purses[&bid.bidder];
        let placed = decide(listing, standing, &bid, None, &purse, now).ok()?;
        bids.push(bid);
        standing.price = Some(placed.price);
        standing.closes_at = placed.closes_at;
        if placed.leads {
            if let Some(lead) = &standing.lead {
                self.purses.get_mut(&lead.bidder).unwrap().held -= lead.held;
            }
            self.purses.get_mut(&bid.bidder).unwrap().held += placed.held;
            let name = String::new();
            standing.lead = Some(Lead { bidder: bid.bidder, name, max: bid.max, held: placed.held });
        }
        Some(placed)
    }
}

proptest! {
    #[test]
    fn what_holds_after_every_bid_and_at_the_end(
        listings in proptest::collection::vec(any_listing(), N_LISTINGS),
        balances in proptest::collection::vec(0_i64..5_000, N_BIDDERS as usize),
        limits in proptest::collection::vec(0_i64..1_000, N_BIDDERS as usize),
        bids in proptest::collection::vec((0..N_LISTINGS, 1..=N_BIDDERS, -3_i64..300, 0_i64..900), 1..80),
    ) {
        let mut hall = Hall::open(listings, &balances, &limits);
        for (at, who, above, headroom) in bids {
            let (listing, before, _) = &hall.listings[at];
            let amount = (minimum(listing, before.price) + above).max(1);
            let price_before = before.price.unwrap_or(0);
            let bid = Bid { bidder: AccountId(who), amount, max: amount + headroom };
            let Some(placed) = hall.bid(at, bid) else { continue };
            let (listing, after, bids) = &hall.listings[at];
            let lead = after.lead.as_ref().unwrap();
            prop_assert!(placed.price >= price_before, "the price never falls");
            prop_assert!(minimum(listing, after.price) > placed.price, "the next bid is above the price");
            prop_assert!(placed.price <= lead.max, "nobody pays more than the own maximum");
            prop_assert!(placed.price >= listing.opening);
            let highest = bids.iter().map(|bid| bid.max).max().unwrap();
            let first = bids.iter().find(|bid| bid.max == highest).unwrap();
            prop_assert_eq!((lead.bidder, lead.max), (first.bidder, highest), "the earliest of the highest leads");
            for (who, purse) in &hall.purses {
                let leads = hall.listings.iter().filter_map(|(listing, standing, _)| {
                    let lead = standing.lead.as_ref().filter(|lead| lead.bidder == *who)?;
                    Some(lead.max + share(lead.max, listing.premium_bps))
                });
                prop_assert_eq!(purse.held, leads.sum::<i64>(), "what is held is what the leads explain");
                prop_assert!(purse.available() >= 0, "nobody leads beyond what there is");
            }
        }
        let mut sums: HashMap<AccountId, i64> = HashMap::new();
        for (listing, standing, _) in &hall.listings {
            let outcome = settlement::decide(listing, standing);
            let met = listing.reserve.is_none_or(|reserve| standing.price.is_some_and(|price| price >= reserve));
            prop_assert_eq!(outcome.sale().is_some(), standing.lead.is_some() && met);
            let Some(sale) = outcome.sale() else { continue };
            let transfer = settlement::transfer(sale, listing.seller);
            for posting in transfer.postings() {
                *sums.entry(posting.purse).or_default() += posting.amount;
            }
            let lead = standing.lead.as_ref().unwrap();
            prop_assert!(sale.hammer + sale.premium <= lead.held, "what was held covers what is owed");
            hall.purses.get_mut(&sale.buyer).unwrap().balance -= sale.hammer + sale.premium;
        }
        prop_assert_eq!(sums.values().sum::<i64>(), 0);
        for purse in hall.purses.values() {
            prop_assert!(purse.balance >= -purse.credit_limit, "nobody owes more than the limit");
        }
    }

    #[test]
    fn a_close_never_moves_back_and_moves_by_what_the_chain_says(
        steps in proptest::collection::vec((0_i64..40_000, 0_u8..9, 1_i64..120), 1..60),
        cap_s in 1_i64..60,
        outage_s in proptest::option::of(1_i64..60),
    ) {
        let mut listing = listing(1, None, Some(1), 0);
        listing.soft_close = Some(SoftClose { window_s: 30, extension_s: 20, cap_s });
        listing.outage_s = outage_s;
        let mut hall = Hall::open(vec![listing], &[10_000, 10_000], &[0, 0]);
        let (mut now, mut bidder, mut away_since) = (Time(1), 1, None);
        // Moved since the base of the cap was last set, by late bids and outages; and that base.
        let (mut n_outages, mut base) = (0, Time(100_000));
        for (ms, kind, by_s) in steps {
            now = now.plus_ms(ms);
            let (listing, before) = (hall.listings[0].0.clone(), hall.listings[0].1.clone());
            let (who, why) = (|| "cli".to_owned(), || "wifi".to_owned());
            let timing = match kind {
                0..=2 => None,
                3..=4 => Some(Timing::Postponement { by_s, who: who(), why: why() }),
                5 => Some(Timing::Pause { who: who(), why: why() }),
                6 => Some(Timing::Resume { who: who() }),
                7 => { away_since = away_since.or(Some(now)); continue; }
                _ => away_since.take().map(|from| Timing::Prolongation {
                    outage: timing::counted(&listing, &before, Outage { from, until: now }),
                }),
            };
            let Some(timing) = timing else {
                let amount = minimum(&listing, before.price);
                let bid = Bid { bidder: AccountId(bidder), amount, max: amount };
                let is_taken = hall.bid_at(0, bid, now).is_some();
                let after = &hall.listings[0].1;
                prop_assert!(!is_taken || (before.paused_at.is_none() && now < before.closes_at));
                bidder = if is_taken { 3 - bidder } else { bidder };
                prop_assert!(after.closes_at >= before.closes_at, "a bid moves no close back");
                prop_assert!(n_outages > 0 || after.closes_at <= base.plus_s(cap_s), "nor past the cap");
                continue;
            };
            let Some(after) = timing::apply(&listing, &before, &timing, now) else { continue };
            prop_assert!(after.closes_at >= before.closes_at, "no close moves back");
            let moved_ms = after.closes_at.ms_since(before.closes_at);
            match timing {
                Timing::Postponement { by_s, .. } => prop_assert_eq!(moved_ms, by_s * 1_000),
                Timing::Pause { .. } => prop_assert_eq!((moved_ms, after.paused_at), (0, Some(now))),
                Timing::Resume { .. } => {
                    prop_assert_eq!(moved_ms, now.ms_since(before.paused_at.unwrap()), "by the pause");
                    prop_assert_eq!(after.closes_at.ms_since(now), before.closes_at.ms_since(before.paused_at.unwrap()));
                }
                Timing::Prolongation { outage } => {
                    let left_ms = after.closes_at.ms_since(outage.until);
                    prop_assert_eq!(left_ms, outage_s.unwrap() * 1_000, "as much is left as the terms say");
                    n_outages += 1;
                }
            }
            if matches!(timing, Timing::Postponement { .. } | Timing::Resume { .. }) {
                (base, n_outages) = (after.closes_at, 0);
                prop_assert_eq!(after.cap_from, Some(after.closes_at), "the cap counts from the new close");
            } else {
                prop_assert_eq!(after.cap_from, before.cap_from);
            }
            hall.listings[0].1 = after;
        }
    }

    #[test]
    fn postponements_add_up_in_any_order(by in proptest::collection::vec(1_i64..90_000, 1..8)) {
        let listing = listing(1, None, None, 0);
        let close = |order: &[i64]| {
            let fresh = Hall::open(vec![listing.clone()], &[], &[]).listings.remove(0).1;
            let postpone = |standing: Standing, by_s: &i64| {
                let timing = Timing::Postponement { by_s: *by_s, who: "cli".into(), why: "wifi".into() };
                timing::apply(&listing, &standing, &timing, Time(1)).unwrap()
            };
            order.iter().fold(fresh, postpone).closes_at
        };
        let backwards: Vec<i64> = by.iter().rev().copied().collect();
        prop_assert_eq!(close(&by), Time(100_000).plus_s(by.iter().sum()));
        prop_assert_eq!(close(&by), close(&backwards));
    }

    #[test]
    fn every_transfer_sums_to_zero_and_its_reversal_undoes_it(amount in 1..=MAX_AMOUNT) {
        let ann = AccountId(1);
        for transfer in [Transfer::credit(ann, amount), Transfer::debit(ann, amount)] {
            prop_assert_eq!(transfer.postings().iter().map(|posting| posting.amount).sum::<i64>(), 0);
            prop_assert_eq!(transfer.reversed().reversed(), transfer.clone());
            let both = transfer.postings().iter().chain(transfer.reversed().postings()).copied().collect::<Vec<_>>();
            for purse in [ann, OUTSIDE, HOUSE] {
                prop_assert_eq!(both.iter().filter(|p| p.purse == purse).map(|p| p.amount).sum::<i64>(), 0);
            }
        }
    }

    #[test]
    fn a_share_is_the_nearest_whole_unit_and_half_goes_up(amount in 0..=MAX_AMOUNT, bps in 0..=MAX_BPS) {
        let (share, exact) = (i128::from(share(amount, bps)) * 10_000, i128::from(amount) * i128::from(bps));
        prop_assert!(share - exact <= 5_000 && exact - share < 5_000);
    }

    #[test]
    fn an_amount_is_read_as_it_was_shown(minor in 1..=MAX_AMOUNT, at in 0_usize..4) {
        let currency = Currency::of(["KRW", "EUR", "KWD", "USD"][at]).unwrap();
        let money = [false, true].map(|korean| currency.money(minor, korean));
        for shown in [currency.field(minor), currency.number(minor), currency.show(minor)].iter().chain(&money) {
            prop_assert_eq!(currency.parse(shown), Ok(minor), "{}", shown);
        }
        let continental = currency.number(minor).replace(',', " ").replace('.', ",");
        prop_assert_eq!(currency.parse(&continental), Ok(minor), "{}", continental);
        prop_assert_eq!(currency.parse_minor(&minor.to_string()), Ok(minor));
        let (number, code) = currency.show(minor).split_once(' ').map(|(n, c)| (n.to_owned(), c.to_owned())).unwrap();
        prop_assert_eq!(code, currency.code.clone());
        prop_assert_eq!(number.replace('.', "").parse(), Ok(minor));
    }

    #[test]
    fn whatever_is_typed_is_an_amount_within_bounds_or_refused(
        typed in prop_oneof![any::<String>(), "[0-9.,' €₩a-z\u{200b}１٣-]{0,20}"],
        at in 0_usize..4,
    ) {
        let currency = Currency::of(["KRW", "EUR", "KWD", "USD"][at]).unwrap();
        if let Ok(minor) = currency.parse(&typed) {
            prop_assert!((1..=MAX_AMOUNT).contains(&minor));
            prop_assert!(!typed.contains(['-', '+', '−']), "{}", typed);
        }
        if let Ok(minor) = currency.parse_minor(&typed) {
            prop_assert!((0..=MAX_AMOUNT).contains(&minor));
        }
    }

    #[test]
    fn no_link_of_a_chain_can_be_changed_swapped_or_left_out(
        rows in proptest::collection::vec((1_i64..5, 1_i64..900, 0_i64..900, "[a-z\n]{0,6}"), 2..12),
        at in any::<prop::sample::Index>(),
        field in 0..7,
        by in 1_i64..1_000,
    ) {
        let links: Vec<Row> = rows.iter().enumerate().map(|(k, row)| Row::of(k, row)).collect();
        let (at, head) = (at.index(links.len()), head(&links));
        let mut changed = links.clone();
        changed[at].change(field, by);
        prop_assert_ne!(self::head(&changed), head, "changed");
        let mut left_out = links.clone();
        left_out.remove(at);
        prop_assert_ne!(self::head(&left_out), head, "left out");
        let mut swapped = links.clone();
        swapped.swap(at, (at + 1) % links.len());
        prop_assert_ne!(self::head(&swapped), head, "swapped");
        prop_assert_eq!(self::head(&links), head);
    }
}

/// A row of a history, its text with it.
#[derive(Clone, Debug)]
struct Row {
    seq: i64,
    bidder: i64,
    amount: i64,
    max: i64,
    at: i64,
    closes_at: i64,
    message: String,
}

impl Row {
    fn of(k: usize, (bidder, amount, headroom, message): &(i64, i64, i64, String)) -> Row {
        let seq = k as i64 + 1;
        let (bidder, amount, max) = (*bidder, *amount, amount + headroom);
        Row { seq, bidder, amount, max, at: seq * 1_000, closes_at: 99_000, message: message.clone() }
    }

    fn change(&mut self, field: i32, by: i64) {
        match field {
            0 => self.seq += by,
            1 => self.bidder += by,
            2 => self.amount += by,
            3 => self.max += by,
            4 => self.at += by,
            5 => self.closes_at += by,
            _ => self.message.push('!'),
        }
    }

    fn link(&self) -> BidLink<'_> {
        BidLink {
            listing: ListingId(1),
            seq: self.seq,
            kind: BidKind::Bid,
            bidder: AccountId(self.bidder),
            amount: self.amount,
            price: self.amount,
            closes_at: Time(self.closes_at),
            at: Time(self.at),
            message: &self.message,
            commitment: chain::commit(&[7; 16], self.max),
            desk: None,
        }
    }
}

/// The head of the chain: the listing, its bids, its settlement.
fn head(rows: &[Row]) -> Hash {
    let genesis = chain::genesis(&listing(100, None, None, 0));
    let last = rows.iter().fold(genesis, |head, row| link_bid(&head, &row.link()));
    let settlement = SettlementLink {
        listing: ListingId(1),
        outcome: "sold",
        reason: "",
        buyer: rows.last().map(|row| AccountId(row.bidder)),
        hammer: 100,
        premium: 0,
        commission: 10,
        closes_at: Time(99_000),
        settled_at: Time(99_001),
    };
    link_settlement(&last, &settlement)
}
