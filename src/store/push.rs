//! The browsers that people are notified in, and the deliveries that are on their way to them. The schema keeps the
//! channel open exactly while there is a subscription, and forgets what waits for one that ends.

use super::named::named;
use super::outbox::{PendingNotice, pending_notice};
use super::sessions::TokenHash;
use super::{Snapshot, Tx, first};
use crate::rules::listing::AccountId;
use crate::rules::notice::KindSet;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/push.sql");
const PUSH_SUBSCRIPTIONS_OF: &str = named(FILE, "push_subscriptions_of");
const N_PUSH_SUBSCRIPTIONS: &str = named(FILE, "n_push_subscriptions");
const TAKE_PUSH_SUBSCRIPTION: &str = named(FILE, "take_push_subscription");
const SUBSCRIBE_TO_PUSH: &str = named(FILE, "subscribe_to_push");
const UNSUBSCRIBE_FROM_PUSH: &str = named(FILE, "unsubscribe_from_push");
const FORGET_PUSH_SUBSCRIPTION: &str = named(FILE, "forget_push_subscription");
const FORGET_PUSH_SUBSCRIPTIONS_OF: &str = named(FILE, "forget_push_subscriptions_of");
const FORGET_PUSH_SUBSCRIPTIONS_BUT: &str = named(FILE, "forget_push_subscriptions_but");
const PEOPLE_TO_PUSH: &str = named(FILE, "people_to_push");
const NOTICES_TO_PUSH: &str = named(FILE, "notices_to_push");
const PUSHED_TO: &str = named(FILE, "pushed_to");
const REPLACE_PUSH: &str = named(FILE, "replace_push");
const DROP_OLDEST_PUSHES: &str = named(FILE, "drop_oldest_pushes");
const N_PUSHES_DUE: &str = named(FILE, "n_pushes_due");
const PUSHES_DUE: &str = named(FILE, "pushes_due");
const DROP_PUSH: &str = named(FILE, "drop_push");
const DROP_ALL_PUSHES: &str = named(FILE, "drop_all_pushes");
const PUT_PUSH_OFF: &str = named(FILE, "put_push_off");

/// A browser that asked to be notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    /// Where its push service takes messages for it. Whoever knows the address may try to send there.
    pub endpoint: String,
    /// The browser's public key, an uncompressed point of P-256.
    pub p256dh: Vec<u8>,
    /// The secret by which the browser knows that a message is from whom it subscribed with.
    pub auth: Vec<u8>,
    pub made_at: Time,
}

/// What a browser sends to subscribe.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    pub endpoint: String,
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
}

/// A delivery to a browser that is to be tried now.
#[derive(Clone, Debug)]
pub struct Push {
    pub id: i64,
    /// What it is about: `KIND-ID`. A newer one with the same tag replaces it.
    pub tag: String,
    pub payload: String,
    pub n_notices: i64,
    pub made_at: Time,
    pub n_tries: i64,
    pub subscription: Subscription,
}

impl Snapshot<'_> {
    pub fn push_subscriptions_of(&self, account: AccountId) -> Result<Vec<Subscription>> {
        self.rows(PUSH_SUBSCRIPTIONS_OF, named_params! {":account_id": account}, |row| subscription(row, 0))
            .with_context(|| format!("account {account}: read the subscriptions to push"))
    }

    pub fn n_push_subscriptions(&self) -> Result<i64> {
        self.the_row(N_PUSH_SUBSCRIPTIONS, [], first).context("count the subscriptions to push")
    }

    /// Up to `limit` people for whom notices wait to be pushed.
    pub fn people_to_push(&self, limit: i64) -> Result<Vec<AccountId>> {
        self.rows(PEOPLE_TO_PUSH, named_params! {":limit": limit}, first).context("read who is due a push")
    }

    /// The oldest `limit` notices to push to a person.
    pub fn notices_to_push(&self, account: AccountId, limit: i64) -> Result<Vec<PendingNotice>> {
        self.rows(NOTICES_TO_PUSH, named_params! {":account_id": account, ":limit": limit}, pending_notice)
            .with_context(|| format!("account {account}: read the notices to push"))
    }

    /// The person's language, none until they choose one, and the kinds that are pushed to them.
    pub fn pushed_to(&self, account: AccountId) -> Result<(Option<String>, KindSet)> {
        let read = |row: &Row<'_>| anyhow::Ok((row.get(0)?, KindSet(row.get(1)?)));
        self.the_row(PUSHED_TO, named_params! {":id": account}, read)
            .with_context(|| format!("account {account}: read what is pushed"))
    }

    /// How many deliveries are due, counted up to `most`.
    pub fn n_pushes_due(&self, now: Time, most: i64) -> Result<i64> {
        self.the_row(N_PUSHES_DUE, named_params! {":now": now, ":most": most}, first)
            .context("count the pushes that are due")
    }

    /// Up to `limit` deliveries that are due, the most overdue first.
    pub fn pushes_due(&self, now: Time, limit: i64) -> Result<Vec<Push>> {
        let read = |row: &Row<'_>| {
            anyhow::Ok(Push {
                id: row.get(0)?,
                tag: row.get(1)?,
                payload: row.get(2)?,
                n_notices: row.get(3)?,
                made_at: row.get(4)?,
                n_tries: row.get(5)?,
                subscription: subscription(row, 6)?,
            })
        };
        self.rows(PUSHES_DUE, named_params! {":now": now, ":limit": limit}, read).context("read the pushes")
    }
}

