//! What a lot refuses while its sale is paused or not open yet: in the contract's order, the same at the API, on its page in
//! both languages, and for buy-now.

use crate::harness::{House, Inside, Person, email};
use crate::sale_nights::{add, listing_of, lot, sale};
use auction::house::sales::draft::NewSale;
use auction::rules::listing::{Closes, ListingId};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

/// A served house: `later` opens tomorrow, `night` does too and is paused, `old` is paused and its close has passed, and of
/// `mixed`, which is paused, lot 2 is cancelled. Each has the lots 1 and 2, with a buy-now price.
fn house() -> (House, Person, Person) {
    let mut house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::of(&house, -HOUR);
    inside.credit("Bob", 100_000);
    let tomorrow = inside.house.now().plus_s(86_400);
    for code in ["later", "night", "old", "mixed"] {
        let closes_at = if code == "old" { inside.house.now().plus_s(1_800) } else { tomorrow.plus_s(3_600) };
        let opens_at = ["later", "night"].contains(&code).then_some(tomorrow);
        inside.house.add_sale(NewSale { opens_at, ..sale(code, closes_at) }).unwrap();
        for nth in ["1", "2"] {
            let mut offer = lot(&inside, nth, None);
            offer.draft.buy_now = Some(9_000);
            inside.house.add_lot(code, offer).unwrap();
        }
        inside.house.publish_sale(code).unwrap();
        if code != "later" {
            inside.house.pause_sale(code, "cli", "no wifi").unwrap();
        }
    }
    drop(inside);
    let cancelled = listing_of(&house, "mixed", "2").to_string();
    house.run(&["listing", "cancel", &cancelled, "--why", "broken"]).done();
    house.serve();
    let [ann, bob] = ["Ann", "Bob"].map(|name| house.log_in(name));
    (house, ann, bob)
}

fn rows(house: &House) -> i64 {
    house.number("select (select count(*) from bid) + (select count(*) from event) + (select count(*) from settlement)")
}

#[test]
fn a_lot_refuses_in_the_order_of_the_rules() {
    let (house, ann, bob) = house();
    let before = rows(&house);
    for (sale, lot, code) in [
        ("later", "1", "not_open_yet"),
        // Paused comes before not open yet, and before a close that has passed.
        ("night", "1", "paused"),
        ("old", "1", "paused"),
        ("mixed", "1", "paused"),
        // What has ended comes before both.
        ("mixed", "2", "listing_closed"),
    ] {
        let id = listing_of(&house, sale, lot);
        // Before the seller, too high or too low, and with or without a maximum.
        for (person, body) in [
            (&bob, json!({"amount": 1_000})),
            (&bob, json!({"amount": 1, "max": 1})),
            (&bob, json!({"amount": 900_000})),
            (&ann, json!({"amount": 1_000})),
        ] {
            let refused = house.bid_with(person, id, body).refused(409, code);
            let opens_at = house.listing(id)["opens_at"].clone();
            let due = if code == "not_open_yet" { opens_at } else { Value::Null };
            assert_eq!(refused.get("opens_at").unwrap_or(&Value::Null), &due, "{sale} {lot}");
        }
        for person in [&bob, &ann] {
            let buy = house.post(&format!("/api/v1/listings/{id}/buy")).by(person);
            let refused = buy.send().refused(409, code);
            assert_eq!(refused.get("opens_at").is_some(), code == "not_open_yet", "{refused}");
        }
    }
    house.run(&["account", "suspend", &email("Bob"), "--why", "unpaid"]).done();
    let [later, night] = ["later", "night"].map(|sale| listing_of(&house, sale, "1"));
    house.bid(&bob, later, 1_000).refused(409, "not_open_yet");
    house.bid(&bob, night, 1_000).refused(409, "paused");
    assert_eq!(rows(&house), before, "a refusal writes nothing");
    house.audit();
}

#[test]
fn the_page_says_the_same_in_both_languages() {
    let (house, _, bob) = house();
    let said = |path: &str, lang: &str, fields: &[(&str, &str)]| {
        let call = house.post(path).header("Accept-Language", lang).in_browser(&bob);
        let page = call.form(fields).send().text();
        page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned()
    };
    // The page of a lot says it where the form would be; buy-now has a page of its own.
    for (sale, bids, buys) in [
        (
            "later",
            ["Bidding opens ", "부터 입찰할 수 있습니다."],
            ["Bidding opens ", "부터 입찰할 수 있습니다."],
        ),
        (
            "night",
            ["Paused: no wifi (", "일시 중지: no wifi ("],
            [
                "The sale is paused. You can bid again as soon as it goes on.",
                "경매가 일시 중지되었습니다. 재개되면 다시 입찰할 수 있습니다.",
            ],
        ),
    ] {
        let id = listing_of(&house, sale, "1");
        for (nth, lang) in ["en", "ko"].into_iter().enumerate() {
            for (form, fields, sentence) in [
                ("bids", &[("amount", "1000")][..], bids[nth]),
                ("buy", &[], buys[nth]),
                ("buy", &[("confirm", "yes")], buys[nth]),
            ] {
                let page = said(&format!("/listings/{id}/{form}"), lang, fields);
                assert!(page.contains(sentence), "{sale} {form} {lang}: {sentence:?} is not in {page}");
            }
        }
    }
}

#[test]
fn a_paused_lot_is_settled_by_nobody_until_it_is_resumed_and_closes() {
    let (house, ..) = house();
    let id = listing_of(&house, "old", "1");
    let due = house.run(&["settle", "--due"]).done();
    assert_eq!(house.listing(id)["state"], "paused", "{due:?}");
    house.run(&["sale", "resume", "old"]).done();
    let resumed = house.listing(id);
    assert_eq!(resumed["state"], "open", "{resumed}");
    let inside = Inside::of(&house, 2 * HOUR);
    assert!(inside.house.settle(ListingId(id)).is_ok());
    drop(inside);
    assert_eq!(house.listing(id)["outcome"], "unsold");
    house.audit();
}

/// A lot with a close of its own, added to a published sale, is refused while the sale is paused.
#[test]
fn a_paused_sale_takes_no_lots() {
    let (house, ..) = house();
    let inside = Inside::of(&house, 0);
    let mut late = lot(&inside, "3", None);
    late.draft.closes = Some(Closes::In { seconds: 3_600 });
    assert!(inside.house.add_lot("night", late).is_err());
    assert_eq!(add(&inside, "later", &[("3", None)]).len(), 1);
    drop(inside);
    house.audit();
}
