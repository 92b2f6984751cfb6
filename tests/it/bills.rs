//! Bills: what people were charged, what of it is covered, and their payments; the same figures in the commands, the API, the
//! lists and the statement. Ann sells; Bob and Cleo buy.

use crate::harness::{House, Inside, Person, email, int};
use crate::sale_api::{add_lot, draft, publish};
use serde_json::{Value, json};

/// Ann, Bob and Cleo, nobody with any money; Bob and Cleo may owe. A premium of 10 %.
pub fn house() -> (House, Person, Person, Person) {
    let mut house = House::bare();
    house.set("premium_bps", "1000");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.run(&["account", "limit", &email(name), "100000"]).done();
    }
    house.serve();
    let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| house.log_in(name));
    (house, ann, bob, cleo)
}

/// A sale of the lots A1 … An, each to buy for 1,000 and 100 more.
pub fn sale(house: &House, code: &str, n: usize) -> Vec<i64> {
    draft(house, code, &["--pickup", "At the door"]);
    for nth in 1..=n {
        add_lot(house, code, &format!("A{nth}"), &format!("Lamp {nth}"), &["--buy-now", "1000"]);
    }
    publish(house, code);
    (1..=n).map(|nth| crate::sale_nights::listing_of(house, code, &format!("A{nth}"))).collect()
}

pub fn buy(house: &House, person: &Person, listing: i64) -> i64 {
    int(&house.post(&format!("/api/v1/listings/{listing}/buy")).by(person).send().done(201)["id"])
}

pub fn pay(house: &House, name: &str, amount: i64, more: &[&str]) -> i64 {
    let (email, amount) = (email(name), amount.to_string());
    let words = ["account", "credit", &email, &amount, "--method"];
    let more = if more.is_empty() { &["cash"][..] } else { more };
    int(&house.told(&[&words[..], more].concat())["payment"])
}

fn bill(house: &House, who: &str, sale: &[&str]) -> Value {
    house.told(&[&["bill", "show", who][..], sale].concat())
}

/// The total, what is covered, and what is due.
fn sums(bill: &Value) -> (i64, i64, i64) {
    (int(&bill["total"]), int(&bill["covered"]), int(&bill["due"]))
}

fn covered(bill: &Value) -> Vec<i64> {
    bill["lines"].as_array().unwrap().iter().map(|line| int(&line["covered"])).collect()
}

/// Whatever tells of an account's purchases, they say the same.
#[track_caller]
fn agree(house: &House, person: &Person) {
    let all = bill(house, &person.email, &[]);
    let (total, covered, due) = sums(&all);
    assert_eq!(total, covered + due);
    assert_eq!(int(&house.told(&["account", "show", &person.email])["owed"]), due, "account show");
    let mut of_sales = (0, 0, 0);
    let bills = house.get("/api/v1/me/bills").by(person).send().done(200);
    for bill in bills["bills"].as_array().unwrap() {
        let (total, covered, due) = sums(bill);
        of_sales = (of_sales.0 + total, of_sales.1 + covered, of_sales.2 + due);
    }
    assert_eq!(of_sales, (total, covered, due), "each purchase is on one bill");
    let won = house.get("/api/v1/me/won").by(person).send().done(200);
    let statement = house.told(&["account", "statement", &person.email]);
    for line in all["lines"].as_array().unwrap() {
        let settlement = &line["settlement"];
        let due = if line["reversed"] == true { 0 } else { int(&line["total"]) - int(&line["covered"]) };
        let found = won["listings"].as_array().unwrap().iter().find(|won| won["settlement"] == *settlement);
        let won = found.expect("each purchase was won");
        assert_eq!(int(&won["owed"]), due, "me/won, settlement {settlement}");
        assert_eq!(won["paid"] == true, due == 0 && line["reversed"] == false);
        let moved = statement["lines"].as_array().unwrap().iter();
        let mut charge = moved.filter(|moved| moved["cause"] == "sale" && moved["settlement"] == *settlement);
        assert_eq!(int(&charge.next().unwrap()["owed"]), due, "statement, settlement {settlement}");
        let shown = house.told(&["listing", "show", &line["listing"].to_string()]);
        assert_eq!(int(&shown["settlement"]["owed"]), due, "listing show");
        assert_eq!(shown["settlement"]["handed_over_at"], line["handed_over_at"]);
    }
    house.audit();
}

