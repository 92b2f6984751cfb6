//! Migrations: forward only, each in one transaction, numbered by `user_version`.

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, TransactionBehavior};

const MIGRATIONS: &[&str] = &[include_str!("../../sql/migrations/0001_the_house.sql")];

/// Brings the database to this program's version. A newer one is refused: nothing is changed.
///
/// Safe beside other processes that do the same: the version is read again once the lock is held.
pub fn migrate(conn: &mut Connection) -> Result<()> {
    loop {
        let held = version(conn)?;
        if held > MIGRATIONS.len() {
            bail!(
                "this house was made by a newer auction (its version is {held}, this program knows {})",
                MIGRATIONS.len()
            );
        }
        if held == MIGRATIONS.len() {
            return Ok(());
        }
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).context("migrate: begin")?;
        if version(&tx)? == held {
            tx.execute_batch(MIGRATIONS[held]).with_context(|| format!("migration {}", held + 1))?;
            tx.pragma_update(None, "user_version", (held + 1) as i64)?;
            tx.commit().with_context(|| format!("migration {}: commit", held + 1))?;
        }
    }
}

fn version(conn: &Connection) -> Result<usize> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).context("the version of the database is no version of ours")
}
