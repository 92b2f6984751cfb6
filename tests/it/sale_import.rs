//! `sale import`: the lots of a sale from a spreadsheet and a folder of photos, all of them or none.

use crate::harness::{House, Ran, int};
use crate::sales::{CLOSES_S, add_lot, ahead, draft, house, refused};
use serde_json::{Value, json};
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

const HEAD: &str = "lot,seller,title,opening";

fn import(house: &House, csv: &str, more: &[&str]) -> Ran {
    let file = house.home().join("lots.csv");
    fs::write(&file, csv).unwrap();
    house.run(&[&["sale", "import", "spring", file.to_str().unwrap()], more].concat())
}

/// A PNG in the folder `photos`, in a shade of its own.
fn photo(house: &House, name: &str, shade: u8) -> PathBuf {
    let folder = house.home().join("photos");
    fs::create_dir_all(&folder).unwrap();
    let mut bytes = Vec::new();
    image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 0, 0]))
        .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    fs::write(folder.join(name), &bytes).unwrap();
    folder
}

/// The files of stored pictures, and of imports that were not tidied away.
fn files(house: &House) -> usize {
    let in_folder = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let is_left = |name: &str| name.starts_with("importing-");
    let left = in_folder(house.dir()).filter(|file| is_left(file.file_name().to_str().unwrap())).count();
    in_folder(house.dir().join("pictures")).count() + left
}

fn n_lots(house: &House) -> i64 {
    house.number("select count(*) from lot")
}

/// The red of a listing's stored pictures, in their order.
fn shades(house: &House, id: &str) -> Vec<u8> {
    let pictures = house.told(&["listing", "show", id])["pictures"].clone();
    let shade = |path: &Value| {
        let file = house.dir().join(&path.as_str().unwrap()[1..]);
        image::open(file).unwrap().to_rgb8().get_pixel(10, 10).0[0]
    };
    pictures.as_array().unwrap().iter().map(shade).collect()
}

#[test]
fn a_spreadsheet_and_photos_become_a_catalogue() {
    let house = house();
    draft(&house, &[]);
    for (name, shade) in [
        ("A12-10.PNG", 60),
        ("a12-2.png", 40),
        ("A12.png", 20),
        ("B.2.png", 90),
        ("b.2-1.png", 120),
        (".x.png", 0),
    ] {
        photo(&house, name, shade);
    }
    let photos = house.home().join("photos");
    fs::write(photos.join("notes.txt"), "x").unwrap();
    fs::write(photos.join("Thumbs.db"), "x").unwrap();
    fs::create_dir(photos.join("raw")).unwrap();
    let own = ahead(CLOSES_S + 900);
    let csv = format!(
        "Lot,Section,Seller,Title,Opening,Closes at,Reserve\n\
         A12,Toys,ann@example.org,Lamp,1000,,2000\n\
         b.2,,Ann@example.org,Vase,500,{own},\n\
         C3,Toys,ann@example.org,Box,500,,\n"
    );
    let more = ["--pictures", photos.to_str().unwrap()];
    let checked = import(&house, &csv, &[&more[..], &["--check"]].concat()).done();
    for words in ["3 lines, nothing is wrong", "A12", "Toys", "a12-2.png", "passed over: notes.txt, raw/\n"] {
        assert!(checked.stdout.contains(words), "{words}: {checked:?}");
    }
    let told = import(&house, &csv, &[&more[..], &["--check", "--format", "json"]].concat()).done().json();
    assert_eq!((&told["n"], &told["listings"][0]["lot"]), (&json!(3), &json!("A12")));
    assert_eq!(told["listings"][0]["pictures"], json!(["A12.png", "a12-2.png", "A12-10.PNG"]));
    assert_eq!((n_lots(&house), files(&house)), (0, 0));
    let ran = import(&house, &csv, &more).done();
    assert!(ran.stdout.starts_with("3 lots added to spring; the first closes at "), "{ran:?}");
    assert_eq!(house.number("select count(*) from listing"), 0);
    assert_eq!(files(&house), 15);
    let sale = house.told(&["sale", "show", "spring"]);
    assert_eq!((&sale["sections"], &sale["lots"][1]["closes_at"]), (&json!(["Toys"]), &json!(own)));
    house.run(&["sale", "publish", "spring"]).done();
    assert_eq!(house.told(&["listing", "show", "2"])["lot"], "b.2");
    let near = |seen: Vec<u8>, wanted: &[u8]| {
        assert_eq!(seen.len(), wanted.len());
        assert!(seen.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) < 6), "{seen:?}, not {wanted:?}");
    };
    near(shades(&house, "1"), &[20, 40, 60]);
    near(shades(&house, "2"), &[90, 120]);
    near(shades(&house, "3"), &[]);
    house.audit();
}

