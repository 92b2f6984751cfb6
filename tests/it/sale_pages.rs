//! The pages of sales as the server draws them, without scripts, in both languages; nothing of a draft is on any of them.

use crate::harness::{House, Person, int};
use serde_json::json;

const HOSTILE: &str = "<script>alert(1)</script> & \"quoted\"";

/// RFC 3339, so many seconds from now.
fn in_s(house: &House, seconds: i64) -> String {
    let now = house.get("/api/v1/time").send().body();
    auction::rules::time::Time(int(&now["unix_ms"])).plus_s(seconds).to_string()
}

/// A draft whose first lot closes in `closes_in_s`, 20 s before the next.
fn draft(house: &House, code: &str, closes_in_s: i64, more: &[&str]) {
    let closes_at = in_s(house, closes_in_s);
    let add = ["sale", "add", code, "--name", "Spring evening", "--closes-at", &closes_at, "--every", "20s"];
    house.run(&[&add[..], more].concat()).done();
}

fn add_lot(house: &House, sale: &str, lot: &str, title: &str, more: &[&str]) {
    let add = ["listing", "add", "--seller", "ann@example.org", "--title", title, "--opening", "1000"];
    house.run(&[&add[..], &["--sale", sale, "--lot", lot], more].concat()).done();
}

/// A published sale `spring` with lots A1 to A3 in two sections.
fn spring(house: &House, more: &[&str]) {
    draft(house, "spring", 3_600, more);
    for (lot, title, section) in [("A1", "Lamp", "Home"), ("A2", "Chair", "Home"), ("A3", "Kite", "Outdoors")]
    {
        add_lot(house, "spring", lot, title, &["--section", section]);
    }
    house.run(&["sale", "publish", "spring"]).done();
}

fn page(house: &House, path: &str) -> String {
    let answer = house.get(path).send();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text()
}

fn page_of(house: &House, path: &str, person: &Person) -> String {
    let answer = house.get(path).in_browser(person).send();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text()
}

fn in_korean(house: &House, path: &str) -> String {
    house.get(path).header("Accept-Language", "ko").send().text()
}

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

/// The id of a lot's listing, by the jump.
fn lot(house: &House, sale: &str, code: &str) -> i64 {
    let answer = house.get(&format!("/sales/{sale}?lot={code}")).send();
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("Location").unwrap().strip_prefix("/listings/").unwrap().parse().unwrap()
}

#[test]
fn a_house_without_a_published_sale_has_no_sign_of_sales() {
    let (house, ..) = House::open();
    draft(&house, "kept-back", 3_600, &["--description", "Hidden words"]);
    add_lot(&house, "kept-back", "A1", "Hidden lamp", &[]);
    for path in ["/", "/board", "/?state=all"] {
        has_not(&page(&house, path), &["/sales", "kept-back", "Hidden", "Spring evening"]);
    }
    for path in
        ["/sales", "/sales/kept-back", "/sales/kept-back?lot=a1", "/sales/nowhere", "/sales/nowhere?lot=a1"]
    {
        let answer = house.get(path).send();
        assert_eq!(answer.status, 404, "{path}");
        has_not(&answer.text(), &["Hidden", "Spring evening"]);
    }
}

#[test]
fn drafts_stay_unseen_beside_a_published_sale() {
    let (house, ann, ..) = House::open();
    spring(&house, &[]);
    draft(&house, "kept-back", 3_600, &[]);
    add_lot(&house, "kept-back", "A1", "Hidden lamp", &[]);
    for path in ["/", "/sales", "/sales/spring", "/sales/spring?mine=1", "/board"] {
        has_not(&page_of(&house, path, &ann), &["kept-back", "Hidden"]);
    }
    has(&page(&house, "/"), &["href=\"/sales\"", "href=\"/sales/spring\"", "On now"]);
    has(&page(&house, "/sales"), &["data-sale-code=\"spring\"", "3 lots"]);
}

#[test]
fn the_catalogue_shows_sections_lots_and_what_is_next_in_both_languages() {
    let (house, _, bob, _) = House::open();
    spring(&house, &["--description", HOSTILE, "--pickup", "In the hall"]);
    let ids = ["a1", "A2", "a3"].map(|code| lot(&house, "spring", code));
    house.bid(&bob, ids[2], 1_500).done(201);
    let english = page(&house, "/sales/spring");
    has(&english, &["#section-0", "#section-1", "<h2 id=\"section-1\">Outdoors</h2>", "Ending next"]);
    has(&english, &["About this sale", "In the hall", "data-price=\"1500\"", "1 bid", "data-state=\"open\""]);
    has(&english, &["/sales/spring.ics", "/sales/spring.atom", "/sales/spring/board", "/sales/spring/print"]);
    has_not(&english, &["<script>alert", "mine=1"]);
    for id in ids {
        assert!(english.contains(&format!("<li class=\"lot\" data-listing=\"{id}\"")), "{id}");
    }
    let places = ids.map(|id| english.find(&format!("<li class=\"lot\" data-listing=\"{id}\"")).unwrap());
    assert!(places.is_sorted(), "the lots stand in order");
    has(&in_korean(&house, "/sales/spring"), &["다음 마감", "출품 3점", "LOT 번호로 이동", "수령 안내"]);
    has(&in_korean(&house, "/sales"), &["경매전", "부터 차례로 마감"]);
    has(&in_korean(&house, "/"), &["진행 중인 경매전", "출품 3점 모두 보기"]);
}

