//! Sales as programs see them: the list, a sale, its lots in order, what a lot answers before it opens and while it is
//! paused; and that nothing tells of a draft.

use crate::harness::{House, Person, email, int};
use auction::rules::time::Time;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub fn in_s(seconds: i64) -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(i64::try_from(now.as_millis()).unwrap() / 1_000 * 1_000 + 1_000 * seconds)
}

/// A draft that closes from an hour on, lot after lot.
pub fn draft(house: &House, code: &str, more: &[&str]) {
    let closes_at = in_s(3_600).to_string();
    let terms = ["sale", "add", code, "--name", "Autumn & winter", "--closes-at", &closes_at];
    let every = if more.contains(&"--every") { &[][..] } else { &["--every", "20s"] };
    house.run(&[&terms[..], every, more].concat()).done();
}

/// Ann's lot; returns the listing's id, once the sale is published.
pub fn add_lot(house: &House, sale: &str, lot: &str, title: &str, more: &[&str]) {
    let seller = email("Ann");
    let words = ["listing", "add", "--seller", &seller, "--title", title, "--opening", "1000"];
    house.run(&[&words[..], &["--sale", sale, "--lot", lot], more].concat()).done();
}

/// A published sale of the lots A1, A2 … in two sections.
fn sale(house: &House, code: &str, n: usize, more: &[&str]) {
    draft(house, code, more);
    for nth in 1..=n {
        let section = if nth <= n / 2 { "Art" } else { "Books & maps" };
        add_lot(house, code, &format!("A{nth}"), &format!("Lamp {nth}"), &["--section", section]);
    }
    publish(house, code);
}

pub fn publish(house: &House, code: &str) {
    house.run(&["sale", "publish", code]).done();
}

fn search(house: &House, query: &str) -> Value {
    house.get(&format!("/api/v1/listings?{query}")).send().done(200)
}

fn lots(found: &Value) -> Vec<&str> {
    found["listings"].as_array().unwrap().iter().map(|lot| lot["lot"].as_str().unwrap_or("-")).collect()
}

fn id_of(house: &House, sale: &str, lot: &str) -> i64 {
    let found = search(house, &format!("sale={sale}&sort=lot&limit=200"));
    let lots = found["listings"].as_array().unwrap();
    int(&lots.iter().find(|listing| listing["lot"] == lot).unwrap()["id"])
}

#[test]
fn no_answer_tells_of_a_draft() {
    let (house, ann, ..) = House::open();
    draft(&house, "secret", &["--description", "Unannounced"]);
    add_lot(&house, "secret", "A1", "Unannounced lamp", &["--section", "Art", "--category", "Unannounced"]);
    for path in [
        "/api/v1/sales",
        "/api/v1/listings?sale=secret",
        "/api/v1/listings?sale=secret&sort=lot&section=Art",
        "/api/v1/listings?state=all&q=unannounced",
        "/api/v1/listings?state=upcoming&category=Unannounced",
    ] {
        let answer = house.get(path).by(&ann).send().done(200);
        assert!(
            answer.as_object().unwrap().values().all(|v| v == &json!([]) || v.is_null()),
            "{path}: {answer}"
        );
    }
    for path in ["/api/v1/me/listings", "/", "/?state=all", "/board", "/listings/new", "/metrics"] {
        let answer = house.get(path).by(&ann).send();
        assert!(answer.status == 200 && !answer.text().contains("nannounced"), "{path}: {answer:?}");
    }
    for code in ["secret", "nowhere"] {
        house.get(&format!("/api/v1/sales/{code}")).by(&ann).send().refused(404, "not_found");
        for ending in ["ics", "atom"] {
            assert_eq!(house.get(&format!("/sales/{code}.{ending}")).send().status, 404);
        }
    }
    assert_eq!(house.number("select count(*) from event where data like '%nannounced%'"), 0);
    assert_eq!(house.number("select count(*) from listing"), 0);
    publish(&house, "secret");
    assert_eq!(lots(&search(&house, "sale=secret")), ["A1"]);
}

