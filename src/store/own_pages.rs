//! The pages that the house writes itself, in Markdown.

use super::named::named;
use super::values::as_word;
use super::{Snapshot, Tx};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::named_params;

pub const FILE: &str = include_str!("../../sql/pages.sql");
const PAGES: &str = named(FILE, "pages");
const PAGE: &str = named(FILE, "page");
const PUT_PAGE: &str = named(FILE, "put_page");
const REMOVE_PAGE: &str = named(FILE, "remove_page");

/// One of the pages that a house may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPage {
    About,
    Contact,
    Privacy,
    /// How to pay.
    Payment,
    /// Where and when to collect.
    Pickup,
}

impl OwnPage {
    /// In the order of the links at the foot of every page.
    pub const ALL: [OwnPage; 5] =
        [OwnPage::About, OwnPage::Contact, OwnPage::Payment, OwnPage::Pickup, OwnPage::Privacy];

    /// Its name, and its path on the house's pages.
    pub fn name(self) -> &'static str {
        match self {
            OwnPage::About => "about",
            OwnPage::Contact => "contact",
            OwnPage::Privacy => "privacy",
            OwnPage::Payment => "payment",
            OwnPage::Pickup => "pickup",
        }
    }
}

as_word!(OwnPage);

impl Snapshot<'_> {
    /// The pages that the house has, with when each was written.
    pub fn own_pages(&self) -> Result<Vec<(OwnPage, Time)>> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
        let found = self.rows(PAGES, [], read).context("read the house's pages")?;
        let known = |name: &str| OwnPage::ALL.into_iter().find(|page| page.name() == name);
        Ok(found.into_iter().filter_map(|(name, at)| Some((known(&name)?, at))).collect())
    }

    /// The text of a page, and when it was written.
    pub fn own_page(&self, page: OwnPage) -> Result<Option<(String, Time)>> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.row(PAGE, named_params! {":name": page}, read)
            .with_context(|| format!("read the page {}", page.name()))
    }
}

impl Tx<'_> {
    pub fn put_own_page(&self, page: OwnPage, text: &str) -> Result<()> {
        self.execute(PUT_PAGE, named_params! {":name": page, ":text": text, ":at": self.now})
            .with_context(|| format!("write the page {}", page.name()))?;
        Ok(())
    }

    /// Whether there was such a page.
    pub fn remove_own_page(&self, page: OwnPage) -> Result<bool> {
        let n = self.execute(REMOVE_PAGE, named_params! {":name": page});
        Ok(n.with_context(|| format!("remove the page {}", page.name()))? > 0)
    }
}
