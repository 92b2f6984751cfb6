//! The pages of bills: the list under the account, one bill for all lots of a sale, and one for what was bought outside of
//! sales; "paid" stands only where nothing is due.

use crate::bills::{buy, house, pay, sale};
use crate::harness::{House, Person};
use serde_json::json;

/// What a page is about, in English or Korean, as this person sees it.
fn page(house: &House, person: &Person, path: &str, lang: &str) -> String {
    let answer = house.get(&format!("{path}?lang={lang}")).in_browser(person).send();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text().split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned()
}

#[track_caller]
fn says(text: &str, expected: &[&str], never: &[&str]) {
    for words in expected {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    for words in never {
        assert!(!text.contains(words), "{words:?} is in {text}");
    }
}

#[test]
fn one_page_shows_all_lots_of_a_sale_and_what_was_paid_for_them() {
    let (house, _, bob, cleo) = house();
    let lots = sale(&house, "spring", 3);
    let settlements: Vec<i64> = lots.iter().map(|lot| buy(&house, &bob, *lot)).collect();
    let shown = || page(&house, &bob, "/account/bills/spring", "en");
    says(
        &shown(),
        &[
            "Bill: Autumn &#38; winter",
            "Bob · bob@example.org",
            "Lot A1",
            "₩1,100 due",
            "data-total=\"3300\"",
            "data-due=\"3300\"",
            "At the door",
            "Hammer price ₩1,000 + premium ₩100",
            "pay the organiser",
        ],
        &["Paid", "paid", "Payments", "Tax", "data-number"],
    );
    let first = pay(&house, "Bob", 1_500, &["card", "--reference", "<0042>"]);
    house.run(&["bill", "void", &first.to_string(), "--why", "declined"]).done();
    pay(&house, "Bob", 1_500, &["cash"]);
    says(
        &shown(),
        &[
            "<small>Hammer price ₩1,000 + premium ₩100 · paid</small>",
            "₩700 due",
            "data-covered-total=\"1500\"",
            "data-due=\"1800\"",
            "Payments",
            "Card · reference &#60;0042&#62; · voided: declined",
            "<s>₩1,500</s>",
            "Cash",
        ],
        &["Paid<", "<0042>"],
    );
    house.run(&["reverse", &settlements[1].to_string(), "--why", "broken"]).done();
    pay(&house, "Bob", 700, &["bank"]);
    house.run(&["bill", "hand-over", &lots[0].to_string()]).done();
    says(
        &shown(),
        &[
            "<s>Lot A2 Lamp 2</s>",
            "<s>₩1,100</s>",
            "sale reversed",
            "handed over ",
            "data-total=\"2200\"",
            "data-paid=\"2200\"",
            ">Paid<",
            "Bank transfer",
        ],
        &["data-due", "₩1,100 due", "pay the organiser"],
    );
    let korean = page(&house, &bob, "/account/bills/spring", "ko");
    says(
        &korean,
        &["청구서: Autumn", "결제 완료", "계좌 이체", "거래 취소"],
        &["Bill:", "· paid", "Payments"],
    );
    for path in ["/account/bills/spring", "/account/bills/outside_sales", "/account/bills/winter"] {
        assert_eq!(house.get(path).in_browser(&cleo).send().status, 404, "{path}");
        assert_eq!(house.get(path).send().status, 303, "{path}: on to the log-in");
    }
}

#[test]
fn the_list_leads_to_every_bill_and_the_account_to_the_list() {
    let (house, ann, bob, cleo) = house();
    let lots = sale(&house, "spring", 1);
    buy(&house, &bob, lots[0]);
    let lamp = house.list(&ann, json!({"buy_now": 1_000, "title": "Brass <lamp>"}));
    let settlement = buy(&house, &bob, lamp);
    pay(&house, "Bob", 1_100, &[]);
    says(&page(&house, &bob, "/account?tab=pay", "en"), &["href=\"/account/bills\""], &[]);
    let list = page(&house, &bob, "/account/bills", "en");
    says(
        &list,
        &[
            "href=\"/account/bills/spring\"",
            "data-due=\"0\"",
            ">Paid<",
            "href=\"/account/bills/outside_sales\"",
            "data-due=\"1100\"",
            ">Due<",
            "Total: ₩1,100",
        ],
        &[],
    );
    let outside = page(&house, &bob, "/account/bills/outside_sales", "en");
    says(
        &outside,
        &[
            "purchases outside sales",
            &format!("data-settlement=\"{settlement}\""),
            "Brass &#60;lamp&#62;",
            "₩1,100 due",
        ],
        &["Paid", "At the door"],
    );
    says(
        &page(&house, &cleo, "/account/bills", "en"),
        &["You have not bought anything yet."],
        &["Paid", "Due"],
    );
    says(&page(&house, &bob, "/account/bills", "ko"), &["경매전 외 구매", "결제할 금액"], &["Due"]);
    assert_eq!(house.get("/account/bills").send().status, 303);
}

#[test]
fn the_statement_shows_payments_with_their_references_and_voids() {
    let (house, _, bob, _) = house();
    let first = pay(&house, "Bob", 1_500, &["card", "--reference", "0042"]);
    pay(&house, "Bob", 40, &["cash", "--why", "the rest"]);
    house.run(&["bill", "void", &first.to_string(), "--why", "declined"]).done();
    says(
        &page(&house, &bob, "/account?tab=money", "en"),
        &[
            "Paid in (Card, reference 0042): payment <small>voided</small>",
            "<s>₩1,500</s>",
            "Payment voided: declined",
            "Paid in (Cash): the rest",
        ],
        &[],
    );
    says(
        &page(&house, &bob, "/account?tab=money", "ko"),
        &["입금 (카드, 참조 번호 0042)", "결제 취소: declined"],
        &[],
    );
}
