//! Amounts as people write them, at the command line and in the pages; and as they are told: money in sentences, minor
//! units in JSON.

use crate::harness::{House, Ran, email, int, until};
use serde_json::{Value, json};

/// A house that counts in euro.
fn euro() -> House {
    let house = House::bare();
    house.set("currency", "EUR");
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    house
}

fn balance(house: &House) -> i64 {
    int(&house.told(&["account", "show", &email("Bob")])["balance"])
}

fn credit(house: &House, amount: &str, more: &[&str]) -> Ran {
    let bob = email("Bob");
    house.run(&[&["account", "credit", &bob, amount, "--why", "cash"], more].concat())
}

#[test]
fn digits_alone_are_minor_units_at_the_command_line_and_anything_else_is_money() {
    let house = euro();
    let mut paid_in = 0;
    for (amount, minor, shown) in [
        ("500", 500, "5.00 EUR"),
        ("500.00", 50_000, "500.00 EUR"),
        ("500,00", 50_000, "500.00 EUR"),
        ("1.000,50", 100_050, "1000.50 EUR"),
        ("1,000", 100_000, "1000.00 EUR"),
        ("1'000.50", 100_050, "1000.50 EUR"),
        ("5 EUR", 500, "5.00 EUR"),
        ("€5", 500, "5.00 EUR"),
    ] {
        let told = credit(&house, amount, &[]).done();
        paid_in += minor;
        assert_eq!(told.stderr, format!("{shown} credited to bob@example.org\n"), "{amount}");
        assert!(told.stdout.starts_with("balance ") && told.stdout.ends_with(" EUR\n"), "{told:?}");
        assert_eq!(balance(&house), paid_in, "{amount}");
    }
    // An id is not the bidder number that it may be taken for.
    let id = house.number("select id from account where email = 'bob@example.org'");
    let by_id = house.run(&["account", "credit", &id.to_string(), "1", "--why", "cash"]).done();
    assert_eq!(by_id.stderr, format!("0.01 EUR credited to Bob <bob@example.org> (account {id})\n"));
    paid_in += 1;
    let json = credit(&house, "5.00", &["--format", "json", "-q"]).done();
    assert_eq!((int(&json.json()["balance"]), json.stderr.as_str()), (paid_in + 500, ""));
}

#[test]
fn what_is_no_amount_is_misuse_with_an_example_and_changes_nothing() {
    let house = euro();
    for amount in
        ["1,00,000", "1.5.0", "1,000,00", "1.000.50", "1e3", "0x10", "5 USD", "$5", "5.5055", "five", ""]
    {
        let told = credit(&house, amount, &[]);
        assert_eq!((told.status, told.stdout.as_str()), (2, ""), "{amount}: {told:?}");
        assert!(told.stderr.contains("1234.50 EUR"), "{amount}: {told:?}");
    }
    let far = credit(&house, "10.000.000.000.000,01", &[]);
    assert_eq!(far.status, 1);
    assert!(far.stderr.contains("amount: At most 10000000000000.00 EUR."), "{far:?}");
    let none = credit(&house, "0", &[]);
    assert_eq!(none.status, 1);
    assert!(none.stderr.contains("amount: An amount from 0.01 EUR to 10000000000000.00 EUR."), "{none:?}");
    assert_eq!(balance(&house), 0);
}