#[test]
fn a_sale_is_shown_with_the_state_of_its_lots() {
    let (house, _, bob, _) = House::open();
    let opens_at = in_s(1_800);
    draft(
        &house,
        "autumn-1",
        &["--opens-at", &opens_at.to_string(), "--description", "Of the club", "--pickup", "Hall"],
    );
    for (lot, section) in [("A1", "Art"), ("A2", "Books"), ("A3", "Art")] {
        add_lot(&house, "autumn-1", lot, "Lamp", &["--section", section]);
    }
    publish(&house, "autumn-1");
    let shown = || house.get("/api/v1/sales/autumn-1").send().done(200);
    let first = shown();
    let closes_at = Time::parse(first["closes_at"].as_str().unwrap()).unwrap();
    let mut expected = json!({
        "code": "autumn-1", "name": "Autumn & winter", "opens_at": opens_at, "closes_at": closes_at,
        "last_closes_at": closes_at.plus_s(40), "n_lots": 3, "n_open": 3, "state": "upcoming",
    });
    assert_eq!(house.get("/api/v1/sales").send().done(200), json!({"sales": [expected]}));
    expected["description"] = "Of the club".into();
    expected["pickup"] = "Hall".into();
    expected["sections"] = json!(["Art", "Books"]);
    expected["total"] = 0.into();
    assert_eq!(first, expected);

    house.run(&["sale", "postpone", "autumn-1", "--by", "10m", "--section", "Books", "--why", "late"]).done();
    assert_eq!(shown()["last_closes_at"], json!(closes_at.plus_s(620)));
    house.run(&["sale", "pause", "autumn-1", "--why", "alarm"]).done();
    assert_eq!(shown()["state"], "paused");
    house.run(&["sale", "resume", "autumn-1"]).done();
    assert_eq!(shown()["state"], "upcoming");
    house.run(&["sale", "cancel", "autumn-1", "--why", "storm"]).done();
    let cancelled = shown();
    assert_eq!((&cancelled["state"], &cancelled["n_open"]), (&json!("cancelled"), &json!(0)));

    // Bought at once, the last lot closes its sale.
    draft(&house, "now", &[]);
    add_lot(&house, "now", "1", "Lamp", &["--buy-now", "2500"]);
    publish(&house, "now");
    let codes = |answer: Value| {
        answer["sales"].as_array().unwrap().iter().map(|sale| sale["code"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(codes(house.get("/api/v1/sales").send().done(200)), ["now", "autumn-1"]);
    assert_eq!(house.get("/api/v1/sales/now").send().done(200)["state"], "open");
    house.post(&format!("/api/v1/listings/{}/buy", id_of(&house, "now", "1"))).by(&bob).send().done(201);
    let sold = house.get("/api/v1/sales/now").send().done(200);
    assert_eq!((&sold["state"], &sold["total"]), (&json!("closed"), &json!(2_500)), "{sold}");
    house.audit();
}

/// Its counts are kept in memory, which must know what still changes.
#[test]
fn the_list_of_sales_is_of_now() {
    let (house, _, bob, _) = House::open();
    draft(&house, "autumn", &[]);
    for lot in ["1", "2"] {
        add_lot(&house, "autumn", lot, "Lamp", &["--buy-now", "2500"]);
    }
    publish(&house, "autumn");
    let told = || {
        let line = house.get("/api/v1/sales").send().done(200)["sales"][0].clone();
        (
            line["name"].as_str().unwrap().to_owned(),
            int(&line["n_open"]),
            line["state"].as_str().unwrap().to_owned(),
        )
    };
    let autumn = "Autumn & winter".to_owned();
    assert_eq!(told(), (autumn.clone(), 2, "open".into()));
    for (lot, n_open, state) in [("1", 1, "open"), ("2", 0, "closed")] {
        house
            .post(&format!("/api/v1/listings/{}/buy", id_of(&house, "autumn", lot)))
            .by(&bob)
            .send()
            .done(201);
        assert_eq!(told(), (autumn.clone(), n_open, state.to_owned()));
    }
    house.run(&["sale", "set", "autumn", "name", "Spring"]).done();
    assert_eq!(told(), ("Spring".into(), 0, "closed".into()));
}

#[test]
fn lots_come_in_the_order_of_the_sale_page_by_page() {
    let (house, ann, bob, _) = House::open();
    house.list(&ann, json!({"title": "Lamp outside"}));
    draft(&house, "autumn", &[]);
    let last = in_s(9_000).to_string();
    for (nth, lot) in ["B2", "A10", "a9", "Z", "C.1", "C-2", "D"].into_iter().enumerate() {
        let section = if nth % 2 == 0 { "Even" } else { "Odd" };
        let title = format!("{} {nth}", if nth < 5 { "Lamp" } else { "Chair" });
        let own: &[&str] = if nth == 1 { &["--closes-at", &last] } else { &[] };
        let more =
            [&["--section", section, "--category", if nth < 3 { "Low" } else { "High" }], own].concat();
        add_lot(&house, "autumn", lot, &title, &more);
    }
    publish(&house, "autumn");
    let in_order = ["B2", "A10", "a9", "Z", "C.1", "C-2", "D"];
    for query in ["sale=autumn&sort=lot", "sale=autumn&sort=lot&state=all", "sale=autumn&sort=lot&state=open"]
    {
        let mut seen: Vec<String> = Vec::new();
        let mut after = String::new();
        for n in [3, 3, 1] {
            let page = search(&house, &format!("{query}&limit=3&after={after}"));
            assert_eq!(lots(&page).len(), n, "{page}");
            seen.extend(lots(&page).into_iter().map(str::to_owned));
            after = page["next"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!(seen, in_order, "{query}");
        assert_eq!(after, "", "no page follows the last");
    }
    house.bid(&bob, id_of(&house, "autumn", "Z"), 5_000).done(201);
    house.run(&["listing", "cancel", &id_of(&house, "autumn", "a9").to_string(), "--why", "broken"]).done();
    let z = id_of(&house, "autumn", "Z");
    for (query, expected) in [
        ("sort=lot", &in_order[..]),
        ("sort=lot&section=Even", &["B2", "a9", "C.1", "D"]),
        ("sort=lot&section=Even&limit=2", &["B2", "a9"]),
        ("sort=lot&section=Nothing", &[]),
        ("sort=lot&state=open", &["B2", "A10", "Z", "C.1", "C-2", "D"]),
        ("sort=lot&state=cancelled", &["a9"]),
        ("sort=lot&state=upcoming", &[]),
        ("sort=lot&q=chair", &["C-2", "D"]),
        ("sort=lot&q=lamp&section=Odd", &["A10", "Z"]),
        ("sort=lot&category=high&show=no_bids", &["C.1", "C-2", "D"]),
        ("sort=lot&price_from=1001", &["Z"]),
        (&*format!("sort=lot&q=%23{z}&limit=2"), &["Z", "C-2"]),
        ("sort=closes_at", &["B2", "a9", "Z", "C.1", "C-2", "D", "A10"]),
        ("sort=newest", &["D", "C-2", "C.1", "Z", "a9", "A10", "B2"]),
        ("sort=bids&limit=1", &["Z"]),
        ("sort=price_desc&limit=1", &["Z"]),
        ("", &["B2", "a9", "Z", "C.1", "C-2", "D", "A10"]),
    ] {
        assert_eq!(lots(&search(&house, &format!("sale=autumn&{query}"))), expected, "{query}");
    }
    for query in [
        "sale=nowhere",
        "sale=nowhere&sort=lot",
        "sale=%00&sort=lot",
        "sale=AUTUMN",
        "sale=autumn&category=none",
    ] {
        assert_eq!(search(&house, query), json!({"listings": [], "next": null}), "{query}");
    }
    assert_eq!(lots(&search(&house, "sale=&state=all&q=outside")), ["-"]);
    for (query, field) in [("sort=lot", "sort"), ("sort=lot&sale=", "sort"), ("section=Even", "section")] {
        let refusal = house.get(&format!("/api/v1/listings?{query}")).send().refused(422, "invalid");
        assert!(refusal["fields"][field].is_string(), "{refusal}");
    }
    house.get("/api/v1/listings?sort=lots").send().refused(400, "bad_request");
}

#[test]
fn a_listing_names_its_lot_in_every_answer() {
    let (house, ann, bob, _) = House::open();
    sale(&house, "autumn", 2, &[]);
    let (id, alone) = (id_of(&house, "autumn", "A2"), house.list(&ann, json!({})));
    let place = |listing: &Value| ["sale", "lot", "section", "opens_at"].map(|name| listing[name].clone());
    let of_lot = [json!("autumn"), json!("A2"), json!("Books & maps"), Value::Null];
    let of_none = [Value::Null, Value::Null, Value::Null, Value::Null];
    assert!(house.listing(alone).as_object().unwrap().contains_key("opens_at"));
    for (id, place_of_it) in [(id, &of_lot), (alone, &of_none)] {
        assert_eq!(&place(&house.listing(id)), place_of_it);
        house.post(&format!("/api/v1/listings/{id}/watch")).by(&bob).send();
        assert_eq!(&place(&house.bid(&bob, id, 1_000).done(201)["listing"]), place_of_it);
        for (path, person) in [("bids", &bob), ("watched", &bob), ("listings", &ann)] {
            let own = house.get(&format!("/api/v1/me/{path}")).by(person).send().done(200);
            let own = own["listings"].as_array().unwrap().iter().find(|own| own["id"] == id).unwrap().clone();
            assert_eq!(&place(&own), place_of_it, "{path}");
        }
    }
    let watcher = house.watch("listings=all&after=0", None);
    let events = watcher.events_until(|event| event.kind == "listed" && event.data["id"] == alone);
    let listed = events.iter().filter(|event| event.kind == "listed").map(|event| place(&event.data));
    let listed: Vec<_> = listed.collect();
    assert_eq!((&listed[1], &listed[2]), (&of_lot, &of_none));
}

#[test]
fn a_lot_that_takes_no_bids_says_why_and_reads_so() {
    let (house, _, bob, _) = House::open();
    let opens_at = in_s(1_800).to_string();
    sale(&house, "later", 2, &["--opens-at", &opens_at]);
    sale(&house, "now", 2, &[]);
    let [later, now] = ["later", "now"].map(|code| id_of(&house, code, "A1"));
    let states = |query: &str| {
        let found = search(&house, query);
        let listings = found["listings"].as_array().unwrap().iter();
        listings
            .map(|listing| {
                format!("{} {}", listing["sale"].as_str().unwrap(), listing["state"].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let refused = |person: &Person, id: i64, code: &str| {
        house.post(&format!("/api/v1/listings/{id}/buy")).by(person).send().refused(409, code);
        house.bid(person, id, 1_000).refused(409, code)
    };
    let refusal = refused(&bob, later, "not_open_yet");
    assert_eq!(refusal["opens_at"], house.listing(later)["opens_at"], "{refusal}");
    assert_eq!(states("state=upcoming"), ["later upcoming", "later upcoming"]);
    assert_eq!(states(""), ["now open", "now open"]);
    let watcher = house.watch(&format!("listings={now}"), None);
    house.run(&["sale", "pause", "now", "--why", "fire alarm"]).done();
    assert_eq!(watcher.wait_for("paused").data, json!({"listing": now, "why": "fire alarm"}));
    refused(&bob, now, "paused");
    assert_eq!(states("state=paused&sort=newest"), ["now paused", "now paused"]);
    assert_eq!((states(""), states("state=closing")), (vec![], vec![]));
    assert_eq!(states("sale=now&state=paused&sort=lot"), ["now paused", "now paused"]);
    for (state, sale) in [("upcoming", "later"), ("paused", "now")] {
        let listed = house.told(&["listing", "list", "--state", state]);
        let sales = listed.as_array().unwrap().iter().map(|listing| listing["sale"].as_str().unwrap());
        assert_eq!(sales.collect::<Vec<_>>(), [sale, sale]);
    }
    house.run(&["sale", "resume", "now"]).done();
    let resumed = watcher.wait_for("resumed").data;
    assert_eq!(resumed, json!({"listing": now, "closes_at": house.listing(now)["closes_at"]}));
    house.run(&["sale", "postpone", "now", "--by", "10m", "--why", "late"]).done();
    let extended = watcher.wait_for("extended").data;
    assert_eq!(
        (&extended["why"], &extended["closes_at"]),
        (&json!("late"), &house.listing(now)["closes_at"])
    );
    house.bid(&bob, now, 1_000).done(201);
    house.audit();
}

/// Fills a draft past the commands, which add lot by lot.
pub fn fill(house: &House, code: &str, n: i64) {
    draft(house, code, &["--every", "1s"]);
    house
        .connection()
        .execute_batch(&format!(
            "pragma foreign_keys = on;
             insert into lot (sale_id, nth, code, folded, section)
             with recursive c(n) as (select 0 union all select n + 1 from c where n < {n} - 1)
             select v.id, n, 'L' || n, 'l' || n, 'Section ' || (n * 10 / {n}) from c join sale v on v.code = '{code}';
             insert into draft_lot (lot_id, seller_id, title, description, opening)
             select x.id, 1, 'Lamp ' || x.nth, 'It was used with care.', 1000 + x.nth
             from lot x join sale v on v.id = x.sale_id where v.code = '{code}'"
        ))
        .unwrap();
    publish(house, code);
}

/// The least of some answers' times: what else the machine does only adds to it.
fn least(house: &House, path: &str) -> Duration {
    let ask = || {
        let asked = Instant::now();
        assert_eq!(house.get(path).send().status, 200, "{path}");
        asked.elapsed()
    };
    (0..15).map(|_| ask()).min().unwrap()
}

#[test]
fn a_sale_of_10_000_lots_answers_as_one_of_200() {
    let houses = [200, 10_000].map(|n| {
        let mut house = House::bare();
        house.add("Ann");
        fill(&house, "large", n);
        house.serve();
        (house, n)
    });
    for (path, most) in [
        ("/api/v1/sales", 20),
        ("/api/v1/sales/large", 60),
        ("/api/v1/listings?sale=large&sort=lot&limit=50", 3),
        ("/api/v1/listings?sale=large&sort=lot&limit=50&after=LAST", 3),
        ("/api/v1/listings?sale=large&sort=lot&limit=20&section=Section%209", 3),
        ("/api/v1/listings?sale=large&sort=lot&limit=20&q=lamp", 3),
        ("/api/v1/listings?sale=large&limit=50", 3),
    ] {
        let [few, many] = [0, 1].map(|at| {
            let (house, n) = &houses[at];
            least(house, &path.replace("LAST", &format!("{}.1", n - 51)))
        });
        println!("{path}: {few:?} and {many:?}, {:.1} times", many.as_secs_f64() / few.as_secs_f64());
        assert!(many < most * few + Duration::from_millis(2), "{path}: {few:?}, {many:?}");
    }
}
