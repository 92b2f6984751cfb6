//! What an admin takes along: statements of accounts, and tables as CSV.

use crate::harness::{House, Inside, PAID_IN, email, int};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::Stdio;

/// Ann sold Bob a lamp for 1,005 an hour ago, with 10 % on top and 5 % off; it was reversed since.
fn reversed_sale() -> House {
    let house = House::bare();
    house.set("premium_bps", "1000");
    house.set("commission_bps", "500");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    let inside = Inside::of(&house, -3_600_000);
    inside.credit("Bob", PAID_IN);
    let id = inside.list(|draft| draft.reserve = Some(1_003));
    inside.bid("Bob", id, 1_005);
    drop(inside);
    house.run(&["settle", "--due"]).done();
    house.run(&["account", "debit", &email("Bob"), "500", "--why", "taken out"]).done();
    house.run(&["reverse", "1", "--why", "it was broken"]).done();
    house
}

#[test]
fn a_statement_tells_every_movement_with_its_cause_and_balance() {
    let house = reversed_sale();
    let told = house.told(&["account", "statement", &email("Bob")]);
    let lines = told["lines"].as_array().unwrap();
    let line = |at: usize| {
        let line = &lines[at];
        (
            line["cause"].as_str().unwrap(),
            int(&line["amount"]),
            int(&line["balance"]),
            line["listing"].as_i64(),
        )
    };
    assert_eq!(line(0), ("credit", PAID_IN, PAID_IN, None));
    assert_eq!(line(1), ("sale", -1_106, PAID_IN - 1_106, Some(1)));
    assert_eq!(line(2), ("debit", -500, PAID_IN - 1_606, None));
    assert_eq!(line(3), ("reversal", 1_106, PAID_IN - 500, Some(1)));
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3]["why"], "it was broken");
    assert_eq!((&told["opening"], &told["closing"]), (&json!(0), &json!(PAID_IN - 500)));
    assert_eq!((&told["email"], &told["currency"]), (&json!("bob@example.org"), &json!("KRW")));
    let since = lines[2]["at"].as_str().unwrap();
    let later = house.told(&["account", "statement", &email("Bob"), "--since", since]);
    assert_eq!(later["opening"], PAID_IN - 1_106);
    assert_eq!(later["lines"], json!(lines[2..]));
    assert_eq!(later["closing"], told["closing"]);
    let after = house.told(&["account", "statement", &email("Bob"), "--since", "2100-01-01T00:00:00Z"]);
    assert_eq!((&after["opening"], &after["lines"]), (&told["closing"], &json!([])));
    let text = house.run(&["account", "statement", &email("Bob")]).done().stdout;
    for words in [
        "opening balance",
        "sale of listing 1: Brass lamp",
        "-1106 KRW",
        "debit: taken out",
        "closing balance",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let none = house.told(&["account", "statement", &email("Cleo")]);
    assert_eq!((&none["opening"], &none["lines"], &none["closing"]), (&json!(0), &json!([]), &json!(0)));
    assert_eq!(house.run(&["account", "statement", "nobody@example.org"]).status, 1);
}

/// More than is read at a time, and more than the page of the account shows.
#[test]
fn a_long_statement_is_told_whole_and_its_page_shows_the_newest() {
    let mut house = House::bare();
    house.add("Bob");
    let fill = "
        begin;
        with recursive n(id) as (select 1 union all select id + 1 from n where id < 2500)
        insert into transfer (id, cause, why, at) select id, 'credit', 'no. ' || id, id from n;
        insert into posting select id, 1, id from transfer;
        insert into posting select id, -1, -id from transfer;
        insert into balanced select id from transfer;
        commit";
    house.connection().execute_batch(fill).unwrap();
    house.audit();
    let told = house.told(&["account", "statement", &email("Bob")]);
    let lines = told["lines"].as_array().unwrap();
    assert_eq!((lines.len(), int(&told["closing"])), (2_500, 2_500 * 2_501 / 2));
    for (n, line) in (1..).zip(lines) {
        assert_eq!((int(&line["amount"]), int(&line["balance"])), (n, n * (n + 1) / 2));
    }
    house.serve();
    let bob = house.log_in("Bob");
    let page = house.get("/account?tab=money").in_browser(&bob).send().text();
    assert_eq!(page.matches("no. ").count(), 200);
    for shown in ["no. 2500<", "no. 2301<", "3,126,250", "3,123,750"] {
        assert!(page.contains(shown), "{shown}");
    }
}

