//! Bidding against a second, naive telling of the rules: random listings, random bids, step by step the same.

use auction::rules::bidding::{Bid, Lead, Purse, Standing, decide, minimum};
use auction::rules::listing::{AccountId, Listing, ListingId};
use auction::rules::refusal::Refusal;
use auction::rules::settlement;
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;
use proptest::prelude::*;

const SELLER: AccountId = AccountId(1);
const RICH: i64 = 1_000_000_000;

fn listing(
    opening: i64,
    reserve: Option<i64>,
    increment: Option<i64>,
    soft_close: Option<SoftClose>,
) -> Listing {
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
        soft_close,
        premium_bps: 1_250,
        commission_bps: 333,
        outage_s: None,
        category: None,
        pictures: Vec::new(),
        created_at: Time(0),
        lot: None,
    }
}

/// The listing as a person with pencil and paper would follow it.
#[derive(Clone, Debug, Default)]
struct Paper {
    price: Option<i64>,
    /// Who leads, and up to how much.
    leader: Option<(i64, i64)>,
}

impl Paper {
    /// 1, 2, 5, 10, 20, 50 …: the largest not above a twentieth.
    fn step(own: Option<i64>, price: i64) -> i64 {
        let steps = (0..17).flat_map(|k| [1, 2, 5].map(|digit: i64| digit * 10_i64.pow(k)));
        own.unwrap_or_else(|| steps.take_while(|step| step * 20 <= price).last().unwrap_or(1))
    }

    /// The refusal's code, or nothing and the paper is one line longer.
    fn bid(&mut self, listing: &Listing, who: i64, amount: i64, max: i64) -> Option<&'static str> {
        let step = |price| Paper::step(listing.increment, price);
        let least = self.price.map_or(listing.opening, |price| price + step(price));
        let price = match (self.leader, self.price) {
            _ if who == SELLER.0 => return Some("own_listing"),
            (Some((leader, m)), _) if leader == who && max <= m => return Some("already_leading"),
            (Some((leader, _)), Some(price)) if leader == who => {
                self.leader = Some((who, max));
                price
            }
            _ if amount < least => return Some("bid_too_low"),
            (Some((_, m)), _) if max < m => m.min(max + step(max)),
            (Some((_, m)), _) if max == m => m,
            (Some((_, m)), _) => {
                self.leader = Some((who, max));
                amount.max(max.min(m + step(m)))
            }
            (None, _) => {
                self.leader = Some((who, max));
                amount
            }
        };
        let reached = listing.reserve.filter(|reserve| self.leader.unwrap().1 >= *reserve);
        self.price = Some(price.max(reached.unwrap_or(0)));
        None
    }
}

fn fresh(listing: &Listing) -> Standing {
    Standing {
        open: true,
        closes_at: listing.first_closes_at,
        paused_at: None,
        cap_from: None,
        price: None,
        lead: None,
        n_bids: 0,
        head: [0; 32],
    }
}

fn code(refusal: &Refusal) -> &'static str {
    refusal.code()
}

proptest! {
    #[test]
    fn the_rules_agree_with_pencil_and_paper(
        opening in 1_i64..2_000,
        reserve in proptest::option::of(0_i64..3_000),
        increment in proptest::option::of(1_i64..300),
        bids in proptest::collection::vec((1_i64..5, 0_i64..400, 0_i64..1_500, any::<bool>()), 1..60),
    ) {
        let listing = listing(opening, reserve.map(|above| opening + above), increment, None);
        let purse = Purse { balance: RICH, held: 0, credit_limit: 0 };
        let (mut standing, mut paper) = (fresh(&listing), Paper::default());
        for (who, above, headroom, low) in bids {
            let least = minimum(&listing, standing.price);
            let amount = if low { (least - above / 8).max(1) } else { least + above };
            let max = amount + headroom;
            let bid = Bid { bidder: AccountId(who), amount, max };
            let before = standing.clone();
            let decided = decide(&listing, &standing, &bid, None, &purse, Time(1));
            let expected = paper.bid(&listing, who, amount, max);
            prop_assert_eq!(decided.as_ref().err().map(code), expected);
            let Ok(placed) = decided else { continue };
            prop_assert_eq!(Some(placed.price), paper.price);
            prop_assert!(before.price.is_none_or(|price| placed.price >= price), "the price never falls");
            if placed.leads {
                standing.lead = Some(Lead { bidder: bid.bidder, name: String::new(), max, held: placed.held });
            }
            standing.price = Some(placed.price);
            let lead = standing.lead.as_ref().unwrap();
            prop_assert_eq!(Some((lead.bidder.0, lead.max)), paper.leader);
            prop_assert!(lead.max >= placed.price, "the leader never pays more than the maximum");
            prop_assert_eq!(lead.held, lead.max + (lead.max * 1_250 * 2 + 10_000) / 20_000);
            prop_assert_eq!(placed.held, lead.held);
            prop_assert!(minimum(&listing, standing.price) > placed.price);
            prop_assert!(placed.automatic.is_none() || !placed.leads);
        }
        let outcome = settlement::decide(&listing, &standing);
        if let Some(sale) = outcome.sale() {
            let postings = settlement::transfer(sale, SELLER);
            prop_assert_eq!(postings.postings().iter().map(|posting| posting.amount).sum::<i64>(), 0);
            prop_assert!(sale.hammer + sale.premium <= standing.lead.as_ref().unwrap().held, "the hold covers what is owed");
            prop_assert!(listing.reserve.is_none_or(|reserve| sale.hammer >= reserve));
        }
    }

    #[test]
    fn an_extension_never_goes_back_nor_past_the_cap(
        window_s in 1_i64..200, extension_s in 1_i64..200, cap_s in 1_i64..200,
        times in proptest::collection::vec(0_i64..400_000, 1..40),
    ) {
        let soft = SoftClose { window_s, extension_s, cap_s };
        let first = Time(100_000);
        let mut closes_at = first;
        for now in times.into_iter().map(Time) {
            if now >= closes_at {
                continue;
            }
            let after = soft.extend(closes_at, first, now);
            prop_assert!(after >= closes_at && after <= first.plus_s(cap_s).max(closes_at));
            let late = now >= closes_at.plus_s(-window_s);
            prop_assert!(late || after == closes_at, "only a late bid extends");
            closes_at = after;
        }
    }
}

#[test]
fn who_cannot_pay_for_the_maximum_and_its_premium_is_refused() {
    let listing = listing(1_000, None, None, None);
    let bid = Bid { bidder: AccountId(2), amount: 1_000, max: 8_000 };
    for (balance, credit_limit, held, good) in
        [(9_000, 0, 0, true), (8_999, 0, 0, false), (0, 9_000, 0, true), (10_000, 0, 1_001, false)]
    {
        let purse = Purse { balance, held, credit_limit };
        let decided = decide(&listing, &fresh(&listing), &bid, None, &purse, Time(1));
        assert_eq!(decided.is_ok(), good, "{purse:?}");
    }
}
