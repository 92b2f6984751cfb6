//! Pushes: the notices that wait for a person are made deliveries, one for each of their browsers, and each is tried until
//! its push service takes it, the browser is gone, or nobody needs it any more.
//!
//! As with mail, gathering and recording are transactions, and the sending happens between them.

use crate::house::notices::house_texts::HouseTexts;
use crate::house::notices::notice::Notice;
use crate::house::notices::outbox::{
    FIRST_BACK_OFF_MS, Letter, MAX_FAULT_CHARS, MOST_BACK_OFF_MS, Parcel, Round, Trouble,
};
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, NoticeKind, back_off_ms};
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::Tx;
use crate::store::outbox::{DeliveryState, NewDelivery};
use crate::store::push::{Push, Subscription};
use anyhow::Result;

/// The most people whose pushes are made in one transaction.
const MAX_PEOPLE: i64 = 50;
/// The most notices that are looked at for one person at a time.
const MAX_NOTICES: i64 = 100;
/// So many notices are pushed one by one; more of them together, in one push.
const MAX_ONE_BY_ONE: usize = 3;
/// The most deliveries that wait for one browser; older ones make room.
const MAX_WAITING: i64 = 20;
/// Nothing more is gathered while so many deliveries are due. Notices wait as such, free of duplicates.
const MAX_DUE: i64 = 1_000;
/// The most deliveries that are sent before their outcomes are recorded, in one transaction.
pub const BATCH: i64 = 64;

/// How a try to push has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    Accepted,
    /// The push service no longer knows the browser.
    Gone,
    /// It came too late to be of use, and was not sent.
    Late,
    /// Its push service rests for so long; nothing was tried.
    PutOff {
        ms: i64,
    },
    Failed(Trouble),
}

impl NoticeKind {
    /// How long a push of this kind is of use, in seconds: a push service that has not reached the browser by then drops
    /// it, and so does the house.
    pub fn push_life_s(self) -> i64 {
        match self {
            NoticeKind::Ending => 15 * 60,
            NoticeKind::Outbid | NoticeKind::Extended | NoticeKind::Opens => 4 * 3_600,
            NoticeKind::Won | NoticeKind::Sold | NoticeKind::Unsold | NoticeKind::Cancelled => 24 * 3_600,
            NoticeKind::Funds | NoticeKind::Bill | NoticeKind::Pending => 24 * 3_600,
        }
    }

    /// Whether a push of this kind is worth waking a sleeping phone for.
    pub fn is_urgent(self) -> bool {
        matches!(self, NoticeKind::Outbid | NoticeKind::Ending | NoticeKind::Won)
    }
}

/// The kind that the tag of a push begins with; none for several notices at once, or a test.
pub fn kind_of(tag: &str) -> Option<NoticeKind> {
    NoticeKind::of(tag.split_once('-')?.0)
}

/// How long a push with this tag is of use, in seconds.
pub fn life_s(tag: &str) -> i64 {
    kind_of(tag).map_or(4 * 3_600, NoticeKind::push_life_s)
}

