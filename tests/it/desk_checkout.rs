//! The checkout as a browser without scripts uses it: the forms as they are, their keys, and what is refused.

use crate::harness::{House, Reply};
use crate::sale_api::{add_lot, draft, publish};
use crate::tablet::{Desk, buy, listing_of};
use serde_json::json;

impl Desk<'_> {
    /// Sends a form of the checkout.
    #[track_caller]
    fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post(&format!("/desk/checkout/{path}"), fields)
    }

    #[track_caller]
    fn pay(&self, key: &str, amount: &str, method: &str, more: &[(&str, &str)]) -> Reply {
        let fields = [("key", key), ("number", "17"), ("amount", amount), ("method", method)];
        self.send("payments", &[&fields[..], more].concat())
    }

    /// Pays for number 17; the payment's id.
    #[track_caller]
    fn paid(&self, key: &str, amount: &str, method: &str) -> i64 {
        let answer = self.pay(key, amount, method, &[]);
        assert_eq!(answer.status, 303, "{answer:?}");
        let to = answer.header("Location").unwrap();
        to.split("paid=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap()
    }
}

/// A house with the sale `spring`: Bob, number 17, has bought A1 and A2, each for 20.00 and 5.00 of premium, and paid
/// nothing; Cleo has bought A3, and has no number; A4 is not sold.
fn evening() -> House {
    let (house, _, bob, cleo) = House::with(&[("currency", "EUR")]);
    draft(&house, "spring", &["--premium-bps", "2500"]);
    for (nth, title) in ["Lamp & shade", "Chair", "Clock", "Kite"].iter().enumerate() {
        add_lot(&house, "spring", &format!("A{}", nth + 1), title, &["--buy-now", "2000"]);
    }
    publish(&house, "spring");
    house.run(&["account", "debit", "bob@example.org", "100000", "--why", "taken out"]).done();
    house.run(&["account", "limit", "bob@example.org", "100000"]).done();
    buy(&house, &bob, "spring", "A1");
    buy(&house, &bob, "spring", "A2");
    buy(&house, &cleo, "spring", "A3");
    register(&house, "spring", "bob@example.org", "Bob", 17);
    house
}

/// Gives a number, at the desk's API.
fn register(house: &House, sale: &str, email: &str, name: &str, number: i64) {
    let pass = format!("Door {sale} {number}");
    let opened = house.told(&["desk", "open", &pass, "--sale", sale, "--may", "checkin"]);
    let token = house.post("/api/v1/desk/sessions").json(&json!({"code": opened["code"]})).send().done(201);
    let call = house.post("/api/v1/desk/bidders").header("Idempotency-Key", "one");
    let call = call.header("Authorization", &format!("Bearer {}", token["token"].as_str().unwrap()));
    call.json(&json!({"name": name, "email": email, "number": number})).send().done(201);
}

fn n_payments(house: &House) -> i64 {
    house.number("select count(*) from transfer where method is not null")
}

#[track_caller]
fn has(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
}

#[track_caller]
fn has_not(page: &str, words: &[&str]) {
    for words in words {
        assert!(!page.contains(words), "{words} is in\n{page}");
    }
}

/// The start tag that has the focus.
#[track_caller]
fn focused(page: &str) -> &str {
    let at = page.find(" autofocus").unwrap_or_else(|| panic!("nothing has the focus in\n{page}"));
    assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
    let from = page[..at].rfind('<').unwrap();
    &page[from..at + page[at..].find('>').unwrap()]
}

#[test]
fn a_guest_is_checked_out_by_enter_alone() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let page = desk.page("/desk/checkout");
    assert!(focused(&page).contains("name=\"number\""), "{}", focused(&page));

    let page = desk.page("/desk/checkout?number=17");
    assert!(focused(&page).contains("name=\"amount\"") && focused(&page).contains("value=\"50.00\""));
    has(&page, &["data-due=\"5000\"", "Lamp &#38; shade", "Not paid", "value=\"cash\" checked", "Bob"]);
    has_not(&page, &["data-available", "data-held", "Clock", "Cleo"]);

    let answer = desk.pay("k1", "60.00", "cash", &[("reference", "till roll 7")]);
    assert_eq!(answer.status, 303, "{answer:?}");
    let to = answer.header("Location").unwrap().to_owned();
    assert!(to.ends_with("&change=1000"), "{to}");
    let page = desk.page(&to);
    has(&page, &["€50.00 taken · Cash", "Give back €10.00", "data-due=\"0\"", "Paid", "till roll 7"]);
    assert!(focused(&page).contains("data-hand-over-all") || page.contains("autofocus data-hand-over-all"));
    has(&page, &["Hand over 2 paid lots"]);

    let lots = page.split("name=\"lots\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let paid = page.split("name=\"paid\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("key", "k2"), ("number", "17"), ("lots", lots), ("paid", paid)];
    let answer = desk.send("handovers", &fields);
    assert_eq!(answer.status, 303, "{answer:?}");
    let to = answer.header("Location").unwrap();
    assert_eq!(to, format!("/desk/receipts/{paid}?new=1"));

    let receipt = desk.page(to);
    assert!(focused(&receipt).contains("name=\"number\""), "ready for the next: {}", focused(&receipt));
    let title = format!("Receipt {paid}");
    has(&receipt, &[&title, "Autumn &#38; winter", "Bob", "till roll 7", "Till 1", "Paid in full"]);
    has(&receipt, &["data-total=\"5000\"", "data-premium=\"1000\"", "data-due=\"0\""]);
    let page = desk.page("/desk/checkout?number=17");
    assert_eq!(page.matches(" data-handed-over").count(), 2, "{page}");
    has_not(&page, &["data-hand-over-all", "name=\"amount\""]);
    has(&desk.page("/desk"), &["data-method=\"cash\" data-taken=\"5000\"", "1 payment"]);
    has(&desk.page("/desk/till"), &["data-count-sheet", "data-sum=\"5000\"", "Difference"]);
    has(&desk.page("/desk/bills/17"), &["data-total=\"5000\"", "<h1>Bill</h1>"]);
    house.audit();
}

