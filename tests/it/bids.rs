//! Bidding through HTTP: the table of the rules, secrets, funds, races, soft close, buy-now.

use crate::harness::{House, PAID_IN, Person, email, int, until};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;

/// Who bid, how much, whether the house did it for them: the history as everyone sees it.
fn history(house: &House, id: i64) -> Vec<(String, i64, bool)> {
    let row = |bid: &Value| {
        (bid["bidder"].as_str().unwrap().to_owned(), int(&bid["amount"]), bid["automatic"].as_bool().unwrap())
    };
    house.bids(id).iter().map(row).collect()
}

fn row(bidder: &str, amount: i64, automatic: bool) -> (String, i64, bool) {
    (bidder.to_owned(), amount, automatic)
}

fn max(amount: i64, max: i64) -> Value {
    json!({"amount": amount, "max": max})
}

/// Price, minimum, leader, as the listing tells them.
#[track_caller]
fn stands(house: &House, id: i64, price: i64, minimum: i64, leader: &str) {
    let listing = house.listing(id);
    let found = (int(&listing["price"]), int(&listing["minimum"]), listing["leader"].as_str().unwrap());
    assert_eq!(found, (price, minimum, leader));
}

#[test]
fn the_first_bid_leads_at_its_own_amount() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let fresh = house.listing(id);
    assert_eq!(
        (&fresh["price"], &fresh["leader"], &fresh["n_bids"]),
        (&Value::Null, &Value::Null, &json!(0))
    );
    assert_eq!(fresh["minimum"], 1_000);
    assert_eq!(house.bid(&bob, id, 999).refused(409, "bid_too_low")["minimum"], 1_000);
    let answer = house.bid_with(&bob, id, max(1_200, 5_000)).done(201);
    assert_eq!((&answer["leading"], &answer["bid"]["seq"]), (&json!(true), &json!(1)));
    assert_eq!((&answer["bid"]["amount"], &answer["bid"]["max"]), (&json!(1_200), &json!(5_000)));
    assert_eq!(answer["bid"]["hash"].as_str().unwrap().len(), 64);
    assert!(answer["cursor"].as_i64().unwrap() > 0);
    assert_eq!((&answer["listing"]["price"], &answer["listing"]["n_bids"]), (&json!(1_200), &json!(1)));
    stands(&house, id, 1_200, 1_250, "Bob");
    house.audit();
}

#[test]
fn a_bid_below_the_leader_s_maximum_is_answered_by_an_automatic_one() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, max(1_000, 5_000)).done(201);
    let answer = house.bid(&cleo, id, 2_000).done(201);
    assert_eq!(answer["leading"], false);
    stands(&house, id, 2_100, 2_200, "Bob");
    // One step above would be beyond the maximum: it stops there.
    house.bid(&cleo, id, 4_900).done(201);
    stands(&house, id, 5_000, 5_200, "Bob");
    let expected = [
        row("Bob", 1_000, false),
        row("Cleo", 2_000, false),
        row("Bob", 2_100, true),
        row("Cleo", 4_900, false),
        row("Bob", 5_000, true),
    ];
    assert_eq!(history(&house, id), expected);
    house.audit();
}

#[test]
fn of_two_equal_maxima_the_earlier_one_wins() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, max(1_000, 5_000)).done(201);
    let answer = house.bid_with(&cleo, id, max(1_500, 5_000)).done(201);
    assert_eq!(answer["leading"], false);
    stands(&house, id, 5_000, 5_200, "Bob");
    assert_eq!(house.funds(&cleo), (PAID_IN, 0, PAID_IN));
    house.audit();
}

#[test]
fn a_higher_maximum_takes_the_lead_a_step_above_the_old_one() {
    let (house, ann, bob, cleo) = House::open();
    for (bid, price) in [(max(1_500, 9_000), 5_200), (max(1_500, 5_100), 5_100), (max(7_000, 9_000), 7_000)] {
        let id = house.list(&ann, json!({}));
        house.bid_with(&bob, id, max(1_000, 5_000)).done(201);
        let answer = house.bid_with(&cleo, id, bid).done(201);
        assert_eq!(answer["leading"], true);
        assert_eq!(answer["listing"]["price"], price);
        assert_eq!(house.listing(id)["leader"], "Cleo");
        assert_eq!(history(&house, id).len(), 2, "no automatic bid");
    }
    house.audit();
}

