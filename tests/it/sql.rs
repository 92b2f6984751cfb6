//! The statements in `sql/` against the real schema, and what the schema itself refuses.

use crate::harness::{House, Inside};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// The files of named statements; `audit` and `export` are meant to read whole tables.
const FILES: [&str; 30] = [
    "accounts",
    "api_tokens",
    "audit",
    "bids",
    "categories",
    "closing",
    "desk",
    "desk_report",
    "events",
    "export",
    "house",
    "house_report",
    "identities",
    "journal",
    "ledger",
    "letters",
    "listings",
    "log",
    "logo",
    "outbox",
    "own",
    "own_data",
    "pages",
    "push",
    "sales",
    "search",
    "settlements",
    "telling",
    "terms",
    "timings",
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sql")
}

/// Name and text of each statement, with its parts in their places: a part has a name in braces, and is no statement.
fn statements(file: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join(format!("{file}.sql"))).unwrap();
    let named = text.split("-- name: ").skip(1).map(|named| named.split_once('\n').unwrap());
    let (parts, statements): (Vec<_>, Vec<_>) = named.partition(|(name, _)| name.starts_with('{'));
    let whole = |sql: &str| parts.iter().fold(sql.to_owned(), |sql, (name, part)| sql.replace(name, part));
    statements.into_iter().map(|(name, sql)| (format!("{file}.{name}"), whole(sql))).collect()
}

/// A house with Ann, Bob, a listing and a bid.
fn used() -> House {
    let house = House::bare();
    house.add("Ann");
    house.add("Bob");
    let inside = Inside::of(&house, 0);
    inside.credit("Bob", 10_000);
    let id = inside.list(|_| ());
    inside.bid("Bob", id, 1_000);
    drop(inside);
    house
}

fn migrated() -> (House, Connection) {
    let house = House::bare();
    house.run(&["house", "set", "name", "Test"]).done();
    let conn = house.connection();
    (house, conn)
}

#[test]
fn every_file_of_statements_is_known() {
    let mut found: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".sql").map(str::to_owned)
        })
        .filter(|name| name != "schema")
        .collect();
    found.sort();
    let known: Vec<String> = FILES.map(str::to_owned).to_vec();
    let extra: Vec<_> = found.iter().filter(|name| !known.contains(name)).collect();
    assert!(extra.iter().all(|name| !statements(name).is_empty()), "{extra:?} have no statements");
}