#[test]
fn each_wrong_line_is_named_with_its_column_and_nothing_is_written() {
    let house = house();
    draft(&house, &["--opens-at", &ahead(600)]);
    add_lot(&house, "spring", "A1", &[]).done();
    let (early, year) = (ahead(300), ahead(366 * 86_400));
    let csv = format!(
        "lot,section,seller,title,opening,closes_at,soft_close.window_s,soft_close.extension_s,soft_close.cap_s\n\
         a1,,ann@example.org,Lamp,1000,,,,\n\
         B2,,ann@example.org,Lamp,1000,,,,\n\
         b2,,ann@example.org,Lamp,1000,,,,\n\
         B 3,,ann@example.org,Lamp,1000,,,,\n\
         ,,ann@example.org,Lamp,1000,,,,\n\
         B5,{},ann@example.org,Lamp,1000,,,,\n\
         B6,,nobody@example.org,Lamp,1000,,,,\n\
         B7,,ann@example.org,,ten,,,,\n\
         B8,,ann@example.org,Lamp,1000,{early},,,\n\
         B9,,ann@example.org,Lamp,1000,{year},,,\n\
         B10,,ann@example.org,Lamp,1000,2020-01-01T00:00:00Z,,,\n\
         B11,,ann@example.org,Lamp,1000,soon,,,\n\
         B12,,ann@example.org,Lamp,1000,,60,60,600\n\
         B13,,ann@example.org,Lamp,0,,,,\n",
        "x".repeat(41)
    );
    photo(&house, "B2.png", 1);
    let photos = photo(&house, "Z9.png", 1);
    for more in [&[][..], &["--check"]] {
        let ran = import(&house, &csv, &[&["--pictures", photos.to_str().unwrap()], more].concat());
        refused(&ran, "Z9.png belongs to no lot");
        for words in [
            "line 2: lot: The sale has a lot a1 already.",
            "line 4: lot: Line 3 has a lot b2 already.",
            "lines 5–6: lot: 1 to 12 letters, digits, - and . (such as A12).",
            "line 7: section: ",
            "line 8: seller: There is no such account. (nobody@example.org)",
            "line 9: title: ",
            "line 9: opening: This is not an amount",
            "lines 10, 12: closes_at: The close must be after the opening of the sale.",
            "line 11: closes_at: The close must be at most a year ahead",
            "line 13: closes_at: A time with its offset",
            "line 14: soft_close.window_s: Leave this cell empty: a lot has the soft close of its sale.",
            "line 14: soft_close.cap_s: Leave this cell empty",
            "line 15: opening: An amount",
            "nothing was listed",
        ] {
            assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        }
        assert_eq!((n_lots(&house), files(&house)), (1, 0));
    }
    for (csv, words) in [
        ("seller,title,opening\nann@example.org,L,1\n".into(), "The column lot is missing."),
        (format!("{HEAD},구역\nB1,ann@example.org,L,1,X\n"), "did you mean section?"),
        (format!("{},title,opening\nB1,ann@example.org,L,1\n", "로트 번호,seller"), "did you mean lot?"),
        (format!("{HEAD}\nB1,ann@example.org,L\n"), "line 2: It has 3 cells"),
    ] {
        refused(&import(&house, &csv, &[]), words);
    }
    assert_eq!(import(&house, &format!("{HEAD}\n"), &["--pictures", "/nowhere"]).status, 3);
    house.run(&["sale", "set", "spring", "every_s", "3600"]).done();
    house.run(&["sale", "set", "spring", "closes_at", &ahead(365 * 86_400 - 5_400)]).done();
    let three: String = (1..=3).map(|n| format!("B{n},ann@example.org,L,1\n")).collect();
    refused(
        &import(&house, &format!("{HEAD}\n{three}"), &[]),
        "lines 3–4: closes_at: The close must be at most a year",
    );
    assert_eq!(n_lots(&house), 1);
    house.audit();
}

#[test]
fn a_picture_that_cannot_be_taken_refuses_the_import_and_leaves_no_file() {
    let house = house();
    draft(&house, &[]);
    let csv = format!("{HEAD}\nA1,ann@example.org,L,1\nA1-2,ann@example.org,L,1\n");
    photo(&house, "A1.png", 1);
    let photos = house.home().join("photos");
    let more = ["--pictures", photos.to_str().unwrap()];
    for (name, words) in [
        ("A1-9.png", "line 2: picture: A picture must be a JPEG"),
        ("A1-2.png", "A1-2.png may be of lot a1-2 or of lot a1"),
        ("A1-3.heic", "A1-3.heic is no JPEG, PNG, WebP or GIF."),
        (
            "A12.gif",
            "A12.gif belongs to no lot: the pictures of A12 are called A12.jpg, A12-2.jpg and so on.",
        ),
    ] {
        fs::write(photos.join(name), "no picture").unwrap();
        let ran = import(&house, &csv, &more);
        refused(&ran, words);
        assert!(ran.stderr.contains(name), "{ran:?}");
        assert_eq!((n_lots(&house), files(&house)), (0, 0), "{name}");
        fs::remove_file(photos.join(name)).unwrap();
    }
    (1..=8).for_each(|n| drop(photo(&house, &format!("A1-2-{n}.png"), 20 * n)));
    photo(&house, "A1-2-9.png", 9);
    refused(&import(&house, &csv, &more), "line 3: picture: At most 8 pictures.");
    fs::remove_file(photos.join("A1-2-9.png")).unwrap();
    import(&house, &csv, &more).done();
    assert_eq!(files(&house), 27);
}

