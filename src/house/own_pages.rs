//! The pages that the house writes itself: about it, how to reach it, how to pay, where to collect, and what it does with
//! people's data.

use crate::house::{Answer, House};
use crate::rules::refusal::Refusal;
use crate::rules::terms;
use crate::rules::time::Time;
use crate::store::log::LogLine;
use crate::store::own_pages::OwnPage;
use anyhow::Result;
use serde_json::json;

impl House {
    /// Writes a page anew; whether that changed it. Refuses `invalid` for what is no such text: see [`terms::read`].
    pub fn put_own_page(&self, page: OwnPage, file: &[u8]) -> Answer<bool> {
        let text = terms::read(file).map_err(|words| Refusal::invalid(page.name(), words))?;
        self.write(move |tx| {
            if tx.own_page(page)?.is_some_and(|(known, _)| known == text) {
                return Ok(false);
            }
            tx.put_own_page(page, &text)?;
            let detail = Some(json!({"page": page.name(), "n_chars": text.chars().count()}));
            tx.log(&LogLine { what: "house.page", detail, ..LogLine::default() })?;
            Ok(true)
        })
    }

    /// Removes a page; whether there was one.
    pub fn remove_own_page(&self, page: OwnPage) -> Answer<bool> {
        self.write(move |tx| {
            let was_there = tx.remove_own_page(page)?;
            if was_there {
                let detail = Some(json!({"page": page.name(), "removed": true}));
                tx.log(&LogLine { what: "house.page", detail, ..LogLine::default() })?;
            }
            Ok(was_there)
        })
    }

    /// The text of a page and when it was written. Refuses `not_found`.
    pub fn own_page(&self, page: OwnPage) -> Answer<(String, Time)> {
        let found = self.read(|snapshot| snapshot.own_page(page))?;
        Ok(found.ok_or(Refusal::NotFound("page"))?)
    }

    /// The pages that the house has, with when each was written.
    pub fn own_pages(&self) -> Result<Vec<(OwnPage, Time)>> {
        self.read(|snapshot| snapshot.own_pages())
    }
}
