//! Several pictures of one thing: kept in their order, by every door, with a draft that is faulty, in the chain and in a backup.

use crate::harness::{House, int};
use crate::proof::chain;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::fs;
use std::io::Cursor;

const FIELDS: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];

/// One that differs from those of other shades.
fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(24, 24, Rgb([shade, 99, 9])));
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn pngs(n: u8) -> Vec<Vec<u8>> {
    (0..n).map(|nth| png(nth * 20)).collect()
}

fn names(listing: &Value) -> Vec<String> {
    let paths = listing["pictures"].as_array().unwrap().iter().map(|path| path.as_str().unwrap());
    paths.map(|path| path.strip_prefix("/pictures/").unwrap().strip_suffix(".jpg").unwrap().into()).collect()
}

/// The pictures that a form's page keeps.
fn kept(page: &str) -> Vec<String> {
    let boxes = page.split("name=\"picture_kept\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn eight_pictures_keep_their_order_and_a_ninth_is_refused() {
    let (house, ann, ..) = House::open();
    let send = |n| house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, None).pictures(&pngs(n)).send();
    let listing = send(8).done(201);
    let named = names(&listing);
    assert_eq!(named.len(), 8);
    assert_eq!(listing["picture"], listing["pictures"][0]);
    for (shade, path) in (0..8).map(|nth| nth * 20).zip(listing["pictures"].as_array().unwrap()) {
        let served = house.get(path.as_str().unwrap()).send();
        assert_eq!((served.status, served.header("Content-Type")), (200, Some("image/jpeg")));
        let red = image::load_from_memory(&served.body).unwrap().to_rgb8().get_pixel(12, 12)[0];
        assert!(red.abs_diff(shade) < 6, "{red} for {shade}");
    }
    assert_eq!(house.listing(1)["pictures"], listing["pictures"]);
    // The page shows all of them, and a way to each, without a script.
    let page = house.get("/listings/1").send().text();
    for (nth, name) in (1..).zip(&named) {
        assert!(page.contains(&format!("<img id=\"picture-{nth}\" src=\"/pictures/{name}.jpg\"")), "{page}");
        assert!(
            page.contains(&format!("<a href=\"#picture-{nth}\"><img src=\"/pictures/{name}-thumb.jpg\""))
        );
    }
    let refused = send(9).refused(422, "invalid");
    assert!(refused["fields"]["picture"].is_string(), "{refused}");
    assert_eq!(send(0).done(201)["pictures"], json!([]));
    assert_eq!(house.number("select count(*) from listing"), 2);
}

#[test]
fn the_chain_binds_every_picture() {
    let (house, ann, ..) = House::open();
    let list = |n| house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, None).pictures(&pngs(n)).send();
    for n in [0, 1, 3] {
        let listing = list(n).done(201);
        let link = &chain(&house, int(&listing["id"]), 10)[0];
        assert_eq!(link["picture"].as_str().unwrap_or(""), names(&listing).join(","));
    }
    house.audit();
}

