//! Listings: made in every way, found again, paged, cancelled; and their pictures.

use crate::harness::{House, Inside, int};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Cursor;

/// A JPEG, red on the left, that its EXIF data say is to be turned by a quarter, with words in it that nobody may read.
fn turned_jpeg() -> Vec<u8> {
    let picture = RgbImage::from_fn(40, 20, |x, _| if x < 20 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) });
    let mut jpeg = Vec::new();
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
    // One entry: orientation 6, turn right by 90 degrees; then words where a place would stand.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPS: my own home");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn png(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(side, side, Rgb([9, 99, 9])));
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

const FIELDS: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];

#[test]
fn a_listing_has_all_that_the_contract_names() {
    let (house, ann, ..) = House::open();
    let soft = json!({"window_s": 60, "extension_s": 120, "cap_s": 600});
    let fields =
        json!({"description": "D", "reserve": 2_000, "buy_now": 9_000, "increment": 10, "soft_close": soft});
    let answer = house.try_list(&ann, fields);
    assert_eq!(answer.header("Location"), Some("/api/v1/listings/1"));
    let listing = answer.done(201);
    for (field, value) in [
        ("id", json!(1)),
        ("title", json!("Brass lamp")),
        ("description", json!("D")),
        ("seller", json!("Ann")),
        ("state", json!("open")),
        ("opening", json!(1_000)),
        ("price", Value::Null),
        ("minimum", json!(1_000)),
        ("leader", Value::Null),
        ("n_bids", json!(0)),
        ("reserve_met", json!(false)),
        ("buy_now", json!(9_000)),
        ("increment", json!(10)),
        ("extended", json!(false)),
        ("picture", Value::Null),
        ("outcome", Value::Null),
    ] {
        assert_eq!(listing[field], value, "{field}");
    }
    assert!(house.listing(1)["cursor"].as_i64().unwrap() > 0);
}

#[test]
fn a_picture_is_turned_upright_and_tells_nothing_of_its_maker() {
    let (house, ann, ..) = House::open();
    let sent = turned_jpeg();
    let listing = house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, Some(&sent)).send().done(201);
    for (field, widest) in [("picture", 1_600), ("thumbnail", 480)] {
        let path = listing[field].as_str().unwrap();
        let answer = house.get(path).send();
        assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("image/jpeg")));
        assert!(answer.header("Cache-Control").unwrap().contains("immutable"), "{answer:?}");
        assert!(!answer.body.windows(4).any(|window| window == b"Exif" || window == b"GPS:"));
        let picture = image::load_from_memory(&answer.body).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (20, 40), "upright");
        assert!(picture.width().max(picture.height()) <= widest);
        assert!(picture.get_pixel(10, 5)[0] > 200 && picture.get_pixel(10, 35)[2] > 200, "red is at the top");
        let etag = answer.header("ETag").unwrap().to_owned();
        for known in [etag.clone(), format!("\"other\", W/{etag}")] {
            assert_eq!(house.get(path).header("If-None-Match", &known).send().status, 304, "{known}");
        }
        assert_eq!(house.get(path).header("If-None-Match", "\"other\"").send().status, 200);
    }
}

#[test]
fn a_large_picture_is_brought_down_and_no_picture_is_refused() {
    let (house, ann, ..) = House::open();
    let list = |bytes: &[u8]| house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, Some(bytes)).send();
    let listing = list(&png(2_000)).done(201);
    let large =
        image::load_from_memory(&house.get(listing["picture"].as_str().unwrap()).send().body).unwrap();
    let thumb =
        image::load_from_memory(&house.get(listing["thumbnail"].as_str().unwrap()).send().body).unwrap();
    assert!(large.width() <= 1_600 && thumb.width() <= 480);
    for bad in [&b"GIF89a, or so they say"[..], b"<svg onload=alert(1)>", b"%PDF-1.7", &png(20)[..40]] {
        let problem = list(bad).refused(422, "invalid");
        assert!(problem["fields"]["picture"].is_string(), "{problem}");
    }
    assert_eq!(house.number("select count(*) from listing"), 1);
}

