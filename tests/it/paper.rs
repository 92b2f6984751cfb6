//! What a page offers beside bidding, each without a script: watchlist, filters, preview, sheet, invoice; and how light it is.

use crate::harness::{House, Person, lamp};
use serde_json::{Value, json};
use std::io::Read;

fn titles(page: &str) -> Vec<String> {
    let cards = page.split("<strong class=\"card-title\">").skip(1);
    cards.map(|card| card.split('<').next().unwrap().to_owned()).collect()
}

fn ids(answer: &Value) -> Vec<i64> {
    answer["listings"].as_array().unwrap().iter().map(|listing| listing["id"].as_i64().unwrap()).collect()
}

fn home(house: &House, query: &str, person: Option<&Person>) -> Vec<String> {
    let call = house.get(&format!("/?{query}"));
    titles(&person.map_or(house.get(&format!("/?{query}")), |person| call.in_browser(person)).send().text())
}

#[test]
fn a_watchlist_is_kept_with_an_account_and_without_one() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({"title": "Watched"}));
    house.list(&ann, json!({"title": "Not watched"}));
    let path = format!("/listings/{id}/watch");

    // With an account it is the house's, and the same through the API.
    assert_eq!(house.post(&path).in_browser(&bob).form(&[("on", "yes")]).send().status, 303);
    assert_eq!(home(&house, "show=watched", Some(&bob)), ["Watched"]);
    assert_eq!(ids(&house.get("/api/v1/me/watched").by(&bob).send().done(200)), [id]);
    assert!(home(&house, "show=watched", Some(&ann)).is_empty(), "it is nobody else's");
    let api = format!("/api/v1/listings/{id}/watch");
    assert_eq!(house.delete(&api).by(&bob).send().status, 204);
    assert_eq!(house.delete(&api).by(&bob).send().status, 204, "twice is done already");
    assert!(home(&house, "show=watched", Some(&bob)).is_empty());
    assert_eq!(house.post(&api).by(&bob).json(&json!({})).send().status, 204);
    assert_eq!(home(&house, "show=watched", Some(&bob)), ["Watched"]);
    house.post("/api/v1/listings/99/watch").by(&bob).json(&json!({})).send().refused(404, "not_found");
    house.post(&api).json(&json!({})).send().refused(401, "unauthenticated");

    // Without one it is the browser's, and comes along to whoever logs in.
    let origin = format!("http://{}", house.address().trim_start_matches("http://"));
    let set = house.post(&path).header("Origin", &origin).form(&[("on", "yes")]).send();
    let cookie = set.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(cookie, format!("auction_watched={id}"));
    let guest = house.get("/?show=watched").header("Cookie", &cookie).send().text();
    assert_eq!(titles(&guest), ["Watched"]);
    assert!(home(&house, "show=watched", None).is_empty());
}

#[test]
fn the_home_page_narrows_to_what_is_asked_for() {
    let (house, ann, bob, _) = House::open();
    let dear = house.list(&ann, json!({"title": "Dear", "opening": 90_000, "closes_in_s": 86_400}));
    let cheap = house.list(&ann, json!({"title": "Cheap", "opening": 1_000, "closes_in_s": 600}));
    house.bid(&bob, cheap, 5_000).done(201);
    for (query, expected) in [
        ("show=ending", &["Cheap"][..]),
        ("show=no_bids", &["Dear"]),
        ("price_from=10,000", &["Dear"]),
        ("price_to=5000", &["Cheap"]),
        ("price_from=5000&price_to=5000", &["Cheap"]),
        ("price_from=5001&price_to=6000", &[]),
        ("price_from=a+lot", &["Cheap", "Dear"]),
        ("q=dear&show=no_bids", &["Dear"]),
        ("", &["Cheap", "Dear"]),
    ] {
        assert_eq!(home(&house, query, None), expected, "{query}");
    }
    assert!(house.get("/?price_from=a+lot").send().text().contains("role=\"alert\""));
    assert_eq!(home(&house, "show=mine", Some(&bob)), ["Cheap"]);
    assert_eq!(home(&house, "show=mine", Some(&ann)).len(), 2);
    assert_eq!(house.get("/?show=mine").send().status, 303, "a guest logs in first");
    let search = |query: &str| ids(&house.get(&format!("/api/v1/listings?{query}")).send().done(200));
    assert_eq!(search("show=no_bids"), [dear]);
    assert_eq!(search("price_to=5000"), [cheap]);
    house.get("/api/v1/listings?price_to=many").send().refused(400, "bad_request");
    house.get("/api/v1/listings?show=everything").send().refused(400, "bad_request");
}

/// A red square.
fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = image::DynamicImage::new_rgb8(8, 8);
    image.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