#[test]
fn the_leader_raises_the_maximum_and_the_price_stays() {
    let (house, ann, bob, cleo) = House::open();
    let id =
        house.list(&ann, json!({"soft_close": {"window_s": 7_200, "extension_s": 7_200, "cap_s": 7_200}}));
    house.bid_with(&bob, id, max(1_000, 2_000)).done(201);
    let before = house.listing(id);
    house.bid_with(&bob, id, max(1_000, 2_000)).refused(409, "already_leading");
    house.bid_with(&bob, id, max(1, 1_999)).refused(409, "already_leading");
    let raised = house.bid_with(&bob, id, max(1, 6_000)).done(201);
    assert_eq!(raised["leading"], true);
    stands(&house, id, 1_000, 1_050, "Bob");
    assert_eq!(house.listing(id)["closes_at"], before["closes_at"], "no extension");
    assert_eq!(house.funds(&bob), (PAID_IN, 6_000, PAID_IN - 6_000));
    house.bid(&cleo, id, 5_000).done(201);
    stands(&house, id, 5_200, 5_400, "Bob");
    house.audit();
}

#[test]
fn a_listing_s_own_increment_goes_before_the_house_s() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 7}));
    house.bid(&bob, id, 1_000).done(201);
    assert_eq!(house.bid(&cleo, id, 1_006).refused(409, "bid_too_low")["minimum"], 1_007);
    house.bid(&cleo, id, 1_007).done(201);
    stands(&house, id, 1_007, 1_014, "Cleo");
}

/// The order in which one bid that is wrong in every way is refused.
#[test]
fn refusals_come_in_the_documented_order() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, max(1_000, 3_000)).done(201);
    for name in ["Ann", "Bob", "Cleo"] {
        house.run(&["account", "suspend", &email(name), "--why", "unpaid"]).done();
    }
    house.bid(&ann, id, 1).refused(403, "own_listing");
    house.bid(&bob, id, 1).refused(403, "not_allowed");
    house.run(&["account", "restore", &email("Bob")]).done();
    house.run(&["account", "restore", &email("Cleo")]).done();
    house.bid(&bob, id, 1).refused(409, "already_leading");
    house.bid_with(&cleo, id, max(1, 900_000)).refused(409, "bid_too_low");
    house.bid_with(&cleo, id, max(2_000, 900_000)).refused(409, "insufficient_funds");
    house.run(&["listing", "cancel", &id.to_string(), "--why", "broken"]).done();
    house.bid(&ann, id, 1).refused(409, "listing_closed");
    house.audit();
}

#[test]
fn after_the_close_no_bid_counts_though_nothing_has_settled() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    let open = house.listing(id)["closes_at"].as_str().unwrap().to_owned();
    until("the close has passed", || {
        let now = house.get("/api/v1/time").send().body()["now"].as_str().unwrap().to_owned();
        (now >= open).then_some(())
    });
    house.bid(&bob, id, 9_000).refused(409, "listing_closed");
    assert_eq!(house.settlement(id)["hammer"], 1_000);
    assert_eq!(house.bids(id).len(), 1);
    house.audit();
}

#[test]
fn a_message_stands_beside_its_bid() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let words = "<b>for the 한국 shelf</b> \"&amp;\" \u{1f600}";
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000, "message": words})).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let bids = house.bids(id);
    assert_eq!(bids[0]["message"], words);
    assert_eq!(bids[2]["message"], "", "an automatic bid says nothing");
    let page = house.get(&format!("/listings/{id}")).send().text();
    assert!(page.contains("한국 shelf") && !page.contains("<b>for"), "escaped");
}