#[test]
fn a_lot_that_is_not_there_is_said_on_the_catalogue() {
    let (house, ..) = House::open();
    spring(&house, &[]);
    let answer = house.get("/sales/spring?lot=%3Cb%3E").send();
    assert_eq!(answer.status, 404);
    has(&answer.text(), &["role=\"alert\"", "This sale has no lot", "Lamp"]);
    has_not(&answer.text(), &["<b>\u{201d}", "value=\"<b>"]);
    has(&in_korean(&house, "/sales/spring?lot=Z9"), &["이 경매전에 LOT", "Z9"]);
    assert_eq!(house.get("/sales/spring?lot=").send().status, 200, "nothing typed is no lot");
}

#[test]
fn a_lot_s_page_leads_to_its_sale_and_its_neighbours() {
    let (house, ..) = House::open();
    spring(&house, &[]);
    let ids = ["a1", "a2", "a3"].map(|code| lot(&house, "spring", code));
    let middle = page(&house, &format!("/listings/{}", ids[1]));
    has(&middle, &["Lot A2", "href=\"/sales/spring\">Spring evening</a>", "Home</span>"]);
    has(&middle, &[&format!("rel=\"prev\" href=\"/listings/{}\"", ids[0])]);
    has(&middle, &[&format!("rel=\"next\" href=\"/listings/{}\"", ids[2]), "Next lot: A3"]);
    has_not(&page(&house, &format!("/listings/{}", ids[0])), &["rel=\"prev\""]);
    has_not(&page(&house, &format!("/listings/{}", ids[2])), &["rel=\"next\""]);
    has(&in_korean(&house, &format!("/listings/{}", ids[1])), &["LOT A2", "이전: LOT A1"]);
}

#[test]
fn a_lot_that_is_not_open_yet_says_when_it_opens_and_can_be_watched() {
    let (house, _, bob, _) = House::open();
    let opens_at = in_s(&house, 1_800);
    spring(&house, &["--opens-at", &opens_at]);
    let id = lot(&house, "spring", "A1");
    let path = format!("/listings/{id}");
    let shown = page_of(&house, &path, &bob);
    has(&shown, &["data-state=\"upcoming\"", "Opens soon", "Bidding opens in", "data-waits=\"upcoming\""]);
    has(&shown, &[&format!("data-opens-at=\"{opens_at}\""), "Reload this page then to bid."]);
    has_not(&shown, &["data-bid", "data-quick", "data-buy"]);
    let watched = house.post(&format!("{path}/watch")).in_browser(&bob).form(&[("on", "yes")]).send();
    assert_eq!(watched.status, 303, "{watched:?}");
    has(
        &page_of(&house, "/sales/spring?mine=1", &bob),
        &["Watching: bidding opens", "data-mine=\"watching\""],
    );
    has(&page(&house, "/sales/spring"), &["data-state=\"upcoming\"", "Bidding opens in"]);
    has(&page(&house, "/"), &["Next sale", "Opens soon"]);
    has(&page(&house, "/board"), &["data-state=\"upcoming\"", "data-opens-at"]);
    has(&in_korean(&house, &path), &["입찰 시작까지", "시작 전", "부터 입찰할 수 있습니다"]);
}

#[test]
fn a_pause_and_a_postponement_are_said_with_why_and_by_whom() {
    let (house, _, bob, _) = House::open();
    spring(&house, &[]);
    let id = lot(&house, "spring", "A1");
    house.bid(&bob, id, 1_500).done(201);
    let postpone = ["sale", "postpone", "spring", "--by", "10m", "--why", HOSTILE, "--section", "Home"];
    house.run(&postpone).done();
    house.run(&["sale", "pause", "spring", "--why", "fire alarm"]).done();
    let path = format!("/listings/{id}");
    let shown = page_of(&house, &path, &bob);
    has(&shown, &["data-state=\"paused\"", "Paused: fire alarm (the organiser, ", "Postponed by 10 min: "]);
    has(&shown, &["Nobody can bid now.", "highest bidder"]);
    has_not(&shown, &["data-bid", "<script>alert"]);
    let catalogue = page(&house, "/sales/spring");
    has(&catalogue, &["Home – Postponed by 10 min", "Paused: fire alarm", "data-state=\"paused\""]);
    has(&page(&house, "/"), &["Paused: fire alarm (the organiser, "]);
    has(&page(&house, "/board"), &["data-state=\"paused\""]);
    has(&in_korean(&house, &path), &["일시 중지: fire alarm (주최 측, ", "10분 연기: "]);
    house.run(&["sale", "resume", "spring"]).done();
    let shown = page_of(&house, &path, &bob);
    has(&shown, &["data-state=\"open\"", "data-bid", "Postponed by 10 min"]);
    has_not(&shown, &["data-waits", "fire alarm"]);
    house.run(&["sale", "cancel", "spring", "--why", "the hall is closed"]).done();
    has(&page(&house, "/sales/spring"), &["This sale was cancelled: the hall is closed", "Cancelled"]);
    has_not(&page(&house, "/"), &["data-sale=\"spring\""]);
}

