//! The pages: they stand without a script, escape everything, bear the contract's hooks, and keep what was typed.

use crate::harness::{House, PAID_IN};
use serde_json::json;

const HOSTILE: &str = "<script>alert(1)</script> \"quoted\" 'single' & </title>";

#[test]
fn every_page_stands_and_is_escaped() {
    let (house, ann, bob, _) = House::open();
    let id = house
        .list(&ann, json!({"title": HOSTILE, "description": HOSTILE, "soft_close": null, "buy_now": 50_000}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 2_000, "message": HOSTILE})).done(201);
    let listing = format!("/listings/{id}");
    for path in [
        "/",
        "/?state=all&q=script&sort=bids",
        &listing,
        "/board",
        "/join",
        "/login",
        "/listings/new",
        "/account",
    ] {
        for person in [None, Some(&ann), Some(&bob)] {
            let call = house.get(path);
            let answer = person.map_or(house.get(path), |person| call.in_browser(person)).send();
            let needs_someone = ["/listings/new", "/account"].contains(&path) && person.is_none();
            assert_eq!(answer.status, if needs_someone { 303 } else { 200 }, "{path}");
            let page = answer.text();
            assert!(!page.contains("<script>alert") && !page.contains("\"quoted\" 'single'"), "{path}");
            for header in ["X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"] {
                assert!(answer.header(header).is_some(), "{path}: {header}");
            }
            let policy = answer.header("Content-Security-Policy").unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        }
    }
    assert!(
        house.get(&listing).send().text().contains("&#60;script&#62;")
            || house.get(&listing).send().text().contains("&lt;script&gt;")
    );
}

#[test]
fn a_listing_s_page_bears_the_hooks_of_the_contract() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000})).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let at = house.listing(id);
    let page = house.get(&format!("/listings/{id}")).in_browser(&cleo).send().text();
    for hook in [
        format!("data-listing=\"{id}\""),
        "data-state=\"open\"".into(),
        "data-price=\"2100\"".into(),
        "data-minimum=\"2200\"".into(),
        "data-leader=\"Bob\"".into(),
        format!("data-closes-at=\"{}\"", at["closes_at"].as_str().unwrap()),
        "data-countdown=".into(),
        "data-clock=".into(),
        "data-history".into(),
        "<li data-seq=\"1\"".into(),
        "<li data-seq=\"3\"".into(),
        "data-bid".into(),
        "<dialog data-confirm".into(),
        "value=\"confirm\"".into(),
        format!("data-cursor=\"{}\"", at["cursor"]),
    ] {
        assert!(page.contains(&hook), "{hook} is not in\n{page}");
    }
    assert_eq!(page.matches("data-seq=").count(), 3);
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

#[test]
fn a_bid_by_form_is_asked_once_more_and_made_once() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let path = format!("/listings/{id}/bids");
    let post = |fields: &[(&str, &str)]| house.post(&path).in_browser(&bob).form(fields).send();
    let asked = post(&[("amount", "1,200"), ("max", "3000"), ("message", "mine")]);
    assert_eq!(asked.status, 200);
    assert_eq!(house.bids(id).len(), 0, "nothing is bid yet");
    let fields = hidden(&asked.text());
    assert!(
        fields.contains(&("confirm".into(), "yes".into()))
            && fields.contains(&("amount".into(), "1200".into())),
        "{fields:?}"
    );
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for _ in 0..2 {
        let made = post(&fields);
        assert_eq!(made.status, 303, "{made:?}");
        assert!(made.header("Location").unwrap().starts_with(&format!("/listings/{id}")));
    }
    assert_eq!(house.bids(id).len(), 1, "pressed twice, bid once");
    assert_eq!(house.funds(&bob), (PAID_IN, 3_000, PAID_IN - 3_000));
    house.audit();
}