#[test]
fn commands_repeat_the_amount_as_money_beside_what_scripts_read() {
    let house = euro();
    house.set("zone", "Asia/Seoul");
    let add = |terms: &[&str]| {
        let lamp = ["listing", "add", "--seller", "ann@example.org", "--title", "Brass lamp"];
        house.run(&[&lamp[..], terms].concat())
    };
    let question = "select strftime('%Y-%m-%dT%H:00:00Z', 'now', '+30 days')";
    let closes_at: String = house.connection().query_row(question, [], |row| row.get(0)).unwrap();
    let listed = add(&["--opening", "25", "--reserve", "40,00", "--closes-at", &closes_at]).done();
    assert_eq!(listed.stdout, "1\n", "the id alone");
    let words = "Brass lamp · opening 0.25 EUR · reserve 40.00 EUR · closes ";
    assert!(listed.stderr.contains(words) && listed.stderr.contains(":00 KST\n"), "{listed:?}");
    let shown = house.told(&["listing", "show", "1"]);
    assert_eq!((int(&shown["opening"]), int(&shown["reserve"])), (25, 4_000));
    let refused = add(&["--opening", "25.00", "--reserve", "20.00", "--closes-in", "24h"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    let words = "not listed: Brass lamp · opening 25.00 EUR · reserve 20.00 EUR";
    assert!(refused.stderr.contains(words), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("The reserve cannot be lower than the opening. It must be at least 25.00 EUR."),
        "{refused:?}"
    );

    credit(&house, "150", &[]).done();
    let debit = house.run(&["account", "debit", &email("Bob"), "20000", "--why", "cash"]);
    assert_eq!(debit.status, 1);
    assert!(debit.stderr.contains("200.00 EUR not debited from bob@example.org"), "{debit:?}");
    assert!(debit.stderr.contains("Insufficient funds: 1.50 EUR available."), "{debit:?}");
    let limit = house.run(&["account", "limit", &email("Bob"), "300,00"]).done();
    assert!(limit.stderr.contains("credit limit of bob@example.org: 300.00 EUR"), "{limit:?}");
    assert_eq!(int(&house.told(&["account", "show", &email("Bob")])["credit_limit"]), 30_000);
    let limit = house.run(&["account", "limit", &email("Bob"), "0"]).done();
    assert!(limit.stderr.contains(": 0.00 EUR"), "{limit:?}");
}

#[test]
fn the_default_credit_is_an_amount_too() {
    let house = euro();
    for (value, kept, shown) in [("300", "300", "3.00"), ("300,00", "30000", "300.00"), ("€5", "500", "5.00")]
    {
        let set = house.run(&["house", "set", "default_credit", value]).done();
        assert_eq!(set.stdout, format!("default_credit is {kept}\n"));
        assert_eq!(set.stderr, format!("default_credit: {shown} EUR\n"));
    }
    let settings = house.told(&["house", "show"]);
    let credit =
        settings.as_array().unwrap().iter().find(|setting| setting["key"] == "default_credit").unwrap();
    assert_eq!(credit["value"], "500", "JSON is in minor units");
    assert!(house.run(&["house", "show"]).done().stdout.contains("500 (5.00 EUR)"));
    house.add("Cleo");
    assert_eq!(int(&house.told(&["account", "show", &email("Cleo")])["credit_limit"]), 500);
    for value in ["1.5.0", "five", "10000000000000.01"] {
        let set = house.run(&["house", "set", "default_credit", value]);
        assert_eq!(set.status, 1, "{set:?}");
        assert!(set.stderr.contains(" EUR"), "{set:?}");
    }
    let currency = house.run(&["house", "set", "currency", "KRW"]).done();
    assert_eq!(currency.stderr, "default_credit: 500 KRW\n", "it is not what it was");
}

#[test]
fn a_cell_of_a_file_is_read_like_the_command_line() {
    let house = euro();
    let csv = "seller,title,opening,reserve,closes_in_s\n\
               ann@example.org,A,1250,,600\n\
               ann@example.org,B,12.50,\"20,00\",600\n\
               ann@example.org,C,\"1.000,50 €\",,600\n";
    let file = house.home().join("lots.csv");
    std::fs::write(&file, csv).unwrap();
    let file = file.to_str().unwrap();
    house.run(&["listing", "import", file]).done();
    let opening = |id: &str| int(&house.told(&["listing", "show", id])["opening"]);
    assert_eq!(["1", "2", "3"].map(opening), [1_250, 1_250, 100_050]);
    std::fs::write(file, csv.replace("12.50,\"20,00\"", "1.5.0,10").replace("1250,,", "1250,10,")).unwrap();
    let refused = house.run(&["listing", "import", "--check", file]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("write one such as 1234.50 EUR"), "{refused:?}");
    assert!(refused.stderr.contains("It must be at least 12.50 EUR."), "{refused:?}");
}

#[test]
fn a_refusal_says_money_in_its_sentence_and_minor_units_in_its_fields() {
    let (house, ann, bob, cleo) = House::with(&[("currency", "EUR")]);
    let id = house.list(&ann, json!({"opening": 3_000, "increment": 200}));
    house.bid_with(&cleo, id, json!({"amount": 3_000})).done(201);
    let detail = |problem: &Value| problem["detail"].as_str().unwrap().to_owned();
    let low = house.bid_with(&bob, id, json!({"amount": 10})).refused(409, "bid_too_low");
    assert_eq!((detail(&low).as_str(), &low["minimum"]), ("Bid at least 32.00 EUR.", &json!(3_200)));
    let poor = house.bid_with(&bob, id, json!({"amount": 5_000_000})).refused(409, "insufficient_funds");
    assert_eq!(detail(&poor), "Insufficient funds: 1000.00 EUR available.");
    assert_eq!(poor["available"], 100_000);
    let range = "An amount from 0.01 EUR to 10000000000000.00 EUR.";
    for amount in [json!(0), json!(-5), json!(1_000_000_000_000_001_i64)] {
        let wrong = house.bid_with(&bob, id, json!({"amount": amount})).refused(422, "invalid");
        assert_eq!(
            (wrong["fields"]["amount"].as_str(), detail(&wrong)),
            (Some(range), format!("amount: {range}"))
        );
    }
    let text = house.bid_with(&bob, id, json!({"amount": "12.50", "maximum": 1})).refused(422, "invalid");
    let words = text["fields"]["amount"].as_str().unwrap();
    assert!(words.contains("minor units") && words.ends_with("1234.50 EUR is 123450."), "{words}");
    assert!(detail(&text).ends_with("1234.50 EUR is 123450. maximum: There is no such field."), "{text}");
    let max = house.bid_with(&bob, id, json!({"amount": 4_000, "max": 3_500})).refused(422, "invalid");
    assert_eq!(
        max["fields"]["max"],
        "The maximum cannot be lower than the amount. It must be at least 40.00 EUR."
    );
    let terms = json!({"title": "T", "closes_in_s": 600, "opening": 2_500, "reserve": 2_000, "buy_now": 2_200, "increment": 0});
    let draft = house.post("/api/v1/listings").by(&ann).json(&terms).send().refused(422, "invalid");
    assert_eq!(
        draft["fields"]["reserve"],
        "The reserve cannot be lower than the opening. It must be at least 25.00 EUR."
    );
    assert!(
        draft["fields"]["buy_now"].as_str().unwrap().ends_with("It must be at least 25.00 EUR."),
        "{draft}"
    );
    assert_eq!(draft["fields"]["increment"], range);
}

#[test]
fn the_page_to_confirm_and_the_preview_show_amounts_as_they_were_understood() {
    let (house, ann, bob, _) = House::with(&[("currency", "EUR")]);
    let id = house.list(&ann, json!({"opening": 1}));
    let path = format!("/listings/{id}/bids");
    let bid = |fields: &[(&str, &str)]| house.post(&path).in_browser(&bob).form(fields).send();
    for (amount, field, shown) in [
        ("12,50", "12.50", "€12.50"),
        ("1.000", "1000.00", "€1,000.00"),
        ("9'00", "", ""),
        ("€ 1\u{202f}000,00", "1000.00", "€1,000.00"),
        ("１２，５０", "12.50", "€12.50"),
        ("\u{200e}5 eur\u{200f}", "5.00", "€5.00"),
    ] {
        let asked = bid(&[("amount", amount)]);
        if field.is_empty() {
            assert_eq!(asked.status, 422, "{amount}");
            continue;
        }
        let page = asked.text();
        assert_eq!(asked.status, 200, "{amount}: {page}");
        assert!(page.contains(&format!("<dd>{shown}</dd>")), "{amount}: {page}");
        assert!(page.contains(&format!("name=\"amount\" value=\"{field}\"")), "{amount}: {page}");
    }
    for amount in ["1,00,000", "1.5.0", "$5", "-5", "1e3"] {
        let refused = bid(&[("amount", amount)]);
        assert_eq!(refused.status, 422, "{amount}");
        assert!(refused.text().contains("Enter an amount such as €1,234.50."), "{amount}");
    }
    let beyond = bid(&[("amount", "10.000.000.000.000,01")]).text();
    assert!(beyond.contains("Enter an amount from €0.01 to €10,000,000,000,000.00."), "{beyond}");
    let page = house.get(&format!("/listings/{id}")).in_browser(&bob).send().text();
    assert!(
        page.contains("name=\"max\" inputmode=\"decimal\"") && !page.contains("type=\"number\""),
        "{page}"
    );

    let fields = [
        ("title", "Lamp"),
        ("opening", "1.000,50"),
        ("reserve", "1 200"),
        ("buy_now", "1'500.00"),
        ("increment", "5 €"),
        ("closes_in_s", "600"),
        ("step", "preview"),
    ];
    let preview = house.post("/listings/new").in_browser(&ann).form(&fields).send().text();
    for shown in ["€1,000.50", "€1,200.00", "€1,500.00", "€5.00"] {
        assert!(preview.contains(&format!("<dd>{shown}</dd>")), "{shown}: {preview}");
    }
}

#[test]
fn a_currency_without_decimals_takes_groups_and_asks_for_digits_alone() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"opening": 1}));
    let bid = |amount: &str| {
        house
            .post(&format!("/listings/{id}/bids?lang=ko"))
            .in_browser(&bob)
            .form(&[("amount", amount)])
            .send()
    };
    for amount in ["12,000", "12.000", "12000원", "￦12,000", "１２０００", "12000.00"] {
        let page = bid(amount).text();
        assert!(page.contains("<dd>12,000원</dd>"), "{amount}: {page}");
    }
    for amount in ["1,5", "12.5", "12,00"] {
        let refused = bid(amount);
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("12,000원처럼 소수점 없이"), "{amount}");
    }
    let page = house.get(&format!("/listings/{id}")).in_browser(&bob).send().text();
    assert!(page.contains("name=\"max\" inputmode=\"numeric\""), "{page}");
}

/// A setting that another process changes counts for sentences within a second.
#[test]
fn sentences_follow_the_currency() {
    let mut house = House::bare();
    house.add("Ann");
    house.serve();
    let ann = house.log_in("Ann");
    house.set("currency", "KWD");
    let words = "An amount from 0.001 KWD to 1000000000000.000 KWD.";
    let bad = json!({"title": "T", "closes_in_s": 600, "opening": 0});
    let said = || house.post("/api/v1/listings").by(&ann).json(&bad).send().refused(422, "invalid");
    until("the sentence is in dinar", || (said()["fields"]["opening"] == words).then_some(()));
}

#[test]
fn the_audit_names_money() {
    let house = euro();
    credit(&house, "500.00", &[]).done();
    house.connection().execute("update purse set balance = balance + 1 where id = 2", []).unwrap();
    let audit = house.run(&["audit"]);
    assert_eq!(audit.status, 1);
    let words = "account 2: the balance is 500.01 EUR, its postings sum to 500.00 EUR";
    assert!(audit.stdout.contains(words) && audit.stderr.contains(words), "{audit:?}");
}