#[test]
fn a_maximum_is_shown_to_nobody_but_its_owner() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"reserve": 77_777}));
    let watcher = house.watch("listings=all", Some(&cleo));
    let outsider = house.watch("listings=all", None);
    house.bid_with(&bob, id, max(1_000, 67_891)).done(201);
    house.bid_with(&bob, id, max(1_000, 68_917)).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let mut seen = String::new();
    for watcher in [watcher, outsider] {
        let events = watcher.events_until(|event| event.data["automatic"] == true);
        seen += &format!("{events:?}");
    }
    for path in ["", "/bids", "/settlement"] {
        seen += &house.get(&format!("/api/v1/listings/{id}{path}")).by(&cleo).send().text();
    }
    for path in ["/api/v1/listings?state=all", "/api/v1/me/bids", "/api/v1/me"] {
        seen += &house.get(path).by(&cleo).send().text();
    }
    for path in ["/".to_owned(), format!("/listings/{id}"), "/account".to_owned(), "/board".to_owned()] {
        for person in [&ann, &cleo] {
            seen += &house.get(&path).in_browser(person).send().text();
        }
    }
    for secret in ["67891", "67,891", "68917", "68,917", "77777", "77,777"] {
        assert!(!seen.contains(secret), "{secret} was told");
    }
    let own = house.get("/api/v1/me/bids").by(&bob).send().text();
    assert!(own.contains("68917"), "the owner sees it: {own}");
    house.audit();
}

#[test]
fn the_same_key_and_body_is_the_same_bid() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let other = house.list(&ann, json!({}));
    let bid = |person: &Person, id: i64, key: &str, amount: i64| {
        let call = house.post(&format!("/api/v1/listings/{id}/bids")).by(person);
        call.header("Idempotency-Key", key).json(&json!({"amount": amount})).send()
    };
    let first = bid(&bob, id, "k-1", 1_000);
    assert_eq!(first.status, 201);
    house.bid(&cleo, id, 3_000).done(201);
    for _ in 0..3 {
        let again = bid(&bob, id, "k-1", 1_000);
        assert_eq!((again.status, &again.body), (201, &first.body), "byte for byte");
    }
    bid(&bob, id, "k-1", 5_000).refused(422, "invalid");
    bid(&bob, other, "k-1", 1_000).refused(422, "invalid");
    assert_eq!(house.bids(id).len(), 2);
    assert_eq!(house.bids(other).len(), 0);
    // A key is its person's own, and a refusal is not kept under it.
    bid(&cleo, other, "k-1", 999).refused(409, "bid_too_low");
    bid(&cleo, other, "k-1", 1_000).done(201);
    // A key is kept as it is sent, gaps and invisible marks too.
    for key in ["k".repeat(201), format!("a{}b", " ".repeat(250))] {
        bid(&bob, other, &key, 2_000).refused(422, "invalid");
    }
    bid(&bob, other, "a  b", 2_000).done(201);
    house.audit();
}

#[test]
fn twenty_sends_of_one_key_at_once_are_one_bid() {
    let (house, ann, bob, _) = House::with(&[("limit_bids_per_s", "0")]);
    let id = house.list(&ann, json!({}));
    let path = format!("/api/v1/listings/{id}/bids");
    let start = Barrier::new(20);
    let bodies: HashSet<String> = thread::scope(|scope| {
        let send = || {
            start.wait();
            let call = house.post(&path).by(&bob).header("Idempotency-Key", "same");
            let answer = call.json(&json!({"amount": 1_000})).send();
            assert_eq!(answer.status, 201);
            answer.text()
        };
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(bodies.len(), 1);
    assert_eq!(house.bids(id).len(), 1);
    house.audit();
}

#[test]
fn a_lead_holds_the_maximum_and_its_premium_until_it_is_lost() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1250")]);
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, max(1_000, 10_001)).done(201);
    // 12.5 % of 10,001 is 1,250.125, rounded to 1,250.
    assert_eq!(house.funds(&bob), (PAID_IN, 11_251, PAID_IN - 11_251));
    house.bid_with(&cleo, id, max(11_000, 20_000)).done(201);
    assert_eq!(house.funds(&bob), (PAID_IN, 0, PAID_IN));
    assert_eq!(house.funds(&cleo), (PAID_IN, 22_500, PAID_IN - 22_500));
    // 88,889 and its premium of 11,111 are 100,000; one more is too much.
    let poor = house.bid_with(&bob, id, max(30_000, 88_890)).refused(409, "insufficient_funds");
    assert_eq!(poor["available"], PAID_IN);
    house.bid_with(&bob, id, max(30_000, 88_889)).done(201);
    assert_eq!(house.funds(&bob).2, 0);
    house.audit();
}

