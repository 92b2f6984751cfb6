//! The audit of the terms: no version is missing or altered, nobody accepted one before it was published, and each bid names
//! the version that was the newest when it was made and that its bidder had accepted by then.
//!
//! A publication never comes before an event, an acceptance leaves one, and no write comes before an event or a publication:
//! so none of these times depends on a clock that is put back. Two writes may have the same instant.

use crate::rules::bidding::BidKind;
use crate::rules::listing::AccountId;
use crate::rules::terms::hash;
use crate::rules::time::Time;
use crate::store::Snapshot;
use crate::store::bids::StoredBid;
use crate::store::terms::DatedTerms;
use anyhow::Result;
use std::collections::HashMap;

/// What is wrong with the versions of the terms or with who accepted them, if anything.
pub(in crate::house) fn check(snapshot: &Snapshot<'_>) -> Result<Option<String>> {
    let mut before: Option<DatedTerms> = None;
    for terms in snapshot.audited_terms()? {
        let version = terms.mark.version;
        let due = before.map_or(1, |before| before.mark.version + 1);
        if version != due {
            return Ok(Some(format!("terms: version {due} is missing")));
        }
        if hash(&terms.text) != terms.mark.hash {
            return Ok(Some(format!("terms: the hash of version {version} is not that of its text")));
        }
        if before.is_some_and(|before| terms.at < before.at) {
            return Ok(Some(format!(
                "terms: version {version} was published before version {}",
                version - 1
            )));
        }
        before = Some(DatedTerms { mark: terms.mark, at: terms.at });
    }
    if let Some((account, version)) = snapshot.early_acceptance()? {
        return Ok(Some(format!("account {account}: it accepted version {version} of the terms too early")));
    }
    let misaccepted = snapshot.misaccepted()?;
    Ok(misaccepted.map(|wrong| {
        let shown = |version: Option<i64>| version.map_or("none".to_owned(), |version| version.to_string());
        let (stored, due) = (shown(wrong.stored), shown(wrong.due));
        format!(
            "account {}: the version of the terms that it accepted last is {stored}, must be {due}",
            wrong.account
        )
    }))
}

/// Checks the terms of bids, one after the other.
pub(in crate::house) struct BidTerms<'s, 'c> {
    snapshot: &'s Snapshot<'c>,
    /// When each version was published, from version 1 on.
    published: Vec<Time>,
    accepted: HashMap<(AccountId, i64), Option<Time>>,
}

impl<'s, 'c> BidTerms<'s, 'c> {
    pub(in crate::house) fn of(snapshot: &'s Snapshot<'c>) -> Result<BidTerms<'s, 'c>> {
        let mut published: Vec<Time> =
            snapshot.terms_versions(i64::MAX)?.into_iter().map(|version| version.at).collect();
        published.reverse();
        Ok(BidTerms { snapshot, published, accepted: HashMap::new() })
    }

    /// What is wrong with the terms of this bid, if anything.
    pub(in crate::house) fn fault(&mut self, bid: &StoredBid) -> Result<Option<String>> {
        let words = match bid.terms {
            _ if self.published.is_empty() => return Ok(None),
            Some(terms) => self.fault_in_version(bid, terms.version)?,
            None if is_own(bid) && self.published[0] < bid.at => {
                Some("no terms were accepted for it".to_owned())
            }
            None => None,
        };
        Ok(words.map(|words| format!("bid {}: {words}", bid.seq)))
    }

    fn fault_in_version(&mut self, bid: &StoredBid, version: i64) -> Result<Option<String>> {
        if !is_own(bid) {
            return Ok(Some("it names terms, and its bidder did not make it by themselves".to_owned()));
        }
        let at = |version: i64| self.published.get(usize::try_from(version - 1).ok()?).copied();
        if at(version).is_none_or(|at| at > bid.at) {
            return Ok(Some(format!("version {version} of the terms was published after it")));
        }
        if at(version + 1).is_some_and(|at| at < bid.at) {
            return Ok(Some(format!("version {version} of the terms was no longer the newest")));
        }
        let accepted_at = match self.accepted.get(&(bid.bidder, version)) {
            Some(known) => *known,
            None => {
                let at = self.snapshot.accepted_at(bid.bidder, version)?;
                self.accepted.insert((bid.bidder, version), at);
                at
            }
        };
        let is_accepted = accepted_at.is_some_and(|at| at <= bid.at);
        Ok((!is_accepted).then(|| format!("its bidder had not accepted version {version} of the terms")))
    }
}

/// Whether the bidder made it themselves: neither the house for them, nor the desk.
fn is_own(bid: &StoredBid) -> bool {
    bid.kind != BidKind::Automatic && bid.desk.is_none()
}