#[test]
fn more_lots_of_a_published_sale_are_listed_at_once_and_close_after_the_last() {
    let house = house();
    draft(&house, &[]);
    add_lot(&house, "spring", "A1", &[]).done();
    let photos = photo(&house, "A1.png", 1);
    house.run(&["sale", "publish", "spring"]).done();
    photo(&house, "A2.png", 2);
    let csv = format!("{HEAD}\nA2,ann@example.org,L,1\nA3,ann@example.org,L,1\n");
    let told = import(&house, &csv, &["--pictures", photos.to_str().unwrap(), "--format", "json"]).done();
    assert!(told.stderr.contains("of lots that the sale has already: 1 picture"), "{told:?}");
    let told = told.json();
    assert_eq!((&told["n"], &told["ids"], &told["lots"]), (&json!(2), &json!([2, 3]), &json!(["A2", "A3"])));
    let closes = |id: &str| house.told(&["listing", "show", id])["closes_at"].as_str().unwrap().to_owned();
    assert!(closes("1") < closes("2") && closes("2") < closes("3"));
    refused(&import(&house, &csv, &[]), "lot: The sale has a lot A2 already.");
    house.run(&["sale", "pause", "spring", "--why", "fire"]).done();
    refused(&import(&house, &csv.replace(",L", "x,L"), &[]), "This sale is paused");
    house.run(&["sale", "cancel", "spring", "--why", "fire"]).done();
    refused(&import(&house, &csv, &[]), "This sale is not published, or it was cancelled.");
    house.audit();
}

#[test]
fn a_corrected_spreadsheet_takes_the_place_of_the_first() {
    let house = house();
    draft(&house, &[]);
    let photos = photo(&house, "A1.png", 1);
    let more = ["--pictures", photos.to_str().unwrap()];
    let csv = format!("{HEAD}\nA1,ann@example.org,Lamb,1\nA2,ann@example.org,Vase,1\n");
    import(&house, &csv, &more).done();
    refused(&import(&house, &csv, &more), "line 3: lot: The sale has a lot A2 already.");
    let lots = || -> Vec<String> {
        let lots = house.told(&["sale", "show", "spring"])["lots"].clone();
        lots.as_array().unwrap().iter().map(|lot| format!("{} {}", lot["lot"], lot["title"])).collect()
    };
    let replaced = format!("{HEAD}\na1,ann@example.org,Lamp,1\n");
    let broken = replaced.replace(",1\n", ",none\n");
    refused(&import(&house, &broken, &["--replace"]), "line 2: opening: ");
    import(&house, &replaced, &["--replace", "--check"]).done();
    assert_eq!(lots(), ["\"A1\" \"Lamb\"", "\"A2\" \"Vase\""]);
    import(&house, &replaced, &[&more[..], &["--replace"]].concat()).done();
    assert_eq!(lots(), ["\"a1\" \"Lamp\""]);
    assert_eq!(
        house.number("select count(*) from draft_picture") + house.number("select max(nth) from lot"),
        1
    );
    house.run(&["sale", "publish", "spring"]).done();
    refused(&import(&house, &replaced, &["--replace"]), "This sale is no longer a draft");
    house.audit();
}

#[test]
fn the_pictures_of_a_draft_survive_the_clean_up_a_backup_and_a_restore() {
    let house = house();
    draft(&house, &[]);
    let photos = photo(&house, "A1.png", 200);
    import(&house, &format!("{HEAD}\nA1,ann@example.org,L,1\n"), &["--pictures", photos.to_str().unwrap()])
        .done();
    house.run(&["sale", "copy", "spring", "summer", "--closes-at", &ahead(90_000)]).done();
    let inside = crate::harness::Inside::of(&house, 48 * 3_600_000);
    assert_eq!(inside.house.forget_unused_pictures().unwrap(), 0);
    drop(inside);
    assert_eq!(files(&house), 3);
    let backup = house.home().join("house.backup");
    house.run(&["backup", backup.to_str().unwrap()]).done();
    let other = House::bare();
    other.run(&["restore", backup.to_str().unwrap()]).done();
    assert_eq!(files(&other), 2);
    other.run(&["sale", "publish", "summer"]).done();
    let lot = other.told(&["listing", "show", "1"]);
    assert_eq!(
        (&lot["sale"], lot["pictures"].as_array().unwrap().len(), int(&lot["id"])),
        (&json!("summer"), 1, 1)
    );
    other.audit();
}
