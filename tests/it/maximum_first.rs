//! The form of a listing's page without its script: whoever names a maximum bids the least that is needed, and whoever
//! cannot bid reads why in place of the form.

use crate::harness::{House, Inside, PATIENCE, Person, Reply, email, until};
use crate::terms::publish;
use auction::house::bidding::place_bid::Request;
use auction::rules::listing::ListingId;
use serde_json::json;

fn send(house: &House, id: i64, person: &Person, fields: &[(&str, &str)]) -> Reply {
    house.post(&format!("/listings/{id}/bids")).in_browser(person).form(fields).send()
}

fn page(house: &House, id: i64, person: &Person) -> String {
    house.get(&format!("/listings/{id}?lang=en")).in_browser(person).send().text()
}

/// The hidden fields of the page that asks once more.
fn hidden(page: &str) -> Vec<(String, String)> {
    let part = |text: &str, name: &str| {
        let from = text.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        text[from..].split('"').next().unwrap().to_owned()
    };
    let inputs = page.split("<input type=\"hidden\"").skip(1);
    inputs.map(|input| (part(input, "name"), part(input, "value"))).collect()
}

fn send_again(house: &House, id: i64, person: &Person, fields: &[(String, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    send(house, id, person, &fields)
}

/// Price, number of bids, leader.
fn stands(house: &House, id: i64) -> (Option<i64>, usize, Option<String>) {
    let listing = house.listing(id);
    (listing["price"].as_i64(), house.bids(id).len(), listing["leader"].as_str().map(str::to_owned))
}

#[test]
fn a_maximum_bids_the_least_that_is_needed_when_it_is_confirmed() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000")]);
    let id = house.list(&ann, json!({"increment": 100}));
    let asked = send(&house, id, &bob, &[("max", "3,000"), ("message", "mine")]);
    assert_eq!(asked.status, 200);
    let asked = asked.text();
    for said in [
        "We bid ₩1,000 now",
        "Hammer price at most</dt><dd>₩3,000<",
        "Total at most</dt><dd>₩3,300<",
        "Bid up to ₩3,000",
    ] {
        assert!(asked.contains(said), "{said}: {asked}");
    }
    let fields = hidden(&asked);
    assert!(fields.contains(&("max".into(), "3000".into())), "{fields:?}");
    assert!(
        fields.iter().all(|(name, _)| name != "amount"),
        "the amount is the least at that time: {fields:?}"
    );
    // The price moves while it is asked: the maximum still covers the next bid.
    house.bid(&cleo, id, 1_500).done(201);
    for _ in 0..2 {
        assert_eq!(send_again(&house, id, &bob, &fields).status, 303);
    }
    assert_eq!(stands(&house, id), (Some(1_600), 2, Some("Bob".into())), "pressed twice, bid once");
    assert!(page(&house, id, &bob).contains("You’re the highest bidder. Your maximum: ₩3,000"));
    house.audit();
}

#[test]
fn a_maximum_equal_to_the_minimum_is_a_plain_bid_and_one_below_is_too_low() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 100}));
    let plain = send(&house, id, &bob, &[("max", "1000")]).text();
    assert!(plain.contains("Total if you win") && plain.contains("Bid ₩1,000</button>"), "{plain}");
    let fields = hidden(&plain);
    house.bid(&cleo, id, 1_000).done(201);
    // It was overtaken while it was asked, and is offered again at what is needed now.
    let late = send_again(&house, id, &bob, &fields);
    assert_eq!(late.status, 409);
    let late = late.text();
    assert!(
        late.contains("The price has moved. Bid at least ₩1,100.") && late.contains("value=\"1100\""),
        "{late}"
    );
    let low = send(&house, id, &bob, &[("max", "1,099"), ("message", "keep me")]);
    assert_eq!(low.status, 409);
    let low = low.text();
    assert!(low.contains("Bid at least ₩1,100.") && low.contains("keep me"), "{low}");
    assert!(
        low.contains("aria-invalid=\"true\"") && low.contains("<details class=\"field-message\" open>"),
        "{low}"
    );
    for (typed, said) in [("", "Enter an amount, such as"), ("a lot", "Enter a"), ("12.5", "Enter a whole")] {
        let refused = send(&house, id, &bob, &[("max", typed), ("amount", "")]);
        assert_eq!(refused.status, 422, "{typed}");
        let refused = refused.text();
        assert!(refused.contains(&format!("data-error=\"max\">{said}")), "{typed}: {refused}");
    }
    assert_eq!(stands(&house, id).1, 1);
}

