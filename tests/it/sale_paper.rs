//! A sale on the projector and on paper: what stands on its board, in its catalogue, on its bid sheets and labels, for
//! all of it and for a part, in both languages. Their codes are read as a camera reads them.

use crate::harness::{House, Person, until};
use chrono::{TimeDelta, Utc};
use serde_json::json;
use std::time::Instant;

/// Adds a sale of these lots (code, section, and more options), and publishes it.
fn publish(house: &House, code: &str, terms: &[&str], lots: &[(&str, &str, &[&str])]) {
    draft(house, code, terms, lots);
    house.run(&["sale", "publish", code]).done();
}

fn draft(house: &House, code: &str, terms: &[&str], lots: &[(&str, &str, &[&str])]) {
    let closes_at = in_s(3_600);
    let sale =
        ["sale", "add", code, "--name", "Spring & <Night>", "--closes-at", &closes_at, "--every", "60s"];
    house.run(&[&sale[..], terms].concat()).done();
    for (lot, section, more) in lots {
        let title = format!("Title of {lot} <i>");
        let mut add =
            vec!["listing", "add", "--seller", "ann@example.org", "--title", &title, "--sale", code];
        add.extend(["--lot", lot]);
        if !section.is_empty() {
            add.extend(["--section", section]);
        }
        if !more.contains(&"--opening") {
            add.extend(["--opening", "1000"]);
        }
        add.extend(*more);
        house.run(&add).done();
    }
}