impl House {
    /// Makes deliveries of the notices that wait to be pushed, or drops all while the house sends no pushes, of up to [`MAX_PEOPLE`] people. `compose` writes one: its
    /// subject is the tag. Returns whether any were made.
    pub fn gather_pushes(
        &self,
        _: &Round,
        compose: impl Fn(&Parcel<'_>) -> Letter + Send + 'static,
    ) -> Result<bool> {
        let now = self.now();
        let is_due = self.read(|snapshot| {
            Ok(snapshot.n_pushes_due(now, MAX_DUE)? < MAX_DUE && !snapshot.people_to_push(1)?.is_empty())
        })?;
        if !is_due {
            return Ok(false);
        }
        Ok(self.write(move |tx| {
            let settings = Settings::of(tx)?;
            if !settings.push {
                tx.forget_notices(Channel::Push)?;
                tx.drop_all_pushes()?;
                return Ok(false);
            }
            for person in tx.people_to_push(MAX_PEOPLE)? {
                gather_of(tx, &settings, person, &compose)?;
            }
            Ok(true)
        })?)
    }

    /// The deliveries to try now, at most [`BATCH`].
    pub fn pushes_due(&self, _: &Round) -> Result<Vec<Push>> {
        let now = self.now();
        self.read(|snapshot| match Settings::of(snapshot)?.push {
            true => snapshot.pushes_due(now, BATCH),
            false => Ok(Vec::new()),
        })
    }

    /// Records how tries have ended, all in one transaction.
    pub fn record_pushes(&self, _: &Round, tried: Vec<(Push, Pushed)>) -> Result<()> {
        let mut chance = [0];
        getrandom::fill(&mut chance)?;
        Ok(self.write(move |tx| {
            for (push, pushed) in &tried {
                record(tx, push, pushed, chance[0])?;
            }
            let fault = tried.iter().find_map(|(_, pushed)| match pushed {
                Pushed::Failed(trouble) => Some(trouble.words()),
                _ => None,
            });
            match fault {
                // The channel itself never rests: other push services may well answer.
                Some(words) => tx.rest(Channel::Push, tx.now, &shortened(words))?,
                None if tried.iter().any(|(_, pushed)| *pushed == Pushed::Accepted) => {
                    tx.go_on(Channel::Push)?
                }
                None => {}
            }
            Ok(())
        })?)
    }

    /// Has a push of this payload go to each of a person's browsers, to show them that it arrives. Returns to how many.
    pub fn try_push(&self, account: AccountId, payload: &str) -> Answer<usize> {
        let letter = Letter { subject: "test".into(), body: payload.to_owned(), html: None };
        self.write(move |tx| {
            let mut subscriptions = tx.push_subscriptions_of(account)?;
            if !Settings::of(tx)?.push {
                subscriptions.clear();
            }
            for subscription in &subscriptions {
                let key = new_key()?;
                deliver(tx, account, subscription, &letter, (&key, 1, tx.now))?;
            }
            Ok(subscriptions.len())
        })
    }

    /// How pushes stand; nothing while no browser has subscribed.
    pub(in crate::house) fn check_push(&self) -> Result<Option<Finding>> {
        const NAME: &str = "push";
        let (n, channels) =
            self.read(|snapshot| Ok((snapshot.n_push_subscriptions()?, snapshot.channels()?)))?;
        if let Err(error) = self.push_key() {
            let what_to_do = "restore the house from a backup";
            return Ok(Some(Finding::bad(NAME, format!("{error:#}"), what_to_do)));
        }
        if n == 0 {
            return Ok(None);
        }
        let browsers = if n == 1 { "1 browser is".to_owned() } else { format!("{n} browsers are") };
        let words = format!("{browsers} notified by push");
        let open = channels.into_iter().find(|open| open.channel == Channel::Push);
        Ok(Some(match open.and_then(|open| open.fault) {
            Some(fault) => {
                let words = format!("{words}; the last fault: {fault}");
                Finding::advice(
                    NAME,
                    words,
                    "it is tried again by itself; see that push services can be reached",
                )
            }
            None => Finding::good(NAME, words),
        }))
    }
}

/// Makes the deliveries of what waits for one person.
fn gather_of(
    tx: &Tx<'_>,
    settings: &Settings,
    person: AccountId,
    compose: &impl Fn(&Parcel<'_>) -> Letter,
) -> Result<()> {
    let (language, wanted) = tx.pushed_to(person)?;
    let mut notices = Vec::new();
    for noted in tx.notices_to_push(person, MAX_NOTICES)? {
        tx.forget_notice(Channel::Push, &noted)?;
        if wanted.has(noted.kind) {
            notices.extend(Notice::of(tx, settings, &noted)?);
        }
    }
    let subscriptions = tx.push_subscriptions_of(person)?;
    let parcels = if notices.len() > MAX_ONE_BY_ONE { notices.len() } else { 1 };
    for notices in notices.chunks(parcels) {
        let Some(since) = notices.iter().map(|notice| notice.at).min() else {
            continue;
        };
        for subscription in &subscriptions {
            let key = new_key()?;
            let parcel = Parcel {
                channel: Channel::Push,
                key: &key,
                made_at: tx.now,
                settings,
                language: language.as_deref(),
                notices,
                texts: HouseTexts::default(),
            };
            deliver(tx, person, subscription, &compose(&parcel), (&key, notices.len(), since))?;
        }
    }
    Ok(())
}

fn new_key() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Makes one delivery, in the place of an older one with the same tag.
fn deliver(
    tx: &Tx<'_>,
    account: AccountId,
    subscription: &Subscription,
    letter: &Letter,
    (key, n_notices, since): (&str, usize, Time),
) -> Result<()> {
    tx.replace_push(subscription.id, &letter.subject, MAX_WAITING - 1)?;
    tx.make_delivery(&NewDelivery {
        key,
        channel: Channel::Push,
        account: Some(account),
        email: None,
        subject: &letter.subject,
        body: &letter.body,
        html: None,
        link: None,
        subscription: Some(subscription.id),
        n_notices,
        since,
    })
}

fn record(tx: &Tx<'_>, push: &Push, pushed: &Pushed, chance: u8) -> Result<()> {
    match pushed {
        Pushed::Accepted => tx.set_delivery(push.id, DeliveryState::Sent, tx.now, None).map(drop),
        Pushed::Gone => tx.forget_push_subscription(push.subscription.id),
        Pushed::Late => tx.drop_push(push.id),
        Pushed::PutOff { ms } => tx.put_push_off(push.id, tx.now.plus_ms(*ms)),
        Pushed::Failed(trouble) => {
            let wait_ms = back_off_ms(push.n_tries + 1, FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, chance);
            let (state, wait_ms) = match trouble {
                Trouble::Refused(_) => (DeliveryState::Parked, 0),
                Trouble::Later(_) => (DeliveryState::Waiting, wait_ms),
                // Its push service rests: that says when it is tried again.
                Trouble::Unreached(_) => (DeliveryState::Waiting, 0),
            };
            let words = shortened(trouble.words());
            tx.set_delivery(push.id, state, tx.now.plus_ms(wait_ms), Some(&words)).map(drop)
        }
    }
}

fn shortened(words: &str) -> String {
    words.chars().take(MAX_FAULT_CHARS).collect()
}