#[test]
fn a_credit_limit_lets_someone_bid_below_zero() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 150_000).refused(409, "insufficient_funds");
    house.run(&["account", "limit", &email("Bob"), "50000"]).done();
    house.bid(&bob, id, 150_000).done(201);
    assert_eq!(house.funds(&bob), (PAID_IN, 150_000, 0));
    house.audit();
}

#[test]
fn one_purse_never_leads_two_listings_beyond_its_money() {
    let (house, ann, bob, _) = House::with(&[("limit_bids_per_s", "0")]);
    let ids: Vec<i64> = (0..8).map(|_| house.list(&ann, json!({}))).collect();
    let start = Barrier::new(ids.len());
    let statuses: Vec<u16> = thread::scope(|scope| {
        let (house, bob, start) = (&house, &bob, &start);
        let bid = |id: i64| {
            move || {
                start.wait();
                house.bid(bob, id, 45_000).status
            }
        };
        let threads: Vec<_> = ids.iter().map(|id| scope.spawn(bid(*id))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 2, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 6, "{statuses:?}");
    assert_eq!(house.funds(&bob), (PAID_IN, 90_000, 10_000));
    house.audit();
}

#[test]
fn of_200_equal_bids_at_once_one_is_accepted() {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "0")]);
    let id = house.list(&ann, json!({}));
    let (n_threads, each) = (40, 5);
    let start = Barrier::new(n_threads);
    let answers: Vec<(u16, String)> = thread::scope(|scope| {
        let (house, start) = (&house, &start);
        let bid = |who: Person| {
            move || {
                start.wait();
                let answers = (0..each).map(|_| {
                    let answer = house.bid(&who, id, 1_000);
                    (answer.status, answer.body()["code"].as_str().unwrap_or("accepted").to_owned())
                });
                answers.collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..n_threads)
            .map(|n| if n % 2 == 0 { bob.clone() } else { cleo.clone() })
            .map(|who| scope.spawn(bid(who)))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.len(), 200);
    assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1);
    for (_, code) in answers {
        assert!(["accepted", "bid_too_low", "already_leading"].contains(&code.as_str()), "{code}");
    }
    assert_eq!(house.bids(id).len(), 1);
    house.audit();
}

#[test]
fn bids_of_many_at_once_are_in_order_without_a_gap() {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "0")]);
    let id = house.list(&ann, json!({"increment": 1}));
    let n_accepted: usize = thread::scope(|scope| {
        let house = &house;
        let bid = |who: Person| {
            move || {
                let mut accepted = 0;
                for _ in 0..25 {
                    let minimum = int(&house.listing(id)["minimum"]);
                    accepted += usize::from(house.bid(&who, id, minimum).status == 201);
                }
                accepted
            }
        };
        let threads: Vec<_> = (0..4)
            .map(|n| if n % 2 == 0 { bob.clone() } else { cleo.clone() })
            .map(|who| scope.spawn(bid(who)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let bids = house.bids(id);
    assert!(n_accepted > 5 && bids.len() == n_accepted, "{n_accepted} accepted, {} stand", bids.len());
    for (n, bid) in bids.iter().enumerate() {
        assert_eq!(int(&bid["seq"]), i64::try_from(n).unwrap() + 1);
    }
    // Equal amounts follow each other where a leader raises the maximum, or ties it: the price never falls.
    let amounts: Vec<i64> = bids.iter().map(|bid| int(&bid["amount"])).collect();
    assert!(amounts.is_sorted(), "{amounts:?}");
    let hashes: HashSet<&str> = bids.iter().map(|bid| bid["hash"].as_str().unwrap()).collect();
    assert_eq!(hashes.len(), bids.len());
    house.audit();
}

#[test]
fn the_history_is_paged_by_seq() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 1}));
    for n in 0..7 {
        house.bid(if n % 2 == 0 { &bob } else { &cleo }, id, 1_000 + n).done(201);
    }
    let (mut after, mut seen) = (json!(0), Vec::new());
    loop {
        let page = house.get(&format!("/api/v1/listings/{id}/bids?after={after}&limit=3")).send().body();
        seen.extend(page["bids"].as_array().unwrap().iter().map(|bid| int(&bid["seq"])));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
}

