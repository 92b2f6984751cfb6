//! A house with sales is backed up and comes back whole: drafts with their pictures, what is paused, and every chain.

use crate::harness::{House, Inside, int};
use crate::sale_nights::{add, listing_of, sale, sales_of_all_kinds};
use serde_json::{Value, json};
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

const DAY_S: i64 = 86_400;

/// All rows of sales, lots, drafts and changes.
fn rows(house: &House) -> Vec<String> {
    let conn = house.connection();
    let mut rows = Vec::new();
    for table in ["sale", "lot", "draft_lot", "draft_picture", "timing", "standing", "listing", "settlement"]
    {
        let columns: Vec<String> = conn
            .prepare(&format!("select 'quote(' || name || ')' from pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let sql = format!("select {} from {table} order by 1", columns.join(" || ', ' || "));
        let mut found = conn.prepare(&sql).unwrap();
        let found = found.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.extend(found.map(|row| format!("{table}: {}", row.unwrap())));
    }
    rows
}

fn show(house: &House, code: &str) -> Value {
    house.told(&["sale", "show", code])
}

/// A house with sales in every state but the draft `autumn` with names of pictures that nobody has stored: its pictures
/// are real. The files of the pictures of the draft `photos`.
fn photographed() -> (House, Vec<PathBuf>) {
    let house = sales_of_all_kinds();
    house.connection().execute("delete from draft_picture", []).unwrap();
    let closes_at = auction::store::clock::Clock::default().now().plus_s(DAY_S).to_string();
    house.run(&["sale", "add", "photos", "--name", "Photos", "--closes-at", &closes_at]).done();
    for (lot, shades) in [("P1", &[10, 20][..]), ("P2", &[30])] {
        let mut args: Vec<String> =
            ["listing", "add", "--seller", "ann@example.org", "--title", "Print", "--opening"]
                .into_iter()
                .chain(["1000", "--sale", "photos", "--lot", lot])
                .map(str::to_owned)
                .collect();
        for shade in shades {
            let mut bytes = Vec::new();
            image::RgbImage::from_pixel(64, 48, image::Rgb([*shade, 90, 90]))
                .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
                .unwrap();
            let file = house.home().join(format!("{shade}.png"));
            fs::write(&file, bytes).unwrap();
            args.extend(["--picture".to_owned(), file.to_str().unwrap().to_owned()]);
        }
        house.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).done();
    }
    let names: Vec<String> = house
        .connection()
        .prepare("select name from draft_picture order by lot_id, nth")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(names.len(), 3);
    let files = names.iter().map(|name| house.dir().join("pictures").join(format!("{name}.jpg"))).collect();
    (house, files)
}

#[test]
fn sales_come_back_with_their_drafts_their_pictures_and_their_pauses() {
    let (mut house, pictures) = photographed();
    let file = house.home().join("house.tar");
    let backup = house.told(&["backup", file.to_str().unwrap()]);
    assert_eq!(int(&backup["n_pictures"]), 6, "each with its small one: {backup}");
    let (before, bytes) = (rows(&house), fs::read(&pictures[0]).unwrap());
    // Afterwards everything goes on, and a file breaks.
    house.run(&["sale", "publish", "photos"]).done();
    house.run(&["sale", "resume", "night"]).done();
    house.run(&["sale", "cancel", "spring", "--why", "rain"]).done();
    fs::write(&pictures[0], "broken").unwrap();
    assert_ne!(rows(&house), before);

    house.run(&["restore", file.to_str().unwrap()]).done();
    assert_eq!(rows(&house), before);
    for picture in &pictures {
        assert!(picture.exists(), "{}", picture.display());
    }
    assert_eq!(fs::read(&pictures[0]).unwrap(), bytes);
    house.audit();
    assert_eq!(
        ["spring", "summer", "winter", "autumn", "night", "photos"]
            .map(|code| show(&house, code)["state"].clone()),
        ["open", "cancelled", "cancelled", "draft", "paused", "draft"].map(|state| json!(state))
    );
    house.run(&["sale", "resume", "night"]).done();
    house.run(&["sale", "publish", "photos"]).done();
    house.serve();
    let listing = house.listing(listing_of(&house, "photos", "P1"));
    let shown = listing["pictures"].as_array().unwrap();
    assert_eq!(shown.len(), 2, "{listing}");
    for picture in shown {
        assert_eq!(house.get(picture.as_str().unwrap()).send().status, 200, "{picture}");
    }
    let bob = house.log_in("Bob");
    house.bid(&bob, int(&listing["id"]), 1_000).done(201);
    house.audit();
}

#[test]
fn a_house_whose_sales_do_not_agree_is_not_backed_up() {
    let (house, _) = photographed();
    let file = house.home().join("house.tar");
    house.connection().execute("update sale set why = 'sun' where code = 'summer'", []).unwrap();
    let ran = house.run(&["backup", file.to_str().unwrap()]);
    assert!(ran.status == 1 && ran.stderr.contains("sale summer"), "{ran:?}");
    assert!(!file.exists());
}

/// A draft may wait for weeks.
#[test]
fn the_pictures_of_a_draft_are_not_taken_for_unused_ones() {
    let (house, pictures) = photographed();
    let folder = house.dir().join("pictures");
    let stray = folder.join(format!("{}.jpg", "ef".repeat(16)));
    fs::write(&stray, "stray").unwrap();
    let old = SystemTime::now() - Duration::from_secs(30 * 86_400);
    for file in fs::read_dir(&folder).unwrap() {
        let file = fs::File::options().append(true).open(file.unwrap().path()).unwrap();
        file.set_modified(old).unwrap();
    }
    let inside = Inside::of(&house, 0);
    assert_eq!(inside.house.forget_unused_pictures().unwrap(), 1);
    assert!(!stray.exists());
    inside.house.copy_sale("photos", "again", dates(&inside), false).unwrap();
    inside.house.cancel_sale("photos", "later").unwrap();
    assert_eq!(inside.house.forget_unused_pictures().unwrap(), 0);
    inside.house.publish_sale("again").unwrap();
    assert_eq!(inside.house.forget_unused_pictures().unwrap(), 0);
    drop(inside);
    assert!(pictures.iter().all(|picture| picture.exists()));
    house.audit();
}

fn dates(inside: &Inside) -> auction::house::sales::copy::CopyDates {
    auction::house::sales::copy::CopyDates { opens_at: None, closes_at: inside.house.now().plus_s(DAY_S) }
}

/// As Litestream leaves a house: the file alone, while a sale is paused.
#[test]
fn a_copy_of_the_file_alone_goes_on_where_the_sale_was_paused() {
    let house = sales_of_all_kinds();
    let copy = House::bare();
    fs::create_dir_all(copy.dir().join("pictures")).unwrap();
    house.connection().execute("vacuum into ?1", [copy.database().to_str().unwrap()]).unwrap();
    copy.audit();
    copy.run(&["sale", "resume", "night"]).done();
    let inside = Inside::of(&copy, 0);
    inside.house.add_sale(sale("later", inside.house.now().plus_s(DAY_S))).unwrap();
    add(&inside, "later", &[("1", None)]);
    inside.house.publish_sale("later").unwrap();
    drop(inside);
    copy.audit();
}
