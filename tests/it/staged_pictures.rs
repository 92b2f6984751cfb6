//! Pictures that are sent while their form is still being filled in.

use crate::harness::{House, Inside, Person, Reply, email, int, until};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Cursor;
use std::time::{Duration, SystemTime};

const FORM: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];
const PATH: &str = "/listings/new/pictures";

fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(24, 24, Rgb([shade, 99, 9])));
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn stage(house: &House, seller: &Person, pictures: &[Vec<u8>]) -> Reply {
    house.post(PATH).in_browser(seller).multipart(&[], None).pictures(pictures).send()
}

fn staged(house: &House, seller: &Person, shade: u8) -> String {
    stage(house, seller, &[png(shade)]).done(201)["name"].as_str().unwrap().to_owned()
}

/// What is said beside the picture.
#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &body["code"]), (status, &json!(code)), "{reply:?}");
    body["said"].as_str().unwrap().to_owned()
}

fn n_files(house: &House) -> usize {
    std::fs::read_dir(house.dir().join("pictures")).map_or(0, Iterator::count)
}

#[test]
fn a_form_names_the_pictures_that_were_sent_before_in_its_own_order() {
    let (house, ann, ..) = House::open();
    let answer = stage(&house, &ann, &[png(10)]).done(201);
    let first = answer["name"].as_str().unwrap().to_owned();
    assert_eq!(answer["thumbnail"], format!("/pictures/{first}-thumb.jpg"));
    assert_eq!(house.get(answer["thumbnail"].as_str().unwrap()).send().status, 200);
    assert_eq!(staged(&house, &ann, 10), first, "once more after an answer that was lost");
    let second = staged(&house, &ann, 90);
    let kept = [("picture_kept", second.as_str()), ("picture_kept", first.as_str())];
    let listed = house.post("/listings/new").in_browser(&ann).multipart(&[&FORM[..], &kept].concat(), None);
    assert_eq!(listed.send().status, 303);
    let paths = [second, first].map(|name| format!("/pictures/{name}.jpg"));
    assert_eq!(house.listing(1)["pictures"], json!(paths));
    house.audit();
}

#[test]
fn what_is_no_picture_is_refused_in_the_visitor_s_words() {
    let (house, ann, ..) = House::open();
    let heic = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHB\0\0\0\0".to_vec();
    for (language, words) in [("en", "This photo’s format is HEIC."), ("ko", "HEIC")] {
        let call = house.post(PATH).in_browser(&ann).header("Accept-Language", language);
        let said = refused(&call.multipart(&[], Some(&heic)).send(), 422, "invalid");
        assert!(said.contains(words) && !said.contains('8'), "its own fault alone: {said}");
    }
    let large = stage(&house, &ann, &[vec![0; 10 * 1_024 * 1_024 + 1]]);
    assert_eq!(refused(&large, 413, "too_large"), "A file is larger than 10 MiB.");
    for pictures in [vec![], vec![png(1), png(2)]] {
        assert!(refused(&stage(&house, &ann, &pictures), 422, "invalid").starts_with("Up to 8 pictures"));
    }
    let json = house.post(PATH).in_browser(&ann).json(&json!({"picture": "x"})).send();
    assert_eq!(json.status, 415);
    assert_eq!(n_files(&house), 0);
}

#[test]
fn only_a_session_of_this_house_s_own_pages_sends_pictures() {
    let (house, ann, bob, _) = House::open();
    let guest = house.post(PATH).multipart(&[], Some(&png(1))).send();
    assert_eq!(guest.status, 303);
    assert!(guest.header("Location").unwrap().starts_with("/login?next=/listings/new"), "{guest:?}");
    let elsewhere = house.post(PATH).with_cookie(&ann).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(elsewhere.multipart(&[], Some(&png(1))).send().status, 403);
    house.run(&["account", "suspend", &email("Bob"), "--why", "rude"]).done();
    until("the suspension holds", || (stage(&house, &bob, &[png(1)]).status == 403).then_some(()));
    let said = refused(&stage(&house, &bob, &[png(1)]), 403, "not_allowed");
    assert!(said.contains("suspended"), "{said}");
    assert_eq!(n_files(&house), 0, "nothing is decoded for who may not list");
}

