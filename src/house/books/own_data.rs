//! All that the house holds of one person, for that person.

use crate::house::House;
use crate::house::money::bill::Bill;
use crate::house::settings::Settings;
use crate::rules::listing::AccountId;
use anyhow::Result;
use serde_json::{Map, Value, json};

/// The most rows of a kind; older ones are left out, and their kind is named under `cut`.
pub const MAX_ROWS: usize = 10_000;

impl House {
    /// Reads all that the house holds of a person. Amounts are minor units, times RFC 3339.
    pub fn own_data(&self, account: AccountId) -> Result<Value> {
        self.read(|snapshot| {
            let settings = Settings::of(snapshot)?;
            let mut all = Map::new();
            all.insert("at".into(), serde_json::to_value(self.now_in(snapshot)?)?);
            all.insert("house".into(), settings.name.clone().into());
            all.insert("currency".into(), settings.currency().code.into());
            let mut cut = Vec::new();
            for section in snapshot.own_data(account, MAX_ROWS)? {
                if section.is_cut {
                    cut.push(section.name);
                }
                let rows = match section.name {
                    "account" => section.rows.into_iter().next().unwrap_or_default(),
                    _ => section.rows.into(),
                };
                all.insert(section.name.into(), rows);
            }
            all.insert("bills".into(), serde_json::to_value(Bill::all(snapshot, account)?)?);
            all.insert("cut".into(), json!(cut));
            Ok(Value::Object(all))
        })
    }
}
