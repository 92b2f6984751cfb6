//! The search: words and parts of words in any script, numbers, categories; the same results however many there are.

use crate::harness::{House, Person, int};
use serde_json::{Value, json};
use std::fmt::Write;

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
}

fn titles(listings: &Value) -> Vec<&str> {
    listings["listings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|listing| listing["title"].as_str().unwrap())
        .collect()
}

/// What the API finds, by its titles, in alphabetical order.
fn found(house: &House, q: &str) -> Vec<String> {
    let body = house.get(&format!("/api/v1/listings?q={}", encoded(q))).send().done(200);
    let mut titles: Vec<String> = titles(&body).into_iter().map(str::to_owned).collect();
    titles.sort();
    titles
}

fn list(house: &House, ann: &Person, title: &str, more: Value) -> i64 {
    let mut changes = json!({"title": title});
    changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house.list(ann, changes)
}

#[test]
fn words_are_found_whatever_their_case_accents_script_and_normal_form() {
    let (house, ann, ..) = House::open();
    for title in [
        "Café table",
        "Cafe\u{301} chair",
        "Große Straßenlampe",
        "Smørrebrød board from Łódź",
        "ΦΩΣ lamp",
        "Ёлочная игрушка",
        "שָׁלוֹם print",
        "مُحَمَّد print",
        "Ｌａｍｐ full width",
        "İstanbul map",
        "중고 자전거",
        "\u{110c}\u{1161}\u{110c}\u{1165}\u{11ab}\u{1100}\u{1165} decomposed",
    ] {
        list(&house, &ann, title, json!({}));
    }
    for (q, expected) in [
        ("CAFE", &["Café chair", "Café table"][..]),
        ("cafe\u{301}", &["Café chair", "Café table"]),
        ("grosse strasse", &["Große Straßenlampe"]),
        ("GROẞE", &["Große Straßenlampe"]),
        ("smorrebrod lodz", &["Smørrebrød board from Łódź"]),
        ("φως", &["ΦΩΣ lamp"]),
        ("елочная", &["Ёлочная игрушка"]),
        ("שלום", &["שָׁלוֹם print"]),
        ("محمد", &["مُحَمَّد print"]),
        ("lamp", &["Große Straßenlampe", "ΦΩΣ lamp", "Ｌａｍｐ full width"]),
        ("ｌａｍｐ", &["Große Straßenlampe", "ΦΩΣ lamp", "Ｌａｍｐ full width"]),
        ("istanbul", &["İstanbul map"]),
        ("자전거", &["자전거 decomposed", "중고 자전거"]),
        ("\u{110c}\u{1161}\u{110c}\u{1165}\u{11ab}", &["자전거 decomposed", "중고 자전거"]),
        ("전거", &["자전거 decomposed", "중고 자전거"]),
        ("거 중", &["중고 자전거"]),
        ("자거", &[]),
        ("tab", &["Café table"]),
        ("lamp nothing", &[]),
    ] {
        assert_eq!(found(&house, q), expected, "{q}");
    }
    house.audit();
}

/// Nothing that people type is an operator, and nothing is an error.
#[test]
fn whatever_is_typed_is_looked_for_as_words() {
    let (house, ann, ..) = House::open();
    list(&house, &ann, "Brass lamp, \"new\" (100%)", json!({"description": "not a NEAR miss OR so; C++"}));
    for q in [
        "lamp*",
        "\"brass lamp\"",
        "-brass",
        "^brass",
        "lamp OR brass NOT near",
        "NEAR(brass lamp)",
        "(lamp",
        "lamp)",
        "lamp;",
        "'lamp'",
        "100%",
        "\"",
        "(",
        "%",
        "+lamp",
        "c++",
        "brass\tlamp",
        "\u{200b}lamp",
    ] {
        assert_eq!(found(&house, q).len(), 1, "{q}");
    }
    for q in ["brass AND lamp", "parts:lamp", "*", "lamp | gold", "c#", "50%"] {
        assert!(found(&house, q).is_empty(), "{q}");
    }
    for q in [
        "_",
        "\\",
        "{}",
        "\u{1f600}",
        "\u{e021}",
        "\u{0}",
        "\u{200b}",
        "a\"b\"c",
        &"\"*".repeat(60),
        &"가".repeat(120),
    ] {
        for path in ["/?q=", "/api/v1/listings?q=", "/?sort=newest&q="] {
            assert_eq!(house.get(&format!("{path}{}", encoded(q))).send().status, 200, "{path}{q:?}");
        }
    }
    let long = "x".repeat(121);
    house.get(&format!("/api/v1/listings?q={long}")).send().refused(400, "bad_request");
}

#[test]
fn the_listing_of_a_number_comes_first_in_any_state() {
    let (house, ann, ..) = House::open();
    let ids = |query: &str| -> Vec<i64> {
        let body = house.get(&format!("/api/v1/listings?{query}")).send().done(200);
        body["listings"].as_array().unwrap().iter().map(|listing| int(&listing["id"])).collect()
    };
    for n in 1..=12 {
        let soon =
            json!({"closes_in_s": 4_000 - n, "description": if n % 2 == 0 { "no. 2 of many" } else { "" }});
        list(&house, &ann, "Lot", soon);
    }
    for q in ["2", "%232", "No.+2", "no+2", "Nr.+2", "Lot+2", "2%EB%B2%88", "%EF%BC%92"] {
        assert_eq!(ids(&format!("q={q}")).first(), Some(&2), "{q}");
    }
    assert_eq!(ids("q=%232"), [2, 12, 10, 8, 6, 4], "then those that hold the words, each once");
    assert_eq!(ids("q=11"), [11]);
    assert!(ids("q=99").is_empty());
    for nothing in ["%D9%80", "%E2%80%8B", "%CC%81"] {
        assert!(
            ids(&format!("q={nothing}")).is_empty(),
            "marks without letters are in no listing: {nothing}"
        );
    }
    // Page by page it is the same, and nothing comes twice.
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = house.get(&format!("/api/v1/listings?q=2&limit=1&after={after}")).send().done(200);
        seen.push(int(&page["listings"][0]["id"]));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [2, 12, 10, 8, 6, 4]);
    house.run(&["listing", "cancel", "2", "--why", "broken"]).done();
    // A program that asks for what is open, which it does unless it says otherwise, gets nothing else; a person finds it.
    assert_eq!(ids("q=%232&state=cancelled"), [2]);
    assert_eq!(ids("q=%232&state=all").first(), Some(&2));
    assert!(!ids("q=%232").contains(&2) && !ids("q=%232&state=open").contains(&2));
    assert!(ids("q=3&price_from=5000").is_empty(), "as does everything else");
    let page = house.get("/?q=%232&state=open").send().text();
    assert_eq!(page.split("data-listing=\"").nth(1).unwrap().split('"').next(), Some("2"), "{page}");
    assert!(page.contains("name=\"q\" value=\"#2\""), "it stays in the field");
    let nothing = house.get("/?q=nowhere").send().text();
    assert!(nothing.contains("value=\"nowhere\"") && nothing.contains("“nowhere”"), "{nothing}");
}