#[test]
fn pictures_that_are_sent_early_count_for_their_sender_and_are_not_decoded_beyond() {
    let (house, ann, bob, _) = House::with(&[("limit_pictures_per_min", "2")]);
    let names = [staged(&house, &ann, 1), staged(&house, &ann, 2)];
    let before = n_files(&house);
    let third = stage(&house, &ann, &[png(3)]);
    assert!(third.header("Retry-After").is_some());
    assert!(refused(&third, 429, "rate_limited").contains("Too many requests"));
    assert_eq!(n_files(&house), before);
    staged(&house, &bob, 3);
    // Naming them sends nothing again.
    let kept = names.each_ref().map(|name| ("picture_kept", name.as_str()));
    let listed = house.post("/listings/new").in_browser(&ann).form(&[&FORM[..], &kept].concat()).send();
    assert_eq!(listed.status, 303, "{listed:?}");
    assert_eq!(house.listing(1)["pictures"].as_array().unwrap().len(), 2);
}

/// A ninth that is named is refused, however it came.
#[test]
fn a_form_names_at_most_eight() {
    let (house, ann, ..) = House::open();
    let names: Vec<String> = (0..9).map(|nth| staged(&house, &ann, nth * 20)).collect();
    let kept: Vec<(&str, &str)> = names.iter().map(|name| ("picture_kept", name.as_str())).collect();
    let page = house.post("/listings/new").in_browser(&ann).form(&[&FORM[..], &kept].concat()).send();
    assert_eq!((page.status, page.text().matches("name=\"picture_kept\"").count()), (422, 8));
}

#[test]
fn a_picture_that_was_sent_early_and_never_listed_is_gone_after_a_day() {
    let (mut house, ann, ..) = House::open();
    let [taken, left] = [10, 90].map(|shade| staged(&house, &ann, shade));
    let fields = [&FORM[..], &[("picture_kept", taken.as_str())]].concat();
    assert_eq!(house.post("/listings/new").in_browser(&ann).form(&fields).send().status, 303);
    house.stop();
    for (ahead_h, n_left) in [(23, 6), (25, 3)] {
        Inside::of(&house, ahead_h * 3_600_000).house.forget_unused_pictures().unwrap();
        assert_eq!(n_files(&house), n_left, "after {ahead_h} h");
    }
    assert!(!house.dir().join(format!("pictures/{left}.jpg")).exists());
}

/// A form may be filled in slowly: what it names is not taken away while it is being listed.
#[test]
fn a_picture_that_a_form_names_again_waits_for_another_day() {
    let (house, ann, ..) = House::open();
    let name = staged(&house, &ann, 10);
    let before = SystemTime::now() - Duration::from_secs(25 * 3_600);
    for file in std::fs::read_dir(house.dir().join("pictures")).unwrap() {
        let file = File::options().append(true).open(file.unwrap().path()).unwrap();
        file.set_modified(before).unwrap();
    }
    let fields = [&FORM[..], &[("picture_kept", name.as_str()), ("step", "preview")]].concat();
    assert_eq!(house.post("/listings/new").in_browser(&ann).form(&fields).send().status, 200);
    Inside::of(&house, 0).house.forget_unused_pictures().unwrap();
    assert_eq!(n_files(&house), 3);
}

/// By the form's minutes, or by the seconds of older ones.
#[test]
fn a_soft_close_is_read_in_minutes_and_in_seconds() {
    let (house, ann, ..) = House::open();
    let send = |unit: &str, values: [&str; 3], more: &[(&str, &str)]| {
        let names = ["window", "extension", "cap"].map(|part| format!("soft_close.{part}_{unit}"));
        let parts: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values).collect();
        house.post("/listings/new").in_browser(&ann).form(&[&FORM[..], &parts, more].concat()).send()
    };
    let newest = || {
        let id = house.number("select max(id) from listing");
        let soft = house.listing(id)["soft_close"].clone();
        ["window_s", "extension_s", "cap_s"].map(|part| int(&soft[part]))
    };
    let ticked = [("soft_close.ticked", "yes"), ("soft_close", "on")];
    assert_eq!(send("min", ["2", "3", "30"], &ticked).status, 303);
    assert_eq!(newest(), [120, 180, 1_800]);
    assert_eq!(send("s", ["45", "90", "600"], &ticked).status, 303);
    assert_eq!(newest(), [45, 90, 600]);
    for values in
        [["", "3", "30"], ["0", "3", "30"], ["1.5", "3", "30"], ["1441", "3", "30"], ["9", "9", "x"]]
    {
        let page = send("min", values, &ticked);
        assert!(page.status == 422 && page.text().contains(">Fill in all three"), "{values:?}: {page:?}");
    }
    // Shown again as minutes.
    let page = send("s", ["45", "90", "600"], &[&ticked[..], &[("step", "preview")]].concat()).text();
    for (part, minutes) in [("window", 1), ("extension", 2), ("cap", 10)] {
        let input = page.split(&format!("id=\"{part}_min\"")).nth(1).unwrap().split('>').next().unwrap();
        assert!(input.contains(&format!("value=\"{minutes}\"")), "{part}: {input}");
    }
}
