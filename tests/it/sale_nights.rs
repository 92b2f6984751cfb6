//! Houses with sales in every state, made in an hour that has passed, for the tests that look at them.

use crate::harness::{House, Inside};
use auction::house::sales::draft::NewSale;
use auction::house::sales::lots::LotOffer;
use auction::rules::listing::{Closes, Draft};
use auction::rules::sale::SaleText;
use auction::rules::soft_close::SoftClose;
use auction::rules::time::Time;

pub const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY_S: i64 = 86_400;

/// Ten minutes from the publication to the first close, a minute from lot to lot, and a soft close.
pub fn sale(code: &str, closes_at: Time) -> NewSale {
    NewSale {
        code: code.to_owned(),
        text: SaleText {
            name: format!("The {code} sale"),
            description: String::new(),
            pickup: String::new(),
        },
        opens_at: None,
        closes_at,
        every_s: 60,
        premium_bps: Some(1_000),
        commission_bps: Some(500),
        soft_close: Some(SoftClose { window_s: 60, extension_s: 60, cap_s: 600 }),
    }
}

/// A lot of Ann's, opening at 1,000.
pub fn lot(inside: &Inside, code: &str, section: Option<&str>) -> LotOffer {
    LotOffer {
        seller: inside.account("Ann"),
        code: code.to_owned(),
        section: section.map(str::to_owned),
        draft: Draft { title: format!("Lamp {code}"), opening: 1_000, ..Draft::default() },
    }
}

/// Adds these lots to a sale; the ids of their listings, if it is published.
pub fn add(inside: &Inside, sale: &str, lots: &[(&str, Option<&str>)]) -> Vec<Option<i64>> {
    let added = |(code, section): &(&str, Option<&str>)| {
        let added = inside.house.add_lot(sale, lot(inside, code, *section)).unwrap();
        added.listing.map(|id| id.0)
    };
    lots.iter().map(added).collect()
}

/// The listing of a lot.
pub fn listing_of(house: &House, sale: &str, lot: &str) -> i64 {
    let of = "select x.listing_id from lot x join sale v on v.id = x.sale_id";
    house.number(&format!("{of} where v.code = '{sale}' and x.code = '{lot}'"))
}

/// A house with the cast in which all that happens to sales has happened:
/// - `spring` is published with the lots A1, A2 (section One), B1, B2 (section Two) and later C1; it was postponed, paused
///   for 50 s and resumed, and its section Two postponed again. A1, A2 and B1 are settled, B2 and C1 are open until
///   tomorrow; bids stand on A1, A2 (extended) and B1.
/// - `summer` was published and cancelled; `winter` was cancelled as a draft; `autumn` is a draft.
/// - `night` opens and closes tomorrow, and is paused.
pub fn sales_of_all_kinds() -> House {
    let house = House::bare();
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let before = |s: i64| Inside::of(&house, -HOUR + s * SECOND);
    let inside = before(0);
    inside.credit("Bob", 100_000);
    inside.credit("Cleo", 100_000);
    let begun = inside.house.now();
    inside.house.add_sale(sale("spring", begun.plus_s(600))).unwrap();
    add(&inside, "spring", &[("A1", Some("One")), ("A2", Some("One")), ("B1", Some("Two"))]);
    let mut late = lot(&inside, "B2", Some("Two"));
    late.draft.closes = Some(Closes::At(begun.plus_s(DAY_S)));
    inside.house.add_lot("spring", late).unwrap();
    for code in ["summer", "winter", "autumn"] {
        inside.house.add_sale(sale(code, begun.plus_s(30 * DAY_S))).unwrap();
        add(&inside, code, &[("1", None), ("2", None)]);
    }
    let mut pictured = lot(&inside, "3", None);
    pictured.draft.pictures = ["aa", "bb"].map(|pair| pair.repeat(16)).to_vec();
    inside.house.add_lot("autumn", pictured).unwrap();
    inside.house.publish_sale("spring").unwrap();
    inside.house.publish_sale("summer").unwrap();
    inside.house.cancel_sale("winter", "too cold").unwrap();
    let [a1, a2, b1] = ["A1", "A2", "B1"].map(|lot| listing_of(&house, "spring", lot));
    inside.bid("Bob", a1, 1_000);
    inside.bid_up_to("Cleo", b1, 1_000, 3_000);
    drop(inside);
    before(100).house.postpone_sale("spring", 600, None, "cli", "the bus is late").unwrap();
    before(150).house.pause_sale("spring", "admin", "no wifi").unwrap();
    before(200).house.resume_sale("spring", "cli").unwrap();
    let inside = before(250);
    inside.house.postpone_sale("spring", 60, Some("Two"), "seller", "dinner").unwrap();
    add(&inside, "spring", &[("C1", None)]);
    inside.bid("Bob", b1, 2_000);
    inside.house.cancel_sale("summer", "rain").unwrap();
    drop(inside);
    // A2 closes 1,310 s after the beginning: the bid moves that.
    before(1_290).bid("Cleo", a2, 1_500);
    let inside = before(1_300);
    let tomorrow = inside.house.now().plus_s(DAY_S);
    let night = NewSale { opens_at: Some(tomorrow.plus_s(-3_600)), ..sale("night", tomorrow) };
    inside.house.add_sale(night).unwrap();
    add(&inside, "night", &[("N1", None), ("N2", None)]);
    inside.house.publish_sale("night").unwrap();
    drop(inside);
    before(1_310).house.pause_sale("night", "cli", "no hall yet").unwrap();
    house.run(&["settle", "--due"]).done();
    house.audit();
    house
}
