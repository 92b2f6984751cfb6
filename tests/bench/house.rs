//! Houses to measure: people with money and sessions, listings with an increment of 1, and as many bids as are wanted.

use auction::house::bidding::place_bid::Request;
use auction::house::people::accounts::{By, Joining};
use auction::house::{House, Opening};
use auction::rules::listing::{AccountId, Closes, Draft, ListingId};
use auction::store::clock::Clock;
use std::path::Path;
use std::sync::mpsc::sync_channel;

const PURSE: i64 = 900_000_000_000_000;
/// Bids that are under way at once while a house is filled.
const AT_ONCE: usize = 512;

pub struct Prepared {
    pub people: Vec<AccountId>,
    /// One a person.
    pub tokens: Vec<String>,
}

/// A house without rates: `n_people` bidders, and `n_listings` that end tomorrow, with the ids from 1.
pub fn prepare(dir: &Path, n_people: usize, n_listings: usize) -> Prepared {
    let house = House::open(dir, Opening::Make, Clock::default()).expect("a house");
    for key in [
        "limit_bids_per_s",
        "limit_connections_per_address",
        "limit_open_listings",
        "limit_listings_per_min",
        "limit_listings_per_day",
        "limit_pictures_per_min",
        "limit_pictures_per_day",
    ] {
        house.set(key, "0").expect("a rate");
    }
    let open = |i: usize| {
        let joining = Joining {
            email: format!("p{i}@bench.example"),
            name: format!("Person {i}"),
            password: (i > 0).then(|| "bench-bench".into()),
            is_admin: false,
            ..Joining::default()
        };
        house.open_account(joining, By::Admin).expect("a new account")
    };
    let seller = open(0).id;
    for i in 0..n_listings {
        let draft = Draft {
            title: format!("Lot {i}"),
            opening: 1,
            increment: Some(1),
            closes: Some(Closes::In { seconds: 24 * 3_600 }),
            ..Draft::default()
        };
        house.list(seller, draft).expect("a listing");
    }
    let mut prepared = Prepared { people: Vec::new(), tokens: Vec::new() };
    for i in 1..=n_people {
        let account = open(i);
        house.credit(account.id, PURSE, "bench").expect("money");
        let email = format!("p{i}@bench.example");
        let entered = house.log_in(email.as_str(), "bench-bench", &[]).expect("allowed");
        prepared.people.push(account.id);
        prepared.tokens.push(entered.expect("the password is right").token);
    }
    prepared
}

/// Two people outbid each other on each of `listings` in turn, until each has `n_bids` more, from the amount `from` on.
#[allow(dead_code)] // Not every benchmark fills its house.
pub fn fill(
    dir: &Path,
    people: &[AccountId],
    listings: std::ops::RangeInclusive<i64>,
    from: i64,
    n_bids: i64,
) {
    let (house, writer) =
        House::open_to_serve(dir, Clock::default(), |decided| decided.tell()).expect("the house");
    let (tell, told) = sync_channel(AT_ONCE);
    let mut under_way = 0;
    for amount in from..from + n_bids {
        for listing in listings.clone() {
            let bidder = people[usize::try_from(amount % 2).expect("0 or 1")];
            let request = Request {
                listing: ListingId(listing),
                bidder,
                amount,
                max: None,
                rises: false,
                message: String::new(),
                key: None,
                desk: None,
            };
            let tell = tell.clone();
            house.place_bid(request, move |answer| tell.send(answer.is_ok()).expect("heard"));
            under_way += 1;
            if under_way == AT_ONCE {
                assert!(told.recv().expect("an answer"), "each bid is higher than the last");
                under_way -= 1;
            }
        }
    }
    for _ in 0..under_way {
        assert!(told.recv().expect("an answer"), "each bid is higher than the last");
    }
    house.stop_writing();
    writer.join().expect("the writer ends");
}

/// What a benchmark that bids ends with: the house's own audit agrees with all of them.
#[allow(dead_code)] // Not every benchmark bids.
pub fn audit(dir: &Path) -> String {
    let house = House::open(dir, Opening::Existing, Clock::default()).expect("the house");
    let audit = house.audit().expect("an audit");
    assert_eq!(audit.disagreement, None);
    format!("audit: {} bids agree", audit.n_bids)
}
