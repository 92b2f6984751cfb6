//! A page of the journal: what one group commit has written, in a form that any machine can repeat.
//!
//! The statements stand in it as texts, so that a program repeats what another version of it has done. Their values are what
//! was decided: no statement asks for the time or for chance, so a page has the same effect on every copy.

use crate::rules::hash::Hash;
use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{ToSql, types::ToSqlOutput};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The form of the pages that this program writes. Another one is refused.
const FORM: u8 = 1;
/// The longest page, in bytes: a member import of [`crate::house::members`] stays far below it.
pub const MAX_BYTES: usize = 64 * 1_024 * 1_024;

/// A value of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A statement that was executed, and its values in the order of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which of the page's statements it is.
    pub statement: u32,
    pub values: Vec<Cell>,
}

/// The statements of one transaction, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Each text once.
    pub statements: Vec<Cow<'static, str>>,
    pub done: Vec<Step>,
    /// Whether somebody's name was changed: what is kept in memory is read anew then.
    pub renames: bool,
}

impl Steps {
    pub fn add(&mut self, sql: &'static str, values: Vec<Cell>) {
        let known = self.statements.iter().position(|known| std::ptr::eq(known.as_ref(), sql));
        let statement = known.unwrap_or_else(|| {
            self.statements.push(sql.into());
            self.statements.len() - 1
        });
        self.done.push(Step { statement: statement as u32, values });
    }

    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }
}

/// What a page does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// The first: the house whose journal it is, and the version of its database.
    Start {
        house: String,
        version: u32,
    },
    Steps(Steps),
    /// The last: one machine's copy is the whole house again.
    Stop,
}

impl Page {
    pub fn encode(&self) -> Result<Vec<u8>> {
        let page = postcard::to_extend(self, vec![FORM]).context("write a page")?;
        anyhow::ensure!(page.len() <= MAX_BYTES, "a page of more than {MAX_BYTES} bytes");
        Ok(page)
    }

    pub fn decode(bytes: &[u8]) -> Result<Page> {
        match bytes.split_first() {
            Some((&FORM, page)) => postcard::from_bytes(page).context("read a page"),
            _ => anyhow::bail!(
                "the page is of a form that this program does not know; install the newer program"
            ),
        }
    }
}

/// The hash of a page: of the hash before it, its number and its bytes. Two copies with the same last hash have repeated the
/// same pages.
pub fn chained(before: &Hash, seq: i64, page: &[u8]) -> Hash {
    Sha256::new().chain_update(before).chain_update(seq.to_be_bytes()).chain_update(page).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let mut steps = Steps::default();
        steps.add("insert into a values (?1, ?2)", vec![Cell::Integer(i64::MIN), Cell::Null]);
        steps.add("delete from b where c = ?1", vec![Cell::Text("말".into())]);
        steps
            .add("insert into a values (?1, ?2)", vec![Cell::Bytes(vec![0, 255]), Cell::Text(String::new())]);
        assert_eq!(steps.statements.len(), 2, "each text stands once");
        for page in [Page::Start { house: "a".into(), version: 12 }, Page::Steps(steps), Page::Stop] {
            assert_eq!(Page::decode(&page.encode().unwrap()).unwrap(), page);
        }
    }

    #[test]
    fn bytes_that_are_no_page_are_refused() {
        let whole = Page::Start { house: "a house".into(), version: 12 }.encode().unwrap();
        for n in 0..whole.len() {
            Page::decode(&whole[..n]).unwrap_err();
        }
        let mut other = whole.clone();
        other[0] = FORM + 1;
        assert!(Page::decode(&other).unwrap_err().to_string().contains("newer program"));
    }

    #[test]
    fn a_hash_hangs_on_the_page_its_number_and_all_before_it() {
        let hash = chained(&[0; 32], 1, b"page");
        for other in
            [chained(&[1; 32], 1, b"page"), chained(&[0; 32], 2, b"page"), chained(&[0; 32], 1, b"pagf")]
        {
            assert_ne!(hash, other);
        }
    }
}
