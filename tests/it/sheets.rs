//! `listing import` and `export` as spreadsheets have them: every encoding, separator and line end; empty rows and
//! columns; names of columns and pictures as people write them. What cannot be read is said in a sentence, with its
//! line.

use crate::harness::{House, Ran};
use chrono::{Datelike, Days, NaiveDate, Utc, Weekday};
use encoding_rs::{EUC_KR, WINDOWS_1252};
use serde_json::json;
use std::fs;
use std::io::Cursor;

/// A vase of Ann's, as a Korean house lists it.
const SHEET: &str = "seller,title,opening,closes_in_s,description\n\
                     ann@example.org,청자 주전자,25000,3600,\"상감 무늬, 12세기\"\n";

fn with_ann() -> House {
    let house = House::bare();
    house.add("Ann");
    house
}

fn import(house: &House, sheet: impl AsRef<[u8]>, more: &[&str]) -> Ran {
    let file = house.home().join("lots.csv");
    fs::write(&file, sheet).unwrap();
    house.run(&[&["listing", "import", file.to_str().unwrap()], more].concat())
}

/// What is said of a sheet that is refused, on checking it and on importing it.
#[track_caller]
fn refused(house: &House, sheet: impl AsRef<[u8]>) -> String {
    let before = house.number("select count(*) from listing");
    let [checked, ran] = [&["--check"][..], &[]].map(|more| import(house, sheet.as_ref(), more));
    assert_eq!((ran.status, checked.status), (1, 1), "{ran:?} {checked:?}");
    assert_eq!((ran.stdout.as_str(), checked.stdout.as_str()), ("", ""));
    assert_eq!(ran.stderr, checked.stderr);
    assert_eq!(house.number("select count(*) from listing"), before);
    ran.stderr
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn every_encoding_and_separator_of_a_spreadsheet_is_read_and_said() {
    let house = with_ann();
    let with = |separator: &str, end: &str| {
        let quoted = SHEET.replace("\"상감 무늬, 12세기\"", "상감 무늬@ 12세기");
        let table = quoted.replace(',', separator).replace('\n', end);
        table.replace("상감 무늬@ 12세기", "\"상감 무늬, 12세기\"")
    };
    let marked = |text: &str| ["\u{feff}", text].concat();
    for (bytes, encoding, separator) in [
        (SHEET.as_bytes().to_vec(), "UTF-8", ","),
        (marked(&with(";", "\r\n")).into_bytes(), "UTF-8", ";"),
        (with("\t", "\r").into_bytes(), "UTF-8", "tab"),
        (with("|", "\n").into_bytes(), "UTF-8", "|"),
        (utf_16(&marked(&with("\t", "\r\n")), u16::to_le_bytes), "UTF-16LE", "tab"),
        (utf_16(&marked(&with(";", "\r\n")), u16::to_be_bytes), "UTF-16BE", ";"),
        (utf_16(&with(",", "\n"), u16::to_le_bytes), "UTF-16LE", ","),
        (EUC_KR.encode(&with(",", "\r\n")).0.to_vec(), "CP949", ","),
        (EUC_KR.encode(&with(";", "\r\n")).0.to_vec(), "CP949", ";"),
        (marked(&format!("sep=;\r\n{}", with(";", "\r\n"))).into_bytes(), "UTF-8", ";"),
        (EUC_KR.encode(&format!("sep=^\r\n{}", with("^", "\r\n"))).0.to_vec(), "CP949", "^"),
    ] {
        let checked = import(&house, &bytes, &["--check"]).done().stdout;
        let words = format!("read as {encoding}, separated by {separator}");
        assert!(checked.contains(&words), "{words}: {checked}");
        let told = import(&house, &bytes, &["--check", "--format", "json"]).done().json();
        assert_eq!((&told["encoding"], &told["separator"]), (&json!(encoding), &json!(separator)));
        let ran = import(&house, &bytes, &[]).done();
        let is_plain = (encoding, separator) == ("UTF-8", ",");
        assert_eq!(ran.stderr.contains(&words), !is_plain, "{ran:?}");
        let listing = house.told(&["listing", "show", ran.stdout.trim()]);
        assert_eq!(listing["title"], "청자 주전자", "{words}");
        assert_eq!(listing["description"], "상감 무늬, 12세기", "{words}");
    }
}

/// Western encodings cannot be told from each other by their bytes: none is guessed, but an example shows what to say.
#[test]
fn an_encoding_that_is_not_recognised_is_asked_for() {
    let house = with_ann();
    let german = "seller;title;opening;closes_in_s\r\nann@example.org;Größe M, Tür für 5 €;500;3600\r\n";
    let bytes = WINDOWS_1252.encode(german).0;
    let words = refused(&house, &bytes);
    assert!(words.contains("line 2: ") && words.contains("--encoding windows-1252"), "{words}");
    assert!(words.contains("\"Größe\"") && words.contains("CSV UTF-8"), "{words}");
    let ran = import(&house, &bytes, &["--encoding", "windows-1252"]).done();
    assert!(ran.stderr.contains("read as Windows-1252, separated by ;"), "{ran:?}");
    assert_eq!(house.told(&["listing", "show", "1"])["title"], "Größe M, Tür für 5 €");
    let ran = import(&house, EUC_KR.encode(SHEET).0, &["--encoding", "utf-8"]);
    assert!(ran.status == 1 && ran.stderr.contains("line 2: This is not UTF-8"), "{ran:?}");
    for (option, value) in [("--encoding", "klingon"), ("--separator", "ab"), ("--separator", "\"")] {
        assert_eq!(import(&house, SHEET, &[option, value]).status, 2, "{option} {value}");
    }
    let piped = SHEET.replace(',', "#").replace("무늬#", "무늬,");
    import(&house, &piped, &["--separator", "#"]).done();
    assert!(import(&house, &piped, &[]).stderr.contains("There is no field"));
}

#[test]
fn lines_are_counted_as_the_person_sees_them() {
    let house = with_ann();
    let sheet = "seller,title,opening,closes_in_s,description\n\n\nann@example.org,A,1000,3600,\n,,,,\n\
                 ann@example.org,B,1000,3600,\"one\n\ntwo\nthree\"\n \u{a0},,\t,,\nann@example.org,C,x,3600,\n\
                 ann@example.org,D,x,3600,\"a\nb\"\nann@example.org,E,x,3600,\n";
    for end in ["\n", "\r\n", "\r"] {
        let words = refused(&house, sheet.replace('\n', end));
        let expected =
            "lines 11–12, 14: opening: This is not an amount; write one such as 12000 KRW. (rows 8–10)";
        assert!(words.contains(expected), "{end:?}: {words}");
        assert!(words.contains("3 faults; nothing was listed"), "{end:?}: {words}");
    }
    let good = sheet.replace(",x,", ",1000,");
    for end in ["\n", "\r\n", "\r"] {
        assert_eq!(import(&house, good.replace('\n', end), &[]).done().stdout.lines().count(), 5);
    }
}

/// What Excel makes of a table somebody has worked in for weeks.
#[test]
fn empty_rows_and_columns_are_passed_over() {
    let house = with_ann();
    let sheet = "\r\n;;;;;;;\r\nSeller ; Title;OPENING;Closes in (s);Buy-now;reserve;;\r\n\
                 ann@example.org ;\u{a0}Lamp \u{a0};1000;3600;;;;\r\n;;;;;;;\r\n;;;;;;;;;;;;;\r\n\r\n \
                 ann@example.org;Vase;\u{a0}1000 ;3600\r\nann@example.org;Jar;1000;3600;5000;2000\r\n;;;;;;;\r\n";
    let told = import(&house, sheet, &["--format", "json"]).done().json();
    assert_eq!(told["n"], 3);
    let shown: Vec<_> = ["1", "2", "3"].map(|id| house.told(&["listing", "show", id])).into();
    assert_eq!(shown.iter().map(|at| at["title"].clone()).collect::<Vec<_>>(), ["Lamp", "Vase", "Jar"]);
    assert_eq!((&shown[2]["buy_now"], &shown[2]["reserve_met"]), (&json!(5000), &json!(false)));
    for (sheet, words) in [
        (
            "seller;title;opening;closes_in_s;;\na@b;T;1;60;;x\n",
            "line 2: Column F has no name in the first line.",
        ),
        (
            "seller,title,opening,closes_in_s\nann@example.org,Lamp, brass,1,60,\n",
            "line 2: It has 5 cells, the first line has 4.",
        ),
        (
            "seller,title,opening,closes_in_s\nann@example.org,Lamp,1\n",
            "line 2: It has 3 cells, the first line has 4.",
        ),
        // The end of a file that was cut off.
        (
            "seller,title,opening,closes_in_s,reserve\nann@example.org,Lamp,1,60",
            "line 2: It has 4 cells, the first line has 5.",
        ),
    ] {
        let told = refused(&house, sheet);
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn columns_are_named_as_people_write_and_asked_for_once() {
    let house = with_ann();
    let rows = "ann@example.org,T,1000,3600,\n".repeat(50);
    for (head, words) in [
        (
            "seller,titel,opening,closes_in_s,",
            "There is no field \"titel\"; did you mean title? The columns are seller",
        ),
        ("seller,title,opening,마감,", "There is no field \"마감\"; did you mean closes_at?"),
        ("seller,title,Title ,closes_in_s,", "There are two columns \"Title\"."),
        ("seller,title,opening,closes_in_s,CLOSES-AT", ""),
        (
            "seller,closes at,Closes_At,title,opening",
            "There are two columns for the same: \"closes at\" and \"Closes_At\".",
        ),
    ]
    .map(|(head, words)| {
        (head, words.replace("columns \"Title\"", "columns for the same: \"title\" and \"Title\""))
    }) {
        if words.is_empty() {
            import(&house, format!("{head}\n{rows}"), &["--check"]).done();
            continue;
        }
        let told = refused(&house, format!("{head}\n{rows}"));
        assert!(told.contains(&words), "{words}: {told}");
        assert!(told.matches("The columns are").count() <= 1, "{told}");
    }
    let told = refused(&house, format!("seller,x,y,z,\n{rows}"));
    assert_eq!(told.matches("The columns are").count(), 1, "{told}");
    assert_eq!(told.matches("line 1: There is no field").count(), 3, "{told}");
    let told = refused(&house, format!("seller,description,opening,closes_in_s,\n{rows}"));
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("line 1: The column title is missing.") && told.contains("1 fault;"), "{told}");
}

#[test]
fn what_is_no_sheet_is_said_to_be_what_it_is() {
    let house = with_ann();
    let zip =
        |inside: &str| [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), inside.as_bytes(), &[0; 200]].concat();
    for (bytes, words) in [
        (zip("[Content_Types].xml … xl/workbook.xml"), "an Excel workbook: save it as \"CSV UTF-8\""),
        (zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument sheet (.ods)"),
        (zip("Index/Document.iwa"), "a Numbers document"),
        (zip("lots.csv"), "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(), "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n".to_vec(), "a PDF"),
        (b"\r\n<html><table><tr><td>seller</td></tr></table></html>".to_vec(), "a web page"),
        (b"seller,title\nann,\0\n".to_vec(), "line 2: There is a NUL byte"),
        (
            SHEET.replacen("청자", "\"청자", 1).into_bytes(),
            "line 2: It has 3 cells, the first line has 5. Maybe a quote",
        ),
        (SHEET.replace("12세기\"", "12세기").into_bytes(), "line 2: A quote (\") begins here"),
        (Vec::new(), "line 1: The file is empty"),
        (b"\xef\xbb\xbf\r\n;;;\r\n".to_vec(), "line 1: The file is empty"),
        (b"sep=ab\nseller".to_vec(), "line 1: sep= names the separator"),
    ] {
        let told = refused(&house, &bytes);
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_sheet_has_its_limits() {
    let house = with_ann();
    let row = "ann@example.org,T,1000,3600";
    let head = "seller,title,opening,closes_in_s";
    let wide = format!("{head}{},x\n{row}\n", ",".repeat(100));
    assert!(refused(&house, wide).contains("line 1: A file has at most 100 columns; this one has 105."));
    let empty = ",".repeat(500);
    import(&house, format!("{head}{empty}\n{row}{empty}\n{empty}{empty}\n"), &[]).done();
    let long = |n: usize| format!("{head},description\n{row},{}\n", "가".repeat(n));
    assert!(
        refused(&house, long(32_768)).contains("line 2: description: A cell has at most 32767 characters.")
    );
    assert!(refused(&house, long(10_001)).contains("line 2: description: At most 10000 characters."));
    import(&house, long(10_000), &[]).done();
    // Rows without anything in them do not count.
    import(&house, format!("{head}\n{}{row}\n", ",,,\n".repeat(20_000)), &[]).done();
}

#[test]
fn a_check_shows_what_would_be_listed() {
    let house = with_ann();
    house.set("currency", "EUR");
    house.set("zone", "Asia/Seoul");
    let close = auction::store::clock::Clock::default().now().plus_s(30 * 86_400).utc();
    let seoul = close + chrono::TimeDelta::hours(9);
    fs::write(house.home().join("lamp.JPG"), picture()).unwrap();
    let head = "Seller;Title;Opening;Reserve;Closes at;Picture";
    let shown = format!("{}", seoul.format("%a %-d %b %H:%M KST"));
    for written in ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%Y. %-m. %-d %H:%M:00", "%Y-%m-%dT%H:%M:00+09:00"] {
        let sheet =
            format!("{head}\nann@example.org;Brass lamp;2500;3000;{};LAMP.jpg\n", seoul.format(written));
        let text = import(&house, &sheet, &["--check"]).done().stdout;
        for words in
            ["1 line, nothing is wrong", "Brass lamp", "25.00 EUR", "30.00 EUR", &shown, "lamp.JPG found"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        let told = import(&house, &sheet, &["--check", "--format", "json"]).done().json();
        let listing = &told["listings"][0];
        let words = format!("Brass lamp · opening 25.00 EUR · reserve 30.00 EUR · closes {shown}");
        assert_eq!(listing["words"], words);
        assert_eq!(listing["closes_at"], close.format("%Y-%m-%dT%H:%M:00.000Z").to_string());
        assert_eq!(
            (&listing["line"], &listing["opening"], &listing["pictures"]),
            (&json!(2), &json!(2500), &json!(["lamp.JPG"]))
        );
    }
    assert_eq!(house.number("select count(*) from listing"), 0);
    let two_days = format!("{head}\nann@example.org;Lamp;2500;;05/12/2026 20:00;\n");
    assert!(
        refused(&house, two_days).contains("05/12/2026 may be two days: write 2026-12-05 or 2026-05-12.")
    );
    let wrong = format!("{head}\nann@example.org;Lamp;2500;;tomorrow;\n;Lamp;2500;;tomorrow;none.png\n");
    let ran = import(&house, &wrong, &["--check", "--format", "json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let told = ran.json();
    assert_eq!((&told["n"], &told["n_faults"], &told["separator"]), (&json!(2), &json!(4), &json!(";")));
    assert_eq!(told["faults"][0]["lines"], json!([2, 3]));
    assert_eq!(told["faults"][2], json!({"lines": [3], "words": "seller: This field is required."}));
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 48, image::Rgb([1, 2, 3]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// macOS writes names apart (NFD), Windows with `\`, and people as they like.
#[test]
fn pictures_are_found_however_their_names_are_spelled() {
    let house = with_ann();
    fs::create_dir(house.home().join("Fotos")).unwrap();
    for name in
        ["Fotos/u\u{308}ber.png", "\u{110e}\u{1165}\u{11bc}.png", "a.png", "A.png", "two.png", "Two.png"]
    {
        fs::write(house.home().join(name), picture()).unwrap();
    }
    fs::write(house.dir().join("outside.png"), picture()).unwrap();
    let sheet = |cell: &str| {
        format!("seller,title,opening,closes_in_s,picture\nann@example.org,T,1000,3600,{cell}\n")
    };
    for (cell, n) in [("fotos\\ÜBER.PNG", 1), ("청.png|a.png|A.png", 3), ("\"청.png\r\nfotos/über.png\"", 2)]
    {
        let id = import(&house, sheet(cell), &[]).done().stdout;
        let further = house.number(&format!("select count(*) from picture where listing_id = {id}"));
        assert_eq!(further + 1, n, "{cell}");
    }
    for (cell, words) in [
        ("TWO.png", "\"TWO.png\" may be \"Two.png\" or \"two.png\""),
        ("fotos/uber.png", "There is no file"),
        ("..\\data\\outside.png", "beside the CSV"),
        ("../data/outside.png", "beside the CSV"),
        ("fotos/../../data/outside.png", "beside the CSV"),
        ("C:\\outside.png", "beside the CSV"),
    ] {
        let told = refused(&house, sheet(cell));
        assert!(told.contains("line 2: picture: ") && told.contains(words), "{words}: {told}");
    }
}

/// Opened in Excel and saved again: with another separator, in another encoding, with columns it does not fill.
#[test]
fn an_export_for_spreadsheets_comes_in_again() {
    let (old, new) = (with_ann(), with_ann());
    import(&old, SHEET, &[]).done();
    import(&old, SHEET.replace("청자 주전자", "＝합계(1)"), &[]).done();
    let export = |more: &[&str]| {
        let args = [&["export", "listings", "--secrets", "--open"], more].concat();
        old.run(&args).done().stdout
    };
    let (plain, marked) = (export(&[]), export(&["--bom"]));
    assert!(!plain.starts_with('\u{feff}') && plain.contains("'＝합계(1)"), "{plain}");
    assert_eq!(marked.strip_prefix('\u{feff}'), Some(plain.as_str()));
    let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(plain.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    let mut saved =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in &rows {
        saved.write_record(row.iter().chain(["", ""])).unwrap();
    }
    let saved = String::from_utf8(saved.into_inner().unwrap()).unwrap();
    for (n, bytes) in [marked.into_bytes(), EUC_KR.encode(&saved).0.to_vec()].into_iter().enumerate() {
        import(&new, bytes, &[]).done();
        let titles = ["청자 주전자", "＝합계(1)"];
        for (at, title) in titles.iter().enumerate() {
            let listing = new.told(&["listing", "show", &(2 * n + at + 1).to_string()]);
            assert_eq!((&listing["title"], &listing["opening"]), (&json!(title), &json!(25_000)));
            assert_eq!(listing["description"], "상감 무늬, 12세기");
        }
    }
}

/// German Excel shortens 25,00 to 25: what looks like both is read by the rule, and shown.
#[test]
fn amounts_are_shown_as_money_and_a_mix_of_both_is_said() {
    let house = with_ann();
    house.set("currency", "EUR");
    let head = "Title;Seller;Opening;Closes in s";
    let sheet = |amounts: [&str; 3]| {
        let row = |amount: &&str| format!("Lamp;ann@example.org;{amount};3600\r\n");
        format!("{head}\r\n{}", amounts.iter().map(row).collect::<String>())
    };
    let mixed = sheet(["25,00", "1.250,5", "25"]);
    let words = "line 4 has 25 and line 2 has 25,00: look whether 25 is to be 0.25 EUR";
    let text = import(&house, &mixed, &["--check"]).done().stdout;
    for words in [words, "25.00 EUR", "1250.50 EUR", "0.25 EUR"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let told = import(&house, &mixed, &["--check", "--format", "json"]).done().json();
    assert!(told["look_at"].as_str().unwrap().contains(words), "{told}");
    let listed = import(&house, &mixed, &[]).done();
    assert!(listed.stderr.contains(words));
    assert!(listed.stderr.contains("Lamp · opening 1250.50 EUR · closes "), "{listed:?}");
    assert_eq!(listed.stdout.lines().count(), 3, "ids alone: {listed:?}");
    for alike in [["25,00", "1.250,50 €", "0,25"], ["25", "1", "1250"]] {
        let told = import(&house, sheet(alike), &["--check", "--format", "json"]).done().json();
        assert!(told["look_at"].is_null(), "{told}");
    }
}

/// The next night in which clocks are put back, of two that lie half a year apart: one of them is within a year.
fn night_of_two_hours() -> (&'static str, NaiveDate) {
    let tomorrow = Utc::now().date_naive() + Days::new(1);
    let sunday = |year, month, from| {
        let mut day = NaiveDate::from_ymd_opt(year, month, from).unwrap();
        while day.weekday() != Weekday::Sun {
            day = day.succ_opt().unwrap();
        }
        day
    };
    let nights = [tomorrow.year(), tomorrow.year() + 1]
        .into_iter()
        .flat_map(|year| [("Australia/Sydney", sunday(year, 4, 1)), ("Europe/Berlin", sunday(year, 10, 25))]);
    nights.filter(|(_, night)| *night > tomorrow).min_by_key(|(_, night)| *night).unwrap()
}

#[test]
fn a_close_that_comes_twice_is_the_earlier_and_is_said() {
    let house = with_ann();
    let (zone, night) = night_of_two_hours();
    house.set("zone", zone);
    let sheet = format!("title,seller,opening,closes_at\nLamp,ann@example.org,100,{night} 02:30\n");
    let words =
        "line 2: the clocks are put back that night, so this time comes twice; the earlier one counts";
    assert!(import(&house, &sheet, &["--check"]).done().stdout.contains(words));
    let listed = import(&house, &sheet, &[]).done();
    assert!(listed.stderr.contains(words), "{listed:?}");
}