#[test]
fn categories_that_differ_by_case_accents_or_normal_form_are_one() {
    let (house, ann, ..) = House::open();
    for (n, category) in
        ["Café", "cafe", "CAFE\u{301}", "ｃａｆé", "카페", "\u{110f}\u{1161}\u{1111}\u{1166}"]
            .iter()
            .enumerate()
    {
        let id = list(&house, &ann, &format!("Cup {n}"), json!({"category": category}));
        let due = if n < 4 { "Café" } else { "카페" };
        assert_eq!(house.listing(id)["category"], due, "as it was written first");
    }
    for (category, n) in
        [("CAFE", 4), ("caf%C3%A9", 4), ("cafe%CC%81", 4), ("%EC%B9%B4%ED%8E%98", 2), ("caf", 0)]
    {
        for sort in ["closes_at", "newest", "price", "price_desc", "bids"] {
            let body =
                house.get(&format!("/api/v1/listings?sort={sort}&category={category}")).send().done(200);
            assert_eq!(titles(&body).len(), n, "{category} by {sort}");
        }
    }
    let page = house.get("/?category=CAFE").send().text();
    assert!(page.contains("aria-current=\"true\">Café <span class=\"count\">4</span>"), "{page}");
    house.run(&["listing", "cancel", "1", "--why", "broken"]).done();
    assert!(house.get("/").send().text().contains(">Café <span class=\"count\">3</span>"));
    assert_eq!(house.number("select n_open from category where name = 'Café'"), 3);
    house.audit();
}

