//! Where somebody who closes their account is named, and how it is taken out. The long search comes before the lock; with
//! the lock held, only what it found is read again, and what is new is searched.

use crate::house::people::former::Former;
use crate::rules::desk::PassId;
use crate::rules::listing::AccountId;
use crate::rules::notice::Channel;
use crate::rules::time::Time;
use crate::store::closing::HeldDelivery;
use crate::store::events::LastEvent;
use crate::store::{Snapshot, Tx};
use anyhow::Result;

/// The most events in memory at a time.
const MAX_EVENTS: usize = 1_000;

/// What names them.
pub(super) struct Found {
    /// Up to here all was searched. Whatever is written later has a time that is not before this event's.
    last: LastEvent,
    events: Vec<i64>,
    answers: Vec<(AccountId, String)>,
    desk_answers: Vec<(PassId, String)>,
    deliveries: Vec<i64>,
}

impl Found {
    /// Searches everything.
    pub fn of(snapshot: &Snapshot<'_>, former: &Former) -> Result<Found> {
        Found::after(snapshot, former, LastEvent { id: 0, at: Time(i64::MIN) })
    }

    fn after(snapshot: &Snapshot<'_>, former: &Former, known: LastEvent) -> Result<Found> {
        let texts = former.texts_in_json();
        let mut answers = snapshot.answers_with(known.at, former.id, &texts)?;
        answers.retain(|answer| former.without(&answer.body).is_some());
        let mut desk_answers = snapshot.desk_answers_with(known.at, &texts)?;
        desk_answers.retain(|answer| former.without(&answer.body).is_some());
        let texts = [texts, former.texts().to_vec()].concat();
        let deliveries = snapshot.deliveries_with(known.at, former.id, &texts)?.into_iter();
        Ok(Found {
            last: snapshot.last_event()?,
            events: events_naming(snapshot, former, known.id)?,
            answers: answers.into_iter().map(|answer| (answer.of, answer.key)).collect(),
            desk_answers: desk_answers.into_iter().map(|answer| (answer.of, answer.key)).collect(),
            deliveries: deliveries.filter_map(|held| clean(former, held)).map(|held| held.id).collect(),
        })
    }

    /// Takes them out of all that was found, and of what was written since.
    pub fn scrub(self, tx: &Tx<'_>, former: &Former) -> Result<()> {
        // Events that were begun anew meanwhile have other ids.
        let id = if tx.last_event()?.id < self.last.id { 0 } else { self.last.id };
        let new = Found::after(tx, former, LastEvent { id, at: self.last.at })?;
        for found in [self, new] {
            scrub_events(tx, former, &found.events)?;
            scrub_answers(tx, former, &found)?;
            scrub_deliveries(tx, former, &found.deliveries)?;
        }
        former.emails().iter().try_for_each(|email| tx.clear_fault(email))
    }
}

fn events_naming(snapshot: &Snapshot<'_>, former: &Former, after: i64) -> Result<Vec<i64>> {
    let ids = snapshot.events_with(after, &former.names_in_json())?;
    let mut found = Vec::new();
    for ids in ids.chunks(MAX_EVENTS) {
        let events = snapshot.events(ids)?.into_iter();
        found.extend(events.filter(|event| former.may_be_named_in(event)).map(|event| event.id));
    }
    Ok(found)
}

fn scrub_events(tx: &Tx<'_>, former: &Former, ids: &[i64]) -> Result<()> {
    for event in tx.events(ids)? {
        if let Some(data) = former.without_in(tx, &event)? {
            tx.set_event_data(event.id, &data)?;
        }
    }
    Ok(())
}

fn scrub_answers(tx: &Tx<'_>, former: &Former, found: &Found) -> Result<()> {
    for (account, key) in &found.answers {
        let Some(mut answer) = tx.answer_to(*account, key)? else { continue };
        if let Some(body) = former.without(&answer.body) {
            answer.body = body;
            tx.set_answer_body(&answer)?;
        }
    }
    for (pass, key) in &found.desk_answers {
        let Some(mut answer) = tx.desk_answer_to(*pass, key)? else { continue };
        if let Some(body) = former.without(&answer.body) {
            answer.body = body;
            tx.set_desk_answer_body(&answer)?;
        }
    }
    Ok(())
}

/// Takes the person out of what others were sent. Of a mail or a push that was sent already, and names them, no text
/// stays.
fn scrub_deliveries(tx: &Tx<'_>, former: &Former, ids: &[i64]) -> Result<()> {
    for id in ids {
        if let Some(clean) = tx.held_delivery(*id)?.and_then(|held| clean(former, held)) {
            tx.set_delivery_texts(&clean)?;
        }
    }
    Ok(())
}

/// The delivery without them; `None` if it does not name them. One that may still go says the rest as before.
fn clean(former: &Former, held: HeldDelivery) -> Option<HeldDelivery> {
    let fault = held.fault.as_deref().map(|fault| former.without_in_text(fault));
    let subject = match held.channel {
        Channel::Mail => former.without_in_text(&held.subject),
        Channel::Webhook | Channel::Push => held.subject.clone(),
    };
    let body = match held.channel {
        Channel::Mail => Some(former.without_in_text(&held.body)),
        Channel::Webhook => former.without(&held.body),
        Channel::Push => former.without_in_push(&held.body),
    };
    let body = body.unwrap_or_else(|| held.body.clone());
    let is_named = subject != held.subject || body != held.body;
    if is_named && held.is_sent && held.channel != Channel::Webhook {
        return Some(HeldDelivery { subject: String::new(), body: String::new(), fault, ..held });
    }
    (is_named || fault != held.fault).then_some(HeldDelivery { subject, body, fault, ..held })
}