#[test]
fn a_bill_has_all_that_the_contract_names() {
    let (house, ann, bob, _) = house();
    let lots = sale(&house, "spring", 2);
    let settlement = buy(&house, &bob, lots[0]);
    let payment = pay(&house, "Bob", 600, &["card", "--reference", "terminal 0042"]);
    let expected = json!({
        "sale": "spring", "number": null, "account": bob.id, "name": "Bob",
        "lines": [{
            "settlement": settlement, "listing": lots[0], "lot": "A1", "title": "Lamp 1", "hammer": 1_000,
            "premium": 100, "tax": 0, "total": 1_100, "covered": 600, "handed_over_at": null, "reversed": false,
        }],
        "payments": [{
            "id": payment, "amount": 600, "method": "card", "reference": "terminal 0042", "by": "cli",
            "voided": false, "voided_why": null,
        }],
        "total": 1_100, "covered": 600, "due": 500,
    });
    let mut told = bill(&house, &email("Bob"), &["--sale", "spring"]);
    assert_eq!(house.get("/api/v1/me/bills/spring").by(&bob).send().done(200), told);
    assert_eq!(house.get("/api/v1/me/bills").by(&bob).send().done(200), json!({"bills": [told]}));
    let at = told["payments"][0].as_object_mut().unwrap().remove("at").unwrap();
    assert!(at.as_str().unwrap().ends_with('Z'), "{at}");
    assert_eq!(told, expected);
    let text = house.run(&["bill", "show", &email("Bob"), "--sale", "spring"]).done().stdout;
    for words in ["Bob, in spring", "lot A1", "Lamp 1", "card", "terminal 0042", "due       500 KRW"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let mut table = text.lines().skip_while(|line| !line.contains("handed over"));
    let (head, line) = (table.next().unwrap(), table.next().unwrap());
    assert!(head.contains("total") && head.contains("due") && line.contains("500 KRW"), "{text}");
    assert!(!text.contains("paid"), "{text}");
    house.get("/api/v1/me/bills/spring").by(&ann).send().refused(404, "not_found");
    house.get("/api/v1/me/bills/autumn").by(&bob).send().refused(404, "not_found");
    house.get("/api/v1/me/bills/spring").send().refused(401, "unauthenticated");
    house.get("/api/v1/me/bills").send().refused(401, "unauthenticated");
    assert_eq!(house.get("/api/v1/me/bills").by(&ann).send().done(200), json!({"bills": []}));
    agree(&house, &bob);
}

#[test]
fn money_covers_the_oldest_charge_over_all_sales_and_each_bill_shows_its_share() {
    let (house, ann, bob, _) = house();
    let (spring, autumn) = (sale(&house, "spring", 2), sale(&house, "autumn", 1));
    buy(&house, &bob, spring[0]);
    buy(&house, &bob, autumn[0]);
    let lamp = house.list(&ann, json!({"buy_now": 1_000}));
    buy(&house, &bob, lamp);
    buy(&house, &bob, spring[1]);
    pay(&house, "Bob", 2_500, &[]);
    let of = |code: &str| bill(&house, &email("Bob"), &["--sale", code]);
    assert_eq!(covered(&of("spring")), [1_100, 0]);
    assert_eq!(covered(&of("autumn")), [1_100]);
    let all = bill(&house, &email("Bob"), &[]);
    assert_eq!((all["sale"].clone(), covered(&all)), (Value::Null, vec![1_100, 1_100, 300, 0]));
    let mine = house.get("/api/v1/me/bills").by(&bob).send().done(200);
    let sales: Vec<&Value> = mine["bills"].as_array().unwrap().iter().map(|bill| &bill["sale"]).collect();
    assert_eq!(sales, [&json!("autumn"), &json!("spring"), &Value::Null], "the newest first");
    assert_eq!(sums(&mine["bills"][2]), (1_100, 300, 800));
    agree(&house, &bob);
    let listed = house.told(&["bill", "list"]);
    assert_eq!((listed.as_array().unwrap().len(), sums(&listed[0])), (1, (4_400, 2_500, 1_900)));
    let unpaid = |sale: &str| house.told(&["bill", "list", "--sale", sale, "--unpaid"]);
    assert_eq!((unpaid("autumn"), int(&unpaid("spring")[0]["due"])), (json!([]), 1_100));
    assert_eq!(house.told(&["bill", "list", "--sale", "autumn"])[0], of("autumn"));
    let text = house.run(&["bill", "list", "--sale", "spring"]).done().stdout;
    assert!(
        text.contains("account")
            && text.contains("Bob")
            && text.contains("2,200 KRW") | text.contains("2200 KRW")
    );
    for args in [&["bill", "list", "--sale", "winter"][..], &["bill", "show", "nobody@example.org"]] {
        assert_eq!(house.run(args).status, 1, "{args:?}");
    }
}

#[test]
fn a_void_undoes_a_payment_once_and_a_reversal_leaves_no_line_in_a_total() {
    let (house, _, bob, _) = house();
    let lots = sale(&house, "spring", 3);
    let settlements: Vec<i64> = lots.iter().map(|lot| buy(&house, &bob, *lot)).collect();
    let first = pay(&house, "Bob", 1_500, &[]);
    let second = pay(&house, "Bob", 700, &["bank", "--reference", "invoice 7"]);
    let now = || bill(&house, &email("Bob"), &["--sale", "spring"]);
    assert_eq!(covered(&now()), [1_100, 1_100, 0]);
    let voided = house.told(&["bill", "void", &first.to_string(), "--why", "false notes"]);
    assert_eq!((&voided["payment"], &voided["voided"]), (&json!(first), &json!(true)));
    assert_eq!(covered(&now()), [700, 0, 0]);
    let again = house.run(&["bill", "void", &first.to_string(), "--why", "again"]).done();
    assert!(again.stdout.contains("is voided"), "done already: {again:?}");
    assert_eq!(house.number("select count(*) from transfer where cause = 'void'"), 1);
    let payments = now()["payments"].clone();
    assert_eq!((&payments[0]["voided"], &payments[0]["voided_why"]), (&json!(true), &json!("false notes")));
    assert_eq!((&payments[1]["id"], &payments[1]["voided"]), (&json!(second), &json!(false)));
    house.run(&["reverse", &settlements[0].to_string(), "--why", "broken"]).done();
    let bill = now();
    assert_eq!((covered(&bill), sums(&bill)), (vec![0, 700, 0], (2_200, 700, 1_500)));
    assert_eq!((&bill["lines"][0]["reversed"], &bill["lines"][0]["total"]), (&json!(true), &json!(1_100)));
    agree(&house, &bob);
    for (bad, status) in [
        (&["bill", "void", "99", "--why", "x"][..], 1),
        (&["bill", "void", &second.to_string(), "--why", " "], 1),
        (&["bill", "void", &second.to_string()], 2),
        (&["account", "credit", &email("Bob"), "5", "--method", "shells"], 2),
        (&["account", "credit", &email("Bob"), "5", "--why", "x", "--reference", "r"], 2),
        (&["account", "credit", &email("Bob"), "5"], 2),
        (&["account", "credit", &email("Bob"), "5", "--method", "cash", "--reference", &"r".repeat(81)], 1),
    ] {
        assert_eq!(house.run(bad).status, status, "{bad:?}");
    }
    let credit = house.number("select min(id) from transfer where method is not null") - 1;
    assert_eq!(house.run(&["bill", "void", &credit.to_string(), "--why", "no payment"]).status, 1);
    let lines = house.told(&["account", "statement", &email("Bob")])["lines"].clone();
    let lines = lines.as_array().unwrap();
    let of = |transfer: i64| lines.iter().find(|line| line["transfer"] == transfer).unwrap();
    assert_eq!((&of(second)["method"], &of(second)["reference"]), (&json!("bank"), &json!("invoice 7")));
    assert_eq!((&of(second)["by"], &of(second)["voided_at"]), (&json!("cli"), &Value::Null));
    let void = lines.iter().find(|line| line["cause"] == "void").unwrap();
    assert_eq!(
        (&void["voids"], &void["amount"], &void["by"]),
        (&json!(first), &json!(-1_500), &json!("cli"))
    );
    assert_eq!(of(first)["voided_at"], void["at"]);
    let text = house.run(&["account", "statement", &email("Bob")]).done().stdout;
    let payment = format!("(payment {second}, bank, invoice 7)");
    for words in
        [payment, format!("(payment {first}, cash, voided)"), format!("void: false notes (payment {first})")]
    {
        assert!(text.contains(&words), "{words}: {text}");
    }
}

#[test]
fn the_ledger_names_the_method_and_who_took_it_and_sums_to_what_was_taken() {
    let (house, _, _, _) = house();
    let first = pay(&house, "Bob", 1_500, &["cash", "--reference", "=1+1"]);
    pay(&house, "Cleo", 700, &["cash"]);
    pay(&house, "Bob", 40, &["card"]);
    house.credit("Bob", 5);
    house.run(&["bill", "void", &first.to_string(), "--why", "false notes"]).done();
    let csv = house.run(&["export", "ledger"]).done().stdout;
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let head = rows.headers().unwrap().clone();
    assert_eq!(head.iter().collect::<Vec<_>>()[7..], ["amount", "why", "method", "by"]);
    let mut taken = std::collections::BTreeMap::new();
    for row in rows.records().map(Result::unwrap).filter(|row| &row[5] != "outside") {
        *taken.entry((row[9].to_owned(), row[10].to_owned())).or_insert(0) += row[7].parse::<i64>().unwrap();
    }
    let of = |method: &str, by: &str| taken.get(&(method.to_owned(), by.to_owned())).copied();
    assert_eq!((of("cash", "cli"), of("card", "cli"), of("", "")), (Some(700), Some(40), Some(5)));
    assert_eq!(taken.len(), 3);
}

#[test]
fn a_number_is_looked_up_in_its_sale_and_several_sales_are_named() {
    let (house, _, bob, cleo) = house();
    for code in ["spring", "autumn"] {
        sale(&house, code, 1);
    }
    let register = |sale: &str, number: i64, name: &str| {
        let guest = auction::house::desk::guests::Guest {
            name: name.to_owned(),
            email: Some(email(name)),
            phone: None,
            number: Some(number),
            limit: None,
            anyway: true,
        };
        Inside::of(&house, 0).house.register_guest(sale, guest).unwrap();
    };
    register("spring", 17, "Bob");
    assert_eq!(bill(&house, "17", &[])["account"], bob.id);
    assert_eq!(bill(&house, "17", &[])["sale"], "spring");
    assert_eq!(bill(&house, &email("Bob"), &["--sale", "spring"])["number"], 17);
    register("autumn", 17, "Cleo");
    let refused = house.run(&["bill", "show", "17"]);
    assert_eq!(refused.status, 1);
    assert!(
        refused.stderr.contains("Several sales have a bidder 17; name one of spring, autumn."),
        "{refused:?}"
    );
    assert_eq!(bill(&house, "17", &["--sale", "autumn"])["account"], cleo.id);
    for args in [
        &["bill", "show", "18"][..],
        &["bill", "show", "18", "--sale", "spring"],
        &["bill", "show", "17", "--sale", "x"],
    ] {
        assert_eq!(house.run(args).status, 1, "{args:?}");
    }
    let mine = house.get("/api/v1/me/bills/autumn").by(&cleo).send().done(200);
    assert_eq!((&mine["number"], &mine["lines"]), (&json!(17), &json!([])), "a number is enough");
    house.get("/api/v1/me/bills/spring").by(&cleo).send().refused(404, "not_found");
}

#[test]
fn what_is_not_paid_is_handed_over_only_for_a_reason_and_once() {
    let (house, ann, bob, _) = house();
    let lots = sale(&house, "spring", 2);
    let settlement = buy(&house, &bob, lots[0]);
    let hand_over = |listing: i64, more: &[&str]| {
        house.run(&[&["bill", "hand-over", &listing.to_string(), "--format", "json"][..], more].concat())
    };
    let refused = hand_over(lots[0], &[]);
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.replace(',', "").contains("1100 KRW is due"), "{refused:?}");
    for open in [lots[1], 99] {
        assert_eq!(hand_over(open, &["--why", "x"]).status, 1);
    }
    let handed = hand_over(lots[0], &["--why", "pays by bank"]).done().json();
    assert_eq!((&handed["lot"], &handed["listing"]), (&json!("A1"), &json!(lots[0])));
    assert_eq!(handed["bill"]["lines"][0]["handed_over_at"], handed["handed_over_at"]);
    assert_eq!(handed["bill"]["sale"], "spring");
    hand_over(lots[0], &[]).done();
    assert_eq!(house.number("select count(*) from handover"), 1);
    let why: String = house.connection().query_row("select why from handover", [], |row| row.get(0)).unwrap();
    assert_eq!(why, "pays by bank");

    let lamp = house.list(&ann, json!({"buy_now": 1_000}));
    buy(&house, &bob, lamp);
    pay(&house, "Bob", 2_200, &[]);
    let handed = hand_over(lamp, &[]).done().json();
    assert_eq!((&handed["lot"], &handed["bill"]["sale"]), (&Value::Null, &Value::Null));
    assert_eq!(sums(&handed["bill"]), (1_100, 1_100, 0));
    let third = house.list(&ann, json!({"buy_now": 1_000}));
    let reversed = buy(&house, &bob, third);
    house.run(&["reverse", &format!("settlement:{reversed}"), "--why", "broken"]).done();
    assert_eq!(hand_over(third, &["--why", "x"]).status, 1, "reversed");
    assert!(settlement < reversed);
    agree(&house, &bob);
}

