//! The account in tabs: each at an address of its own, without a script, with only its own data; and old addresses still
//! lead to what they led to.

use crate::harness::{House, Person, email};
use serde_json::json;

const TABS: [(&str, &str); 5] = [
    ("pay", "To pay"),
    ("bidding", "Bidding"),
    ("selling", "Selling"),
    ("money", "Money"),
    ("settings", "Settings"),
];

fn page(house: &House, person: &Person, path: &str) -> String {
    let reply = house.get(path).in_browser(person).send();
    assert_eq!(reply.status, 200, "{path}");
    reply.text()
}

/// The tab that the page shows as the present one.
fn present(page: &str) -> String {
    let nav = page.split("class=\"tabs\"").nth(1).unwrap().split("</nav>").next().unwrap();
    let present: Vec<&str> = nav.split("<a ").filter(|link| link.contains("aria-current=\"page\"")).collect();
    assert_eq!(present.len(), 1, "{nav}");
    present[0].split("data-tab=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// What a tab says of how much there is to do in it.
fn count(page: &str, tab: &str) -> Option<String> {
    let link = page.split(&format!("data-tab=\"{tab}\"")).nth(1).unwrap().split("</a>").next().unwrap();
    link.split("class=\"tab-count\">").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned())
}

#[test]
fn each_tab_is_a_link_and_shows_its_own_sections_alone() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"title": "Lamp"}));
    house.bid(&bob, id, 1_000).done(201);
    let marks = [
        ("pay", "id=\"won-title\" class"),
        ("bidding", "<h2 id=\"leading-title\""),
        ("selling", "<h2 id=\"selling-title\""),
        ("money", "<h2 id=\"statement-title\""),
        ("settings", "href=\"/account/sessions\""),
    ];
    for (tab, name) in TABS {
        let shown = page(&house, &bob, &format!("/account?tab={tab}&lang=en"));
        assert_eq!(present(&shown), tab);
        assert!(shown.contains(&format!("<title>{name} · Account")), "{shown}");
        for (other, mark) in marks {
            assert_eq!(shown.contains(mark), other == tab, "{mark} in {tab}");
            assert!(shown.contains(&format!("href=\"/account?tab={other}\"")), "{tab} leads to {other}");
        }
    }
    let korean = page(&house, &bob, "/account?tab=settings&lang=ko");
    for name in ["결제", "입찰", "판매", "금액", "설정"] {
        assert!(korean.contains(name), "{name}");
    }
    // The language links stay on the tab, and so does the way back after logging in.
    assert!(
        korean.contains("href=\"/account?tab=settings&amp;lang=en\"")
            || korean.contains("/account?tab=settings&#38;lang=en")
    );
    let guest = house.get("/account?tab=money").send();
    assert!(guest.header("Location").unwrap().contains("next=/account%3Ftab%3Dmoney"), "{guest:?}");
}

#[test]
fn the_first_tab_is_the_one_with_something_to_do() {
    let (house, ann, bob, cleo) = House::open();
    assert_eq!(present(&page(&house, &bob, "/account")), "bidding");
    assert_eq!(present(&page(&house, &bob, "/account?tab=nowhere")), "bidding");
    let lamp = house.list(&ann, json!({"title": "Lamp"}));
    let stool = house.list(&ann, json!({"title": "Stool"}));
    house.bid(&bob, lamp, 1_000).done(201);
    house.bid(&bob, stool, 1_000).done(201);
    house.bid(&cleo, stool, 2_000).done(201);
    let bids = page(&house, &bob, "/account?lang=en");
    assert_eq!((count(&bids, "bidding").as_deref(), count(&bids, "pay")), (Some("2"), None));
    let (outbid, leading) =
        (bids.find("id=\"outbid-title\"").unwrap(), bids.find("id=\"leading-title\"").unwrap());
    assert!(outbid < leading, "what is outbid comes first");
    let ways = bids.split("row-go").nth(1).unwrap().split("</a>").next().unwrap();
    assert!(ways.contains(&format!("href=\"/listings/{stool}\"")), "{ways}");
    assert!(ways.contains("Bid <span data-minimum=\"2100\">₩2,100</span>"), "{ways}");
    let selling = page(&house, &ann, "/account?tab=selling");
    assert_eq!(count(&selling, "selling").as_deref(), Some("2"));

    house.run(&["account", "limit", &email("Bob"), "100000"]).done();
    let balance = house.number(&format!("select balance from purse where id = {}", bob.id)).to_string();
    house.run(&["account", "debit", &email("Bob"), &balance, "--why", "paid out"]).done();
    let vase = house.list(&ann, json!({"title": "Vase", "buy_now": 1_500}));
    house.post(&format!("/api/v1/listings/{vase}/buy")).by(&bob).send().done(201);
    let due = page(&house, &bob, "/account?lang=en");
    assert_eq!((present(&due).as_str(), count(&due, "pay").as_deref()), ("pay", Some("1")));
    assert!(
        due.contains("Due on your bill: ₩1,500") && due.contains("href=\"/account/bills/outside_sales\""),
        "{due}"
    );
    assert!(!due.contains("<details"), "nothing is paid yet");
    house.credit("Bob", 1_500);
    let paid = page(&house, &bob, "/account?tab=pay&lang=en");
    assert!(
        paid.contains("Nothing to pay.") && paid.contains("<details class=\"folded\"><summary>Paid"),
        "{paid}"
    );
    house.audit();
}

