//! All that the house holds of one person, table by table, as JSON.

use super::Snapshot;
use super::named::named;
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::named_params;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

pub const FILE: &str = include_str!("../../sql/own_data.sql");

macro_rules! sections {
    ($($name:literal),* $(,)?) => { [$(($name, named(FILE, $name))),*] };
}

/// What there is, each with the statement that reads it, the newest rows first.
const SECTIONS: [(&str, &str); 23] = sections![
    "account",
    "earlier_names",
    "sessions",
    "known_devices",
    "identities",
    "tokens",
    "push_subscriptions",
    "terms_accepted",
    "registrations",
    "watched",
    "listings",
    "drafts",
    "bids",
    "leading",
    "bought",
    "sold",
    "movements",
    "mails",
    "letters",
    "links",
    "notices",
    "kept_answers",
    "log",
];

/// The rows of a section, and whether there are older ones.
pub struct Section {
    pub name: &'static str,
    pub rows: Vec<Value>,
    pub is_cut: bool,
}

impl Snapshot<'_> {
    /// Reads up to `limit` rows of each section. Amounts are minor units, times RFC 3339, hashes and salts hexadecimal.
    pub fn own_data(&self, account: AccountId, limit: usize) -> Result<Vec<Section>> {
        SECTIONS
            .into_iter()
            .map(|(name, sql)| {
                let mut rows =
                    self.section(sql, account, limit + 1).with_context(|| format!("read {name}"))?;
                let is_cut = rows.len() > limit;
                rows.truncate(limit);
                Ok(Section { name, rows, is_cut })
            })
            .collect()
    }

    fn section(&self, sql: &'static str, account: AccountId, limit: usize) -> Result<Vec<Value>> {
        let mut statement = self.statement(sql)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let parameters = named_params! {":account_id": account, ":limit": i64::try_from(limit)?};
        let (mut rows, mut all) = (statement.query(parameters)?, Vec::new());
        while let Some(row) = rows.next()? {
            let mut object = Map::new();
            for (at, name) in names.iter().enumerate() {
                object.insert(name.clone(), value(name, row.get_ref(at)?)?);
            }
            all.push(Value::Object(object));
        }
        Ok(all)
    }
}

/// A value by the name of its column.
fn value(name: &str, stored: ValueRef<'_>) -> Result<Value> {
    let is_time = name == "at" || name.ends_with("_at");
    let is_flag = ["admin", "by_pin"].contains(&name) || name.starts_with("has_");
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(ms) if is_time => serde_json::to_value(Time(ms))?,
        ValueRef::Integer(flag) if is_flag => (flag != 0).into(),
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => std::str::from_utf8(text)?.into(),
        ValueRef::Blob(bytes) => hex(bytes).into(),
    })
}
