//! `auction report`: raised, lots, unpaid, not collected, as `sale report`, the bills and the ledger have them.

use crate::harness::{House, int};
use crate::tablet::{buy, sale_of};
use serde_json::{Value, json};

fn sum(values: &Value, of: &str) -> i64 {
    values.as_array().unwrap().iter().map(|value| int(&value[of])).sum()
}

#[test]
fn the_report_is_what_the_sales_the_bills_and_the_ledger_say() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000"), ("default_credit", "90000")]);
    sale_of(&house, "spring", 3);
    sale_of(&house, "fair", 2);
    house.run(&["account", "limit", "--all", "900000"]).done();
    let balance = house.funds(&bob).0.to_string();
    house.run(&["account", "debit", "Bob", &balance, "--why", "paid out"]).done();
    for (person, sale, lot) in [(&bob, "spring", "A1"), (&cleo, "spring", "A2"), (&bob, "fair", "A1")] {
        buy(&house, person, sale, lot);
    }
    let id = house.list(&ann, json!({"buy_now": 4_000}));
    house.post(&format!("/api/v1/listings/{id}/buy")).by(&cleo).send().done(201);
    house.run(&["bill", "hand-over", "spring:A2"]).done();

    let report = house.told(&["report"]);
    assert_eq!((int(&report["raised"]), int(&report["premium"])), (11_500, 1_150));
    let counts = ["lots", "open", "sold", "unsold", "cancelled", "reversed"].map(|key| int(&report[key]));
    assert_eq!(counts, [6, 2, 4, 0, 0, 0]);
    assert_eq!(int(&report["unpaid"]), 5_500);
    assert_eq!(
        (&report["unpaid_by"][0]["email"], int(&report["unpaid_by"][0]["lots"])),
        (&json!("bob@example.org"), 2)
    );
    assert_eq!(int(&report["not_collected"]), 3);
    let due: i64 = sum(&house.told(&["bill", "list", "--unpaid"]), "due");
    assert_eq!(int(&report["unpaid"]), due);
    let charged = house.number("select sum(hammer + premium) from settlement");
    assert_eq!(int(&report["raised"]) + int(&report["premium"]), charged);

    for code in ["spring", "fair"] {
        let (report, of_sale) =
            (house.told(&["report", "--sale", code]), house.told(&["sale", "report", code]));
        assert_eq!(report["raised"], of_sale["hammer_total"], "{code}");
        for key in ["premium", "lots", "sold", "unsold"] {
            assert_eq!(report[key], of_sale[key], "{code}: {key}");
        }
        let desk = house.told(&["desk", "report", code]);
        assert_eq!(int(&report["not_collected"]) as usize, desk["not_handed_over"].as_array().unwrap().len());
        assert_eq!(int(&report["unpaid"]), sum(&desk["unpaid"], "due"), "{code}");
    }

    house.run(&["reverse", "fair:A1", "--why", "broken"]).done();
    let after = house.told(&["report"]);
    assert_eq!((int(&after["raised"]), int(&after["reversed"]), int(&after["sold"])), (9_000, 1, 4));
    assert_eq!((int(&after["unpaid"]), int(&after["not_collected"])), (2_750, 2));
    house.audit();
}

#[test]
fn the_report_reads_as_text_and_from_a_time_on() {
    let (house, _, bob, _) = House::open();
    sale_of(&house, "spring", 2);
    buy(&house, &bob, "spring", "A1");
    let text = house.run(&["report", "--sale", "spring"]).done().stdout;
    for words in
        ["the sale spring", "raised         2500 KRW", "2: 1 open, 1 sold", "spring:A1", "Lamp 1", "Bob"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let later = house.told(&["report", "--since", "2999-01-01"]);
    assert_eq!((int(&later["raised"]), int(&later["sold"]), int(&later["open"])), (0, 0, 1));
    assert_eq!(int(&house.told(&["report", "--since", "yesterday"])["raised"]), 2_500);
    let empty = House::bare();
    empty.set("name", "Harbour");
    assert_eq!(int(&empty.told(&["report"])["lots"]), 0);
    assert_eq!(house.run(&["report", "--since", "soon"]).status, 2);
}