#[test]
fn a_maximum_that_reaches_the_reserve_bids_it_at_once_and_says_so_before() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 100, "reserve": 5_000}));
    let asked_in = |lang: &str| {
        let path = format!("/listings/{id}/bids?lang={lang}");
        house.post(&path).in_browser(&bob).form(&[("max", "6,000")]).send().text()
    };
    let korean = asked_in("ko");
    assert!(korean.contains("최대 입찰가가 최저 낙찰가 이상이면 최저 낙찰가에 입찰하고"), "{korean}");
    let asked = asked_in("en");
    let said =
        "We bid ₩1,000 now, or the reserve price if your maximum reaches it, and more only when others do.";
    assert!(asked.contains(said), "{asked}");
    assert_eq!(send_again(&house, id, &bob, &hidden(&asked)).status, 303);
    assert_eq!(stands(&house, id), (Some(5_000), 1, Some("Bob".into())), "nobody else has bid");
    // It is met now.
    let met = send(&house, id, &cleo, &[("max", "9,000")]).text();
    assert!(met.contains("We bid ₩5,100 now, and more only when others do."), "{met}");
    house.audit();
}

#[test]
fn a_bid_that_comes_first_raises_the_least_as_far_as_the_maximum_reaches() {
    let (mut house, ann, ..) = House::open();
    let id = house.list(&ann, json!({"increment": 100}));
    house.kill();
    let inside = Inside::alone(&house, 0);
    inside.bid("Cleo", id, 1_500);
    let place = |max, rises| {
        let (tell, told) = std::sync::mpsc::channel();
        let request = Request {
            listing: ListingId(id),
            bidder: inside.account("Bob"),
            amount: 1_000,
            max: Some(max),
            rises,
            message: String::new(),
            key: None,
            desk: None,
        };
        inside.house.place_bid(request, move |answer| tell.send(answer.map(|bid| bid.json())).unwrap());
        told.recv_timeout(PATIENCE).unwrap().ok()
    };
    assert_eq!(place(1_599, true), None, "below the least that is needed by then");
    assert_eq!(place(3_000, false), None, "who names an amount bids that");
    let placed: serde_json::Value = serde_json::from_str(&place(3_000, true).unwrap()).unwrap();
    let figures = [&placed["bid"]["amount"], &placed["bid"]["max"], &placed["listing"]["price"]];
    assert_eq!(figures, [1_600, 3_000, 1_600]);
}

#[test]
fn a_form_of_before_that_names_an_amount_bids_it() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let confirmed = [("amount", "1,700"), ("max", "2,500"), ("confirm", "yes")];
    assert_eq!(send(&house, id, &bob, &confirmed).status, 303);
    assert_eq!(stands(&house, id), (Some(1_700), 1, Some("Bob".into())));
    assert_eq!(house.funds(&bob).1, 2_500);
}

#[test]
fn the_leader_s_maximum_is_a_raise_that_never_becomes_a_bid() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 100}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 2_000})).done(201);
    let not_higher = send(&house, id, &bob, &[("max", "2,000")]);
    assert_eq!(not_higher.status, 409);
    assert!(not_higher.text().contains("raise your maximum"));
    let asked = send(&house, id, &bob, &[("max", "5,000")]).text();
    assert!(asked.contains("Raise your maximum?") && asked.contains("Raise to ₩5,000"), "{asked}");
    let fields = hidden(&asked);
    house.bid(&cleo, id, 2_100).done(201);
    let overtaken = send_again(&house, id, &bob, &fields);
    assert_eq!(overtaken.status, 409, "it was a raise, and is no bid against another");
    assert!(overtaken.text().contains("value=\"5000\""), "what was typed is offered as a bid");
    assert_eq!(stands(&house, id), (Some(2_100), 2, Some("Cleo".into())));
    // Asked once more, it says what it is now.
    let asked = send(&house, id, &bob, &[("max", "5,000")]).text();
    assert!(asked.contains("Place this bid?") && asked.contains("We bid ₩2,200 now"), "{asked}");
    assert_eq!(send_again(&house, id, &bob, &hidden(&asked)).status, 303);
    let asked = send(&house, id, &bob, &[("max", "6,000")]).text();
    assert_eq!(send_again(&house, id, &bob, &hidden(&asked)).status, 303);
    assert_eq!(stands(&house, id), (Some(2_200), 4, Some("Bob".into())));
    assert_eq!(house.funds(&bob).1, 6_000);
    house.audit();
}