#[test]
fn a_listing_is_made_by_form_and_by_command_too() {
    let (house, ann, ..) = House::open();
    let fields = [FIELDS[0], ("opening", "1,000"), FIELDS[2]];
    let made = house.post("/listings/new").in_browser(&ann).multipart(&fields, Some(&png(30))).send();
    assert_eq!(made.status, 303, "{made:?}");
    assert!(made.header("Location").unwrap().starts_with("/listings/1"));
    assert_eq!(house.listing(1)["opening"], 1_000);
    assert!(house.listing(1)["picture"].is_string());
    let file = house.home().join("p.png");
    std::fs::write(&file, png(30)).unwrap();
    let args = [
        "listing",
        "add",
        "--seller",
        "ann@example.org",
        "--title",
        "Second",
        "--opening",
        "5",
        "--closes-at",
        "2099-01-01T00:00:00Z",
        "--picture",
        file.to_str().unwrap(),
    ];
    assert_eq!(house.run(&args).status, 1, "more than a year ahead");
    let args = [&args[..8], &["--closes-in", "24h"], &args[10..]].concat();
    assert_eq!(house.run(&args).done().stdout, "2\n");
    assert!(house.listing(2)["picture"].is_string());
}

#[test]
fn listings_are_searched_sorted_and_paged_to_the_end() {
    let (house, ann, bob, _) = House::open();
    for n in 0..23 {
        let title = if n % 3 == 0 { format!("Vase 100% {n}") } else { format!("Lamp {n}") };
        let id = house.list(
            &ann,
            json!({"title": title, "opening": 100 + (n * 37) % 50, "closes_in_s": 3_600 + (n * 17) % 40}),
        );
        if n % 4 == 0 {
            house.bid(&bob, id, 500 + n).done(201);
        }
    }
    for sort in ["closes_at", "newest", "price", "price_desc", "bids"] {
        let (mut after, mut seen) = (String::new(), Vec::new());
        loop {
            let page =
                house.get(&format!("/api/v1/listings?sort={sort}&limit=5&after={after}")).send().done(200);
            let listings = page["listings"].as_array().unwrap();
            assert!(listings.len() <= 5);
            seen.extend(listings.iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let ids: HashSet<i64> = seen.iter().map(|listing| int(&listing["id"])).collect();
        assert_eq!((seen.len(), ids.len()), (23, 23), "{sort}: none left out, none twice");
        let price = |listing: &Value| listing["price"].as_i64().unwrap_or_else(|| int(&listing["opening"]));
        let sorted = match sort {
            "closes_at" => seen.is_sorted_by_key(|listing| listing["closes_at"].as_str().unwrap()),
            "newest" => seen.is_sorted_by_key(|listing| -int(&listing["id"])),
            "price" => seen.is_sorted_by_key(price),
            "price_desc" => seen.is_sorted_by_key(|listing| -price(listing)),
            _ => seen.is_sorted_by_key(|listing| -int(&listing["n_bids"])),
        };
        assert!(sorted, "{sort}");
    }
    let found = |q: &str| {
        let body = house.get(&format!("/api/v1/listings?limit=100&q={q}")).send().done(200);
        body["listings"].as_array().unwrap().len()
    };
    assert_eq!((found("vase"), found("21+VASE"), found("vase+lamp"), found("100%25+21")), (8, 1, 0, 1));
    assert_eq!(found("vase&state=&sort=&after=&limit="), 8, "what is empty counts as left out");
    assert_eq!((found("vase"), found("100%25"), found("%25"), found("_"), found("nothing")), (8, 8, 8, 0, 0));
}

#[test]
fn an_answer_is_dated_and_a_long_one_compressed_for_who_takes_it_so() {
    let (house, ann, ..) = House::open();
    house.list(&ann, json!({"description": "d".repeat(5_000)}));
    let ask = |coding: &str| house.get("/api/v1/listings").header("Accept-Encoding", coding).send();
    let (plain, zipped) = (ask("identity"), ask("gzip"));
    assert_eq!((plain.header("Content-Encoding"), zipped.header("Content-Encoding")), (None, Some("gzip")));
    assert_eq!(
        (plain.header("Vary"), zipped.header("Vary")),
        (Some("Accept-Encoding"), Some("Accept-Encoding"))
    );
    assert!(
        zipped.body.len() < 1_000 && plain.body.len() > 5_000,
        "{} of {}",
        zipped.body.len(),
        plain.body.len()
    );
    let dated = chrono::DateTime::parse_from_rfc2822(plain.header("Date").unwrap()).unwrap();
    let now = house.get("/api/v1/time").send().body()["unix_ms"].as_i64().unwrap();
    assert!((0..60_000).contains(&(now - dated.timestamp_millis())), "{dated} before {now}");
}

#[test]
fn one_s_own_listings_are_paged_to_the_end() {
    let (house, ann, bob, _) = House::open();
    let ids: Vec<i64> = (0..7).map(|_| house.list(&ann, json!({}))).collect();
    for id in &ids {
        house.bid(&bob, *id, 1_000).done(201);
    }
    for (who, of) in [(&ann, "listings"), (&bob, "bids")] {
        let (mut after, mut seen) = (String::new(), Vec::new());
        loop {
            let page = house.get(&format!("/api/v1/me/{of}?limit=3&after={after}")).by(who).send().done(200);
            seen.extend(page["listings"].as_array().unwrap().iter().map(|listing| int(&listing["id"])));
            match page["next"].as_i64() {
                Some(next) => after = next.to_string(),
                None => break,
            }
        }
        assert!(seen.iter().rev().eq(&ids), "{of}: the newest first, none twice: {seen:?}");
    }
    house.get("/api/v1/me/bids?after=x").by(&bob).send().refused(400, "bad_request");
}

/// By the page's form the tick decides, for the three fields stand there always; a program's form has the fields alone.
#[test]
fn a_form_s_soft_close_is_meant_by_its_tick_or_by_its_fields() {
    let (house, ann, ..) = House::open();
    let soft = [("soft_close.window_s", "60"), ("soft_close.extension_s", "90"), ("soft_close.cap_s", "600")];
    let list = |more: &[(&str, &str)]| {
        let fields = [&FIELDS[..], &soft, more].concat();
        let listed = house.post("/listings/new").in_browser(&ann).form(&fields).send();
        assert_eq!(listed.status, 303, "{listed:?}");
        house.listing(house.number("select max(id) from listing"))["soft_close"].clone()
    };
    let meant = json!({"window_s": 60, "extension_s": 90, "cap_s": 600});
    assert_eq!(list(&[]), meant);
    assert_eq!(list(&[("soft_close.ticked", "yes")]), Value::Null);
    assert_eq!(list(&[("soft_close.ticked", "yes"), ("soft_close", "on")]), meant);
    assert!(house.get("/listings/new").in_browser(&ann).send().text().contains("name=\"soft_close.ticked\""));
}

#[test]
fn a_close_is_named_once_and_in_numbers() {
    let (house, ann, ..) = House::open();
    let both = json!({"closes_at": "2099-01-01T00:00:00Z", "closes_in_s": 60});
    let soft = json!({"soft_close": {"window_s": "60", "extension_s": 60, "cap_s": 60}});
    for (wrong, field) in
        [(both, "closes_at"), (json!({"closes_in_s": "60"}), "closes_in_s"), (soft, "soft_close.window_s")]
    {
        let problem = house.try_list(&ann, wrong).refused(422, "invalid");
        assert!(problem["fields"][field].is_string(), "{problem}");
    }
    let text = house.try_list(&ann, json!({"description": "a\u{1b}[31m"})).refused(422, "invalid");
    assert!(text["fields"]["description"].is_string(), "{text}");
}

#[test]
fn a_state_is_searched_and_closing_is_one() {
    let (house, ann, bob, _) = House::open();
    let cancelled = house.list(&ann, json!({}));
    house.delete(&format!("/api/v1/listings/{cancelled}")).by(&ann).send();
    let open = house.list(&ann, json!({}));
    let bought = house.list(&ann, json!({"buy_now": 5_000}));
    house.post(&format!("/api/v1/listings/{bought}/buy")).by(&bob).send().done(201);
    let closing = house.list(&ann, json!({"closes_in_s": 5}));
    let ids = |state: &str| -> Vec<i64> {
        let body = house.get(&format!("/api/v1/listings?state={state}")).send().done(200);
        body["listings"].as_array().unwrap().iter().map(|listing| int(&listing["id"])).collect()
    };
    assert_eq!((ids("cancelled"), ids("sold"), ids("unsold")), (vec![cancelled], vec![bought], vec![]));
    assert_eq!(ids("all").len(), 4);
    // While another process holds the database nobody can settle it.
    let other = house.connection();
    crate::harness::until("the close is near", || {
        let now = house.get("/api/v1/time").send().body()["unix_ms"].as_i64().unwrap();
        let closes = house.listing(closing)["closes_at"].as_str().unwrap().to_owned();
        (auction::rules::time::Time::parse(&closes).unwrap().0 - now < 1_500).then_some(())
    });
    other.execute_batch("begin immediate").unwrap();
    crate::harness::until("it is closing", || (house.listing(closing)["state"] == "closing").then_some(()));
    assert_eq!((ids("closing"), ids("open")), (vec![closing], vec![open]));
    house.bid(&bob, open, 1).refused(503, "busy");
    other.execute_batch("rollback").unwrap();
    assert_eq!(house.settlement(closing)["outcome"], "unsold");
    house.audit();
}

#[test]
fn times_and_lengths_of_a_close_mean_the_same() {
    let (house, ann, ..) = House::open();
    let at = |offset: &str| house.list(&ann, json!({"closes_in_s": null, "closes_at": offset}));
    let now = house.get("/api/v1/time").send().body()["now"].as_str().unwrap().to_owned();
    let day = format!("{}T23:59:59", &now[..10]);
    let Some(soon) = (now < format!("{}T23:50:00", &now[..10])).then_some(day) else { return };
    let id = at(&format!("{soon}Z"));
    assert_eq!(house.listing(id)["closes_at"], format!("{soon}.000Z"));
    let id = at(&format!("{soon}-00:30"));
    assert!(
        house.listing(id)["closes_at"].as_str().unwrap().ends_with("T00:29:59.000Z"),
        "half-hour offsets too"
    );
}

/// What was only looked at, or refused, has left a picture behind that is nobody's.
#[test]
fn a_picture_that_no_listing_took_is_gone_after_a_day() {
    let (mut house, ann, ..) = House::open();
    let listed = house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, Some(&png(8))).send().done(201);
    let fields = [&FIELDS[..], &[("step", "preview")]].concat();
    let preview = house.post("/listings/new").in_browser(&ann).multipart(&fields, Some(&png(9))).send();
    assert_eq!(preview.status, 200, "{preview:?}");
    house.stop();
    let files = || std::fs::read_dir(house.dir().join("pictures")).unwrap().count();
    assert_eq!(files(), 6, "three sizes each");
    for (ahead_h, n_left) in [(0, 6), (23, 6), (25, 3)] {
        Inside::of(&house, ahead_h * 3_600_000).house.forget_unused_pictures().unwrap();
        assert_eq!(files(), n_left, "after {ahead_h} h");
    }
    let kept = listed["picture"].as_str().unwrap().replacen("/pictures", "pictures", 1);
    assert!(house.dir().join(kept).exists());
}