#[test]
fn the_same_form_sent_twice_books_once() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let first = desk.pay("k1", "60.00", "cash", &[]);
    let second = desk.pay("k1", "60.00", "cash", &[]);
    assert_eq!((first.status, second.status), (303, 303), "{second:?}");
    assert_eq!(first.header("Location"), second.header("Location"));
    assert_eq!(n_payments(&house), 1);

    let other = desk.pay("k1", "70.00", "cash", &[]);
    assert_eq!(other.status, 422, "a key is for one form: {other:?}");
    let without = desk.send("payments", &[("number", "17"), ("amount", "1"), ("method", "cash")]);
    assert_eq!(without.status, 400, "{without:?}");
    assert_eq!(n_payments(&house), 1);
}

#[test]
fn more_than_is_due_is_asked_once_more() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let asked = desk.pay("k1", "60.00", "card", &[("reference", "slip 4")]);
    assert_eq!(asked.status, 422, "{asked:?}");
    let page = asked.text();
    has(&page, &["data-above-due=\"5000\"", "more than is due: €50.00", "€10.00 would stay", "slip 4"]);
    has(&page, &["name=\"anyway\" value=\"yes\"", "autofocus>Take €60.00 all the same"]);
    assert_eq!(n_payments(&house), 0, "nothing is booked by asking");

    let answer = desk.pay("k1", "60.00", "card", &[("anyway", "yes")]);
    assert_eq!(answer.status, 303, "{answer:?}");
    let asked = desk.pay("k2", "5.00", "cash", &[]);
    assert_eq!(asked.status, 422, "nothing is due, so cash would be credit: {asked:?}");
    has(&asked.text(), &["Nothing is due"]);
    for (amount, method, field) in [("", "cash", "amount"), ("x", "cash", "amount"), ("0", "cash", "amount")]
    {
        let answer = desk.pay("k3", amount, method, &[]);
        assert_eq!(answer.status, 422, "{amount} {field}: {answer:?}");
    }
    assert_eq!(desk.pay("k4", "5.00", "gold", &[]).status, 422);
    assert_eq!(n_payments(&house), 1);
    house.audit();
}

#[test]
fn a_void_has_a_reason_and_is_made_once() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let payment = desk.paid("k1", "50.00", "card").to_string();
    let void = |key: &str, why: &str| {
        desk.send("voids", &[("key", key), ("number", "17"), ("payment", &payment), ("why", why)])
    };
    let answer = void("v1", " ");
    assert_eq!(answer.status, 422, "{answer:?}");
    let page = answer.text();
    has(&page, &["<details open>", "A reason, in one line"]);
    assert!(focused(&page).contains("name=\"why\""), "{}", focused(&page));

    assert_eq!(void("v2", "wrong card").status, 303);
    assert_eq!(void("v2", "wrong card").status, 303, "a resend");
    let again = void("v3", "wrong card");
    assert_eq!(again.status, 409, "{again:?}");
    has(&again.text(), &["This payment is voided already."]);
    let page = desk.page("/desk/checkout?number=17");
    has(&page, &["data-due=\"5000\"", "data-voided", "wrong card"]);
    has(
        &desk.page(&format!("/desk/receipts/{payment}")),
        &["data-voided", "wrong card", "data-due=\"5000\""],
    );
    has(&desk.page("/desk"), &["data-method=\"card\" data-taken=\"0\"", "0 payments", "1 voided"]);
    has(&desk.page("/desk/till"), &["Voided payments", "wrong card", "17 Bob"]);
    house.audit();
}

