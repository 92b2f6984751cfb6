//! The outbox: what is to be told outside the house, written with what it tells; the deliveries that are made of it; and the
//! ways that they go. Nothing here goes anywhere: that is done after the commit, by whoever reads it.

use super::named::named;
use super::{Snapshot, Tx};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::notice::{Channel, KindSet, NoticeKind};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, Row, named_params};

pub const FILE: &str = include_str!("../../sql/outbox.sql");
const IS_TO_BE_TOLD: &str = named(FILE, "is_to_be_told");
const NOTIFY: &str = named(FILE, "notify");
const CHANNELS: &str = named(FILE, "channels");
const OPEN_CHANNEL: &str = named(FILE, "open_channel");
const FORGET_NOTICES: &str = named(FILE, "forget_notices");
const CLOSE_CHANNEL: &str = named(FILE, "close_channel");
const PARK_ALL: &str = named(FILE, "park_all");
const REST: &str = named(FILE, "rest");
const GO_ON: &str = named(FILE, "go_on");
const PEOPLE_DUE: &str = named(FILE, "people_due");
const NOTICES_OF: &str = named(FILE, "notices_of");
const NOTICES_FOR_WEBHOOK: &str = named(FILE, "notices_for_webhook");
const FORGET_NOTICE: &str = named(FILE, "forget_notice");
const MAKE_DELIVERY: &str = named(FILE, "make_delivery");
const NEXT_DELIVERY: &str = named(FILE, "next_delivery");
const DELIVERIES: &str = named(FILE, "deliveries");
const SET_DELIVERY: &str = named(FILE, "set_delivery");
const RETRY_PARKED: &str = named(FILE, "retry_parked");
const N_WAITING: &str = named(FILE, "n_waiting");
const OUTBOX: &str = named(FILE, "outbox");
const PRUNE_DELIVERIES: &str = named(FILE, "prune_deliveries");
const PREFERENCES: &str = named(FILE, "preferences");
const SET_PREFERENCES: &str = named(FILE, "set_preferences");
const BIDDERS_OF: &str = named(FILE, "bidders_of");

/// A way out, as it was found when it was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChannel {
    pub channel: Channel,
    /// In a row, the last of them with these words.
    pub n_faults: i64,
    pub rests_until: Time,
    pub fault: Option<String>,
}

/// That a person is to be told something; what there is to tell is looked up when they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingNotice {
    pub account: AccountId,
    pub listing: Option<ListingId>,
    pub kind: NoticeKind,
    pub at: Time,
}

/// What a person wants to hear, and in which language; none: they never said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    pub language: Option<String>,
    pub mail: KindSet,
}

/// One mail, or one request to the webhook, to be made.
pub struct NewDelivery<'a> {
    /// By which receivers know that it came before.
    pub key: &'a str,
    pub channel: Channel,
    /// Whose mail it is.
    pub account: Option<AccountId>,
    pub subject: &'a str,
    pub body: &'a str,
    pub n_notices: usize,
    /// When the oldest of them was written.
    pub since: Time,
}

/// The same, on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: i64,
    pub key: String,
    pub channel: Channel,
    pub account: Option<AccountId>,
    pub email: Option<String>,
    pub subject: String,
    pub body: String,
    pub n_notices: i64,
    pub since: Time,
    pub made_at: Time,
    pub state: DeliveryState,
    pub n_tries: i64,
    pub next_at: Time,
    pub fault: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Sent,
    /// Given up, until an admin has it tried again.
    Parked,
}

impl DeliveryState {
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sent => "sent",
            DeliveryState::Parked => "parked",
        }
    }

    fn of(name: &str) -> DeliveryState {
        match name {
            "waiting" => DeliveryState::Waiting,
            "sent" => DeliveryState::Sent,
            _ => DeliveryState::Parked,
        }
    }
}

/// How many mails a person gets after `since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimit {
    pub cap: i64,
    pub since: Time,
}

/// How full the outbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    /// Notices that were not delivered yet.
    pub n_waiting: i64,
    /// When the oldest of them was written, but for those whose person had all the mails of a day.
    pub oldest_at: Option<Time>,
    /// Deliveries that were given up.
    pub n_parked: i64,
}

