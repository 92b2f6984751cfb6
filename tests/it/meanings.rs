//! A meaning each: what is refused is said as what it is, in the page's language, in the API and at the command line;
//! two meanings of one code never share a sentence.

use crate::harness::{House, Person, email};
use serde_json::json;

/// What a page says, in English and in Korean, when this form is posted.
fn said(house: &House, path: &str, person: Option<&Person>, fields: &[(&str, &str)]) -> [String; 2] {
    ["en", "ko"].map(|lang| {
        let call = house.post(path).header("Accept-Language", lang);
        let call = match person {
            Some(person) => call.in_browser(person),
            None => call.header("Sec-Fetch-Site", "same-origin"),
        };
        let page = call.form(fields).send().text();
        page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned()
    })
}

/// The sentences stand on the page, and none of the others that were confused with them.
#[track_caller]
fn means(pages: [String; 2], sentences: [&str; 2]) {
    let confused = [["already an account", "suspended"], ["이미 가입된", "정지된"]];
    for ((page, sentence), confused) in pages.iter().zip(sentences).zip(confused) {
        assert!(page.contains(sentence), "{sentence:?} is not in {page}");
        for other in confused.into_iter().filter(|other| !sentence.contains(other)) {
            assert!(!page.contains(other), "{other:?} is in {page}");
        }
    }
}

const CONFIRMED: [(&str, &str); 1] = [("confirm", "yes")];

#[test]
fn buy_now_that_is_over_is_not_an_address_in_use() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"buy_now": 50_000}));
    house.bid(&bob, id, 1_000).done(201);
    let sentences =
        ["Bidding has begun, so the item can no longer be bought at once.", "즉시 구매할 수 없습니다."];
    for fields in [&[][..], &CONFIRMED] {
        means(said(&house, &format!("/listings/{id}/buy"), Some(&cleo), fields), sentences);
    }
    let refused = house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).send().refused(409, "taken");
    assert_eq!(refused["reason"], "buy_now_over");

    let without = house.list(&ann, json!({}));
    let sentences = ["This item has no buy-now price.", "즉시 구매가가 없는 물품입니다."];
    means(said(&house, &format!("/listings/{without}/buy"), Some(&cleo), &[]), sentences);
    let refused =
        house.post(&format!("/api/v1/listings/{without}/buy")).by(&cleo).send().refused(422, "invalid");
    assert!(refused["fields"]["buy_now"].is_string(), "{refused}");
    house.audit();
}

#[test]
fn an_address_in_use_is_said_beside_its_field() {
    let (house, ..) = House::open();
    let fields = [("email", "bob@example.org"), ("name", "Bob"), ("password", "correct horse")];
    let sentences = ["There is already an account with this email address.", "이미 가입된 이메일입니다."];
    let pages = said(&house, "/join", None, &fields);
    assert!(pages[0].contains("id=\"email-error\""), "{}", pages[0]);
    means(pages, sentences);
    let body = json!({"email": "bob@example.org", "name": "Bob", "password": "correct horse"});
    let refused = house.post("/api/v1/accounts").json(&body).send().refused(409, "taken");
    assert_eq!(refused["reason"], "email_taken");
    let add = ["account", "add", "--email", "bob@example.org", "--name", "Bob", "--password-stdin"];
    let ran = house.run_with(&add, "correct horse\n");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("already an account"), "{ran:?}");
}

#[test]
fn who_may_not_cancel_reads_why() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let (page, api) = (format!("/listings/{id}/cancel"), format!("/api/v1/listings/{id}"));
    let sentences = ["Only the seller can cancel this listing.", "판매자만 출품을 취소할 수 있습니다."];
    let pages = said(&house, &page, Some(&cleo), &CONFIRMED);
    assert!(pages[0].contains(&format!("href=\"/listings/{id}\"")), "the way back: {}", pages[0]);
    means(pages, sentences);
    assert_eq!(house.delete(&api).by(&cleo).send().refused(403, "not_allowed")["reason"], "not_the_seller");
    house.bid(&bob, id, 1_000).done(201);
    let sentences = [
        "There are already bids, so this listing can no longer be cancelled.",
        "이미 입찰이 있어 출품을 취소할 수 없습니다.",
    ];
    means(said(&house, &page, Some(&ann), &CONFIRMED), sentences);
    assert_eq!(house.delete(&api).by(&ann).send().refused(403, "not_allowed")["reason"], "has_bids");
    house.audit();
}

#[test]
fn who_waits_for_approval_is_not_suspended() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"buy_now": 5_000}));
    house.set("sign_up", "approval");
    let body = json!({"email": email("Dora"), "name": "Dora", "password": crate::harness::PASSWORD});
    house.post("/api/v1/accounts").json(&body).send().done(201);
    let dora = house.log_in("Dora");
    house.run(&["account", "suspend", &email("Bob"), "--why", "unpaid"]).done();
    let waiting = ["waiting for the organiser’s approval", "주최 측의 승인을 기다리는 계정입니다."];
    let suspended = ["Your account is suspended", "정지된 계정입니다."];
    let draft = [("title", "Lamp"), ("opening", "1000"), ("closes_in_s", "600")];
    for (person, sentences, reason, words) in [
        (&dora, waiting, "awaiting_approval", "waiting for the organiser's approval"),
        (&bob, suspended, "suspended", "is suspended"),
    ] {
        for step in ["bids", "buy"] {
            let fields = [("amount", "1,000"), ("confirm", "yes")];
            means(said(&house, &format!("/listings/{id}/{step}"), Some(person), &fields), sentences);
        }
        means(said(&house, "/listings/new", Some(person), &draft), sentences);
        let page = house.get(&format!("/listings/{id}")).in_browser(person).send().text();
        assert!(page.split("<main").nth(1).unwrap().contains(sentences[0]), "{page}");
        assert_eq!(house.bid(person, id, 1_000).refused(403, "not_allowed")["reason"], reason);
        let buy = house.post(&format!("/api/v1/listings/{id}/buy")).by(person).send();
        assert_eq!(buy.refused(403, "not_allowed")["reason"], reason);
        assert_eq!(house.try_list(person, json!({})).refused(403, "not_allowed")["reason"], reason);
        let add = ["listing", "add", "--seller", &person.email, "--title", "Lamp", "--opening", "1"];
        let ran = house.run(&[&add[..], &["--closes-in", "1h"]].concat());
        assert_eq!(ran.status, 1);
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
    house.audit();
}

#[test]
fn a_closed_house_says_where_accounts_come_from() {
    let (house, ..) = House::open();
    house.set("sign_up", "closed");
    let fields = [("email", "eve@example.org"), ("name", "Eve"), ("password", "correct horse")];
    means(
        said(&house, "/join", None, &fields),
        ["Only the organiser can open accounts", "주최 측에서만 만들 수 있습니다"],
    );
    let body = json!({"email": "eve@example.org", "name": "Eve", "password": "correct horse"});
    let refused = house.post("/api/v1/accounts").json(&body).send().refused(403, "not_allowed");
    assert_eq!(refused["reason"], "sign_up_closed");
}