#[test]
fn the_till_that_voids_gave_the_money_back() {
    let house = evening();
    let (one, two) = (
        Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]),
        Desk::open(&house, "Till 2", "spring", &["--may", "checkout"]),
    );
    let payment = one.paid("k1", "50.00", "cash").to_string();
    let void = [("key", "v1"), ("number", "17"), ("payment", payment.as_str()), ("why", "a mistake")];
    assert_eq!(two.send("voids", &void).status, 303);
    has(&one.page("/desk"), &["data-method=\"cash\" data-taken=\"5000\"", "0 payments"]);
    has(&two.page("/desk"), &["data-method=\"cash\" data-taken=\"-5000\"", "1 voided"]);
    has_not(&one.page("/desk/till"), &["a mistake"]);
}

#[test]
fn a_count_sheet_lists_an_admin_s_voids_too_as_the_report_does() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let payment = desk.paid("k1", "50.00", "cash").to_string();
    house.run(&["bill", "void", &payment, "--why", "counted twice"]).done();
    has(&desk.page("/desk"), &["data-method=\"cash\" data-taken=\"0\"", "0 payments", "1 voided"]);
    let void = format!("data-void=\"{payment}\"");
    has(&desk.page("/desk/till"), &[&void, "counted twice", "17 Bob · the organiser", "€50.00"]);
    let report = house.told(&["desk", "report", "spring"]);
    assert_eq!(report["tills"][0]["voids"][0]["why"], "counted twice", "{report}");
}

#[test]
fn a_payment_to_the_organiser_is_named_so_and_cannot_be_voided_at_the_desk() {
    let house = evening();
    let paid = house.told(&["account", "credit", "bob@example.org", "5.00", "--method", "bank"]);
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let payment = &paid["payment"];
    has(&desk.page(&format!("/desk/receipts/{payment}")), &["<dd>the organiser</dd>"]);
    let page = desk.page("/desk/checkout?number=17");
    has(&page, &[" · the organiser · "]);
    has_not(&page, &["cli", "/desk/checkout/voids"]);
}

#[test]
fn an_unpaid_lot_is_handed_over_for_a_reason() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    desk.paid("k1", "25.00", "cash");
    let over = |key: &str, lot: &str, why: &str| {
        desk.send("handovers", &[("key", key), ("number", "17"), ("lot", lot), ("why", why)])
    };
    let answer = over("h1", "A2", "");
    assert_eq!(answer.status, 409, "{answer:?}");
    let page = answer.text();
    has(&page, &["This lot is not paid: €25.00 is due."]);
    assert!(focused(&page).contains("name=\"why\""), "{}", focused(&page));
    assert_eq!(over("h2", "A1", "").status, 303, "this one is paid");
    assert_eq!(over("h3", "A2", "pays tomorrow").status, 303);
    assert_eq!(house.number("select count(*) from handover where why = 'pays tomorrow'"), 1);
    let again = over("h4", "a2", "");
    assert_eq!(again.status, 409, "{again:?}");
    has(&again.text(), &["This lot has been handed over already."]);
    for (key, lots, status) in [("m1", "1 2", 409), ("m2", "99", 404), ("m3", "x", 400)] {
        let answer = desk.send("handovers", &[("key", key), ("number", "17"), ("lots", lots)]);
        assert_eq!(answer.status, status, "{lots}: {answer:?}");
    }
}

#[test]
fn a_lot_that_a_form_names_twice_is_handed_over_once() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    desk.paid("k1", "25.00", "cash");
    let answer = desk.send("handovers", &[("key", "h1"), ("number", "17"), ("lots", "1 1")]);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(house.number("select count(*) from handover"), 1);
}