/// An export as its rows, each by the names of its columns.
fn export(house: &House, args: &[&str]) -> Vec<HashMap<String, String>> {
    let text = house.run(&[&["export"], args].concat()).done().stdout;
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    csv.deserialize().map(Result::unwrap).collect()
}

fn column(rows: &[HashMap<String, String>], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn an_export_has_every_row_and_agrees_with_the_house() {
    let house = reversed_sale();
    let listings = export(&house, &["listings"]);
    assert_eq!(listings.len(), 1);
    for (name, value) in [
        ("id", "1"),
        ("state", "sold"),
        ("seller", "ann@example.org"),
        ("title", "Brass lamp"),
        ("opening", "1000"),
        ("buy_now", ""),
        ("soft_close.window_s", ""),
        ("leader", "bob@example.org"),
        ("price", "1005"),
        ("n_bids", "1"),
    ] {
        assert_eq!(listings[0][name], value, "{name}");
    }
    let bids = export(&house, &["bids"]);
    let replay = house.told(&["replay", "1"]);
    assert_eq!(column(&bids, "hash"), [replay["steps"][0]["hash"].as_str().unwrap()]);
    assert_eq!((bids[0]["bidder"].as_str(), bids[0]["amount"].as_str()), ("bob@example.org", "1005"));
    let ledger = export(&house, &["ledger"]);
    assert_eq!(ledger.len() as i64, house.number("select count(*) from posting"));
    assert_eq!(ledger.iter().map(|row| row["amount"].parse::<i64>().unwrap()).sum::<i64>(), 0);
    let order: Vec<i64> = ledger.iter().map(|row| row["transfer"].parse().unwrap()).collect();
    assert!(order.is_sorted());
    let sale: Vec<_> = ledger.iter().filter(|row| row["cause"] == "sale").collect();
    let who: Vec<_> = sale.iter().map(|row| (row["account"].as_str(), row["amount"].as_str())).collect();
    assert_eq!(who, [("house", "151"), ("ann@example.org", "955"), ("bob@example.org", "-1106")]);
    let settlements = export(&house, &["settlements"]);
    let statement = house.run(&["settle", "1", "--format", "json"]).done().json();
    for name in ["hash", "outcome", "settled_at", "closes_at"] {
        assert_eq!(Value::from(settlements[0][name].clone()), statement[name], "{name}");
    }
    assert_eq!(
        (settlements[0]["hammer"].as_str(), settlements[0]["buyer"].as_str()),
        ("1005", "bob@example.org")
    );
    assert!(!settlements[0]["reversed_at"].is_empty());
    let since = ledger.last().unwrap()["at"].clone();
    assert_eq!(export(&house, &["ledger", "--since", &since]).len(), 3, "the reversal");
    for what in ["listings", "bids", "ledger", "settlements"] {
        assert_eq!(export(&house, &[what, "--since", "2100-01-01T00:00:00Z"]).len(), 0, "{what}");
    }
    assert_eq!(house.run(&["export", "secrets"]).status, 2);
}

#[test]
fn secrets_are_exported_only_when_they_are_asked_for() {
    let house = reversed_sale();
    for (what, secrets) in [("listings", &["reserve"][..]), ("bids", &["max", "salt"])] {
        let plain = house.run(&["export", what]).done().stdout;
        let head: Vec<&str> = plain.lines().next().unwrap().split(',').collect();
        for secret in secrets {
            assert!(!head.contains(secret), "{what}: {secret}");
            assert!(!export(&house, &[what, "--secrets"])[0][*secret].is_empty(), "{what}: {secret}");
        }
    }
    assert!(!house.run(&["export", "listings"]).done().stdout.contains("1003"));
    assert_eq!(column(&export(&house, &["listings", "--secrets"]), "reserve"), ["1003"]);
}

#[test]
fn texts_are_quoted_and_never_run_as_formulas() {
    let house = House::bare();
    house.add("Ann");
    let titles = ["=1+1", "+49 30", "-5 %", "@home", "plain, \"quoted\"", "'tis", "청자 🏺"];
    let inside = Inside::of(&house, 0);
    for title in titles {
        inside.list(|draft| {
            draft.title = title.into();
            draft.description = "\tline 1\r\nline 2, \"x\"".into();
        });
    }
    drop(inside);
    let guarded = export(&house, &["listings"]);
    let expected: Vec<String> = titles
        .iter()
        .enumerate()
        .map(|(n, title)| if n < 4 { format!("'{title}") } else { (*title).to_owned() })
        .collect();
    assert_eq!(column(&guarded, "title"), expected);
    assert_eq!(guarded[0]["description"], "'\tline 1\r\nline 2, \"x\"");
    let raw = export(&house, &["listings", "--raw"]);
    assert_eq!(column(&raw, "title"), titles);
    assert_eq!(raw[0]["description"], "\tline 1\r\nline 2, \"x\"");
    let text = house.run(&["export", "listings"]).done().stdout;
    assert!(text.contains("\"plain, \"\"quoted\"\"\"") && text.ends_with("\r\n"), "{text}");
}

/// A house moved by hand: whatever stands in a listing, pictures and secrets too, comes in as it went out.
#[test]
fn an_export_of_what_is_open_is_an_import() {
    let (old, new) = (House::bare(), House::bare());
    for house in [&old, &new] {
        house.add("Ann");
    }
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 48, image::Rgb([1, 2, 3]))
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let ended = Inside::of(&old, -3_600_000);
    ended.list(|draft| draft.title = "over".into());
    drop(ended);
    let inside = Inside::of(&old, 0);
    for (n, title) in
        ["=1+1", "'=1+1", "''-5", "'tis", "plain, \"quoted\"", "청자 🏺"].into_iter().enumerate()
    {
        let name = inside.house.store_picture(picture.get_ref()).unwrap();
        inside.list(|draft| {
            draft.title = title.into();
            draft.description = "line 1\r\n\nline 2, \"x\"".into();
            draft.closes = Some(auction::rules::listing::Closes::In { seconds: 86_400 + n as i64 });
            draft.reserve = Some(2_000);
            draft.buy_now = (n % 2 == 0).then_some(5_000);
            draft.increment = Some(7);
            draft.soft_close = (n % 3 == 0).then_some(auction::rules::soft_close::SoftClose {
                window_s: 60,
                extension_s: 50,
                cap_s: 600,
            });
            draft.pictures = (n == 1).then_some(name).into_iter().collect();
        });
    }
    drop(inside);
    let fields = |house: &House, more: &[&str]| -> Vec<Vec<String>> {
        let columns = "seller title description opening reserve buy_now increment closes_at soft_close.window_s \
                       soft_close.extension_s soft_close.cap_s picture";
        let args = [&["listings", "--secrets", "--open", "--raw"], more].concat();
        let row = |row: &HashMap<String, String>| {
            columns.split_whitespace().map(|name| row[name].clone()).collect()
        };
        export(house, &args).iter().map(row).collect()
    };
    let expected = fields(&old, &[]);
    assert_eq!(expected.len(), 6);
    for (out, back) in [(&[][..], &[][..]), (&["--raw"], &["--raw"])] {
        let csv = old.run(&[&["export", "listings", "--secrets", "--open"], out].concat()).done().stdout;
        // In the data directory of the old house, beside its pictures.
        let file = old.dir().join("lots.csv");
        std::fs::write(&file, csv).unwrap();
        new.run(&[&["listing", "import", file.to_str().unwrap()], back].concat()).done();
    }
    let moved = fields(&new, &[]);
    assert_eq!(moved[..6], expected);
    assert_eq!(moved[6..], expected);
    assert_eq!(old.run(&["export", "bids", "--open"]).status, 1);
}

#[test]
fn a_reader_that_has_enough_ends_an_export_in_peace() {
    let house = House::bare();
    house.add("Bob");
    let fill = "
        begin;
        with recursive n(id) as (select 1 union all select id + 1 from n where id < 20000)
        insert into transfer (id, cause, why, at) select id, 'credit', 'no. ' || id, id from n;
        insert into posting select id, 1, id from transfer;
        insert into posting select id, -1, -id from transfer;
        insert into balanced select id from transfer;
        commit";
    house.connection().execute_batch(fill).unwrap();
    for args in
        [&["export", "ledger"][..], &["account", "statement", "bob@example.org"], &["completions", "bash"]]
    {
        let mut child =
            house.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{args:?}: {ended:?}");
    }
}
