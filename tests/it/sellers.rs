//! What one seller may take of the house: so many listings and pictures, so much time to decode them, and a fair part of the
//! scheduler. One who floods it is held back; the others go on.

use crate::cron::{tab_file, with_cron};
use crate::harness::{House, Inside, Person, email, int, lamp, until};
use auction::rules::listing::Closes;
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::io::Cursor;

const FIELDS: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];

fn saved(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(24, 24).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A JPEG of a few hundred bytes that claims 16000 by 4300 pixels.
fn hostile() -> Vec<u8> {
    let mut bytes = saved(ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0x10, 0xcc, 0x3e, 0x80]);
    bytes
}

fn send(house: &House, seller: &Person, pictures: &[Vec<u8>]) -> crate::harness::Reply {
    house.post("/api/v1/listings").by(seller).multipart(&FIELDS, None).pictures(pictures).send()
}

fn n_pictures(house: &House) -> usize {
    fs::read_dir(house.dir().join("pictures")).map_or(0, Iterator::count)
}

#[test]
fn a_seller_lists_so_many_a_minute_and_others_go_on() {
    let (house, ann, bob, _) = House::with(&[("limit_listings_per_min", "3")]);
    // What is refused otherwise does not count.
    house.try_list(&ann, json!({"title": ""})).refused(422, "invalid");
    for _ in 0..3 {
        house.list(&ann, json!({}));
    }
    let refused = house.try_list(&ann, json!({}));
    assert!(refused.header("Retry-After").is_some(), "{refused:?}");
    assert!(int(&refused.refused(429, "rate_limited")["retry_after_s"]) > 0);
    let form = house.post("/listings/new").in_browser(&ann).form(&FIELDS).send();
    assert_eq!(form.status, 429);
    assert!(form.header("Retry-After").is_some());
    assert!(form.text().contains("Too many requests") && form.text().contains("value=\"Brass lamp\""));
    // A look at the draft is no listing.
    let look =
        house.post("/listings/new").in_browser(&ann).form(&[&FIELDS[..], &[("step", "preview")]].concat());
    assert_eq!(look.send().status, 200);
    house.list(&bob, json!({}));
    house.add_lamp("1h", &[]).done();
    house.set("limit_listings_per_min", "0");
    until("the rate is lifted", || (house.try_list(&ann, json!({})).status == 201).then_some(()));
}

#[test]
fn a_day_has_its_limit_too() {
    let (house, ann, bob, _) =
        House::with(&[("limit_listings_per_day", "2"), ("limit_pictures_per_day", "3")]);
    let picture = saved(ImageFormat::Png);
    send(&house, &ann, &[picture.clone(), picture.clone()]).done(201);
    send(&house, &ann, &[picture.clone(), picture.clone()]).refused(429, "rate_limited");
    house.list(&ann, json!({}));
    let wait = int(&house.try_list(&ann, json!({})).refused(429, "rate_limited")["retry_after_s"]);
    assert!(wait > 3_600, "{wait}");
    send(&house, &bob, &[picture]).done(201);
}

/// One account listed 13,695 things in 20 s.
#[test]
fn a_seller_has_so_many_open_and_no_more() {
    let (house, ann, bob, _) = House::with(&[("limit_open_listings", "2")]);
    let first = house.list(&ann, json!({}));
    house.list(&ann, json!({"closes_in_s": 7_200}));
    let refused = house.try_list(&ann, json!({})).refused(403, "not_allowed");
    assert!(refused["detail"].as_str().unwrap().contains("at most 2 open listings"), "{refused}");
    let picture = saved(ImageFormat::Png);
    send(&house, &ann, std::slice::from_ref(&picture)).refused(403, "not_allowed");
    let form = house.post("/listings/new").in_browser(&ann).multipart(&FIELDS, Some(&picture)).send();
    assert_eq!(form.status, 403);
    assert!(form.text().contains("as many open items") && form.text().contains("value=\"Brass lamp\""));
    assert_eq!(n_pictures(&house), 0, "nothing is decoded for who may not list");
    assert_eq!(house.number("select count(*) from listing"), 2);

    // Another seller and the commands are free.
    house.list(&bob, json!({}));
    house.add_lamp("1h", &[]).done();
    let lots = house.home().join("lots.csv");
    fs::write(&lots, "seller,title,opening,closes_in_s\nann@example.org,Lamp,5,3600\n").unwrap();
    house.run(&["listing", "import", lots.to_str().unwrap()]).done();
    assert_eq!(house.number("select count(*) from listing"), 5);

    // One that ends makes room, and many at once find no more of it than there is.
    for id in [first, 4] {
        house.delete(&format!("/api/v1/listings/{id}")).by(&ann).send();
    }
    house.set("limit_open_listings", "5");
    let open = || {
        house.number(
            "select count(*) from standing s join listing l on l.id = s.listing_id
        where l.seller_id = 1 and s.state = 'open'",
        )
    };
    until("the setting holds", || (house.try_list(&ann, json!({})).status == 201).then_some(()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| house.try_list(&ann, json!({})));
        }
    });
    assert_eq!(open(), 5);
    house.audit();
}

