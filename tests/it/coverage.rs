//! True words about money: "paid" stands only where the buyer's balance covers it, everywhere else what is owed; and a
//! reversed sale says that it is one.

use crate::harness::{House, Inside, Person, email, int};
use serde_json::{Value, json};

/// Bob has nothing but credit, and Ann's three lamps, each at 1,000 and a premium of 100, are his.
fn bought_on_credit() -> (House, Person, Person, Vec<Value>) {
    let mut house = House::bare();
    house.set("premium_bps", "1000");
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    house.run(&["account", "limit", &email("Bob"), "10000"]).done();
    house.serve();
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    let sales = (0..3).map(|_| {
        let id = house.list(&ann, json!({"buy_now": 1_000}));
        house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().done(201)
    });
    let sales = sales.collect();
    (house, ann, bob, sales)
}

fn page(house: &House, path: &str, person: &Person) -> String {
    of_page(&house.get(path).in_browser(person).send().text())
}

/// What a page is about, without the script's sentences.
fn of_page(page: &str) -> String {
    page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned()
}

/// `paid` and `owed` of each of Bob's purchases, oldest first, as the API tells them.
fn told(house: &House, bob: &Person) -> Vec<(bool, i64)> {
    let body = house.get("/api/v1/me/won").by(bob).send().done(200);
    let listings = body["listings"].as_array().unwrap().iter().rev();
    listings.map(|won| (won["paid"].as_bool().unwrap(), int(&won["owed"]))).collect()
}

#[track_caller]
pub fn says(text: &str, expected: &[&str], never: &[&str]) {
    for words in expected {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    for words in never {
        assert!(!text.contains(words), "{words:?} is in {text}");
    }
}

#[test]
fn money_pays_the_oldest_purchase_first_and_every_page_says_what_is_owed() {
    let (house, _, bob, sales) = bought_on_credit();
    let listing = |n: usize| format!("/listings/{}", sales[n]["listing"]);
    let invoice = |n: usize| format!("/account/won/{}", sales[n]["id"]);
    let taken = ["is paid", "Paid in full"];
    assert_eq!(told(&house, &bob), [(false, 1_100); 3]);
    says(&page(&house, &listing(0), &bob), &["You won! It is on your bill: ₩1,100."], &taken);
    says(&page(&house, &invoice(0), &bob), &["Due", "data-owed=\"1100\""], &["Paid", "data-paid"]);
    let account = page(&house, "/account", &bob);
    says(&account, &["data-owed-total=\"3300\"", "Due on your bill: ₩3,300", "On your bill<"], &["Paid<"]);
    let money = page(&house, "/account?tab=money", &bob);
    says(&money, &["<small>on your bill</small>"], &["Paid<", "data-owed-total"]);

    house.credit("Bob", 1_600);
    assert_eq!(told(&house, &bob), [(true, 0), (false, 600), (false, 1_100)]);
    says(&page(&house, &listing(0), &bob), &["You won! ₩1,100 is paid."], &["on your bill"]);
    let partly = "You won! It is on your bill: ₩1,100, of which ₩600 is still due.";
    says(&page(&house, &listing(1), &bob), &[partly], &taken);
    says(&page(&house, &listing(2), &bob), &["It is on your bill: ₩1,100."], &taken);
    says(&page(&house, &invoice(0), &bob), &["Paid in full", "data-paid=\"1100\""], &["Due", "data-owed"]);
    says(&page(&house, &invoice(1), &bob), &["Covered", "data-paid=\"500\"", "data-owed=\"600\""], &["Paid"]);
    let account = page(&house, "/account", &bob);
    says(&account, &["data-owed-total=\"1700\"", "₩600 of ₩1,100 still due"], &[]);
    says(&page(&house, "/account?tab=money", &bob), &["<small>₩600 due</small>"], &[]);
    let shown = house.told(&["account", "show", &email("Bob")]);
    assert_eq!((&shown["owed"], &shown["balance"]), (&json!(1_700), &json!(-1_700)));
    let statement = house.told(&["account", "statement", &email("Bob")]);
    let lines = statement["lines"].as_array().unwrap();
    let owed: Vec<&Value> = lines.iter().map(|line| &line["owed"]).collect();
    assert_eq!(owed, [&json!(0), &json!(600), &json!(1_100), &Value::Null]);
    let text = house.run(&["account", "statement", &email("Bob")]).done().stdout.replace(',', "");
    says(&text, &["(paid)", "(600 KRW owed)", "(1100 KRW owed)"], &[]);
    let show =
        house.run(&["listing", "show", &sales[1]["listing"].to_string()]).done().stdout.replace(',', "");
    let number = format!("settlement {}", sales[1]["id"]);
    says(&show, &[&number, "total      1100 KRW", "500 KRW paid 600 KRW owed"], &[]);

    house.credit("Bob", 1_700);
    assert_eq!(told(&house, &bob), [(true, 0); 3]);
    says(&page(&house, "/account?tab=pay", &bob), &["Paid"], &["data-owed-total", "Due", "On your bill"]);
    house.audit();
}

#[test]
fn what_a_seller_earns_pays_what_they_bought() {
    let (house, ann, bob, _) = bought_on_credit();
    house.credit("Ann", 10_000);
    let id = house.list(&bob, json!({"buy_now": 1_200}));
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&ann).send().done(201);
    assert_eq!(told(&house, &bob), [(true, 0), (false, 1_000), (false, 1_100)]);
    says(&page(&house, &format!("/listings/{id}"), &bob), &["Sold! ₩1,200 was credited"], &[]);
    house.audit();
}

