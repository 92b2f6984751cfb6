//! Houses of released versions are opened by this one, and go on. `tests/fixtures/house-<version>.sql` is a small house as
//! that version made it; the one of the present version is written anew by
//! `AUCTION_BLESS=1 cargo test --test it upgrade::`, until that version is released, and never afterwards.

use crate::harness::{House, Inside};
use auction::house::sales::lots::LotOffer;
use auction::rules::listing::Draft;
use auction::rules::sale::SaleText;
use rusqlite::Connection;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn schema(conn: &Connection) -> Vec<(String, String)> {
    let sql = "select name, sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name";
    let mut rows = conn.prepare(sql).unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// The whole database as SQL: tables, rows, then what acts on new rows.
fn dump(conn: &Connection) -> String {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let head = "A house made by auction";
    let mut text = format!("-- {head} {}. Never changed once that is released.\n", env!("CARGO_PKG_VERSION"));
    writeln!(text, "pragma user_version = {version};").unwrap();
    let of_kind = |kind: &str| {
        let sql = "select name, sql from sqlite_schema where type = ?1 and sql is not null and name not like 'sqlite_%' \
                   order by rowid";
        let mut rows = conn.prepare(sql).unwrap();
        let rows = rows.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect::<Vec<(String, String)>>()
    };
    for (table, sql) in of_kind("table") {
        let sort = "select type from pragma_table_list where name = ?1";
        let sort: String = conn.query_row(sort, [&table], |row| row.get(0)).unwrap();
        // A virtual table makes those that it is kept in, and with them what it is when it is empty.
        if sort == "shadow" {
            writeln!(text, "delete from {table};").unwrap();
        } else {
            writeln!(text, "{sql};").unwrap();
        }
        if sort == "virtual" {
            continue;
        }
        let columns: Vec<String> = conn
            .prepare(&format!("select name from pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = format!("select {} from {table}", quoted.join(" || ', ' || "));
        let mut rows = conn.prepare(&sql).unwrap();
        for row in rows.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            writeln!(text, "insert into {table} values ({});", row.unwrap()).unwrap();
        }
    }
    for (_, sql) in of_kind("index").into_iter().chain(of_kind("trigger")) {
        writeln!(text, "{sql};").unwrap();
    }
    text
}

/// A sale, an unsold lamp, a cancelled one, a raise and an automatic bid, a reversal, and an open lamp that Bob leads.
fn live_in(house: &House) {
    house.set("premium_bps", "1000");
    house.set("commission_bps", "500");
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
    }
    {
        let inside = Inside::of(house, -3_600_000);
        inside.credit("Bob", 100_000);
        inside.credit("Cleo", 100_000);
        let sold = inside.list(|draft| draft.reserve = Some(2_000));
        inside.bid("Bob", sold, 1_000);
        inside.bid("Cleo", sold, 2_500);
        inside.bid("Bob", sold, 3_000);
        inside.list(|_| ());
    }
    house.run(&["settle", "--due"]).done();
    house.run(&["reverse", "1", "--why", "it was broken"]).done();
    let inside = Inside::of(house, 0);
    let cancelled = inside.list(|_| ());
    let month = auction::rules::listing::Closes::In { seconds: 30 * 86_400 };
    let open = inside.list(|draft| {
        draft.closes = Some(month);
        draft.description = "Line one,\nline 'two'; 한국".into();
    });
    inside.bid("Bob", open, 1_000);
    drop(inside);
    house.run(&["listing", "cancel", &cancelled.to_string(), "--why", "broken"]).done();
    house.audit();
}

#[test]
fn the_houses_of_all_released_versions_open_agree_and_go_on() {
    let file = fixtures().join(format!("house-{}.sql", env!("CARGO_PKG_VERSION")));
    if std::env::var_os("AUCTION_BLESS").is_some() {
        let house = House::bare();
        live_in(&house);
        fs::create_dir_all(fixtures()).unwrap();
        fs::write(&file, dump(&house.connection())).unwrap();
    }
    assert!(file.exists(), "there is no house of this version; AUCTION_BLESS=1 makes one");
    let fresh = House::bare();
    fresh.add("Ann");
    let schema_now = schema(&fresh.connection());
    let latest = fresh.number("select user_version from pragma_user_version");
    for file in fs::read_dir(fixtures()).unwrap().map(|file| file.unwrap().path()) {
        let named = file.display().to_string();
        let house = of_fixture(&file);
        let last = house.number("select max(at) from event");
        let made_by = house.number("select user_version from pragma_user_version");
        let ran = house.run(&["audit"]);
        assert_eq!(ran.status, 0, "{named}: {ran:?}");
        assert_eq!(versions_kept(&house), if made_by < latest { vec![made_by] } else { vec![] }, "{named}");
        let same = schema(&house.connection()) == schema_now;
        assert!(
            same,
            "{named}: it does not become what a new house is; if its version is not released, AUCTION_BLESS=1"
        );
        let unowned = house.number("select count(*) from standing where seller_id is null");
        assert_eq!(unowned, 0, "{named}: every listing is counted to its seller");
        go_on(&house, last);
    }
}

/// The house of a fixture, as its version left it.
pub fn of_fixture(file: &Path) -> House {
    let house = House::bare();
    fs::create_dir(house.dir()).unwrap();
    fs::create_dir(house.dir().join("pictures")).unwrap();
    let conn = house.connection();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    let sql = fs::read_to_string(file).unwrap();
    conn.execute_batch(&format!("begin; {sql}; commit;"))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    house
}

/// The rows of a query, each as one line.
fn lines(conn: &Connection, sql: &str) -> Vec<String> {
    let mut rows = conn.prepare(sql).unwrap();
    let n = rows.column_count();
    let line = |row: &rusqlite::Row<'_>| {
        let values = (0..n).map(|at| Ok(format!("{:?}", row.get::<_, rusqlite::types::Value>(at)?)));
        values.collect::<rusqlite::Result<Vec<String>>>().map(|values| values.join(" "))
    };
    rows.query_map([], line).unwrap().map(Result::unwrap).collect()
}