#[test]
fn a_maximum_that_reaches_the_reserve_lifts_the_price_to_it() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"reserve": 5_000}));
    assert_eq!(house.listing(id)["reserve_met"], false);
    house.bid_with(&bob, id, max(1_000, 4_999)).done(201);
    stands(&house, id, 1_000, 1_050, "Bob");
    assert_eq!(house.listing(id)["reserve_met"], false);
    let met = house.bid_with(&cleo, id, max(1_050, 8_000)).done(201);
    assert_eq!((&met["listing"]["price"], &met["listing"]["reserve_met"]), (&json!(5_199), &json!(true)));

    let id = house.list(&ann, json!({"reserve": 5_000}));
    let met = house.bid_with(&bob, id, max(1_000, 5_000)).done(201);
    assert_eq!((&met["listing"]["price"], &met["listing"]["reserve_met"]), (&json!(5_000), &json!(true)));

    // The leader's own raise meets it too.
    let id = house.list(&ann, json!({"reserve": 5_000}));
    house.bid_with(&bob, id, max(1_000, 2_000)).done(201);
    house.bid_with(&bob, id, max(1_000, 6_000)).done(201);
    stands(&house, id, 5_000, 5_200, "Bob");
    assert!(house.listing(id).get("reserve").is_none(), "the amount is never told");
    let page =
        house.get(&format!("/listings/{}", house.list(&ann, json!({"reserve": 33_333})))).send().text();
    assert!(!page.contains("33,333") && !page.contains("33333"));
    house.audit();
}

#[test]
fn buy_now_ends_a_listing_at_once() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000"), ("commission_bps", "500")]);
    let id = house.list(&ann, json!({"buy_now": 20_000}));
    let watcher = house.watch(&format!("listings={id}"), Some(&cleo));
    let settlement = house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).send().done(201);
    assert_eq!((&settlement["outcome"], &settlement["hammer"]), (&json!("sold"), &json!(20_000)));
    assert_eq!((&settlement["premium"], &settlement["commission"]), (&json!(2_000), &json!(1_000)));
    assert_eq!((&settlement["buyer"], &settlement["seller"]), (&json!("Cleo"), &json!("Ann")));
    assert_eq!(house.get(&format!("/api/v1/listings/{id}/settlement")).send().body(), settlement);
    assert_eq!(house.funds(&cleo), (PAID_IN - 22_000, 0, PAID_IN - 22_000));
    assert_eq!(house.funds(&ann).0, PAID_IN + 19_000);
    assert_eq!(watcher.wait_for("settled").data["winner"], "Cleo");
    assert_eq!(watcher.wait_for("won").data["listing"], id);
    house.bid(&bob, id, 1_000).refused(409, "listing_closed");
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().refused(409, "listing_closed");
    let listing = house.listing(id);
    assert_eq!(
        (&listing["state"], &listing["outcome"], &listing["minimum"]),
        (&json!("sold"), &json!("sold"), &Value::Null)
    );
    house.audit();
}

#[test]
fn who_led_is_told_that_somebody_bought_it() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 20_000, "reserve": 15_000}));
    house.bid(&bob, id, 1_000).done(201);
    let of_bob = house.watch("listings=all", Some(&bob));
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).send().done(201);
    let outbid = of_bob.wait_for("outbid").data;
    assert_eq!((&outbid["leader"], &outbid["price"]), (&json!("Cleo"), &json!(20_000)));
    assert_eq!(outbid["minimum"], Value::Null);
    of_bob.wait_for("settled");
}