#[test]
fn one_s_own_lots_need_a_log_in_and_say_what_each_needs() {
    let (house, _, bob, cleo) = House::open();
    spring(&house, &[]);
    let ids = ["a1", "a2", "a3"].map(|code| lot(&house, "spring", code));
    let guest = house.get("/sales/spring?mine=1").send();
    assert_eq!((guest.status, guest.header("Location")), (303, Some("/login?next=/sales/spring%3Fmine%3D1")));
    has(&page_of(&house, "/sales/spring?mine=1", &bob), &["You have not bid on or watched"]);
    house.bid_with(&bob, ids[0], json!({"amount": 1_000, "max": 9_000})).done(201);
    house.bid(&bob, ids[2], 1_000).done(201);
    house.bid(&cleo, ids[2], 2_000).done(201);
    let mine = page_of(&house, "/sales/spring?mine=1", &bob);
    has(&mine, &["You lead up to ", "9,000", "Outbid — bid ₩"]);
    let place = |id| mine.find(&format!("<li class=\"lot\" data-listing=\"{id}\"")).unwrap();
    assert!(place(ids[2]) < place(ids[0]), "what needs a bid comes first");
    has_not(&mine, &[&format!("<li class=\"lot\" data-listing=\"{}\"", ids[1])]);
    let catalogue = page_of(&house, "/sales/spring", &bob);
    has(
        &catalogue,
        &["My lots (2)", "You lead 1 · outbid on 1", "data-mine=\"leading\"", "data-mine=\"outbid\""],
    );
    has_not(&catalogue, &["9,000"]);
    let korean = house.get("/sales/spring?mine=1").in_browser(&bob).header("Accept-Language", "ko").send();
    has(&korean.text(), &["내 물품", "최고 입찰 중 (최대 ", "상위 입찰 발생 · "]);
}

#[test]
fn a_sale_that_is_over_says_what_it_raised() {
    let (house, _, bob, _) = House::open();
    draft(&house, "short", 8, &[]);
    add_lot(&house, "short", "A1", "Lamp", &[]);
    house.run(&["sale", "publish", "short"]).done();
    let id = lot(&house, "short", "A1");
    house.bid(&bob, id, 1_500).done(201);
    assert_eq!(house.settlement(id)["hammer"], 1_500);
    has(&page(&house, "/sales/short"), &["Total raised", "data-total=\"1500\"", "data-state=\"sold\""]);
    has(&page_of(&house, "/sales/short?mine=1", &bob), &["Won and paid", "data-mine=\"won\""]);
    has(&page(&house, "/"), &["data-sale=\"short\"", "The sale is over. Thank you!", "data-total=\"1500\""]);
}

#[test]
fn a_catalogue_of_many_lots_comes_in_pages() {
    let (mut house, ..) = House::open();
    house.kill();
    draft_of_many(&house, 1_001);
    house.serve();
    let first = page(&house, "/sales/many");
    assert_eq!(first.matches("<li class=\"lot\"").count(), 1_000);
    has(&first, &["/sales/many?after=1000", "data-part", "More lots"]);
    let second = page(&house, "/sales/many?after=1000");
    assert_eq!(second.matches("<li class=\"lot\"").count(), 1);
    has(&second, &["href=\"/sales/many\" rel=\"prev\"", "href=\"/sales/many#section-0\""]);
    assert_eq!(page(&house, "/sales/many?after=5000").matches("<li class=\"lot\"").count(), 0);
    assert_eq!(page(&house, "/sales/many?part=head").matches("<li class=\"lot\"").count(), 0);
    assert_eq!(house.get("/sales/many?after=x").send().status, 400);
}

/// A published sale of so many lots in two sections, made by the library: the command line would take minutes.
fn draft_of_many(house: &House, n: usize) {
    use auction::house::sales::{draft::NewSale, lots::LotOffer};
    use auction::rules::{listing::Draft, sale::SaleText};
    let inside = crate::harness::Inside::of(house, 0);
    let text = SaleText { name: "Many".into(), description: String::new(), pickup: String::new() };
    let sale = NewSale {
        code: "many".into(),
        text,
        opens_at: None,
        closes_at: inside.house.now().plus_s(3_600),
        every_s: 1,
        premium_bps: None,
        commission_bps: None,
        soft_close: None,
    };
    inside.house.add_sale(sale).unwrap();
    for nth in 0..n {
        let offer = LotOffer {
            seller: inside.account("Ann"),
            code: format!("L{nth}"),
            section: Some(if nth < n / 2 { "Home" } else { "Outdoors" }.into()),
            draft: Draft { title: format!("Lot {nth}"), opening: 1_000, ..Draft::default() },
        };
        inside.house.add_lot("many", offer).unwrap();
    }
    inside.house.publish_sale("many").unwrap();
}