#[test]
fn nobody_is_asked_to_confirm_what_would_be_refused() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"buy_now": 500_000}));
    let post = |who, path: &str, amount: &str| {
        house.post(&format!("/listings/{id}/{path}")).in_browser(who).form(&[("amount", amount)]).send()
    };
    for (who, amount, status) in [(&ann, "1000", 403), (&bob, "999", 409), (&bob, "200,000", 409)] {
        let page = post(who, "bids", amount);
        assert_eq!(page.status, status, "{amount}: {page:?}");
        assert!(!page.text().contains("name=\"confirm\""), "{amount}");
    }
    assert_eq!(post(&bob, "buy", "").status, 409, "dearer than what he has");
    assert_eq!(post(&bob, "bids", "1000").status, 200);
    assert_eq!(house.number("select count(*) from bid"), 0);
}

#[test]
fn who_presses_buy_twice_has_bought_it_once() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 5_000}));
    let buy = |who| {
        let path = format!("/listings/{id}/buy");
        house.post(&path).in_browser(who).form(&[("confirm", "yes")]).send()
    };
    for _ in 0..2 {
        let bought = buy(&bob);
        assert_eq!(
            (bought.status, bought.header("Location")),
            (303, Some(&*format!("/listings/{id}?done=bought")))
        );
    }
    assert_eq!(buy(&cleo).status, 409);
    assert_eq!(house.funds(&bob).0, PAID_IN - 5_000);
    house.audit();
}

#[test]
fn a_guest_s_bid_waits_for_the_login() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let page = house.get(&format!("/listings/{id}")).send().text();
    assert!(page.contains("data-bid") && page.contains("/login?next="), "{page}");
    // By a paddle, which names an amount, and by the field.
    for typed in [[("amount", "1,250"), ("max", "")], [("amount", ""), ("max", "1,250")]] {
        let sent = house.post(&format!("/listings/{id}/bids")).form(&typed).send();
        let next = format!("/login?next=/listings/{id}%3Famount%3D1%252C250");
        assert_eq!((sent.status, sent.header("Location")), (303, Some(&*next)));
    }
    let back = house.get(&format!("/listings/{id}?amount=1%2C250")).in_browser(&bob).send().text();
    let field = back.split("<input id=\"max\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    assert!(field.contains("value=\"1,250\""), "{back}");
    assert_eq!(house.number("select count(*) from bid"), 0);
}

#[test]
fn a_reserve_that_is_not_met_is_said_and_never_named() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"reserve": 7_777}));
    house.bid(&bob, id, 1_000).done(201);
    let page = || house.get(&format!("/listings/{id}?lang=en")).send().text().to_lowercase();
    assert!(page().contains("reserve not met") && !page().contains("7,777") && !page().contains("7777"));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 9_000})).done(201);
    assert!(page().contains("reserve met") && !page().contains("reserve not met"));
}

#[test]
fn a_refusal_stands_beside_the_field_and_what_was_typed_stays() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let path = format!("/listings/{id}/bids");
    let low = house
        .post(&path)
        .in_browser(&bob)
        .form(&[("amount", "999"), ("message", "keep me"), ("confirm", "yes")])
        .send();
    assert_eq!(low.status, 409);
    let page = low.text();
    assert!(
        page.contains("keep me") && page.contains("value=\"1000\""),
        "the new minimum is offered: {page}"
    );
    assert!(page.contains("aria-invalid=\"true\""), "beside the field: {page}");
    let odd = house.post(&path).in_browser(&bob).form(&[("amount", "a lot"), ("message", "keep me")]).send();
    assert_eq!(odd.status, 422);
    assert!(odd.text().contains("a lot") && odd.text().contains("aria-invalid=\"true\""));
    // What cannot be read is called so, not too low.
    let max = house.post(&path).in_browser(&bob).form(&[("amount", "1,000"), ("max", "12.5")]).send().text();
    assert!(max.contains("data-error=\"max\">Enter a whole"), "{max}");
    let fields = [("title", ""), ("description", "kept"), ("opening", "x"), ("closes_in_s", "60")];
    let listing = house.post("/listings/new").in_browser(&ann).form(&fields).send();
    assert_eq!(listing.status, 422);
    assert!(listing.text().contains("kept"));
    assert_eq!(
        (house.number("select count(*) from bid"), house.number("select count(*) from listing")),
        (0, 1)
    );
}

