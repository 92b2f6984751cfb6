//! Tells who watches a listing or has bid on it that it closes soon, once for each mark that passes: see
//! [`crate::rules::ending`]. Only a running server does; nothing of it is in the transaction of a bid or a settlement.

use crate::house::House;
use crate::house::notices::telling::{MAX_PEOPLE, Rest, chunk, rest_after};
use crate::rules::ending::{self, BEFORE_S};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::notice::{About, NoticeKind};
use crate::rules::time::Time;
use crate::store::telling::ClosingSoon;
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result};
use std::time::Instant;

/// The most listings read at a time.
const PAGE: i64 = 1_000;
/// The most listings told of in one transaction.
const MAX_LISTINGS: usize = 100;
/// How often everything that closes within the quarter of an hour is looked at again. In between only what has newly
/// come so near is, since a close never moves to before it.
const ANEW_S: i64 = 60;

/// How far a server has looked, in the order of the closes.
#[derive(Debug)]
pub struct Lookout {
    seen: (Time, ListingId),
    /// When it began at the front last.
    anew_at: Option<Time>,
}

impl Default for Lookout {
    fn default() -> Lookout {
        Lookout { seen: (Time::default(), ListingId(0)), anew_at: None }
    }
}

/// The people who are to be told of one close.
struct Plan {
    listing: ListingId,
    closes_at: Time,
    /// The account up to which others have told all; none if this begins anew.
    from: Option<AccountId>,
    people: Vec<AccountId>,
}

/// A plan's part of one transaction.
struct Share {
    listing: ListingId,
    closes_at: Time,
    from: Option<AccountId>,
    through: Option<AccountId>,
    people: Vec<AccountId>,
}

impl House {
    /// Writes the notices `ending` that are due, and rests between two transactions as `rest` says; ends early if that says
    /// so. Returns how many people were told. While no channel is open, nobody is told and nothing is written.
    pub fn tell_ending(&self, lookout: &mut Lookout, rest: Rest<'_>) -> Result<usize> {
        if self.read(|snapshot| snapshot.channels())?.is_empty() {
            return Ok(0);
        }
        let mut n_told = 0;
        lookout.begin(self.now());
        loop {
            let now = self.now();
            let page = self
                .read(|snapshot| snapshot.closing_soon(lookout.seen, now.plus_s(BEFORE_S), PAGE))
                .context("look for what closes soon")?;
            let Some(last) = page.last().map(|last| (last.closes_at, last.listing)) else {
                return Ok(n_told);
            };
            let mut plans = Vec::new();
            for soon in &page {
                plans.extend(self.read(|snapshot| self.plan(snapshot, soon, now))?);
            }
            let (n, goes_on) = self.tell_plans(&plans, rest)?;
            n_told += n;
            if !goes_on {
                return Ok(n_told);
            }
            lookout.seen = last;
        }
    }

    /// Whom to tell of this close now; none if it is not due, or all have been told.
    fn plan(&self, snapshot: &Snapshot<'_>, soon: &ClosingSoon, now: Time) -> Result<Option<Plan>> {
        let ClosingSoon { listing: id, closes_at, told } = *soon;
        let under_way = told.and_then(|told| told.told_through);
        if under_way.is_none() && told.is_some_and(|told| told.closes_at == closes_at) {
            return Ok(None);
        }
        let listing = self.listing(snapshot, id)?.with_context(|| format!("listing {id} is gone"))?;
        let (bids, changes) = snapshot.close_history(id)?;
        let opened_at = listing.created_at.max(listing.opens_at().unwrap_or_default());
        let told_at = told.map(|told| told.at);
        let is_due = ending::is_due(opened_at, listing.first_closes_at, &changes, told_at, now);
        let (from, last_at) = match (is_due, under_way) {
            (true, _) => (None, told_at),
            (false, Some(through)) => (Some(through), told.and_then(|told| told.before_at)),
            (false, None) => return Ok(None),
        };
        let leader = snapshot.standing(id)?.standing.lead.map(|lead| lead.bidder);
        let is_as_before = |leader: AccountId| !ending::has_changed_for(&bids, leader, last_at);
        let left_out = [Some(listing.seller), leader.filter(|leader| is_as_before(*leader))];
        let mut people = snapshot.watchers_and_bidders(id, from.unwrap_or(AccountId(0)))?;
        people.retain(|person| !left_out.contains(&Some(*person)));
        Ok(Some(Plan { listing: id, closes_at, from, people }))
    }