#[test]
fn every_statement_can_be_prepared_and_none_scans_what_grows() {
    let (_house, conn) = migrated();
    let mut wrong = Vec::new();
    for (name, sql) in FILES.iter().flat_map(|file| statements(file)) {
        if let Err(error) = conn.prepare(&sql) {
            wrong.push(format!("{name}: {error}"));
            continue;
        }
        if name.starts_with("audit.") {
            continue;
        }
        let is_export = name.starts_with("export.");
        let mut plan = conn.prepare(&format!("explain query plan {sql}")).unwrap();
        let steps = plan.query_map([], |row| row.get::<_, String>(3));
        let steps: Vec<String> = steps.map(|rows| rows.map(Result::unwrap).collect()).unwrap_or_else(|_| {
            let n = plan.parameter_count();
            let nothing = vec![rusqlite::types::Null; n];
            let rows = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
            rows.map(Result::unwrap).collect()
        });
        // With "order by … limit 1" along the key, a scan reads one row.
        let one_row = sql.contains("limit 1;");
        if is_export {
            // Row by row in the order of a key: nothing is gathered to be sorted first.
            let gathered = steps.iter().find(|step| step.contains("TEMP B-TREE"));
            wrong.extend(gathered.map(|step| format!("{name}: {step}")));
            continue;
        }
        if name.starts_with("search.") || name.starts_with("categories.") {
            // Flat at any size: rows are read along an index in their order, a few at a time, and never sorted.
            let rows = |step: &&String| step.starts_with("SCAN ") && !step.starts_with("SCAN (subquery");
            let is_flat = |step: &str| {
                step.contains("VIRTUAL TABLE")
                    || step == "SCAN c USING INDEX category_open"
                    || step == "SCAN s USING INDEX standing_paused"
            };
            let scanned = steps.iter().filter(rows).find(|step| !is_flat(step));
            let sorted = steps.iter().find(|step| step.contains("TEMP B-TREE"));
            let of_all = [
                "keep_category",
                "count_open",
                "forget_texts",
                "forget_parts",
                "forget_categories",
                "copy_openings",
                "unplace_all",
            ];
            let fills = of_all.iter().any(|filling| name.ends_with(filling));
            wrong.extend(scanned.or(sorted).filter(|_| !fills).map(|step| format!("{name}: {step}")));
            continue;
        }
        for step in steps.iter().filter(|_| !one_row) {
            let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            let grows = ["bid", "b", "event", "posting", "p", "transfer", "balanced"];
            let scans_entries = name.ends_with("_entry") && scanned.is_some();
            if scans_entries || scanned.is_some_and(|table| grows.contains(&table)) {
                wrong.push(format!("{name}: {step}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The bid path and the timers read open listings that are not paused along one index, whatever else there is.
#[test]
fn what_runs_is_read_along_its_index() {
    let (_house, conn) = migrated();
    let plan = |name: &str| -> Vec<String> {
        let file = name.split('.').next().unwrap();
        let (_, sql) = statements(file).into_iter().find(|(known, _)| known == name).unwrap();
        let mut plan = conn.prepare(&format!("explain query plan {sql}")).unwrap();
        let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
        let rows = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for name in [
        "listings.due",
        "listings.waiting",
        "listings.next_close",
        "listings.nearest_deadlines",
        "timings.concerned",
    ] {
        let steps = plan(name);
        assert!(steps.iter().any(|step| step.contains("standing_running")), "{name}: {steps:?}");
    }
    // Sorted by the index itself; the first is all that is read of the next close.
    for name in ["listings.due", "listings.waiting", "listings.next_close", "listings.nearest_deadlines"] {
        let steps = plan(name);
        let is_read_whole = |step: &String| step.starts_with("SCAN ") || step.contains("TEMP B-TREE");
        assert!(!steps.iter().any(is_read_whole), "{name}: {steps:?}");
    }
    // Sales are few; of each, only its open lots are read.
    for name in ["timings.concerned", "timings.paused_sales", "timings.pause_beside"] {
        let steps = plan(name);
        let of_standing = |step: &&String| step.contains(" s ") && !step.contains("standing_running");
        let of_sale: Vec<&String> = steps.iter().filter(of_standing).collect();
        assert!(of_sale.iter().all(|step| step.contains("standing_of_sale")), "{name}: {steps:?}");
        assert!(!of_sale.is_empty(), "{name}: {steps:?}");
    }
    // Who is told of a close, or of a sale, is found along indexes whatever else there is; what is told already is not read.
    for (name, index) in [
        ("telling.closing_soon", "standing_running (closes_at>? AND closes_at<?)"),
        ("telling.watchers_and_bidders", "watched_listing (listing_id=? AND account_id>?)"),
        ("telling.watchers_and_bidders", "participation_listing (listing_id=? AND bidder_id>?)"),
        ("telling.watchers_of_sale", "watched_listing (listing_id=?"),
        ("telling.sales_to_tell", "sale_told_due"),
        ("outbox.bidders_of", "participation_listing (listing_id=?)"),
    ] {
        let steps = plan(name);
        assert!(steps.iter().any(|step| step.contains(index)), "{name}: {steps:?}");
        let is_read_whole = |step: &&String| step.starts_with("SCAN ") && !step.contains("sale_told_due");
        assert!(!steps.iter().any(|step| is_read_whole(&step)), "{name}: {steps:?}");
    }
    assert!(!plan("telling.closing_soon").iter().any(|step| step.contains("TEMP B-TREE")));
    // Every page of a person asks for their number and where they were outbid; the first page, for the sale that ended last:
    // of sales, which are few, whole rows are read, and their lots only of those of the last weeks.
    for (name, index) in [
        ("desk.number_since", "SEARCH r USING INDEX registration_account (account_id=?)"),
        ("listings.outbid_of", "SEARCH q USING PRIMARY KEY (bidder_id=?)"),
        ("listings.outbid_of", "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)"),
        ("listings.outbid_of", "SEARCH b USING PRIMARY KEY (listing_id=?)"),
        ("sales.ended_sale", "SEARCH s USING COVERING INDEX standing_of_sale (sale_id=? AND state=?"),
    ] {
        let steps = plan(name);
        assert!(steps.iter().any(|step| step.contains(index)), "{name}: {steps:?}");
        let is_read_whole =
            |step: &&String| step.starts_with("SCAN ") && !["SCAN mine", "SCAN v"].contains(&step.as_str());
        assert!(!steps.iter().any(|step| is_read_whole(&step)), "{name}: {steps:?}");
        let of_lots = steps.iter().filter(|step| name == "sales.ended_sale" && step.contains(" s "));
        assert!(of_lots.clone().all(|step| step.contains("standing_of_sale")), "{name}: {steps:?}");
    }
    // What changed a sale is worked out once, not for each of its lots.
    let missed = plan("audit.missed_change");
    let changes = missed.iter().position(|step| step == "SCAN c");
    let lots = missed.iter().rposition(|step| step.starts_with("SEARCH x "));
    assert!(missed[0] == "MATERIALIZE change" && changes.is_some() && changes < lots, "{missed:?}");
    let standing = plan("listings.standing");
    assert!(standing.iter().all(|step| step.starts_with("SEARCH ")), "{standing:?}");
    assert_eq!(standing.len(), 2, "a bid reads its listing's row and the leader's name: {standing:?}");
}

/// A page of listings asks once how they concern a person, and each is found by its key.
#[test]
fn how_listings_concern_a_person_is_found_by_their_keys() {
    let (_house, conn) = migrated();
    let (_, sql) = statements("sales").into_iter().find(|(name, _)| name == "sales.own_among").unwrap();
    let mut plan = conn.prepare(&format!("explain query plan {sql}")).unwrap();
    let rows = plan.query_map([rusqlite::types::Null, rusqlite::types::Null], |row| row.get::<_, String>(3));
    let steps: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
    for step in [
        "SCAN picked VIRTUAL TABLE",
        "SEARCH p USING PRIMARY KEY (bidder_id=? AND listing_id=?)",
        "SEARCH w USING PRIMARY KEY (account_id=? AND listing_id=?)",
    ] {
        assert!(steps.iter().any(|found| found.starts_with(step)), "{step}: {steps:?}");
    }
    let is_read_whole = |step: &&String| step.starts_with("SCAN ") && !step.starts_with("SCAN picked");
    assert!(!steps.iter().any(|step| is_read_whole(&step)), "{steps:?}");
}

/// `AUCTION_BLESS=1` writes the file anew.
#[test]
fn schema_sql_is_what_a_migrated_database_has() {
    let (_house, conn) = migrated();
    let mut rows = conn
        .prepare(
            "select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by rowid",
        )
        .unwrap();
    let statements: Vec<String> =
        rows.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let head = format!(
        "-- The schema after migration {version}, printed from a database. Changed by a migration only."
    );
    let printed = format!("{head}\n\n{};\n", statements.join(";\n\n"));
    let file = folder().join("schema.sql");
    if std::env::var_os("AUCTION_BLESS").is_some() {
        fs::write(&file, &printed).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == printed,
        "sql/schema.sql is not what the migrations make; AUCTION_BLESS=1 writes it anew"
    );
}

/// The schema refuses `sql`, in a transaction of its own, with these words.
#[track_caller]
fn refused(conn: &Connection, sql: &str, words: &str) {
    let answer = conn.execute_batch(&format!("begin immediate; {sql}; commit;"));
    if !conn.is_autocommit() {
        conn.execute_batch("rollback").unwrap();
    }
    let error = answer.expect_err(&format!("it was taken: {sql}")).to_string();
    assert!(error.contains(words), "{sql}: {error}");
}

#[test]
fn the_schema_itself_keeps_the_books() {
    let house = used();
    let conn = house.connection();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    let open = "insert into transfer (id, cause, why, at) values (90, 'credit', 'x', 1)";
    let balance = "insert into balanced values (90)";
    let foreign = "FOREIGN KEY";
    refused(&conn, open, foreign);
    refused(&conn, &format!("{open}; insert into posting values (90, 1, 5), (90, -1, -5)"), foreign);
    refused(
        &conn,
        &format!("{open}; insert into posting values (90, 1, 5), (90, -1, -4); {balance}"),
        "sum to zero",
    );
    refused(&conn, &format!("{open}; {balance}"), "sum to zero");
    refused(&conn, "insert into posting values (1, 1, 5)", "no more postings");
    refused(&conn, "update posting set amount = amount + 1", "never changed");
    refused(&conn, "delete from posting", "never deleted");
    refused(&conn, "delete from balanced", "stays balanced");
    refused(&conn, "update transfer set why = 'other'", "never changed");
    refused(&conn, "update purse set held = -1", "CHECK");
    house.audit();
}

#[test]
fn the_schema_itself_keeps_bids_and_settlements() {
    let house = used();
    let conn = house.connection();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    let bid = |seq: i64| {
        format!(
            "insert into bid values (1, {seq}, 'bid', 2, 2000, 2000, 2000, 1, 1, '', zeroblob(16), zeroblob(32), null, null, null)"
        )
    };
    refused(&conn, &bid(1), "UNIQUE");
    refused(&conn, &bid(3), "FOREIGN KEY");
    refused(&conn, "update bid set amount = 1", "never changed");
    refused(&conn, "delete from bid", "never deleted");
    let settlement = "insert into settlement (listing_id, outcome, reason, closes_at, settled_at, hash) \
                      values (1, 'unsold', 'no_bids', 1, 1, zeroblob(32))";
    refused(&conn, &format!("{settlement}; {settlement}"), "UNIQUE");
    refused(&conn, &format!("{settlement}; update settlement set outcome = 'sold'"), "never changed");
    refused(&conn, &format!("{settlement}; delete from settlement"), "never deleted");
    refused(&conn, "update standing set leader_max = price - 1", "CHECK");
    refused(&conn, "update standing set state = 'sold'", "CHECK");
    house.audit();
}

#[test]
fn the_schema_itself_keeps_the_desk() {
    let house = crate::desk_audit::evening();
    let conn = house.connection();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    let (check, unique, foreign) = ("CHECK", "UNIQUE", "FOREIGN KEY");
    let pass = |values: &str| {
        format!("insert into pass (name, sale_id, may, code_hash, made_at, ends_at) values ({values})")
    };
    let transfer = |columns: &str, values: &str| {
        format!("insert into transfer (id, why, at, {columns}) values (90, 'x', 1, {values})")
    };
    let voided = "(select voids from transfer where cause = 'void')";
    for (sql, words) in [
        (pass("'', 1, 'bid', zeroblob(32), 1, 2"), check),
        (pass("'x', 1, 'no', zeroblob(32), 1, 2"), check),
        (pass("'x', 1, 'bid', zeroblob(31), 1, 2"), check),
        (pass("'x', 1, 'bid', zeroblob(32), 2, 2"), check),
        (pass("'x', 99, 'bid', zeroblob(32), 1, 2"), foreign),
        (pass("'x', 1, 'bid', (select code_hash from pass where id = 1), 1, 2"), unique),
        ("update pass set may = 'bid' where id = 1".into(), "never changed"),
        ("update pass set sale_id = 2 where id = 1".into(), "never changed"),
        ("update pass set ends_at = ends_at + 1 where id = 1".into(), "never changed"),
        ("update pass set token_hash = zeroblob(32) where id = 1".into(), "bound once"),
        ("update pass set bound_at = null where id = 1".into(), check),
        ("delete from pass where id = 3".into(), "never deleted"),
        ("insert into registration values (1, 0, 1, 1, null, null, null)".into(), check),
        ("insert into registration values (1, 100000, 1, 1, null, null, null)".into(), check),
        ("insert into registration values (1, 17, 1, 1, null, null, null)".into(), unique),
        ("insert into registration values (1, 18, 2, 1, null, null, null)".into(), unique),
        ("insert into registration values (1, 18, 99, 1, null, null, null)".into(), foreign),
        ("insert into registration values (1, 18, 1, 1, 99, null, null)".into(), foreign),
        ("update registration set number = 18 where number = 17".into(), "never changed"),
        ("update registration set account_id = 1 where number = 17".into(), "never changed"),
        ("delete from registration where number = 17".into(), "never deleted"),
        ("insert into handover values (1, 1, null, null)".into(), unique),
        ("insert into handover values (99, 1, null, null)".into(), foreign),
        ("insert into handover values (3, 1, null, '')".into(), check),
        ("update handover set why = 'x'".into(), "never changed"),
        ("delete from handover".into(), "never deleted"),
        ("insert into reversal values (3, 'cli', zeroblob(32))".into(), unique),
        ("insert into reversal values (1, 'cli', zeroblob(31))".into(), check),
        ("insert into reversal values (1, null, zeroblob(32))".into(), check),
        ("insert into reversal values (1, null, null)".into(), "is a link of its chain"),
        ("insert into reversal values (99, 'cli', zeroblob(32))".into(), foreign),
        ("update reversal set who = 'admin'".into(), "never changed"),
        ("delete from reversal".into(), "never deleted"),
        (transfer("cause, method", "'credit', 'gold'"), check),
        (transfer("cause, method", "'debit', 'cash'"), check),
        (transfer("cause, reference", "'credit', 'R1'"), check),
        (transfer("cause, method, reference", "'credit', 'cash', ''"), check),
        (transfer("cause, pass_id", "'credit', 1"), check),
        (transfer("cause, method, pass_id", "'credit', 'cash', 99"), foreign),
        (transfer("cause", "'void'"), check),
        (transfer("cause, voids", "'credit', 1"), check),
        (transfer("cause, voids", "'void', 99"), foreign),
        (transfer("cause, voids", &format!("'void', {voided}")), unique),
        (transfer("cause, settlement_id, voids", "'void', 1, 1"), check),
        ("update transfer set method = 'card' where method = 'cash'".into(), "never changed"),
        ("update bid set source = 'room' where pass_id is not null".into(), "never changed"),
    ] {
        refused(&conn, &sql, words);
    }
    let bid = |kind: &str, pass: &str, source: &str| {
        format!(
            "insert into bid values (2, 2, '{kind}', 2, 2000, 2000, 2000, 1, 1, '', zeroblob(16), zeroblob(32), {pass}, {source}, null)"
        )
    };
    for (kind, pass, source) in [
        ("bid", "1", "null"),
        ("bid", "null", "'room'"),
        ("bid", "1", "'dream'"),
        ("automatic", "1", "'room'"),
    ] {
        refused(&conn, &bid(kind, pass, source), check);
    }
    refused(&conn, &bid("bid", "99", "'room'"), foreign);
    house.audit();
}

/// A browser resends what it was not answered for as long as its pass holds: till then the answer is kept, or it would be
/// booked again.
#[test]
fn what_a_pass_was_answered_is_kept_until_it_has_ended() {
    let (_house, conn) = migrated();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    let pass = |id: i64, ends_at: i64, shut_at: &str| {
        let pass = format!(
            "insert into pass (id, name, sale_id, may, code_hash, made_at, ends_at, shut_at) values
               ({id}, 'till {id}', 1, 'checkout', cast(printf('%032d', {id}) as blob), 1, {ends_at}, {shut_at});
             insert into desk_answer values ({id}, 'old', zeroblob(32), '{{}}', 5), ({id}, 'new', zeroblob(32), '{{}}', 500)"
        );
        conn.execute_batch(&pass).unwrap();
    };
    pass(1, 1_000, "null");
    pass(2, 90, "null");
    pass(3, 1_000, "90");
    let prune = statements("desk").into_iter().find(|(name, _)| name == "desk.prune_desk_answers").unwrap().1;
    conn.execute(&prune, &[(":before", &100)]).unwrap();
    let mut kept = conn.prepare("select pass_id, key from desk_answer order by pass_id, key").unwrap();
    let kept = kept.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).unwrap();
    let kept: Vec<String> = kept.map(|row| row.map(|(pass, key)| format!("{pass} {key}")).unwrap()).collect();
    assert_eq!(kept, ["1 new", "1 old", "2 new", "3 new"]);
}

/// What is for ever: terms, who accepted them, and the log.
#[test]
fn the_schema_itself_keeps_terms_and_the_log() {
    let house = used();
    house.run(&["house", "set", "name", "Test"]).done();
    let conn = house.connection();
    conn.execute_batch(
        "insert into terms (version, hash, at, text) values (1, zeroblob(32), 1, 'Pay.');
         insert into terms_acceptance (account_id, version, at) values (2, 1, 1)",
    )
    .unwrap();
    for (sql, said) in [
        ("update terms set text = 'Take.'", "never changed"),
        ("delete from terms", "never deleted"),
        ("update terms_acceptance set at = 2", "never changed"),
        ("delete from terms_acceptance", "never deleted"),
        ("update log set who = 'nobody'", "never changed"),
        ("delete from log", "never deleted"),
    ] {
        refused(&conn, sql, said);
    }
}