impl Tx<'_> {
    /// Keeps a subscription for this person, as long as the session lasts in which it was made, or until that expires.
    /// One of another person with the same endpoint ends: the browser is used by this one now.
    pub fn subscribe_to_push(
        &self,
        account: AccountId,
        session: &TokenHash,
        new: &NewSubscription,
    ) -> Result<()> {
        let NewSubscription { endpoint, p256dh, auth } = new;
        self.execute(TAKE_PUSH_SUBSCRIPTION, named_params! {":endpoint": endpoint, ":account_id": account})
            .context("end another person's subscription to push")?;
        let parameters = named_params! {
            ":account_id": account, ":session_hash": session, ":endpoint": endpoint, ":p256dh": p256dh,
            ":auth": auth, ":now": self.now,
        };
        self.execute(SUBSCRIBE_TO_PUSH, parameters)
            .with_context(|| format!("account {account}: subscribe to push"))?;
        Ok(())
    }

    pub fn unsubscribe_from_push(&self, account: AccountId, endpoint: &str) -> Result<()> {
        self.execute(UNSUBSCRIBE_FROM_PUSH, named_params! {":endpoint": endpoint, ":account_id": account})
            .context("unsubscribe from push")?;
        Ok(())
    }

    /// Forgets a subscription that its push service no longer knows, and what waits for it.
    pub fn forget_push_subscription(&self, id: i64) -> Result<()> {
        self.execute(FORGET_PUSH_SUBSCRIPTION, named_params! {":id": id})
            .context("forget a subscription to push")?;
        Ok(())
    }

    /// Notifies a person in no browser any more, and forgets what waits to be pushed to them.
    pub fn forget_push_subscriptions_of(&self, account: AccountId) -> Result<()> {
        self.execute(FORGET_PUSH_SUBSCRIPTIONS_OF, named_params! {":account_id": account})
            .with_context(|| format!("account {account}: forget the subscriptions to push"))?;
        Ok(())
    }

    /// As [`Tx::forget_push_subscriptions_of`], but for the browsers that subscribed in the session `kept`.
    pub fn forget_push_subscriptions_but(&self, account: AccountId, kept: Option<&TokenHash>) -> Result<()> {
        self.execute(FORGET_PUSH_SUBSCRIPTIONS_BUT, named_params! {":account_id": account, ":kept": kept})
            .with_context(|| format!("account {account}: forget the other subscriptions to push"))?;
        Ok(())
    }

    /// Drops a waiting delivery to this browser with the same tag, which a newer one replaces, and all but the newest
    /// `kept` others.
    pub fn replace_push(&self, subscription: i64, tag: &str, kept: i64) -> Result<()> {
        self.execute(REPLACE_PUSH, named_params! {":subscription_id": subscription, ":tag": tag})
            .context("replace a push")?;
        self.execute(DROP_OLDEST_PUSHES, named_params! {":subscription_id": subscription, ":kept": kept})
            .context("drop the oldest pushes")?;
        Ok(())
    }

    /// Drops a delivery that is of no use any more.
    pub fn drop_push(&self, id: i64) -> Result<()> {
        self.execute(DROP_PUSH, named_params! {":id": id}).context("drop a push")?;
        Ok(())
    }

    /// Drops all deliveries that wait. The notices that wait to become some are [`Tx::forget_notices`]'s.
    pub fn drop_all_pushes(&self) -> Result<()> {
        self.execute(DROP_ALL_PUSHES, &[]).context("drop the pushes")?;
        Ok(())
    }

    /// Leaves a delivery that was not tried until `next_at`.
    pub fn put_push_off(&self, id: i64, next_at: Time) -> Result<()> {
        self.execute(PUT_PUSH_OFF, named_params! {":id": id, ":next_at": next_at})
            .context("put a push off")?;
        Ok(())
    }
}

fn subscription(row: &Row<'_>, at: usize) -> Result<Subscription> {
    Ok(Subscription {
        id: row.get(at)?,
        endpoint: row.get(at + 1)?,
        p256dh: row.get(at + 2)?,
        auth: row.get(at + 3)?,
        made_at: row.get(at + 4)?,
    })
}
