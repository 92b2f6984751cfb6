//! What writes: every statement of a transaction that changes the house is executed here, and recorded where a journal
//! has to repeat it on other machines.

use super::journal::page::{Cell, Steps};
use anyhow::{Context, Result};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Row};
use std::cell::RefCell;

/// What `named_params!` makes.
pub(super) type Parameters<'a> = &'a [(&'a str, &'a dyn ToSql)];

/// Executes, and records if it was made to.
pub(super) struct Recorder<'c> {
    pub conn: &'c Connection,
    steps: Option<RefCell<Steps>>,
}

impl<'c> Recorder<'c> {
    /// Executes without recording: what is written stays on this machine alone.
    pub fn silent(conn: &'c Connection) -> Recorder<'c> {
        Recorder { conn, steps: None }
    }

    /// Records all that is executed.
    pub fn recording(conn: &'c Connection) -> Recorder<'c> {
        Recorder { conn, steps: Some(RefCell::default()) }
    }

    /// What was recorded, in its order; nothing where nothing is.
    pub fn into_steps(self) -> Option<Steps> {
        self.steps.map(RefCell::into_inner)
    }

    pub fn execute(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        let n_rows = self.execute_locally(sql, parameters)?;
        // What has changed no row changes none on another machine, either.
        if n_rows > 0 {
            self.note(sql, parameters)?;
        }
        Ok(n_rows)
    }

    /// Executes, and records whether or not it has changed anything here.
    pub fn execute_everywhere(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        let n_rows = self.execute_locally(sql, parameters)?;
        self.note(sql, parameters)?;
        Ok(n_rows)
    }

    /// Executes without recording.
    pub fn execute_locally(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<usize> {
        Ok(self.statement(sql)?.execute(parameters)?)
    }

    pub fn insert(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<i64> {
        let id = self.statement(sql)?.insert(parameters)?;
        self.note(sql, parameters)?;
        Ok(id)
    }

    pub fn returning<T>(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let (mut rows, mut all) = (statement.query(parameters)?, Vec::new());
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        drop(rows);
        if !all.is_empty() {
            self.note(sql, parameters)?;
        }
        Ok(all)
    }

    fn statement(&self, sql: &'static str) -> Result<CachedStatement<'c>> {
        self.conn.prepare_cached(sql).with_context(|| format!("prepare: {}", sql.trim()))
    }

    /// Records a statement with its values, in the order of its parameters.
    fn note(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<()> {
        let Some(steps) = &self.steps else {
            return Ok(());
        };
        let statement = self.statement(sql)?;
        let mut values = vec![Cell::Null; statement.parameter_count()];
        for (name, value) in parameters {
            let at = statement.parameter_index(name)?.with_context(|| format!("no parameter {name}"))?;
            values[at - 1] = cell(&value.to_sql()?)?;
        }
        steps.borrow_mut().add(sql, values);
        Ok(())
    }
}

fn cell(value: &ToSqlOutput<'_>) -> Result<Cell> {
    let value = match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => ValueRef::from(value),
        _ => anyhow::bail!("a value that is neither a number nor a text nor bytes"),
    };
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec())?),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => anyhow::bail!("a number with a fraction"),
    })
}
