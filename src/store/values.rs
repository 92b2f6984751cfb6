//! Values of the house as SQLite keeps them: ids and instants as integers, states and kinds as words.

use crate::rules::bidding::BidKind;
use crate::rules::desk::PassId;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::notice::{Channel, LetterKind, LinkKind, NoticeKind};
use crate::rules::sale::{LotId, SaleId};
use crate::rules::time::Time;
use anyhow::Result;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use std::fmt;

macro_rules! as_integer {
    ($($type:ident),*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$type> {
                value.as_i64().map($type)
            }
        }
    )*};
}

as_integer!(AccountId, ListingId, LotId, PassId, SaleId, Time);

/// A stored word that this program does not know: a row was changed past the schema's checks.
#[derive(Debug)]
pub struct UnknownWord {
    table: &'static str,
    /// The row's id, or its key.
    id: String,
    column: &'static str,
    word: String,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}, row {}: unknown {} {:?}", self.table, self.id, self.column, self.word)
    }
}

impl std::error::Error for UnknownWord {}

impl UnknownWord {
    /// A setting whose value this program could not have set.
    pub fn in_setting(key: &str, value: &str) -> UnknownWord {
        WordColumn { table: "house", name: "value" }.unknown(key, value)
    }

    /// The sentence, if this is why `error` occurred.
    pub fn of(error: &anyhow::Error) -> Option<String> {
        error.downcast_ref::<UnknownWord>().map(UnknownWord::to_string)
    }
}

/// A column that holds one of a few words.
#[derive(Clone, Copy)]
pub(super) struct WordColumn {
    pub table: &'static str,
    pub name: &'static str,
}

impl WordColumn {
    /// The value that the row's word at index `at` stands for, as `parse` knows it; `id` names the row in the error.
    ///
    /// Fails with [`UnknownWord`]: no value is a better guess than another.
    pub fn read<T>(
        self,
        row: &Row<'_>,
        at: usize,
        id: impl fmt::Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T> {
        let word = row.get_ref(at)?.as_str()?;
        parse(word).ok_or_else(|| self.unknown(id, word).into())
    }

    /// The value, or none where the row has no word.
    pub fn read_some<T>(
        self,
        row: &Row<'_>,
        at: usize,
        id: impl fmt::Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        if row.get_ref(at)? == ValueRef::Null { Ok(None) } else { self.read(row, at, id, parse).map(Some) }
    }

    pub fn unknown(self, id: impl fmt::Display, word: &str) -> UnknownWord {
        let WordColumn { table, name } = self;
        UnknownWord { table, id: id.to_string(), column: name, word: word.to_owned() }
    }
}

/// Stores values of these types as their names.
macro_rules! as_word {
    ($($type:ty),*) => {$(
        impl rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(rusqlite::types::ToSqlOutput::from(self.name()))
            }
        }
    )*};
}
pub(super) use as_word;

as_word!(BidKind, Channel, LetterKind, LinkKind, NoticeKind);
