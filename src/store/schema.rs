//! The schema in the file compared with the one that the migrations make. The books alone cannot show that a guard was
//! dropped or a trigger added.

use super::{Snapshot, migrate};
use anyhow::{Context, Result};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Tables of others that the house never reads: SQLite's after `analyze`, and Litestream's.
const BESIDE: [(&str, Option<&str>); 4] = [
    ("sqlite_stat1", None),
    ("sqlite_stat4", None),
    ("_litestream_seq", Some("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")),
    ("_litestream_lock", Some("CREATE TABLE _litestream_lock (id INTEGER)")),
];

/// Kind and name of each part of a schema, and the words that made it.
type Parts = BTreeMap<(String, String), String>;

impl Snapshot<'_> {
    /// Every difference, in the order of the names: missing parts, changed ones, added ones.
    pub fn schema_differences(&self) -> Result<Vec<String>> {
        let (due, held) = (parts(&migrate::model()?)?, parts(self.conn)?);
        let missing =
            due.keys().filter(|part| !held.contains_key(*part)).map(|part| says(part, "is missing"));
        let changed = due.iter().filter(|(part, sql)| held.get(*part).is_some_and(|held| held != *sql));
        let changed = changed.map(|(part, _)| says(part, "is not as the house makes it"));
        let added = held.iter().filter(|(part, sql)| !due.contains_key(*part) && !is_beside(part, sql));
        let added = added.map(|(part, _)| says(part, "is not the house's"));
        Ok(missing.chain(changed).chain(added).collect())
    }
}

/// Escapes the name, which others may have written, so that a terminal does not obey it.
fn says((kind, name): &(String, String), words: &str) -> String {
    format!("{} {} {words}", kind.escape_debug(), name.escape_debug())
}

fn is_beside((kind, name): &(String, String), sql: &str) -> bool {
    let is_one = |(known, made_by): &(&str, Option<&str>)| {
        known == name && made_by.is_none_or(|made_by| made_by == sql)
    };
    kind == "table" && BESIDE.iter().any(is_one)
}

/// All parts but the indexes that SQLite makes for a table's keys: they follow from the table.
fn parts(conn: &Connection) -> Result<Parts> {
    let mut statement = conn
        .prepare("select type, name, coalesce(sql, '') from sqlite_schema where type <> 'index' or sql is not null")
        .context("read the schema")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect::<rusqlite::Result<_>>().context("read the schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(sql: &str) -> Vec<String> {
        let conn = migrate::model().unwrap();
        conn.execute_batch(sql).unwrap();
        Snapshot::of(&conn).schema_differences().unwrap()
    }

    #[test]
    fn every_change_of_the_schema_is_named() {
        const BY_HAND: &str = "pragma writable_schema = on; update sqlite_schema set sql = ";
        let no_check = format!(
            "{BY_HAND} replace(sql, 'check (amount > 0)', '') where name = 'bid'; pragma writable_schema = off"
        );
        let weak_guard =
            "drop trigger bid_stays; create trigger bid_stays before delete on bid begin select 1; end";
        for (sql, expected) in [
            ("", &[][..]),
            ("analyze", &[]),
            ("create table _litestream_lock (id text)", &["table _litestream_lock is not the house's"]),
            ("CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER)", &[]),
            ("drop trigger bid_is_kept", &["trigger bid_is_kept is missing"]),
            ("drop index standing_running", &["index standing_running is missing"]),
            (weak_guard, &["trigger bid_stays is not as the house makes it"]),
            (&no_check, &["table bid is not as the house makes it"]),
            ("alter table purse add column note text", &["table purse is not as the house makes it"]),
            (
                "create trigger gift after insert on bid begin update purse set balance = 0; end",
                &["trigger gift is not the house's"],
            ),
            ("create table extra (id integer)", &["table extra is not the house's"]),
            ("create view v as select 1", &["view v is not the house's"]),
            ("create index more on bid (at)", &["index more is not the house's"]),
            ("create table \"x\u{1b}[2J\" (id)", &["table x\\u{1b}[2J is not the house's"]),
            (
                "drop trigger bid_is_kept; create table extra (id)",
                &["trigger bid_is_kept is missing", "table extra is not the house's"],
            ),
        ] {
            assert_eq!(differences(sql), expected, "{sql}");
        }
    }
}