#[test]
fn a_scan_leads_to_its_bill() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let lamp = listing_of(&house, "spring", "A1");
    let label = format!("/desk/checkout?number=https%3A%2F%2Flots.example%2Flistings%2F{lamp}");
    for path in [label.as_str(), "/desk/checkout?lot=a1", "/desk/checkout?number=A1"] {
        let page = desk.page(path);
        has(&page, &["data-number=\"17\"", "data-marked"]);
        assert!(focused(&page).contains("name=\"amount\""), "{path}: it is not paid yet");
    }
    let card = "https%3A%2F%2Flots.example%2Flogin%3Fnumber%3D17%26sale%3D";
    for number in
        [format!("{card}spring"), "17".into(), "No.%2017".into(), "%2317".into(), "17%EB%B2%88".into()]
    {
        has(&desk.page(&format!("/desk/checkout?number={number}")), &["data-number=\"17\""]);
    }
    for (query, words) in [
        (format!("number={card}autumn"), "from another sale"),
        ("number=18".into(), "Nobody has this number."),
        ("number=zzz".into(), "No guest is found by “zzz”."),
        ("name=zzz".into(), "No guest is found by “zzz”."),
        ("lot=B9".into(), "There is no such lot in this sale."),
        ("number=https%3A%2F%2Flots.example%2Flistings%2F999".into(), "There is no such lot in this sale."),
        ("lot=A3".into(), "Cleo bought this lot and has no bidder number yet."),
    ] {
        let answer = desk.get(&format!("/desk/checkout?{query}"));
        assert_eq!(answer.status, 404, "{query}: {answer:?}");
        has(&answer.text(), &[words]);
    }
    assert_eq!(desk.get("/desk/checkout?lot=A4").status, 403, "nobody has bought it");
    let found = desk.page("/desk/checkout?name=bO");
    has(&found, &["href=\"/desk/checkout?number=17\"", "bob@example.org", "1 guest is found"]);

    let scanned = desk.pay("k1", &format!("https://lots.example/listings/{lamp}"), "cash", &[]);
    assert_eq!(scanned.status, 303, "a scan in the amount is no payment: {scanned:?}");
    has(&desk.page(scanned.header("Location").unwrap()), &["data-number=\"17\"", "data-marked"]);
    assert_eq!(n_payments(&house), 0);
    desk.paid("k2", "50.00", "cash");
    let page = desk.page("/desk/checkout?lot=A1");
    assert!(focused(&page).contains("Hand over A1"), "ready to hand over: {}", focused(&page));
}

#[test]
fn a_pass_without_the_right_or_of_another_sale_reaches_nothing() {
    let house = evening();
    draft(&house, "autumn", &[]);
    add_lot(&house, "autumn", "A1", "Sofa", &[]);
    publish(&house, "autumn");
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let payment = desk.paid("k1", "50.00", "cash");
    let receipt = format!("/desk/receipts/{payment}");
    let paths = ["/desk/checkout", "/desk/checkout?number=17", &receipt, "/desk/bills/17", "/desk/till"];
    let door = Desk::open(&house, "Door", "spring", &["--may", "checkin,bid"]);
    for path in paths {
        assert_eq!(door.get(path).status, 403, "{path}");
        let guest = house.get(path).send();
        assert_eq!((guest.status, guest.header("Location")), (303, Some("/desk/open")), "{path}");
    }
    has_not(&door.page("/desk"), &["data-till", "desk/checkout\""]);
    for path in ["payments", "voids", "handovers"] {
        let payment = payment.to_string();
        let fields = [("key", "k2"), ("number", "17"), ("payment", &payment), ("why", "x"), ("lot", "A1")];
        assert_eq!(door.send(path, &fields).status, 403, "{path}");
        let forged = house.post(&format!("/desk/checkout/{path}")).header("Cookie", &desk.cookie);
        let forged = forged.header("Sec-Fetch-Site", "cross-site").form(&fields).send();
        assert_eq!(forged.status, 403, "a form of another site: {path}");
    }

    let other = Desk::open(&house, "Till A", "autumn", &["--may", "checkout"]);
    for path in ["/desk/checkout?number=17", "/desk/checkout?name=bob", &receipt, "/desk/bills/17"] {
        let answer = other.get(path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        has_not(&answer.text(), &["bob@", "Lamp", "€50"]);
    }
    register(&house, "autumn", "bob@example.org", "Bob", 5);
    assert_eq!(other.get(&receipt).status, 404, "not even for a guest of both");
    let void = [("key", "k3"), ("number", "5"), ("payment", &payment.to_string()), ("why", "mine")];
    assert_eq!(other.send("voids", &void).status, 404);
    assert_eq!(house.number("select count(*) from transfer where cause = 'void'"), 0);

    house.run(&["desk", "shut", "Till 1"]).done();
    let answer = desk.pay("k9", "1.00", "cash", &[]);
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.header("Location").unwrap().starts_with("/desk/open"), "{answer:?}");
    assert_eq!(n_payments(&house), 1);
}

#[test]
fn the_checkout_speaks_korean() {
    let house = evening();
    let desk = Desk::open(&house, "Till 1", "spring", &["--may", "checkout"]);
    let payment = desk.paid("k1", "30.00", "cash");
    let receipt = format!("/desk/receipts/{payment}");
    for path in ["/desk", "/desk/checkout", "/desk/checkout?number=17", &receipt, "/desk/till"] {
        let page =
            house.get(path).header("Cookie", &desk.cookie).header("Accept-Language", "ko").send().text();
        has(&page, &["<html lang=\"ko\">"]);
        for key in ["checkout-", "receipt-", "till-", "method-", "send-"] {
            let words = page
                .replace("desk_checkout", "")
                .replace("class=\"till-", "")
                .replace("class=\"receipt-", "");
            assert!(!words.contains(&format!(">{key}")), "{key} has no words on {path}");
        }
    }
}