#[test]
fn the_language_is_chosen_and_kept() {
    let (house, ..) = House::open();
    let lang = |page: &str| page.contains("<html lang=\"ko\"");
    assert!(!lang(&house.get("/").send().text()));
    assert!(lang(&house.get("/").header("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5").send().text()));
    let chosen = house.get("/?lang=ko").send();
    assert!(lang(&chosen.text()));
    let cookie = chosen.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(lang(&house.get("/join").header("Cookie", &cookie).send().text()));
    assert!(!lang(&house.get("/join?lang=en").header("Cookie", &cookie).send().text()));
}

#[test]
fn a_page_that_is_not_there_is_a_page_and_says_so() {
    let (house, ..) = House::open();
    for path in ["/listings/99", "/nothing"] {
        let answer = house.get(path).send();
        assert_eq!(answer.status, 404);
        assert!(answer.header("Content-Type").unwrap().starts_with("text/html"));
    }
}

#[test]
fn an_account_says_what_each_hold_is_for_and_what_is_empty_says_how_to_go_on() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000")]);
    let page = |path: &str, who| house.get(path).in_browser(who).send().text();
    let guest = |path: &str| house.get(path).send().text();
    assert!(guest("/").contains("class=\"empty\"") && guest("/").contains("href=\"/listings/new\""));
    assert!(guest("/board").contains("board-idle"));
    let lamp = house.list(&ann, json!({"title": "Lamp"}));
    for path in ["/?q=nothing", "/?show=watched", "/?category=None", "/?state=sold", "/?price_to=1"] {
        let empty = guest(path);
        let way_on = empty.split("class=\"empty\"").nth(1).unwrap_or_else(|| panic!("{path} is not empty"));
        assert!(way_on.split("</section>").next().unwrap().contains("class=\"button\" href=\"/"), "{path}");
    }
    assert!(guest("/nothing").contains("class=\"button\" href=\"/\""), "a way on");
    // An empty tab says so in one line; the house sends no mails, so there is none to choose.
    for (tab, n) in [("pay", 1), ("bidding", 1), ("selling", 1), ("money", 0), ("settings", 0)] {
        let page = page(&format!("/account?tab={tab}"), &cleo);
        assert_eq!(page.matches("class=\"none\"").count(), n, "{tab}: {page}");
        assert!(!page.contains("/account/mail"), "{tab}");
    }

    house.bid_with(&bob, lamp, json!({"amount": 1_000, "max": 3_000})).done(201);
    let account = page("/account", &bob);
    assert!(account.contains("Your maximum: ₩3,000. Held for it: ₩3,300."), "{account}");
    let money = page("/account?tab=money", &bob);
    assert!(money.contains("data-held=\"3300\"") && money.contains("less what is held"), "{money}");
    house.bid(&cleo, lamp, 5_000).done(201);
    let account = page("/account", &bob);
    assert!(!account.contains("Held for it"), "{account}");
    assert!(page("/account?tab=money", &bob).contains("data-held=\"0\""));
    let outbid = account.split("id=\"outbid-title\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(outbid.contains("Lamp"), "{outbid}");
}

#[test]
fn the_calls_for_programs_beside_the_api_answer() {
    let (house, ..) = House::open();
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/time", "/api/v1/openapi.json", "/favicon.ico"] {
        let answer = house.get(path).send();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let head = house.call("HEAD", path).send();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
    let described = house.get("/api/v1/openapi.json").send().body();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(described["paths"].as_object().unwrap().len() > 10);
}