#[test]
fn a_faulty_draft_keeps_its_pictures_and_one_can_be_left_out() {
    let (house, ann, ..) = House::open();
    let post = |fields: &[(&str, &str)], pictures: &[Vec<u8>]| {
        let call = house.post("/listings/new").in_browser(&ann);
        call.multipart(fields, None).pictures(pictures).send()
    };
    let mut sent = pngs(3);
    sent[1] = b"GIF89a, or so they say".to_vec();
    let form = [("title", "Lamp"), ("opening", "12,000"), ("closes_in_s", "600")];
    let faulty = post(&form, &sent);
    assert_eq!(faulty.status, 422);
    let page = faulty.text();
    let good = kept(&page);
    assert_eq!(good.len(), 2, "the good ones are kept: {page}");
    assert!(page.contains("value=\"12,000\"") && page.contains("id=\"picture-error\">Up to 8"), "{page}");

    // With the next try another is added; the preview shows all three.
    let keep: Vec<(&str, &str)> = good.iter().map(|name| ("picture_kept", name.as_str())).collect();
    let shown = post(&[&form[..], &keep, &[("step", "preview")]].concat(), &[png(200)]);
    let page = shown.text();
    assert_eq!((shown.status, kept(&page).len()), (200, 3));
    assert_eq!(page.matches("<img id=\"picture-").count(), 3, "{page}");
    // One is unticked.
    let all = kept(&page);
    let listed = post(&[&form[..], &[("picture_kept", &all[2]), ("picture_kept", &all[0])]].concat(), &[]);
    assert_eq!(listed.status, 303, "{listed:?}");
    assert_eq!(names(&house.listing(1)), [all[2].clone(), all[0].clone()]);

    // Too large is said beside the field, not instead of the page; too many too.
    let large = post(&[&form[..], &keep].concat(), &[vec![0; 10 * 1_024 * 1_024 + 1]]);
    assert_eq!((large.status, kept(&large.text())), (413, good.clone()));
    let many = post(&[&form[..], &keep].concat(), &pngs(8));
    assert_eq!((many.status, kept(&many.text()).len()), (422, 8), "as many as there may be");
    assert_eq!(house.number("select count(*) from listing"), 1);
}

#[test]
fn the_commands_take_several_and_an_export_can_be_imported_again() {
    let house = House::bare();
    house.add("Ann");
    for (nth, bytes) in pngs(2).iter().enumerate() {
        fs::write(house.home().join(format!("{nth}.png")), bytes).unwrap();
    }
    let file = |nth: u8| house.home().join(format!("{nth}.png")).to_str().unwrap().to_owned();
    let (zero, one) = (file(0), file(1));
    let add = |pictures: &[&str]| {
        let mut args = "listing add --seller ann@example.org --title Lamp --opening 5 --closes-in 24h"
            .split(' ')
            .collect::<Vec<_>>();
        pictures.iter().for_each(|picture| args.extend(["--picture", picture]));
        house.run(&args)
    };
    assert_eq!(add(&[&zero, &one]).done().stdout, "1\n");
    assert_eq!(add(&[zero.as_str(); 9]).status, 1, "nine are too many");
    let csv = "seller,title,opening,closes_in_s,picture\nann@example.org,Lamp,5,3600,1.png | 0.png\n";
    let lots = house.home().join("lots.csv");
    fs::write(&lots, csv).unwrap();
    house.run(&["listing", "import", lots.to_str().unwrap()]).done();
    let of = |id: &str| names(&house.told(&["listing", "show", id]));
    assert_eq!(of("2"), of("1").into_iter().rev().collect::<Vec<_>>());
    fs::write(&lots, csv.replace("1.png | 0.png", &["0.png"; 9].join("|"))).unwrap();
    let many = house.run(&["listing", "import", lots.to_str().unwrap()]);
    assert!(many.status == 1 && many.stderr.contains("line 2: picture: At most 8 pictures."), "{many:?}");

    let exported = house.run(&["export", "listings"]).done().stdout;
    let again = house.dir().join("again.csv");
    fs::write(&again, exported).unwrap();
    house.run(&["listing", "import", again.to_str().unwrap()]).done();
    assert_eq!((of("3"), of("4")), (of("1"), of("2")));
    house.audit();
}

#[test]
fn a_backup_holds_every_picture() {
    let (mut house, ann, ..) = House::open();
    let sent = house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, None).pictures(&pngs(3)).send();
    let listing = sent.done(201);
    let tar = house.home().join("house.tar");
    let backup = ["--format", "json", "backup", tar.to_str().unwrap()];
    assert_eq!(house.run(&backup).done().json()["n_pictures"], 6, "each with its thumbnail");
    house.stop();
    fs::remove_dir_all(house.dir().join("pictures")).unwrap();
    house.run(&["restore", tar.to_str().unwrap()]).done();
    for path in listing["pictures"].as_array().unwrap() {
        assert!(house.dir().join(&path.as_str().unwrap()[1..]).exists(), "{path}");
    }
}