fn in_s(seconds: i64) -> String {
    (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339()
}

/// The listing of a lot.
fn listing(house: &House, lot: &str) -> i64 {
    house.number(&format!("select listing_id from lot where code = '{lot}'"))
}

/// The page, which must be there.
#[track_caller]
fn page(house: &House, path: &str) -> String {
    let answer = house.get(path).send();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text()
}

/// The values of an attribute, in the page's order.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let opening = format!(" {attribute}=\"");
    page.split(&opening).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// What the codes of a page say, each read from its drawing, four pixels a module.
fn scanned(page: &str) -> Vec<String> {
    let drawings = page.split("<svg viewBox=\"0 0 ").skip(1);
    drawings.map(|drawing| scan(drawing.split("</svg>").next().unwrap())).collect()
}

fn scan(drawing: &str) -> String {
    const SCALE: usize = 4;
    let side: usize = drawing.split(' ').next().unwrap().parse().unwrap();
    let path = drawing.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut is_dark = vec![vec![false; side]; side];
    let (mut x, mut y) = (0, 0);
    for rectangle in path.split_terminator('z') {
        let (place, run) = rectangle.split_once('h').unwrap();
        let (by_x, by_y) = place[1..].split_once(' ').unwrap();
        let (by_x, by_y): (usize, usize) = (by_x.parse().unwrap(), by_y.parse().unwrap());
        (x, y) = if place.starts_with('M') { (by_x, by_y) } else { (x + by_x, y + by_y) };
        let run: usize = run.split('v').next().unwrap().parse().unwrap();
        is_dark[y][x..x + run].fill(true);
    }
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, |x, y| {
        if is_dark[y / SCALE][x / SCALE] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code is seen");
    grids[0].decode().unwrap().1
}

const EIGHT: [(&str, &str, &[&str]); 8] = [
    ("A1", "Silent", &[]),
    ("A2", "Silent", &[]),
    ("A3", "Silent", &[]),
    ("B1", "Live", &[]),
    ("B2", "Live", &[]),
    ("B3", "Live", &[]),
    ("B4", "Live", &[]),
    ("B5", "Live", &["--reserve", "77777"]),
];

#[test]
fn the_board_shows_what_closes_now_and_next_and_what_was_raised() {
    let (house, _, bob, cleo) = House::open();
    publish(&house, "spring", &[], &EIGHT);
    for (lot, bidder) in [("A1", &bob), ("A1", &cleo), ("B2", &bob)] {
        let amount = if bidder.name == "Cleo" { 1_200 } else { 1_000 };
        house.bid(bidder, listing(&house, lot), amount).done(201);
    }
    let board = page(&house, "/sales/spring/board");
    assert!(board.contains("Spring &#38; &#60;Night&#62;") && !board.contains("<Night>"));
    assert!(board.contains("Title of A1 &#60;i&#62;") && !board.contains("<i>"));
    assert_eq!(values(&board, "data-sale-state"), ["open"]);
    assert_eq!(values(&board, "data-lot"), ["A1", "A2", "A3", "B1", "B2", "B3"]);
    assert_eq!(values(&board, "data-price")[0], "1200");
    assert_eq!(values(&board, "data-leader")[0], "Cleo");
    assert_eq!(values(&board, "data-total"), ["0"]);
    assert_eq!(values(&board, "data-unbid"), ["6"]);
    assert!(board.contains("A2 A3 B1 B3 B4 …"), "{board}");
    // The first section ends before the sale does.
    assert_eq!(values(&board, "data-ends"), ["section", "sale"]);
    let until = values(&board, "data-until");
    assert!(until[0] < until[1], "{until:?}");
    assert!(!board.contains("data-postponed") && !board.contains("data-paused"));
    assert!(board.contains("http-equiv=\"refresh\""), "without a script it is loaded again");
    let address = format!("http://{}/sales/spring", house.address());
    assert_eq!(scanned(&board), [address]);

    let live = page(&house, "/sales/spring/board?section=Live");
    assert_eq!(values(&live, "data-lot"), ["B1", "B2", "B3", "B4", "B5"]);
    assert_eq!((values(&live, "data-ends"), values(&live, "data-unbid")), (vec!["sale"], vec!["4"]));
    let silent = page(&house, "/sales/spring/board?section=Silent");
    assert_eq!(values(&silent, "data-until"), until, "the sale goes on after the section");
    let korean = page(&house, "/sales/spring/board?lang=ko");
    assert!(korean.contains("총 낙찰액") && korean.contains("입찰 없는 물품 6점"), "{korean}");
    for wrong in ["/sales/spring/board?section=Attic", "/sales/autumn/board", "/sales/Spring/board"] {
        assert_eq!(house.get(wrong).send().status, 404, "{wrong}");
    }
}

#[test]
fn the_board_says_when_a_sale_is_upcoming_paused_postponed_cancelled() {
    let (house, ..) = House::open();
    publish(&house, "spring", &["--opens-at", &in_s(600)], &EIGHT);
    let board = |query: &str| page(&house, &format!("/sales/spring/board{query}"));
    let upcoming = board("");
    assert_eq!(values(&upcoming, "data-sale-state"), ["upcoming"]);
    assert!(upcoming.contains("Bidding opens in") && !upcoming.contains("hall-now"));
    assert!(values(&upcoming, "data-countdown").is_empty(), "each close stands there as a time of day");
    let opens_at = &house.listing(listing(&house, "A1"))["opens_at"];
    assert_eq!(values(&upcoming, "data-until"), [opens_at.as_str().unwrap()]);
    assert_eq!(values(&upcoming, "data-lot").len(), 6);

    house
        .run(&["sale", "postpone", "spring", "--by", "10m", "--why", "wifi <b>", "--section", "Live"])
        .done();
    assert!(board("").contains("Live postponed by 10 min: wifi &#60;b&#62;"));
    assert!(board("?section=Live").contains(">Postponed by 10 min"));
    assert!(!board("?section=Silent").contains("data-postponed"), "it was not");
    assert!(board("?lang=ko").contains("Live 부문이 10분 연기되었습니다"));

    house.run(&["sale", "pause", "spring", "--why", "fire alarm"]).done();
    let paused = board("?lang=en");
    assert_eq!(values(&paused, "data-sale-state"), ["paused"]);
    assert!(paused.contains("data-paused") && paused.contains("fire alarm"));
    assert!(values(&paused, "data-until").is_empty(), "no countdown runs");
    house.run(&["sale", "resume", "spring"]).done();
    assert!(!board("").contains("data-paused") && !board("").contains("fire alarm"));

    house.run(&["sale", "cancel", "spring", "--why", "the hall is closed"]).done();
    let cancelled = board("");
    assert_eq!(values(&cancelled, "data-sale-state"), ["cancelled"]);
    assert!(cancelled.contains("data-cancelled") && cancelled.contains("the hall is closed"));
    assert!(!cancelled.contains("data-postponed"));
    assert!(page(&house, "/sales/spring/print?what=labels62").contains("class=\"nothing\""));
}

#[test]
fn a_sale_that_is_over_thanks_and_says_what_it_came_to() {
    let (house, _, bob, _) = House::open();
    let buy_now: &[&str] = &["--buy-now", "5000"];
    publish(&house, "spring", &["--pickup", "At the gym"], &[("1", "X", buy_now), ("2", "Y", buy_now)]);
    let buy = |lot| {
        let path = format!("/api/v1/listings/{}/buy", listing(&house, lot));
        house.post(&path).by(&bob).json(&json!({})).send().done(201);
    };
    buy("1");
    let half = page(&house, "/sales/spring/board");
    assert_eq!((values(&half, "data-sale-state"), values(&half, "data-total")), (vec!["open"], vec!["5000"]));
    let of_section = page(&house, "/sales/spring/board?section=X");
    assert_eq!(values(&of_section, "data-sale-state"), ["closed"], "the section is over, the sale goes on");
    buy("2");
    let over = page(&house, "/sales/spring/board");
    assert_eq!(
        (values(&over, "data-sale-state"), values(&over, "data-total")),
        (vec!["closed"], vec!["10000"])
    );
    for said in ["Thank you!", "2 of 2 lots sold", "At the gym"] {
        assert!(over.contains(said), "{said} is not in {over}");
    }
    let catalogue = page(&house, "/sales/spring/print?what=catalogue");
    assert!(catalogue.contains("Sold · "), "{catalogue}");
    assert!(page(&house, "/sales/spring/print?what=sheets").contains("class=\"nothing\""), "nobody bids now");
    assert_eq!(values(&page(&house, "/sales/spring/print?what=labels24"), "data-lot").len(), 2);
}

#[test]
fn a_draft_has_neither_board_nor_paper() {
    let (house, ..) = House::open();
    draft(&house, "spring", &[], &EIGHT[..1]);
    for path in ["board", "print", "print?what=catalogue", "print?what=labels62"] {
        let path = format!("/sales/spring/{path}");
        assert_eq!(house.get(&path).send().status, 404, "{path}");
    }
    house.run(&["sale", "publish", "spring"]).done();
    assert_eq!(house.get("/sales/spring/print?what=poster").send().status, 404);
    assert_eq!(values(&page(&house, "/sales/spring/print"), "data-what").len(), 4);
}

#[test]
fn the_catalogue_has_every_lot_by_section_and_no_secret() {
    let (house, _, bob, _) = House::with(&[("premium_bps", "1250")]);
    let terms = ["--pickup", "In the gym", "--description", "For the library"];
    let lots: [(&str, &str, &[&str]); 3] = [
        ("1", "Live", &["--description", "Oak <case>", "--reserve", "77777", "--opening", "1500"]),
        ("2", "Silent", &[]),
        ("3", "Live", &[]),
    ];
    publish(&house, "spring", &terms, &lots);
    let bid = json!({"amount": 2_000, "max": 66_666});
    house.bid_with(&bob, listing(&house, "1"), bid).done(201);
    let catalogue = page(&house, "/sales/spring/print?what=catalogue");
    assert_eq!(values(&catalogue, "data-lot"), ["1", "3", "2"], "section by section");
    assert_eq!(values(&catalogue, "data-opening"), ["1500", "1000", "1000"]);
    for said in ["In the gym", "For the library", "12.50% on top", "Oak &#60;case&#62;", "Title of 2"] {
        assert!(catalogue.contains(said), "{said} is not in {catalogue}");
    }
    assert_eq!(scanned(&catalogue), [format!("http://{}/sales/spring", house.address())]);
    for what in ["catalogue", "sheets", "labels62", "labels24"] {
        let paper = page(&house, &format!("/sales/spring/print?what={what}"));
        for secret in ["77777", "77,777", "777.77", "66666", "66,666", "666.66", "<script", "<i>"] {
            assert!(!paper.contains(secret), "{what} has {secret}");
        }
        assert!(paper.contains("data-out-of-reach"), "the codes lead to this machine");
    }
    let korean = page(&house, "/sales/spring/print?what=catalogue&lang=ko");
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("출품 물품"), "{korean}");
}

#[test]
fn a_bid_sheet_has_the_next_ten_amounts_by_the_increments() {
    let (house, _, bob, _) = House::open();
    let lots: [(&str, &str, &[&str]); 3] = [
        ("1", "", &["--opening", "36"]),
        ("2", "", &["--opening", "1000", "--increment", "250"]),
        ("3", "", &["--opening", "500"]),
    ];
    publish(&house, "spring", &[], &lots);
    house.bid(&bob, listing(&house, "3"), 9_200).done(201);
    let sheets = page(&house, "/sales/spring/print?what=sheets");
    assert_eq!(values(&sheets, "data-lot"), ["1", "2", "3"]);
    let amounts: Vec<i64> =
        values(&sheets, "data-amount").into_iter().map(|amount| amount.parse().unwrap()).collect();
    // 36 / 20 is below 2 until 40, where it is 2.
    assert_eq!(amounts[..10], [36, 37, 38, 39, 40, 42, 44, 46, 48, 50]);
    assert_eq!(amounts[10..20], [1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 2_750, 3_000, 3_250]);
    // 9,200 / 20 is 460, so by 200; from 10,000 on by 500.
    let expected = [9_400, 9_600, 9_800, 10_000, 10_500, 11_000, 11_500, 12_000, 12_500, 13_000];
    assert_eq!(amounts[20..], expected);
    assert_eq!(values(&sheets, "data-price"), ["9200"], "only where there are bids");
    let lot = |lot| format!("http://{}/listings/{}", house.address(), listing(&house, lot));
    assert_eq!(scanned(&sheets), ["1", "2", "3"].map(lot));
    // The house itself takes each amount, one after the other.
    let cleo = house.log_in("Cleo");
    for (nth, amount) in amounts[10..20].iter().enumerate() {
        let bidder: &Person = if nth % 2 == 0 { &bob } else { &cleo };
        house.bid(bidder, listing(&house, "2"), *amount).done(201);
    }
}

#[test]
fn labels_of_a_part_start_where_the_sheet_is_unused() {
    let (house, ..) = House::with(&[("public_url", "https://example.org/auction")]);
    publish(&house, "spring", &[], &EIGHT);
    let labels = |query: &str| page(&house, &format!("/sales/spring/print?what={query}"));
    let all = labels("labels62");
    assert_eq!(values(&all, "data-lot").len(), 8);
    let lot = |lot: &(&str, &str, &[&str])| {
        format!("https://example.org/auction/listings/{}", listing(&house, lot.0))
    };
    assert_eq!(scanned(&all), EIGHT.each_ref().map(lot));
    assert!(!all.contains("data-out-of-reach") && all.contains("href=\"/auction/assets/print_62."), "{all}");
    for (part, expected) in [
        ("&section=Live", &["B1", "B2", "B3", "B4", "B5"][..]),
        ("&lots=a2-b1", &["A2", "A3", "B1"]),
        ("&lots=B2-A3", &["A3", "B1", "B2"]),
        ("&lots=B5,+a1", &["A1", "B5"]),
        ("&lots=A1-B2&section=Live", &["B1", "B2"]),
        ("&lots=A1&section=Live", &[]),
        ("&lots=+,", &["A1", "A2", "A3", "B1", "B2", "B3", "B4", "B5"]),
    ] {
        for what in ["labels62", "labels24", "sheets", "catalogue"] {
            assert_eq!(values(&labels(&format!("{what}{part}")), "data-lot"), expected, "{what}{part}");
        }
    }
    let skipped = labels("labels24&skip=20");
    assert_eq!(skipped.matches("class=\"label-sheet\"").count(), 2, "four on the first, four on the second");
    assert_eq!(skipped.matches("<div class=\"label\"></div>").count(), 20);
    for (wrong, said) in [
        ("&lots=A1-Z9", "no lot A1-Z9"),
        ("&lots=%3Cb%3E", "no lot &#60;b&#62;"),
        ("&section=Attic", "no section Attic"),
        ("&skip=24", "0 to 23"),
        ("&skip=-1", "0 to 23"),
    ] {
        let answer = house.get(&format!("/sales/spring/print?what=labels24{wrong}")).send();
        assert!(answer.status == 422 && answer.text().contains(said), "{wrong}: {answer:?}");
    }
    assert_eq!(house.get("/sales/spring/print?what=sheets&page=2").send().status, 404);
}

/// Adds so many lots to a draft at once: by the command each would take a process.
fn add_many(house: &House, sale: &str, n: i64) {
    let mut conn = house.connection();
    let tx = conn.transaction().unwrap();
    let numbers =
        "with recursive number (n) as (select 0 union all select n + 1 from number where n < ?1 - 1)";
    let lots = format!(
        "{numbers} insert into lot (sale_id, nth, code, folded) \
         select v.id, n, 'L' || n, 'l' || n from number, sale v where v.code = ?2"
    );
    assert_eq!(tx.execute(&lots, (n, sale)).unwrap(), usize::try_from(n).unwrap());
    let drafts = "insert into draft_lot (lot_id, seller_id, title, description, opening) \
        select x.id, (select min(id) from account), 'Lot ' || x.nth, 'It works.', 1000 from lot x";
    tx.execute(drafts, []).unwrap();
    tx.commit().unwrap();
}

#[test]
fn a_large_sale_is_printed_page_by_page_and_in_good_time() {
    let (house, ..) = House::open();
    draft(&house, "spring", &[], &[]);
    add_many(&house, "spring", 1_030);
    house.run(&["sale", "publish", "spring"]).done();
    for (what, first) in [("catalogue", 1_000), ("sheets", 1_000), ("labels62", 1_000), ("labels24", 984)] {
        let path = format!("/sales/spring/print?what={what}");
        let begun = Instant::now();
        let paper = page(&house, &path);
        eprintln!("{what}: 1,000 lots, {} bytes, {:?}", paper.len(), begun.elapsed());
        assert_eq!(values(&paper, "data-lot").len(), first, "{what}");
        assert!(paper.contains(&format!("href=\"/sales/spring/print?what={what}&#38;page=2\"")), "{what}");
        let rest = page(&house, &format!("{path}&page=2"));
        let rest = values(&rest, "data-lot").into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rest.len(), 1_030 - first, "{what}");
        assert_eq!((&*rest[0], rest.last().unwrap().as_str()), (&*format!("L{first}"), "L1029"), "{what}");
        assert_eq!(house.get(&format!("{path}&page=3")).send().status, 404, "{what}");
    }
    // With labels used, the first page still ends with a whole sheet.
    let skipped = page(&house, "/sales/spring/print?what=labels24&skip=3");
    assert_eq!(values(&skipped, "data-lot").len(), 981);
    assert_eq!(skipped.matches("class=\"label-sheet\"").count(), 41);
    let begun = Instant::now();
    assert_eq!(values(&page(&house, "/sales/spring/board"), "data-lot").len(), 6);
    eprintln!("board of 1,030 lots: {:?}", begun.elapsed());
}

#[test]
fn the_lot_that_closed_last_stands_on_the_board_until_the_next_does() {
    let (house, _, bob, _) = House::open();
    let lots: [(&str, &str, &[&str]); 2] = [("A1", "", &[]), ("A2", "", &[])];
    draft(&house, "spring", &[], &lots);
    // Long enough for a busy machine to bid in time, or it only ends unsold, which stands there as well.
    house.run(&["sale", "set", "spring", "closes_at", &in_s(12)]).done();
    house.run(&["sale", "publish", "spring"]).done();
    let is_sold = house.bid(&bob, listing(&house, "A1"), 1_000).status == 201;
    let board = until("the first lot has ended", || {
        let board = page(&house, "/sales/spring/board");
        board.contains("data-hammer").then_some(board)
    });
    assert_eq!(values(&board, "data-hammer"), [listing(&house, "A1").to_string()]);
    assert_eq!(values(&board, "data-lot"), ["A2"], "the next takes over");
    assert_eq!(values(&board, "data-total"), [if is_sold { "1000" } else { "0" }]);
    assert!(board.contains("Sold to Bob for ") == is_sold, "{board}");
}