/// More than are looked at one by one, so that some searches walk an index and others do not; by every order, the pages
/// together hold what a plain comparison finds.
#[test]
fn many_are_found_as_few_are() {
    const N: i64 = 2_300;
    let (house, _, bob, _) = House::open();
    let mut csv = "seller,title,opening,closes_in_s,category,description\n".to_owned();
    for n in 0..N {
        let words = match n % 100 {
            0 => "a rare vase",
            50 => "중고 자전거",
            _ => "a lamp",
        };
        let category = if n % 70 == 3 { "Few" } else { "Many" };
        writeln!(csv, "ann@example.org,Lot {n},{},{},{category},{words}", 100 + n % 40, 4_000 + n * 7 % 900)
            .unwrap();
    }
    let file = house.home().join("lots.csv");
    std::fs::write(&file, csv).unwrap();
    house.run(&["listing", "import", file.to_str().unwrap()]).done();
    for id in [1, 51, 101, 700] {
        house.bid(&bob, id, 500).done(201);
    }
    let pages = |query: &str| {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page =
                house.get(&format!("/api/v1/listings?limit=200&{query}&after={after}")).send().done(200);
            all.extend(page["listings"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => return all,
            }
        }
    };
    let everything = pages("sort=newest");
    assert_eq!(everything.len(), usize::try_from(N).unwrap());
    let price = |listing: &Value| listing["price"].as_i64().unwrap_or_else(|| int(&listing["opening"]));
    let has = |listing: &Value, words: &str| listing["description"].as_str().unwrap().contains(words);
    type Holds<'a> = &'a dyn Fn(&Value) -> bool;
    let searches: [(&str, Holds<'_>); 9] = [
        ("", &|_| true),
        ("q=LAMP", &|listing| has(listing, "lamp")),
        ("q=vase", &|listing| has(listing, "vase")),
        ("q=%EC%9E%90%EC%A0%84", &|listing| has(listing, "자전")),
        ("q=lamp&category=few", &|listing| has(listing, "lamp") && listing["category"] == "Few"),
        ("category=MANY", &|listing| listing["category"] == "Many"),
        ("price_from=110&price_to=120", &|listing| (110..=120).contains(&price(listing))),
        ("q=lamp&show=no_bids&price_from=130", &|listing| {
            has(listing, "lamp") && listing["n_bids"] == 0 && price(listing) >= 130
        }),
        ("state=all&q=LAMP", &|listing| has(listing, "lamp")),
    ];
    for (query, holds) in searches {
        let mut due: Vec<i64> =
            everything.iter().filter(|one| holds(one)).map(|one| int(&one["id"])).collect();
        due.sort_unstable();
        for sort in ["closes_at", "newest", "price", "price_desc", "bids"] {
            let found = pages(&format!("{query}&sort={sort}"));
            let mut ids: Vec<i64> = found.iter().map(|listing| int(&listing["id"])).collect();
            let is_sorted = match sort {
                "closes_at" => found.is_sorted_by_key(|listing| listing["closes_at"].as_str().unwrap()),
                "newest" => ids.is_sorted_by_key(|id| -id),
                "price" => found.is_sorted_by_key(price),
                "price_desc" => found.is_sorted_by_key(|listing| -price(listing)),
                _ => found.is_sorted_by_key(|listing| -int(&listing["n_bids"])),
            };
            ids.sort_unstable();
            assert!(is_sorted && ids == due, "{query} by {sort}: {} of {}", ids.len(), due.len());
        }
    }
    house.audit();
}

#[test]
fn what_the_search_reads_is_audited_and_made_anew() {
    let (house, ann, ..) = House::open();
    list(&house, &ann, "Brass lamp", json!({"category": "Lamps"}));
    list(&house, &ann, "중고 자전거", json!({}));
    for (harm, words) in [
        ("delete from search_text where listing_id = 2", "listing 2 is not searched by its own words"),
        ("update search_text set folded = 'gold' where listing_id = 1", "listing 1 is not searched"),
        ("delete from search_part_data where id > 10", "search_part"),
        ("delete from search_part where rowid = 1", "listing 1 is not searched"),
        ("update category set n_open = 7", "the open listings of the category Lamps are miscounted"),
        ("update standing set category_id = null", "the open listings of the category Lamps are miscounted"),
        ("update category set name = 'Rugs'", "listing 1 is sorted by another"),
        ("update standing set opening = 1 where listing_id = 2", "listing 2 is sorted by another"),
    ] {
        house.connection().execute_batch(harm).unwrap();
        let ran = house.run(&["audit"]);
        assert_eq!(ran.status, 1, "{harm}: {ran:?}");
        assert!(format!("{ran:?}").contains(words), "{harm}: {ran:?}");
        let doctor = house.run(&["doctor"]);
        assert!(doctor.stdout.contains("auction doctor --rebuild-search"), "{harm}: {doctor:?}");
        // No money hangs on it: tonight's backup is made, and what is wrong is made anew in it.
        let backup = house.home().join("house.tar");
        let backed_up = house.run(&["backup", "--replace", backup.to_str().unwrap()]);
        let is_damaged = words == "search_part";
        assert_eq!(
            backed_up.status,
            i32::from(is_damaged),
            "of a damaged file none is made: {harm}: {backed_up:?}"
        );
        house.run(&["doctor", "--rebuild-search"]).done();
        house.audit();
    }
    assert_eq!((found(&house, "brass").len(), found(&house, "자전").len()), (1, 1));
}