#[test]
fn a_suspended_seller_s_pictures_are_not_decoded() {
    let (house, ann, ..) = House::open();
    house.run(&["account", "suspend", &email("Ann"), "--why", "rude"]).done();
    let picture = saved(ImageFormat::Png);
    until("the suspension holds", || {
        (send(&house, &ann, std::slice::from_ref(&picture)).status == 403).then_some(())
    });
    send(&house, &ann, &[hostile()]).refused(403, "not_allowed");
    let form = house.post("/listings/new").in_browser(&ann).multipart(&FIELDS, Some(&picture)).send();
    assert_eq!((form.status, n_pictures(&house)), (403, 0));
    let from_elsewhere = house.post("/listings/new").with_cookie(&ann).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(from_elsewhere.multipart(&FIELDS, Some(&picture)).send().status, 403);
}

#[test]
fn pictures_have_a_rate_and_what_is_too_fast_is_not_decoded() {
    let (house, ann, bob, _) = House::with(&[("limit_pictures_per_min", "3")]);
    let picture = saved(ImageFormat::Png);
    send(&house, &ann, &[picture.clone(), picture.clone()]).done(201);
    let before = n_pictures(&house);
    send(&house, &ann, &[saved(ImageFormat::Gif), picture.clone()]).refused(429, "rate_limited");
    assert_eq!(n_pictures(&house), before);
    house.list(&ann, json!({}));
    send(&house, &bob, &[picture]).done(201);
}

/// Two uploads of eight such files held every write but bids up for a minute.
#[test]
fn files_that_claim_to_be_huge_hold_nobody_up() {
    let (house, ann, bob, _) = House::open();
    let eight = vec![hostile(); 8];
    std::thread::scope(|scope| {
        for seller in [&ann, &bob] {
            scope.spawn(|| {
                let fields = send(&house, seller, &eight).refused(422, "invalid")["fields"].clone();
                assert_eq!(fields["picture"], "This picture is damaged or incomplete.");
            });
        }
    });
    house.log_in("Cleo");
    let form = house.post("/listings/new").in_browser(&ann).multipart(&FIELDS, None).pictures(&eight).send();
    assert!(form.status == 422 && form.text().contains("This picture is damaged or incomplete."), "{form:?}");
}

#[test]
fn the_reason_why_a_picture_is_refused_is_said() {
    let (house, ann, ..) = House::open();
    let mut wide = hostile();
    let frame = wide.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    wide[frame + 7..frame + 9].copy_from_slice(&[0xff, 0xff]);
    for (bytes, reason) in [
        (wide, "too many pixels"),
        (b"%PDF-1.7 and so on".to_vec(), "A picture is a JPEG"),
        (saved(ImageFormat::Png)[..60].to_vec(), "damaged or incomplete"),
    ] {
        let refused = send(&house, &ann, &[bytes]).refused(422, "invalid");
        assert!(refused["fields"]["picture"].as_str().unwrap().contains(reason), "{refused}");
    }
}