    /// Tells the people of these plans. Returns how many, and whether to go on.
    fn tell_plans(&self, plans: &[Plan], rest: Rest<'_>) -> Result<(usize, bool)> {
        let mut n_told = 0;
        for shares in in_transactions(plans) {
            let (begun, n) = (Instant::now(), shares.iter().map(|share| share.people.len()).sum::<usize>());
            self.write(move |tx| Ok(tell(tx, &shares)?))?;
            n_told += n;
            if !rest(rest_after(begun.elapsed())) {
                return Ok((n_told, false));
            }
        }
        Ok((n_told, true))
    }
}

impl Lookout {
    /// Begins at the front if that is due, or if the clock was put back.
    fn begin(&mut self, now: Time) {
        let is_due = |anew_at: Time| !(0..ANEW_S * 1_000).contains(&now.ms_since(anew_at));
        if self.anew_at.is_none_or(is_due) {
            *self = Lookout { seen: (now, ListingId(i64::MAX)), anew_at: Some(now) };
        }
    }
}

/// The parts of these plans that share a transaction, in order.
fn in_transactions(plans: &[Plan]) -> Vec<Vec<Share>> {
    let (mut all, mut shares, mut room) = (Vec::new(), Vec::new(), MAX_PEOPLE);
    for plan in plans {
        let (mut left, mut from) = (plan.people.as_slice(), plan.from);
        loop {
            let (now, later, through) = chunk(left, room);
            let Plan { listing, closes_at, .. } = *plan;
            shares.push(Share { listing, closes_at, from, through, people: now.to_vec() });
            room -= now.len();
            if room == 0 || shares.len() == MAX_LISTINGS {
                all.push(std::mem::take(&mut shares));
                room = MAX_PEOPLE;
            }
            if later.is_empty() {
                break;
            }
            (left, from) = (later, through);
        }
    }
    if !shares.is_empty() {
        all.push(shares);
    }
    all
}

fn tell(tx: &Tx<'_>, shares: &[Share]) -> Result<()> {
    for share in shares {
        let is_ours = match share.from {
            None => tx.begin_ending(share.listing, share.closes_at, share.through).map(|()| true)?,
            Some(from) => tx.go_on_ending(share.listing, from, share.through)?,
        };
        if is_ours && !share.people.is_empty() {
            tx.notify_all(NoticeKind::Ending, &share.people, About::Listing(share.listing))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_has_a_limit_of_people_and_of_listings() {
        let plan = |listing: i64, n: i64| Plan {
            listing: ListingId(listing),
            closes_at: Time(0),
            from: None,
            people: (1..=n).map(AccountId).collect(),
        };
        let sizes = |plans: &[Plan]| -> Vec<(usize, usize)> {
            let size =
                |shares: &Vec<Share>| (shares.len(), shares.iter().map(|share| share.people.len()).sum());
            in_transactions(plans).iter().map(size).collect()
        };
        assert_eq!(sizes(&[]), []);
        assert_eq!(sizes(&[plan(1, 3), plan(2, 0), plan(3, 5)]), [(3, 8)]);
        assert_eq!(sizes(&[plan(1, 150), plan(2, 100), plan(3, 1)]), [(2, 200), (2, 51)]);
        assert_eq!(sizes(&[plan(1, 200), plan(2, 401)]), [(1, 200), (1, 200), (1, 200), (1, 1)]);
        let quiet: Vec<Plan> = (1..=150).map(|listing| plan(listing, 0)).collect();
        assert_eq!(sizes(&quiet), [(100, 0), (50, 0)]);
        let parts = in_transactions(&[plan(1, 401)]);
        let ways: Vec<_> = parts.iter().flatten().map(|share| (share.from, share.through)).collect();
        let at = |n: i64| Some(AccountId(n));
        assert_eq!(ways, [(None, at(200)), (at(200), at(400)), (at(400), None)]);
    }
}