/// Prolongations had a table of their own before there were postponements and pauses.
#[test]
fn chains_with_prolongations_stay_as_they_are_to_the_byte_and_sales_work_beside_them() {
    let house = of_fixture(&fixtures().join("house-0.1.0-prolonged.sql"));
    let prolongations = |from: &str| {
        let conn = house.connection();
        let columns = "listing_id, after_seq, closes_at, outage_from, outage_until, at, hash";
        lines(&conn, &format!("select {columns} from {from} order by listing_id, closes_at"))
    };
    let chains = || {
        let conn = house.connection();
        [
            "select listing_id, head, closes_at, state from standing",
            "select hash from bid",
            "select hash from settlement",
        ]
        .map(|sql| lines(&conn, &format!("{sql} order by 1")))
    };
    let (before, prolonged) = (chains(), prolongations("prolongation"));
    assert_eq!(prolonged.len(), 3);
    house.audit();
    assert_eq!(chains(), before);
    assert_eq!(prolongations("timing where kind = 'prolongation'"), prolonged);
    assert_eq!(lines(&house.connection(), "select listing_id, nth from timing").len(), 3);
    let kinds: Vec<String> = lines(&house.connection(), "select kind from timing group by kind");
    assert_eq!(kinds, ["Text(\"prolongation\")"]);
    for listing in 1..=6 {
        house.run(&["replay", &listing.to_string()]).done();
    }
    sell_a_lot_in(&house);
}

/// A sale of one lot, which is paused, resumed, bid on and sold after the last thing that happened in the house.
fn sell_a_lot_in(house: &House) {
    let now = auction::store::clock::Clock::default().now();
    let ahead = house.number("select max(at) from event") - now.0;
    let at = |s: i64| Inside::of(house, ahead + s * 1_000);
    let inside = at(1);
    let sale = auction::house::sales::draft::NewSale {
        code: "spring".into(),
        text: SaleText { name: "Spring".into(), description: String::new(), pickup: String::new() },
        opens_at: None,
        closes_at: now.plus_ms(ahead).plus_s(3_600),
        every_s: 20,
        premium_bps: None,
        commission_bps: None,
        soft_close: None,
    };
    inside.house.add_sale(sale).unwrap();
    let draft = Draft { title: "Lamp".into(), opening: 1_000, ..Draft::default() };
    let offer = LotOffer { seller: inside.account("Ann"), code: "A1".into(), section: None, draft };
    inside.house.add_lot("spring", offer).unwrap();
    inside.house.publish_sale("spring").unwrap();
    inside.house.pause_sale("spring", "cli", "no wifi").unwrap();
    drop(inside);
    let inside = at(61);
    inside.house.resume_sale("spring", "cli").unwrap();
    let lot = inside.house.lot_listing("spring", "a1").unwrap().0;
    inside.bid("Cleo", lot, 1_000);
    drop(inside);
    let moved_ms = house.number(&format!(
        "select s.closes_at - l.first_closes_at from standing s join listing l on l.id = s.listing_id where l.id = {lot}"
    ));
    assert!((59_000..120_000).contains(&moved_ms), "{moved_ms}");
    let inside = at(3_800);
    inside.house.settle_overdue().unwrap();
    assert_eq!(inside.house.report_on_sale("spring").unwrap().sold, 1);
    drop(inside);
    house.audit();
}

/// The version of each copy that is kept beside the house from before it was brought forward.
fn versions_kept(house: &House) -> Vec<i64> {
    let files = fs::read_dir(house.dir()).unwrap().map(|file| file.unwrap().path());
    let copies = files.filter(|path| path.to_str().unwrap().contains("auction.db.before-"));
    let version = |path: PathBuf| {
        let conn = Connection::open(path).unwrap();
        conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    copies.map(version).collect()
}

/// A bid a minute after the last thing that happened, and the end of that listing.
fn go_on(house: &House, last: i64) {
    let now = auction::store::clock::Clock::default().now().0;
    // One that an outage prolongs is prolonged once more by the days without a server.
    let open = house.number(
        "select s.listing_id from standing s join listing l on l.id = s.listing_id \
         where s.state = 'open' and l.outage_s is null",
    );
    let bids = house.number("select count(*) from bid");
    let inside = Inside::of(house, last - now + 60_000);
    inside.bid("Cleo", open, 5_000);
    drop(inside);
    assert_eq!(house.number("select count(*) from bid"), bids + 1);
    let later = Inside::of(house, last - now + 31 * 86_400_000);
    assert_eq!(later.house.settle_overdue().unwrap().settlements.len(), 1);
    drop(later);
    house.audit();
    assert_eq!(house.told(&["listing", "show", &open.to_string()])["outcome"], "sold");
}

#[test]
fn a_newer_house_is_refused_and_not_a_byte_of_it_is_changed() {
    let mut house = House::bare();
    house.add("Ann");
    let version = house.number("pragma user_version");
    house.connection().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(house.database()).unwrap();
    for args in [
        &["account", "list"][..],
        &["settle", "--due"],
        &["backup", "x.tar"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let ran = house.run(args);
        assert_eq!(ran.status, 1, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("made by a newer auction"), "{args:?}: {ran:?}");
    }
    assert_eq!(fs::read(house.database()).unwrap(), before);
    house.connection().pragma_update(None, "user_version", version).unwrap();
    house.serve();
}