#[test]
fn buy_now_is_offered_until_a_bid_or_with_a_reserve_until_it_is_met() {
    let (house, ann, bob, cleo) = House::open();
    let buy = |who: &Person, id: i64| house.post(&format!("/api/v1/listings/{id}/buy")).by(who).send();
    let plain = house.list(&ann, json!({"buy_now": 20_000}));
    buy(&ann, plain).refused(403, "own_listing");
    house.bid(&bob, plain, 1_000).done(201);
    buy(&cleo, plain).refused(409, "taken");
    let reserved = house.list(&ann, json!({"buy_now": 20_000, "reserve": 10_000}));
    house.bid(&bob, reserved, 2_000).done(201);
    buy(&cleo, reserved).done(201);
    assert_eq!(house.funds(&bob).1, 1_000, "only the lead on the other listing is held");
    let met = house.list(&ann, json!({"buy_now": 20_000, "reserve": 10_000}));
    house.bid(&bob, met, 10_000).done(201);
    buy(&cleo, met).refused(409, "taken");
    let none = house.list(&ann, json!({}));
    buy(&cleo, none).refused(422, "invalid");
    let dear = house.list(&ann, json!({"buy_now": PAID_IN + 1}));
    buy(&cleo, dear).refused(409, "insufficient_funds");
    house.audit();
}

#[test]
fn of_eight_who_buy_at_once_one_has_it() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 5_000}));
    let start = Barrier::new(8);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let (house, start) = (&house, &start);
        let buy = |who: Person| {
            move || {
                start.wait();
                house.post(&format!("/api/v1/listings/{id}/buy")).by(&who).send().status
            }
        };
        let threads: Vec<_> = (0..8)
            .map(|n| if n % 2 == 0 { bob.clone() } else { cleo.clone() })
            .map(|who| scope.spawn(buy(who)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(house.number("select count(*) from transfer where cause = 'sale'"), 1);
    house.audit();
}

#[test]
fn a_late_bid_extends_the_close() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(
        &ann,
        json!({
            "closes_in_s": 60, "soft_close": {"window_s": 120, "extension_s": 90, "cap_s": 100},
        }),
    );
    let first = time(&house.listing(id)["closes_at"]);
    let watcher = house.watch(&format!("listings={id}"), None);
    let answer = house.bid(&bob, id, 1_000).done(201);
    let (at, moved) = (time(&answer["bid"]["at"]), time(&answer["listing"]["closes_at"]));
    assert_eq!(moved, (at + 90_000).min(first + 100_000));
    let told = watcher.wait_for("extended");
    assert_eq!((int(&told.data["listing"]), time(&told.data["closes_at"])), (id, moved));
    assert_eq!(house.listing(id)["extended"], true);
    house.bid(&cleo, id, 1).refused(409, "bid_too_low");
    assert_eq!(time(&house.listing(id)["closes_at"]), moved, "a refused bid never extends");
    house.bid_with(&bob, id, max(1_000, 5_000)).done(201);
    assert_eq!(time(&house.listing(id)["closes_at"]), moved, "nor does the leader's raise");
    house.audit();
}

#[test]
fn an_extension_never_passes_the_cap_and_an_early_bid_never_extends() {
    let (house, ann, bob, cleo) = House::open();
    let soft = |window: i64, cap: i64| json!({"closes_in_s": 600, "soft_close": {"window_s": window, "extension_s": 3_600, "cap_s": cap}});
    let capped = house.list(&ann, soft(3_600, 30));
    let first = time(&house.listing(capped)["closes_at"]);
    for (who, amount) in [(&bob, 1_000), (&cleo, 2_000), (&bob, 3_000)] {
        house.bid(who, capped, amount).done(201);
        assert_eq!(time(&house.listing(capped)["closes_at"]), first + 30_000);
    }
    let early = house.list(&ann, soft(60, 3_600));
    house.bid(&bob, early, 1_000).done(201);
    let listing = house.listing(early);
    assert_eq!(listing["extended"], false);
    house.audit();
}

/// Milliseconds of Unix time of an instant as the contract writes it.
fn time(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    assert!(text.len() == 24 && text.ends_with('Z'), "{text}: RFC 3339 UTC with milliseconds");
    auction::rules::time::Time::parse(text).unwrap().0
}
