//! Closing one's account. The books stay: bids, purchases, sales and money keep their account, which is called a former
//! member from then on. All else of the person is forgotten.

use crate::house::bought::Unpaid;
use crate::house::people::former::Former;
use crate::house::people::password::{self, Verdict};
use crate::house::{Answer, House};
use crate::rules::listing::AccountId;
use crate::rules::names;
use crate::rules::refusal::{InUse, Refusal};
use crate::store::accounts::{Account, AccountState};
use crate::store::closing::HeldDelivery;
use crate::store::log::{Actor, LogLine};
use crate::store::sessions::TokenHash;
use crate::store::{Snapshot, Tx};
use anyhow::Result;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// What was there before the account was closed: the long search is made before the lock is held.
struct Searched {
    /// The events up to here were searched.
    through: i64,
    /// Those that may name the person.
    events: BTreeSet<i64>,
}

impl House {
    /// Closes an account for its owner, who has given the password; an account without one takes none. Returns the
    /// sessions that ended.
    ///
    /// Refuses `in_use` while the account leads, owes, is owed, or sells something that is open or a lot of a draft;
    /// `invalid` for a wrong password.
    pub fn close_own(&self, id: AccountId, typed: Option<&str>) -> Answer<Vec<TokenHash>> {
        let account = self.open_account_of(id)?;
        self.answer(|snapshot| check_unused(snapshot, id))?;
        let hash = account.password_hash.clone();
        if hash.is_some() && password::verify(typed.unwrap_or_default(), hash.as_deref()) == Verdict::Wrong {
            return Err(Refusal::WrongPassword("password").into());
        }
        let searched = self.search_events(&account)?;
        let ended = self.write(move |tx| {
            tx.act_as(Some(Actor::Account(id)));
            let account = tx.account(id)?.filter(|account| account.state != AccountState::Closed);
            let account = account.ok_or(Refusal::AccountClosed)?;
            if account.password_hash != hash {
                return Err(Refusal::WrongPassword("password").into());
            }
            check_unused(tx, id)?;
            Ok(close(tx, &account, searched)?)
        })?;
        self.has_to_erase.store(true, Ordering::SeqCst);
        self.erase_log()?;
        Ok(ended)
    }

