//! Pictures in three sizes: stored, named in the pages, and made for a house that has only two of them.

use crate::harness::{House, Inside, Person, until};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use std::cell::Cell;
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::time::Duration;

const FIELDS: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];

/// Lists with a picture of this size.
fn listed(house: &House, ann: &Person, width: u32, height: u32) -> Value {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x / 8) as u8, (y / 8) as u8, 90]));
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    house.post("/api/v1/listings").by(ann).multipart(&FIELDS, Some(&bytes)).send().done(201)
}

fn middle_of(listing: &Value) -> String {
    listing["picture"].as_str().unwrap().replace(".jpg", "-middle.jpg")
}

fn size(house: &House, path: &str) -> (u32, u32) {
    let served = house.get(path).send();
    assert_eq!((served.status, served.header("Content-Type")), (200, Some("image/jpeg")), "{path}");
    let picture = image::load_from_memory(&served.body).unwrap();
    (picture.width(), picture.height())
}

fn file(house: &House, path: &str) -> PathBuf {
    house.dir().join(path.trim_start_matches('/'))
}

#[test]
fn a_picture_is_served_in_three_sizes_that_every_page_names() {
    let (house, ann, ..) = House::open();
    let listing = listed(&house, &ann, 2_000, 1_500);
    let [large, thumb] = ["picture", "thumbnail"].map(|name| listing[name].as_str().unwrap());
    let middle = middle_of(&listing);
    assert_eq!(
        [large, &middle, thumb].map(|path| size(&house, path)),
        [(1_600, 1_200), (960, 720), (480, 360)]
    );
    let bytes = [large, &middle, thumb].map(|path| house.get(path).send().body.len());
    assert!(bytes[0] > bytes[1] && bytes[1] > bytes[2], "{bytes:?}");
    let srcset = format!("srcset=\"{thumb} 480w, {middle} 960w, {large} 1600w\" sizes=\"");
    for path in ["/", "/listings/1", "/board"] {
        let page = house.get(path).send().text();
        assert!(page.contains(&srcset), "{path}: {page}");
    }
    // Behind the whole picture lies its thumbnail, for nobody to read.
    let page = house.get("/listings/1").send().text();
    let blur = format!("<img class=\"blur\" src=\"{thumb}\" alt=\"\" aria-hidden=\"true\"");
    assert!(page.contains(&blur), "{page}");
}

#[test]
fn a_house_of_an_earlier_release_gets_its_middle_sizes_and_shows_the_large_ones_until_then() {
    let (mut house, ann, ..) = House::open();
    let listing = listed(&house, &ann, 1_600, 1_200);
    let middle = middle_of(&listing);
    // No server runs, so that nobody makes it meanwhile.
    house.stop();
    fs::remove_file(file(&house, &middle)).unwrap();
    let read = Inside::of(&house, 0).house.picture(middle.rsplit('/').next().unwrap()).unwrap().unwrap();
    let read = image::load_from_memory(&read).unwrap();
    assert_eq!((read.width(), read.height(), file(&house, &middle).exists()), (1_600, 1_200, false));
    house.serve();
    until("it has its middle size", || (size(&house, &middle) == (960, 720)).then_some(()));
    assert!(file(&house, &middle).exists());

    // A server answers with the large one as it is, here a broken one, which holds nothing up.
    let broken = file(&house, listing["picture"].as_str().unwrap());
    let bytes = fs::read(&broken).unwrap();
    house.stop();
    fs::write(&broken, "broken").unwrap();
    fs::remove_file(file(&house, &middle)).unwrap();
    house.serve();
    assert_eq!(house.get(&middle).send().body, b"broken");
    let second = listed(&house, &ann, 1_000, 1_000);
    assert_eq!(size(&house, &middle_of(&second)), (960, 960));
    fs::write(&broken, bytes).unwrap();
    house.audit();
}

/// One after the other, and rarely while something closes.
#[test]
fn a_picture_that_cannot_be_read_keeps_no_other_from_its_middle_size() {
    let (mut house, ann, ..) = House::open();
    let mut pictures = [1_200, 1_000].map(|height| listed(&house, &ann, 1_600, height));
    house.stop();
    // They are made in the order of their names.
    pictures.sort_by_key(|listing| listing["picture"].to_string());
    let [first, second] = pictures.each_ref().map(|listing| file(&house, &middle_of(listing)));
    let unreadable = file(&house, pictures[0]["picture"].as_str().unwrap());
    let bytes = fs::read(&unreadable).unwrap();
    for file in [&unreadable, &first, &second] {
        fs::remove_file(file).unwrap();
    }
    fs::create_dir(&unreadable).unwrap();
    let made = |ahead_s: i64| {
        let longest = Cell::new(Duration::ZERO);
        let rest = |rest: Duration| {
            longest.set(longest.get().max(rest));
            true
        };
        let n_made = Inside::of(&house, ahead_s * 1_000).house.make_middle_pictures(&rest).unwrap();
        (n_made, longest.get() > Duration::from_secs(1))
    };
    assert_eq!(made(0), (1, false));
    assert_eq!((first.exists(), second.exists()), (false, true));
    fs::remove_dir(&unreadable).unwrap();
    fs::write(&unreadable, bytes).unwrap();
    assert_eq!(made(3_500), (1, true), "the listings close within two minutes");
    assert!(first.exists());
}

/// It can be made again, and an earlier release restores the backup.
#[test]
fn a_backup_leaves_the_middle_sizes_out() {
    let (mut house, ann, ..) = House::open();
    let listing = listed(&house, &ann, 1_200, 900);
    let (middle, tar) = (middle_of(&listing), house.home().join("house.tar"));
    let backup = house.told(&["backup", tar.to_str().unwrap()]);
    assert_eq!((&backup["n_pictures"], &backup["missing"]), (&2.into(), &Value::Array(vec![])), "{backup}");
    let name = middle.rsplit('/').next().unwrap();
    let bytes = fs::read(&tar).unwrap();
    assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()));
    house.stop();
    fs::remove_dir_all(house.dir().join("pictures")).unwrap();
    house.run(&["restore", tar.to_str().unwrap()]).done();
    house.serve();
    assert_eq!(size(&house, listing["picture"].as_str().unwrap()), (1_200, 900));
    until("the middle size is made again", || (size(&house, &middle) == (960, 720)).then_some(()));
}