impl Snapshot<'_> {
    pub fn channels(&self) -> Result<Vec<OpenChannel>> {
        let mut statement = self.statement(CHANNELS)?;
        let rows = statement.query_map([], |row| {
            let channel = channel(row, 0)?;
            Ok(OpenChannel { channel, n_faults: row.get(1)?, rests_until: row.get(2)?, fault: row.get(3)? })
        })?;
        rows.collect::<rusqlite::Result<_>>().context("read the ways out")
    }

    /// Up to `limit` people who are to get a mail now: the oldest notice is not younger than `until`, no mail of theirs
    /// waits, they got none after `rested_since`, and there is room for one in their day.
    pub fn people_due(
        &self,
        until: Time,
        rested_since: Time,
        day: MailLimit,
        limit: i64,
    ) -> Result<Vec<AccountId>> {
        let mut statement = self.statement(PEOPLE_DUE)?;
        let parameters = named_params! {
            ":until": until, ":rested_since": rested_since, ":cap": day.cap, ":day_ago": day.since, ":limit": limit,
        };
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().context("read who is to get a mail")
    }

    /// The oldest `limit` notices that a person is to get by mail.
    pub fn notices_of(&self, account: AccountId, limit: i64) -> Result<Vec<PendingNotice>> {
        let mut statement = self.statement(NOTICES_OF)?;
        let rows = statement.query_map(named_params! {":account_id": account, ":limit": limit}, noted)?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("account {account}: read the notices"))
    }

    /// The oldest `limit` notices, whosever they are, that go to the webhook.
    pub fn notices_for_webhook(&self, limit: i64) -> Result<Vec<PendingNotice>> {
        let mut statement = self.statement(NOTICES_FOR_WEBHOOK)?;
        let rows = statement.query_map(named_params! {":limit": limit}, noted)?;
        rows.collect::<rusqlite::Result<_>>().context("read the notices for the webhook")
    }

    /// The delivery of this way that has waited longest past its time.
    pub fn next_delivery(&self, channel: Channel, now: Time) -> Result<Option<Delivery>> {
        let mut statement = self.statement(NEXT_DELIVERY)?;
        let parameters = named_params! {":way": channel.name(), ":now": now};
        statement.query_row(parameters, delivery).optional().context("read the next delivery")
    }

    /// The newest `limit` deliveries, of all or of one state.
    pub fn deliveries(&self, state: Option<DeliveryState>, limit: i64) -> Result<Vec<Delivery>> {
        let mut statement = self.statement(DELIVERIES)?;
        let parameters = named_params! {":state": state.map(DeliveryState::name), ":limit": limit};
        let rows = statement.query_map(parameters, delivery)?;
        rows.collect::<rusqlite::Result<_>>().context("read the deliveries")
    }

    /// Deliveries of a way that wait.
    pub fn n_waiting(&self, channel: Channel) -> Result<i64> {
        let mut statement = self.statement(N_WAITING)?;
        let n = statement.query_row(named_params! {":way": channel.name()}, |row| row.get(0));
        n.context("count the deliveries")
    }

    pub fn outbox(&self, day: MailLimit) -> Result<Outbox> {
        let parameters = named_params! {":cap": day.cap, ":day_ago": day.since};
        let outbox = self.statement(OUTBOX)?.query_row(parameters, |row| {
            Ok(Outbox { n_waiting: row.get(0)?, oldest_at: row.get(1)?, n_parked: row.get(2)? })
        });
        outbox.context("look into the outbox")
    }

    pub fn preferences(&self, account: AccountId) -> Result<Preferences> {
        let preferences = self.statement(PREFERENCES)?.query_row(named_params! {":id": account}, |row| {
            Ok(Preferences { language: row.get(0)?, mail: KindSet(row.get(1)?) })
        });
        preferences.with_context(|| format!("account {account}: read the preferences"))
    }

    /// Up to `limit` people who bid on a listing. Reads its whole history.
    pub fn bidders_of(&self, listing: ListingId, limit: i64) -> Result<Vec<AccountId>> {
        let mut statement = self.statement(BIDDERS_OF)?;
        let parameters = named_params! {":listing_id": listing, ":limit": limit};
        let rows = statement.query_map(parameters, |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>().with_context(|| format!("listing {listing}: read its bidders"))
    }
}

