//! The house's own texts as its pages show them, rendered once for each change and kept in memory: every page leads to those
//! that there are.

use super::markdown;
use crate::house::{House, unless_refused};
use crate::rules::hash::hex;
use crate::rules::time::Time;
use crate::store::own_pages::OwnPage;
use crate::text::brief::first_paragraph;
use anyhow::Result;
use std::sync::Arc;

/// What the house has written.
#[derive(Clone, Debug, Default)]
pub struct OwnTexts {
    /// The newest version of the terms.
    pub terms: Option<ShownTerms>,
    /// The pages that there are, in the order of [`OwnPage::ALL`].
    pub pages: Vec<ShownPage>,
}

/// A version of the terms as a page shows it.
#[derive(Clone, Debug)]
pub struct ShownTerms {
    pub version: i64,
    pub hash: String,
    pub at: Time,
    pub html: Arc<str>,
}

/// A page that the house has written.
#[derive(Clone, Debug)]
pub struct ShownPage {
    pub page: OwnPage,
    pub at: Time,
    pub html: Arc<str>,
    /// Its first paragraph.
    pub brief: Arc<str>,
}

impl OwnTexts {
    /// The texts as they are now; those of `before` that have not changed are not rendered again.
    pub fn of(house: &House, before: &OwnTexts) -> Result<OwnTexts> {
        let newest = house.terms_mark()?.map(|mark| mark.version);
        let terms = match (newest, &before.terms) {
            (None, _) => None,
            (Some(version), Some(known)) if known.version == version => Some(known.clone()),
            (Some(version), _) => shown_terms(house, version)?,
        };
        let (there, mut pages) = (house.own_pages()?, Vec::new());
        for page in OwnPage::ALL {
            let Some((_, at)) = there.iter().find(|(known, _)| *known == page) else {
                continue;
            };
            let known = before.pages.iter().find(|known| known.page == page && known.at == *at);
            match known {
                Some(known) => pages.push(known.clone()),
                None => pages.extend(shown_page(house, page)?),
            }
        }
        Ok(OwnTexts { terms, pages })
    }

    /// The paths to which the foot of every page leads, without their slash.
    pub fn names(&self) -> Vec<&'static str> {
        let pages = self.pages.iter().map(|shown| shown.page.name());
        pages.chain(self.terms.as_ref().map(|_| "terms")).collect()
    }

    /// The first paragraph of a page, if the house has written it.
    pub fn brief(&self, page: OwnPage) -> Option<Arc<str>> {
        self.pages.iter().find(|shown| shown.page == page).map(|shown| shown.brief.clone())
    }

    /// Whether both are the same texts.
    pub fn is_same(&self, other: &OwnTexts) -> bool {
        let version = |texts: &OwnTexts| texts.terms.as_ref().map(|terms| terms.version);
        let pages =
            |texts: &OwnTexts| texts.pages.iter().map(|page| (page.page, page.at)).collect::<Vec<_>>();
        version(self) == version(other) && pages(self) == pages(other)
    }
}

/// A version of the terms, rendered; none if there is no such version.
pub fn shown_terms(house: &House, version: i64) -> Result<Option<ShownTerms>> {
    let found = house.read(|snapshot| snapshot.terms(Some(version)))?;
    Ok(found.map(|terms| ShownTerms {
        version,
        hash: hex(&terms.mark.hash),
        at: terms.at,
        html: markdown::clean(&terms.text).into(),
    }))
}

fn shown_page(house: &House, page: OwnPage) -> Result<Option<ShownPage>> {
    let found = unless_refused(house.own_page(page))?;
    Ok(found.map(|(text, at)| ShownPage {
        page,
        at,
        html: markdown::clean(&text).into(),
        brief: first_paragraph(&text).into(),
    }))
}