#[test]
fn a_reversed_sale_says_so_everywhere_and_is_owed_by_nobody() {
    let (house, ann, bob, sales) = bought_on_credit();
    let (settlement, listing) = (sales[0]["id"].to_string(), sales[0]["listing"].to_string());
    let before = house.run(&["settle", &listing]).done().stdout;
    assert_eq!(house.listing(int(&sales[0]["listing"]))["reversed_at"], Value::Null);
    house.run(&["reverse", &settlement, "--why", "the lamp was broken"]).done();
    let path = format!("/listings/{listing}");

    assert_eq!(told(&house, &bob), [(false, 0), (false, 1_100), (false, 1_100)]);
    let (to_bob, to_ann) = (page(&house, &path, &bob), page(&house, &path, &ann));
    let to_all = of_page(&house.get(&path).send().text());
    for page in [&to_bob, &to_ann, &to_all] {
        says(page, &["This sale was reversed on ", ">Reversed<"], &["You won!", "Sold! ", "on your bill"]);
    }
    says(&to_bob, &["You owe nothing for it", "the lamp was broken"], &[]);
    says(&to_ann, &["you receive nothing for it", "the lamp was broken"], &[]);
    says(&to_all, &[], &["the lamp was broken"]);
    let invoice = page(&house, &format!("/account/won/{settlement}"), &bob);
    says(&invoice, &["This sale was reversed", "the lamp was broken"], &["Due", "Paid", "data-owed"]);
    says(&page(&house, "/account", &bob), &["Reversed", "data-owed-total=\"2200\""], &[]);
    says(&page(&house, "/account?tab=selling", &ann), &["data-state=\"sold\">Reversed<"], &[]);
    says(&house.get("/?state=sold").send().text(), &[">Reversed<"], &[]);
    says(&house.get(&format!("{path}/proof")).send().text(), &["This sale was reversed"], &[]);

    let shown = house.told(&["listing", "show", &listing]);
    let at = shown["reversed_at"].as_str().expect("a time");
    assert_eq!((&shown["state"], &shown["settlement"]["owed"]), (&json!("sold"), &json!(0)));
    assert_eq!(house.listing(int(&sales[0]["listing"]))["reversed_at"], at);
    assert_eq!(house.get(&format!("/api/v1{path}/settlement")).send().done(200)["reversed_at"], at);
    let listed = house.told(&["listing", "list"]);
    let n_reversed = listed.as_array().unwrap().iter().filter(|listing| listing["reversed_at"] == at).count();
    assert_eq!(n_reversed, 1);
    says(
        &house.run(&["listing", "show", &listing]).done().stdout,
        &["state      sold, reversed", "reversed   "],
        &[],
    );
    says(&house.run(&["listing", "list"]).done().stdout, &["sold, reversed"], &[]);
    says(&house.run(&["account", "statement", &email("Bob")]).done().stdout, &["(reversed)"], &[]);
    assert_eq!(house.run(&["settle", &listing]).done().stdout, before, "the statement stays as it was");
    house.audit();
}

#[test]
fn a_reversal_takes_a_listing_and_says_which_settlement_was_meant() {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    house.credit("Bob", 10_000);
    house.serve();
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    let open = house.list(&ann, json!({})).to_string();
    let id = house.list(&ann, json!({"buy_now": 2_000}));
    let sale = house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().done(201);
    let (id, settlement) = (id.to_string(), sale["id"].to_string());
    assert_ne!(id, settlement);
    let unknown = house.run(&["reverse", "99", "--why", "x"]);
    assert_eq!(unknown.status, 1);
    says(&unknown.stderr, &["There is no settlement 99"], &[]);
    let refused = house.run(&["reverse", "--listing", &open, "--why", "x"]);
    assert_eq!((refused.status, refused.stderr.contains("has not been settled")), (1, true), "{refused:?}");
    assert_eq!(house.run(&["reverse", "--listing", "99", "--why", "x"]).status, 1);
    assert_eq!(house.run(&["reverse", "--why", "x"]).status, 2);
    assert_eq!(house.run(&["reverse", &settlement, "--listing", &id, "--why", "x"]).status, 2);
    assert_eq!(house.number("select count(*) from transfer where cause = 'reversal'"), 0);
    // No settlement has this number: it is the listing's.
    let reversed = house.told(&["reverse", &id, "--why", "broken"]);
    assert_eq!((&reversed["settlement"], reversed["listing"].to_string()), (&sale["id"], id.clone()));
    house.run(&["reverse", "--listing", &id, "--why", "done already"]).done();
    house.audit();
}

/// Credit that is paid out again may leave less than was ever charged.
#[test]
fn what_is_paid_out_no_longer_pays() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    inside.credit("Bob", 2_000);
    drop(inside);
    house.run(&["account", "limit", &email("Bob"), "5000"]).done();
    let debit = ["account", "debit", &email("Bob"), "3000", "--why", "paid out", "--into-credit"];
    house.run(&debit).done();
    assert_eq!(house.told(&["account", "show", &email("Bob")])["owed"], 0, "nothing was bought");
    house.audit();
}