#[test]
fn a_maximum_below_another_s_is_outbid_at_once_and_told_so() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 100}));
    house.bid_with(&cleo, id, json!({"amount": 1_000, "max": 9_000})).done(201);
    let sent = send(&house, id, &bob, &[("max", "4,000"), ("confirm", "yes")]);
    assert_eq!(
        (sent.status, sent.header("Location")),
        (303, Some(&*format!("/listings/{id}?done=bid-outbid")))
    );
    let told = house.get(&format!("/listings/{id}?done=bid-outbid&lang=en")).in_browser(&bob).send().text();
    assert!(told.contains("Outbid at once: someone set a higher maximum."), "{told}");
    assert_eq!(stands(&house, id), (Some(4_100), 3, Some("Cleo".into())));
}

#[test]
fn who_cannot_pay_reads_it_before_they_try_and_a_credit_brings_the_form() {
    let (house, ann, bob, _) = House::with(&[("premium_bps", "1000")]);
    let id = house.list(&ann, json!({"increment": 100, "buy_now": 4_000}));
    house.add("Dan");
    let dan = house.log_in("Dan");
    let poor = page(&house, id, &dan);
    assert!(
        poor.contains("data-offers hidden")
            && poor.contains("You can bid up to ₩0. Pay in at the desk, or ask")
    );
    assert!(page(&house, id, &bob).contains("<div class=\"offers\" data-offers>"));
    // The minimum comes to 1,100.
    house.credit("Dan", 1_099);
    assert!(page(&house, id, &dan).contains("You can bid up to ₩999."));
    house.credit("Dan", 1);
    let some = page(&house, id, &dan);
    assert!(some.contains("<div class=\"offers\" data-offers>"), "{some}");
    assert_eq!(some.matches("data-quick>").count(), 1, "of the paddles, what he can pay");
    assert!(some.contains("data-buy=\"4000\" hidden"), "and no more");
    assert!(some.contains("Available to spend: <strong><span data-available=\"1100\">₩1,100<"), "{some}");
    // What comes to more is refused, and said beside the field to be so.
    let beyond = send(&house, id, &dan, &[("max", "2,000")]).text();
    assert!(
        beyond.contains("= ₩2,200. This exceeds your available funds.")
            && beyond.contains("class=\"comes-to bad\""),
        "{beyond}"
    );
    assert!(!some.contains("comes-to bad"), "the minimum does not");
}

#[test]
fn a_guest_reads_what_it_takes_to_bid_here() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    let guest = || house.get(&format!("/listings/{id}?lang=en")).send().text();
    let approval = "The organiser approves each new account before it can bid.";
    assert!(
        guest().contains("Log in to bid.") && !guest().contains(approval) && guest().contains("data-bid")
    );
    house.set("sign_up", "approval");
    until("the setting counts", || guest().contains(approval).then_some(()));
    assert!(!guest().contains("Before your first bid, you accept the terms"));
    publish(&house, b"Be fair.").done();
    assert!(guest().contains("Before your first bid, you accept the terms of this house."), "{}", guest());
    // Who waits for approval reads it in place of the form.
    house.run(&["account", "suspend", &email("Cleo"), "--why", "unpaid"]).done();
    let cleo = house.log_in("Cleo");
    let suspended = page(&house, id, &cleo);
    assert!(
        suspended.contains("data-kept-out=\"suspended\"") && !suspended.contains("data-bid "),
        "{suspended}"
    );
}