#[test]
fn a_draft_is_looked_at_first_and_its_picture_need_not_be_chosen_again() {
    let (house, ann, ..) = House::open();
    let bytes = picture();
    let fields = [("title", "Lamp"), ("description", "It works"), ("closes_in_s", "600")];
    let with = |more: &[(&'static str, &'static str)]| [&fields[..], more].concat();
    let post = |fields: &[(&str, &str)], picture| {
        house.post("/listings/new").in_browser(&ann).multipart(fields, picture).send()
    };
    let kept = |page: &str| {
        let (_, rest) = page.split_once("name=\"picture_kept\" value=\"").expect("the picture is kept");
        rest.split('"').next().unwrap().to_owned()
    };
    // Kept with a faulty draft as with a sound one.
    let faulty = post(&with(&[("opening", "nothing")]), Some(&bytes));
    assert_eq!(faulty.status, 422);
    let name = kept(&faulty.text());
    let shown = post(&with(&[("opening", "12,000"), ("step", "preview")]), Some(&bytes));
    assert_eq!(shown.status, 200);
    let page = shown.text();
    assert!(page.contains("data-preview") && page.contains("12,000"), "{page}");
    assert_eq!(kept(&page), name);
    assert_eq!(house.number("select count(*) from listing"), 0, "nothing is listed by looking");
    let listed = house.post("/listings/new").in_browser(&ann).multipart(
        &[&with(&[("opening", "12,000"), ("step", "list")])[..], &[("picture_kept", name.as_str())]].concat(),
        None,
    );
    assert_eq!(listed.send().status, 303);
    assert_eq!(house.listing(1)["picture"], json!(format!("/pictures/{name}.jpg")));
    let odd = &[("opening", "12,000"), ("picture_kept", "../auction.db")];
    assert_eq!(post(&with(odd), None).status, 303);
    assert_eq!(house.listing(2)["picture"], Value::Null, "a name that is no picture's is passed over");
}

#[test]
fn a_sheet_bears_the_address_to_scan_and_an_invoice_is_its_buyer_s_alone() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000")]);
    let id =
        house.try_list(&ann, lamp(json!({"title": "Lamp & <shade>", "buy_now": 50_000}))).done(201)["id"]
            .as_i64()
            .unwrap();
    let sheet = house.get(&format!("/listings/{id}/sheet")).send().text();
    assert!(sheet.contains(&format!("/listings/{id}\"")) && sheet.contains("data-code=\"http://"), "{sheet}");
    assert!(sheet.contains("Lamp &#38; &#60;shade&#62;") || sheet.contains("Lamp &amp; &lt;shade&gt;"));
    let path = sheet.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(path.starts_with('M') && path.len() > 500, "{path}");
    assert_eq!(house.get("/listings/99/sheet").send().status, 404);

    let sale = house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).json(&json!({})).send().done(201);
    let invoice = format!("/account/won/{}", sale["id"]);
    let page = house.get(&invoice).in_browser(&bob).send().text();
    for said in ["50,000", "5,000", "data-total=\"55000\"", "Ann", "Bob", "bob@example.org"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(house.get("/account?tab=pay").in_browser(&bob).send().text().contains(&invoice));
    for other in [&ann, &cleo] {
        assert_eq!(house.get(&invoice).in_browser(other).send().status, 404);
    }
    assert_eq!(house.get(&invoice).send().status, 303, "a guest logs in first");
    let reversed = "was reversed";
    assert!(!page.contains(reversed));
    house.run(&["reverse", &sale["id"].to_string(), "--why", "broken"]).done();
    assert!(house.get(&invoice).in_browser(&bob).send().text().contains(reversed));
}

#[test]
fn pages_style_and_script_are_compressed_for_whoever_takes_it() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    for path in [format!("/listings/{id}"), "/assets/app.js".into(), "/assets/app.css".into()] {
        let get = |accepted: &str| house.get(&path).header("Accept-Encoding", accepted).send();
        let (plain, zipped) = (get("gzip;q=0"), get("br;q=0, gzip"));
        assert_eq!(plain.header("Content-Encoding"), None, "{path}");
        assert_eq!(zipped.header("Content-Encoding"), Some("gzip"), "{path}");
        assert!(zipped.body.starts_with(&[0x1f, 0x8b]) && zipped.body.len() * 2 < plain.body.len(), "{path}");
        for answer in [&plain, &zipped] {
            assert_eq!(answer.header("Vary"), Some("Accept-Encoding"), "{path}");
        }
        if path.starts_with("/assets") {
            assert_ne!(plain.header("ETag"), zipped.header("ETag"), "{path}: two bodies, two names");
            let etag = zipped.header("ETag").unwrap();
            assert_eq!(house.get(&path).header("If-None-Match", etag).send().status, 304, "{path}");
            let smallest = get("gzip, deflate, br");
            assert_eq!(smallest.header("Content-Encoding"), Some("br"), "{path}");
            assert!(smallest.body.len() < zipped.body.len(), "{path}");
            let mut read = Vec::new();
            brotli::Decompressor::new(smallest.body.as_slice(), 4_096).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain.body, "{path}");
        }
    }
}

#[test]
fn the_board_shows_each_in_its_turn_but_stays_with_what_ends_now() {
    let (house, ann, ..) = House::open();
    let first = |query: &str| {
        let page = house.get(&format!("/board{query}")).send().text();
        let large = page.split("class=\"board-first\"").nth(1).unwrap().split("</section>").next().unwrap();
        large.split("<h2>").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    house.list(&ann, json!({"title": "One", "closes_in_s": 600}));
    house.list(&ann, json!({"title": "Two", "closes_in_s": 700}));
    assert_eq!(
        [first(""), first("?turn=1"), first("?turn=2"), first("?turn=x")],
        ["One", "Two", "One", "One"]
    );
    house.list(&ann, json!({"title": "Now", "closes_in_s": 90}));
    assert_eq!([first(""), first("?turn=1")], ["Now", "Now"]);
}

/// What is a person's own says whose it is: a browser may have changed hands since it asked.
#[test]
fn an_event_for_one_person_names_them() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let of_bob = house.watch("listings=all", Some(&bob));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    let me = house.get("/api/v1/me").by(&bob).send().done(200)["id"].clone();
    assert_eq!(of_bob.wait_for("funds").data["account"], me);
    assert_eq!(of_bob.wait_for("outbid").data["account"], me);
}