#[test]
fn a_thumbnail_is_never_kept_as_a_picture() {
    let (house, ann, ..) = House::open();
    let listing = send(&house, &ann, &[saved(ImageFormat::Png)]).done(201);
    let name = listing["picture"].as_str().unwrap()["/pictures/".len()..].replace(".jpg", "");
    let post = |kept: &str| {
        let fields = [&FIELDS[..], &[("picture_kept", kept)]].concat();
        house.post("/listings/new").in_browser(&ann).form(&fields).send()
    };
    assert_eq!(post(&format!("{name}-thumb")).status, 422);
    assert_eq!(house.number("select count(*) from listing"), 1);
    for odd in [name.to_uppercase(), format!("{name}.jpg"), "0".repeat(32), format!("./{name}")] {
        assert_eq!(post(&odd).status, 303, "{odd}");
        assert_eq!(house.number("select count(*) from listing where picture is not null"), 1, "{odd}");
    }
    assert_eq!(post(&name).status, 303);
    assert_eq!(house.number("select count(*) from listing where picture is not null"), 2);
}

#[test]
fn a_page_of_listings_has_at_most_a_mebibyte_and_leads_on() {
    let (house, ann, ..) = House::open();
    let inside = Inside::of(&house, 0);
    for _ in 0..60 {
        inside.list(|draft| draft.description = "책".repeat(10_000));
    }
    drop(inside);
    for path in ["/api/v1/listings?sort=newest", "/api/v1/listings?sort=closes_at", "/api/v1/me/listings?"] {
        let (mut after, mut seen, mut n_pages) = (String::new(), HashSet::new(), 0);
        loop {
            let page = house.get(&format!("{path}&limit=200&after={after}")).by(&ann).send();
            assert!(page.body.len() < 1_024 * 1_024 + 1_000, "{path}: {} bytes", page.body.len());
            let page = page.done(200);
            n_pages += 1;
            for listing in page["listings"].as_array().unwrap() {
                assert!(seen.insert(int(&listing["id"])), "{path}: none twice");
            }
            match &page["next"] {
                Value::Null => break,
                Value::String(next) => after = next.clone(),
                next => after = next.to_string(),
            }
        }
        assert_eq!((seen.len(), n_pages), (60, 2), "{path}");
    }
}

#[test]
fn a_watcher_is_told_only_how_a_description_begins() {
    let (house, ann, ..) = House::open();
    let watcher = house.watch("listings=all", None);
    let description = format!("{}end", "책".repeat(9_990));
    let id = house.list(&ann, json!({"description": description}));
    let event = watcher.wait_for("listed");
    assert_eq!((int(&event.data["id"]), &event.data["description"]), (id, &json!("책".repeat(200))));
    assert_eq!((&event.data["title"], &event.data["opening"]), (&json!("Brass lamp"), &json!(1_000)));
    assert_eq!(house.listing(id)["description"], description);
    // One that an older program told whole is cut as it is told again.
    let whole = lamp(json!({"id": id, "description": description})).to_string();
    let conn = house.connection();
    conn.execute("update event set data = ?1 where kind = 'listed'", [&whole]).unwrap();
    let mut house = house;
    house.kill();
    house.serve();
    let again = house.watch("listings=all&after=0", None).wait_for("listed");
    assert_eq!(again.data["description"], "책".repeat(200));
}

/// One account had taken all entries of the crontab; another seller's stayed `pending`.
#[test]
fn a_seller_of_many_things_does_not_take_the_whole_crontab() {
    let mut house = with_cron();
    fs::rename(house.bin().join("crontab"), house.bin().join("busybox")).unwrap();
    std::os::unix::fs::symlink("busybox", house.bin().join("crontab")).unwrap();
    house.add("Bob");
    let inside = Inside::of(&house, 0);
    for seconds in (0..250).map(|n| 7_200 + n * 60) {
        inside.list(|draft| draft.closes = Some(Closes::In { seconds }));
    }
    drop(inside);
    house.serve_by("cron");
    let bob = house.log_in("Bob");
    let far = house.list(&bob, json!({"closes_in_s": 30 * 86_400}));
    until("Bob's entry is armed", || (house.listing(far)["entry"] == "armed").then_some(()));
    let tab = fs::read_to_string(tab_file(&house)).unwrap();
    assert_eq!(tab.matches(" settle ").count(), 201, "200 listings and the sweep: {tab}");
    assert!(tab.contains(" settle 1\n") && tab.contains(" settle 199\n") && !tab.contains(" settle 200\n"));
    assert!(house.run(&["doctor"]).stdout.contains("entries stand as wanted"));
}
