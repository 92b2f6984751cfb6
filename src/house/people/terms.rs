//! The terms of the house: published by version, and accepted by people, who cannot bid before they have accepted the
//! newest one. No version is ever changed.

use crate::house::notices::events;
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::refusal::Refusal;
use crate::rules::terms::{self, TermsMark};
use crate::rules::time::Time;
use crate::store::Tx;
use crate::store::log::{Actor, LogLine};
use crate::store::terms::{DatedTerms, StoredTerms};
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::json;

/// The most versions that are listed.
const MAX_LISTED: i64 = 1_000;

/// A version of the terms as programs see it.
#[derive(Clone, Debug, Serialize)]
pub struct TermsView {
    pub version: i64,
    pub hash: String,
    pub at: Time,
    pub text: String,
}

/// A version that a person has accepted.
#[derive(Clone, Debug, Serialize)]
pub struct AcceptedView {
    pub version: i64,
    pub hash: String,
    /// When they accepted it.
    pub at: Time,
}

impl From<StoredTerms> for TermsView {
    fn from(terms: StoredTerms) -> TermsView {
        let StoredTerms { mark, at, text } = terms;
        TermsView { version: mark.version, hash: hex(&mark.hash), at, text }
    }
}

impl House {
    /// Publishes the next version of the terms; whether it is new. The text that is published already stays as it is.
    ///
    /// Refuses `invalid` for what is no such text: see [`terms::read`].
    pub fn publish_terms(&self, file: &[u8]) -> Answer<(TermsView, bool)> {
        let text = terms::read(file).map_err(|words| Refusal::invalid("terms", words))?;
        self.write(move |tx| {
            let (hash, newest) = (terms::hash(&text), tx.terms_mark()?);
            let is_new = newest.is_none_or(|newest| newest.hash != hash);
            if is_new {
                let version = tx.publish_terms(&text, &hash)?;
                let detail = Some(json!({"version": version, "hash": hex(&hash)}));
                tx.log(&LogLine { what: "house.terms", detail, ..LogLine::default() })?;
            }
            let published = tx.terms(None)?.context("they were published in this transaction")?;
            Ok((published.into(), is_new))
        })
    }

    /// This version of the terms, or the newest. Refuses `not_found`.
    pub fn terms(&self, version: Option<i64>) -> Answer<TermsView> {
        let found = self.read(|snapshot| snapshot.terms(version))?;
        Ok(found.ok_or(Refusal::NotFound("version of the terms"))?.into())
    }

    /// The newest version, without its text.
    pub fn terms_mark(&self) -> Result<Option<TermsMark>> {
        self.read(|snapshot| snapshot.terms_mark())
    }

    /// The versions with when each was published, the newest first.
    pub fn terms_versions(&self) -> Result<Vec<DatedTerms>> {
        self.read(|snapshot| snapshot.terms_versions(MAX_LISTED))
    }

    /// The versions that a person has accepted, the oldest first.
    pub fn acceptances(&self, account: AccountId) -> Result<Vec<AcceptedView>> {
        let accepted = self.read(|snapshot| snapshot.acceptances(account, MAX_LISTED))?;
        let view = |DatedTerms { mark, at }: DatedTerms| AcceptedView {
            version: mark.version,
            hash: hex(&mark.hash),
            at,
        };
        Ok(accepted.into_iter().map(view).collect())
    }

    /// Accepts the terms for a person; again changes nothing. Refuses `not_found` in a house without terms, `invalid` for a
    /// version that was never published, and `terms_not_accepted` for one that is no longer the newest.
    pub fn accept_terms(&self, account: AccountId, version: i64) -> Answer<()> {
        self.write(move |tx| {
            let newest = tx.terms_mark()?.ok_or(Refusal::NotFound("version of the terms"))?;
            if !(1..=newest.version).contains(&version) {
                return Err(Refusal::invalid("version", "There is no such version of the terms.").into());
            }
            check_newest(Some(newest), Some(version))?;
            if tx.accepted_at(account, version)?.is_none() {
                tx.act_as(Some(Actor::Account(account)));
                accept(tx, account, version)?;
            }
            Ok(())
        })
    }
}

/// Refuses `terms_not_accepted` unless `accepted` is the newest version; without terms, anything will do.
pub(super) fn check_newest(newest: Option<TermsMark>, accepted: Option<i64>) -> Result<(), Refusal> {
    match newest.filter(|newest| accepted != Some(newest.version)) {
        Some(TermsMark { version, hash }) => Err(Refusal::TermsNotAccepted { version, hash }),
        None => Ok(()),
    }
}

/// Records that a person has accepted the newest version. The event makes sure that no later bid is dated before it, whatever
/// the clock does meanwhile.
pub(super) fn accept(tx: &Tx<'_>, account: AccountId, version: i64) -> Result<()> {
    tx.accept_terms(account, version)?;
    events::funds(tx, account)?;
    Ok(())
}