impl Tx<'_> {
    /// A person is to be told, by each way that is open, and by mail only what they want. Writes nothing where the same is
    /// to be told already, nor where no way is open: then a commit's bids pay for one look together.
    pub fn notify(&self, kind: NoticeKind, account: AccountId, listing: Option<ListingId>) -> Result<()> {
        if !self.has_channels()? {
            return Ok(());
        }
        let listing_id = listing.map_or(0, |id| id.0);
        let looked = self.statement(IS_TO_BE_TOLD)?.exists(named_params! {
            ":account_id": account, ":listing_id": listing_id, ":kind": kind.name(), ":bit": kind.bit(),
        });
        if looked.context("look into the outbox")? {
            let parameters = named_params! {
                ":account_id": account, ":listing_id": listing_id, ":kind": kind.name(), ":bit": kind.bit(),
                ":at": self.now,
            };
            let written = self.statement(NOTIFY)?.execute(parameters);
            written.with_context(|| format!("account {account}: write the notice {}", kind.name()))?;
        }
        Ok(())
    }

    fn has_channels(&self) -> Result<bool> {
        if let Some(known) = self.has_channels.get() {
            return Ok(*known);
        }
        let has_channels = !self.channels()?.is_empty();
        Ok(*self.has_channels.get_or_init(|| has_channels))
    }

    /// From now on notices are written for this way.
    pub fn open_channel(&self, channel: Channel) -> Result<()> {
        self.statement(OPEN_CHANNEL)?
            .execute(named_params! {":way": channel.name()})
            .context("open a way")?;
        Ok(())
    }

    /// From now on none are written for it. Those that are there are forgotten; deliveries are parked, with `words`.
    pub fn close_channel(&self, channel: Channel, words: &str) -> Result<()> {
        let name = channel.name();
        self.statement(FORGET_NOTICES)?.execute(named_params! {":way": name}).context("forget notices")?;
        self.statement(PARK_ALL)?
            .execute(named_params! {":way": name, ":fault": words})
            .context("park deliveries")?;
        self.statement(CLOSE_CHANNEL)?.execute(named_params! {":way": name}).context("close a way")?;
        Ok(())
    }

    /// The way leads nowhere at the moment.
    pub fn rest(&self, channel: Channel, until: Time, fault: &str) -> Result<()> {
        let parameters = named_params! {":way": channel.name(), ":rests_until": until, ":fault": fault};
        self.statement(REST)?.execute(parameters).context("let a way rest")?;
        Ok(())
    }

    /// The way leads out again.
    pub fn go_on(&self, channel: Channel) -> Result<()> {
        self.statement(GO_ON)?.execute(named_params! {":way": channel.name()}).context("go on with a way")?;
        Ok(())
    }

    pub fn forget_notice(&self, channel: Channel, noted: &PendingNotice) -> Result<()> {
        let parameters = named_params! {
            ":way": channel.name(), ":account_id": noted.account,
            ":listing_id": noted.listing.map_or(0, |id| id.0), ":kind": noted.kind.name(),
        };
        self.statement(FORGET_NOTICE)?.execute(parameters).context("forget a notice")?;
        Ok(())
    }

    pub fn make_delivery(&self, new: &NewDelivery<'_>) -> Result<()> {
        let parameters = named_params! {
            ":key": new.key, ":way": new.channel.name(), ":account_id": new.account, ":subject": new.subject,
            ":body": new.body, ":n_notices": i64::try_from(new.n_notices)?, ":since": new.since, ":now": self.now,
        };
        self.statement(MAKE_DELIVERY)?.execute(parameters).context("make a delivery")?;
        Ok(())
    }

    /// Changes a delivery that waits, after a try; whether it still waited.
    pub fn set_delivery(
        &self,
        id: i64,
        state: DeliveryState,
        next_at: Time,
        fault: Option<&str>,
    ) -> Result<bool> {
        let parameters = named_params! {
            ":id": id, ":state": state.name(), ":next_at": next_at, ":fault": fault,
        };
        let n = self.statement(SET_DELIVERY)?.execute(parameters);
        Ok(n.with_context(|| format!("delivery {id}: write what became of it"))? == 1)
    }

    /// Has what was given up tried again, all of it or one; how many.
    pub fn retry_parked(&self, id: Option<i64>) -> Result<usize> {
        let parameters = named_params! {":id": id, ":now": self.now};
        self.statement(RETRY_PARKED)?.execute(parameters).context("try deliveries again")
    }

    /// Forgets what was sent, and what was given up, before these instants; up to `limit` of it.
    pub fn prune_deliveries(&self, sent_before: Time, parked_before: Time, limit: i64) -> Result<usize> {
        let parameters =
            named_params! {":sent_before": sent_before, ":parked_before": parked_before, ":limit": limit};
        self.statement(PRUNE_DELIVERIES)?.execute(parameters).context("prune the deliveries")
    }

    pub fn set_preferences(&self, account: AccountId, preferences: &Preferences) -> Result<()> {
        let parameters = named_params! {":id": account, ":language": preferences.language, ":mail_kinds": preferences.mail.0};
        self.statement(SET_PREFERENCES)?
            .execute(parameters)
            .with_context(|| format!("account {account}: write the preferences"))?;
        Ok(())
    }
}

fn noted(row: &Row<'_>) -> rusqlite::Result<PendingNotice> {
    let listing: i64 = row.get(1)?;
    let kind = NoticeKind::of(row.get_ref(2)?.as_str()?).expect("the schema knows the kinds");
    let listing = (listing != 0).then_some(ListingId(listing));
    Ok(PendingNotice { account: row.get(0)?, listing, kind, at: row.get(3)? })
}

fn channel(row: &Row<'_>, at: usize) -> rusqlite::Result<Channel> {
    Ok(Channel::of(row.get_ref(at)?.as_str()?).expect("the schema knows the ways"))
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        key: row.get(1)?,
        channel: channel(row, 2)?,
        account: row.get(3)?,
        email: row.get(4)?,
        subject: row.get(5)?,
        body: row.get(6)?,
        n_notices: row.get(7)?,
        since: row.get(8)?,
        made_at: row.get(9)?,
        state: DeliveryState::of(row.get_ref(10)?.as_str()?),
        n_tries: row.get(11)?,
        next_at: row.get(12)?,
        fault: row.get(13)?,
    })
}