#[test]
fn a_debit_pays_out_no_credit_and_nothing_that_is_held_unless_one_insists() {
    let (house, ann, bob, _) = house();
    house.credit("Bob", 1_000);
    let lamp = house.list(&ann, json!({"opening": 300}));
    house.bid(&bob, lamp, 300).done(201);
    let held = house.funds(&bob).1;
    assert_eq!(held, 330);
    let debit = |amount: i64, more: &[&str]| {
        let amount = amount.to_string();
        let words = ["account", "debit", "bob@example.org", &amount, "--why", "paid out"];
        house.run(&[&words[..], more].concat())
    };
    let refused = debit(671, &[]);
    assert_eq!(refused.status, 1);
    for words in ["Insufficient funds: 670 KRW available.", "--into-credit"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    debit(670, &[]).done();
    assert_eq!(house.funds(&bob), (330, 330, 100_000));
    assert!(debit(1, &[]).stderr.contains("Insufficient funds: 0 KRW available."));
    debit(100_000, &["--into-credit"]).done();
    assert_eq!(house.funds(&bob), (-99_670, 330, 0));
    assert!(debit(1, &["--into-credit"]).stderr.contains("Insufficient funds: 0 KRW available."));
    assert!(debit(1, &[]).stderr.contains("Insufficient funds: 0 KRW available."));
    house.audit();
}