    /// Empties the write-ahead log, if it may hold something of a closed account. A background task tries again while
    /// readers keep it busy.
    pub(in crate::house) fn erase_log(&self) -> Result<()> {
        if self.has_to_erase.load(Ordering::SeqCst) && self.conn()?.empty_log()? {
            self.has_to_erase.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    fn open_account_of(&self, id: AccountId) -> Answer<Account> {
        let account = self.read(|snapshot| snapshot.account(id))?;
        let account = account.filter(|account| account.state != AccountState::Closed);
        Ok(account.ok_or(Refusal::AccountClosed)?)
    }

    /// Looks through the events, which takes a while in a large house. No request's budget holds for it.
    fn search_events(&self, account: &Account) -> Result<Searched> {
        self.conn()?.read(|snapshot| {
            let former = Former::of(snapshot, account, String::new())?;
            let last = snapshot.last_event()?;
            Ok(Searched { through: last.id, events: events_naming(snapshot, &former, 0)? })
        })
    }
}

/// Refuses `in_use` with the first reason that there is.
fn check_unused(snapshot: &Snapshot<'_>, id: AccountId) -> Answer<()> {
    let balance = snapshot.purse(id)?.balance;
    let why = match () {
        () if snapshot.leads(id)? => InUse::Leads,
        () if balance < 0 || Unpaid::of(snapshot, id)?.total() > 0 => InUse::Owes,
        () if balance > 0 => InUse::IsOwed,
        () if snapshot.sells(id)? => InUse::Sells,
        () => return Ok(()),
    };
    Err(Refusal::AccountInUse(why).into())
}

fn close(tx: &Tx<'_>, account: &Account, searched: Searched) -> Result<Vec<TokenHash>> {
    tx.erase()?;
    let id = account.id;
    let former = Former::of(tx, account, next_name(tx)?)?;
    let ended = tx.sessions_of(id, tx.now)?.into_iter().map(|session| session.token).collect();
    scrub_events(tx, &former, searched)?;
    tx.close_account(id)?;
    tx.set_credit_limit(id, 0)?;
    tx.set_name(id, &former.called)?;
    scrub_answers(tx, &former)?;
    scrub_deliveries(tx, &former)?;
    tx.log(&LogLine { what: "account.close", account: Some(id), ..LogLine::default() })?;
    tx.erase_less()?;
    Ok(ended)
}

/// `former member N`: in the order in which accounts are closed. A house may have had members of such a name.
fn next_name(tx: &Tx<'_>) -> Result<String> {
    let mut n = tx.n_closed()? + 1;
    while !tx.accounts_named(&names::former(n))?.is_empty() {
        n += 1;
    }
    Ok(names::former(n))
}

fn events_naming(snapshot: &Snapshot<'_>, former: &Former, after: i64) -> Result<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    for trace in former.traces_in_json() {
        found.extend(snapshot.events_with(after, &trace)?);
    }
    Ok(found)
}

fn scrub_events(tx: &Tx<'_>, former: &Former, searched: Searched) -> Result<()> {
    let Searched { through, mut events } = searched;
    // Events that were begun anew meanwhile have other ids.
    let after = if tx.last_event()?.id < through { 0 } else { through };
    events.extend(events_naming(tx, former, after)?);
    for event in tx.events(&events.into_iter().collect::<Vec<_>>())? {
        if let Some(data) = former.without_in(tx, &event)? {
            tx.set_event_data(event.id, &data)?;
        }
    }
    Ok(())
}

fn scrub_answers(tx: &Tx<'_>, former: &Former) -> Result<()> {
    for trace in former.traces_in_json() {
        for mut answer in tx.answers_with(&trace)? {
            if let Some(body) = former.without(&answer.body) {
                answer.body = body;
                tx.set_answer_body(&answer)?;
            }
        }
        for mut answer in tx.desk_answers_with(&trace)? {
            if let Some(body) = former.without(&answer.body) {
                answer.body = body;
                tx.set_desk_answer_body(&answer)?;
            }
        }
    }
    Ok(())
}

/// Takes the person out of what others were sent. Of a mail that was sent already, and names them, no text stays.
fn scrub_deliveries(tx: &Tx<'_>, former: &Former) -> Result<()> {
    for trace in former.traces().map(str::to_owned).chain(former.traces_in_json()).collect::<BTreeSet<_>>() {
        for delivery in tx.deliveries_with(&trace)? {
            if let Some(clean) = clean(former, delivery) {
                tx.set_delivery_texts(&clean)?;
            }
        }
    }
    former.email().map_or(Ok(()), |email| tx.clear_fault(email))
}

fn clean(former: &Former, delivery: HeldDelivery) -> Option<HeldDelivery> {
    let fault = delivery.fault.as_deref().map(|fault| former.without_in_text(fault));
    if delivery.is_webhook {
        let body = former.without(&delivery.body);
        let is_clean = body.is_none() && fault == delivery.fault;
        let body = body.unwrap_or_else(|| delivery.body.clone());
        return (!is_clean).then_some(HeldDelivery { body, fault, ..delivery });
    }
    let is_named = former.is_named_in(&delivery.subject) || former.is_named_in(&delivery.body);
    if !is_named && fault == delivery.fault {
        return None;
    }
    let text = |text: &str| match delivery.is_waiting {
        true => former.without_in_text(text),
        false if is_named => String::new(),
        false => text.to_owned(),
    };
    let (subject, body) = (text(&delivery.subject), text(&delivery.body));
    Some(HeldDelivery { subject, body, fault, ..delivery })
}