/// Mails and bookmarks lead to `/account#mail`: a browser without scripts finds the tab that holds it.
#[test]
fn old_anchors_stand_in_the_tabs_that_hold_their_sections_now() {
    let (house, _, bob, _) = House::open();
    house.connection().execute("insert into way (name) values ('mail')", []).unwrap();
    let bids = page(&house, &bob, "/account");
    for (anchor, tab) in
        [("mail", "settings"), ("push", "settings"), ("statement-title", "money"), ("won-title", "pay")]
    {
        assert_eq!(bids.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        let link = bids.split(&format!("data-tab=\"{tab}\"")).nth(1).unwrap().split("</a>").next().unwrap();
        assert!(link.contains(&format!("<span id=\"{anchor}\"></span>")), "{anchor}: {link}");
    }
    let settings = page(&house, &bob, "/account?tab=settings");
    for anchor in ["mail", "push"] {
        assert!(settings.contains(&format!("<section id=\"{anchor}\"")), "{anchor}");
        assert_eq!(settings.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
    }
    // Choosing mails leads back to them.
    let chosen =
        house.post("/account/mail").in_browser(&bob).form(&[("won", "on"), ("language", "en")]).send();
    let back = chosen.header("Location").unwrap().split('#').next().unwrap().to_owned();
    assert_eq!(present(&page(&house, &bob, &back)), "settings");
}

/// A house that pushes and sends no mails offers pushes alone, and saving them leaves the choice of mails.
#[test]
fn where_no_mails_are_sent_only_pushes_are_chosen() {
    let (house, _, bob, _) = House::open();
    house.run(&["account", "mails", &email("Bob"), "--kinds", "won,bill"]).done();
    let subscribe = "insert into push_subscription (account_id, endpoint, p256dh, auth, made_at)
                     values (?1, 'https://push.example/1', zeroblob(65), zeroblob(16), 0)";
    house.connection().execute(subscribe, [bob.id]).unwrap();
    let settings = page(&house, &bob, "/account?tab=settings");
    assert!(settings.contains("name=\"push_won\"") && !settings.contains("name=\"won\""), "{settings}");
    assert!(settings.contains("name=\"hides_mail\""), "{settings}");
    let fields = [("hides_mail", "on"), ("shows_push", "on"), ("push_won", "on"), ("language", "en")];
    assert_eq!(house.post("/account/mail").in_browser(&bob).form(&fields).send().status, 303);
    let told = house.told(&["account", "mails", &email("Bob")]);
    assert_eq!((&told["mail"], &told["push"]), (&json!(["won", "bill"]), &json!(["won"])));
}

#[test]
fn an_error_page_says_what_to_do_and_shows_the_status_small() {
    let (house, ann, bob, _) = House::open();
    let missing = house.get("/nothing?lang=en").send();
    assert_eq!(missing.status, 404);
    let text = missing.text();
    let main = text.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    for part in [
        "<h1>Page not found</h1>",
        "Search for an item",
        "name=\"q\"",
        "Error <span class=\"status\">404</span> · ",
    ] {
        assert!(main.contains(part), "{part} is not in\n{main}");
    }
    assert_eq!(main.matches("404").count(), 1, "{main}");
    let korean = house.get("/nothing?lang=ko").send().text();
    assert!(
        korean.contains("<h1>페이지를 찾을 수 없습니다</h1>")
            && korean.contains("오류 <span class=\"status\">404</span>"),
        "{korean}"
    );
    let id = house.list(&ann, json!({}));
    house.bid(&bob, id, 1_000).done(201);
    let refused = house
        .post(&format!("/listings/{id}/cancel?lang=en"))
        .in_browser(&bob)
        .form(&[("confirmed", "on")])
        .send();
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.text().contains("ask the organiser") && !refused.text().contains("name=\"q\""));
    let offline = house.get("/offline").send().text();
    for part in ["You’re offline", "오프라인 상태입니다", "Check your Wi-Fi", "Try again"] {
        assert!(offline.contains(part), "{part}");
    }
}
