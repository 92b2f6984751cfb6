//! The outbox: notices for people outside the pages, written in the transaction that causes them; the deliveries made
//! of them; and the channels that are open. Nothing is sent from here: others read the outbox after the commit and
//! send.
//!
//! The tables call a channel a `way`.

use super::named::named;
use super::values::{WordColumn, as_word};
use super::{Snapshot, Tx, first};
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::notice::{About, Channel, LinkKind, NoticeKind};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{Row, named_params};

pub const FILE: &str = include_str!("../../sql/outbox.sql");
const IS_TO_BE_NOTIFIED: &str = named(FILE, "is_to_be_notified");
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
const NEXT_ASKED: &str = named(FILE, "next_asked");
const DELIVERIES: &str = named(FILE, "deliveries");
const SET_DELIVERY: &str = named(FILE, "set_delivery");
const RETRY_PARKED: &str = named(FILE, "retry_parked");
const N_WAITING: &str = named(FILE, "n_waiting");
const OUTBOX: &str = named(FILE, "outbox");
const PRUNE_DELIVERIES: &str = named(FILE, "prune_deliveries");
const BIDDERS_OF: &str = named(FILE, "bidders_of");

const WAY: WordColumn = WordColumn { table: "way", name: "name" };
const NOTICE_KIND: WordColumn = WordColumn { table: "notice", name: "kind" };
const LINK_KIND: WordColumn = WordColumn { table: "delivery", name: "link" };
const DELIVERY_WAY: WordColumn = WordColumn { table: "delivery", name: "way" };
const DELIVERY_STATE: WordColumn = WordColumn { table: "delivery", name: "state" };

/// A channel that the last server opened, and how its last use went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChannel {
    pub channel: Channel,
    /// Faults in a row; `fault` describes the last of them.
    pub n_faults: i64,
    /// It is not used again before then.
    pub rests_until: Time,
    pub fault: Option<String>,
}

/// A notice that is not sent yet. What it says is looked up when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingNotice {
    pub account: AccountId,
    pub about: About,
    pub kind: NoticeKind,
    /// When it was written.
    pub at: Time,
}

/// A delivery to make: one mail, or one request to the webhook.
pub struct NewDelivery<'a> {
    /// Receivers recognise a repeated delivery by it.
    pub key: &'a str,
    pub channel: Channel,
    /// The recipient of a mail; none for the webhook.
    pub account: Option<AccountId>,
    /// Where a mail goes, if not to the address of the account.
    pub email: Option<&'a str>,
    pub subject: &'a str,
    pub body: &'a str,
    /// The mail once more, in the house's dress.
    pub html: Option<&'a str>,
    /// The link that is put into the mail when it is sent.
    pub link: Option<LinkKind>,
    /// The browser that a push is for.
    pub subscription: Option<i64>,
    pub n_notices: usize,
    /// When the oldest of its notices was written.
    pub since: Time,
}

/// A delivery in the outbox.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: i64,
    /// Receivers recognise a repeated delivery by it.
    pub key: String,
    pub channel: Channel,
    /// The recipient of a mail, with their address; none for the webhook.
    pub account: Option<AccountId>,
    pub email: Option<String>,
    pub subject: String,
    pub body: String,
    /// The mail once more, in the house's dress; none from before there was one.
    pub html: Option<String>,
    /// The link that is put into the mail when it is sent.
    pub link: Option<LinkKind>,
    /// Whether it is a letter: a mail that somebody asked for, or must have.
    pub is_letter: bool,
    /// The browser that a push is for.
    pub subscription: Option<i64>,
    pub n_notices: i64,
    /// When the oldest of its notices was written.
    pub since: Time,
    pub made_at: Time,
    pub state: DeliveryState,
    pub n_tries: i64,
    pub next_at: Time,
    /// Why the last try failed.
    pub fault: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Sent,
    /// Given up until an admin has it tried again.
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

    fn of(name: &str) -> Option<DeliveryState> {
        [DeliveryState::Waiting, DeliveryState::Sent, DeliveryState::Parked]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

as_word!(DeliveryState);

/// The most mails that a person gets after `since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimit {
    pub cap: i64,
    pub since: Time,
}

/// How full the outbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    /// Notices that are not delivered yet.
    pub n_waiting: i64,
    /// When the oldest of them was written, not counting people who have had all their mails of the day.
    pub oldest_at: Option<Time>,
    /// Deliveries that were given up.
    pub n_parked: i64,
}

impl Snapshot<'_> {
    /// The open channels.
    pub fn channels(&self) -> Result<Vec<OpenChannel>> {
        let read = |row: &Row<'_>| {
            let name: String = row.get(0)?;
            anyhow::Ok(OpenChannel {
                channel: WAY.read(row, 0, name.escape_debug(), Channel::of)?,
                n_faults: row.get(1)?,
                rests_until: row.get(2)?,
                fault: row.get(3)?,
            })
        };
        self.rows(CHANNELS, [], read).context("read the open channels")
    }

    /// Up to `limit` people who are due a mail: their oldest notice was written by `until`, no mail to them is
    /// waiting, none was made after `rested_since`, and `day` allows one more.
    pub fn people_due(
        &self,
        until: Time,
        rested_since: Time,
        day: MailLimit,
        limit: i64,
    ) -> Result<Vec<AccountId>> {
        let parameters = named_params! {
            ":until": until, ":rested_since": rested_since, ":cap": day.cap, ":day_ago": day.since, ":limit": limit,
        };
        self.rows(PEOPLE_DUE, parameters, first).context("read who is due a mail")
    }

    /// The oldest `limit` notices for a person's next mail.
    pub fn notices_of(&self, account: AccountId, limit: i64) -> Result<Vec<PendingNotice>> {
        self.rows(NOTICES_OF, named_params! {":account_id": account, ":limit": limit}, pending_notice)
            .with_context(|| format!("account {account}: read the notices"))
    }

    /// The oldest `limit` notices for the webhook, for whomever they are.
    pub fn notices_for_webhook(&self, limit: i64) -> Result<Vec<PendingNotice>> {
        self.rows(NOTICES_FOR_WEBHOOK, named_params! {":limit": limit}, pending_notice)
            .context("read the notices for the webhook")
    }

    /// The delivery by this channel that is most overdue at `now`; a mail that somebody asked for goes before others.
    /// Only `with_links`, one in which a link belongs.
    pub fn next_delivery(&self, way: Channel, now: Time, with_links: bool) -> Result<Option<Delivery>> {
        let asked = named_params! {":now": now, ":with_links": with_links};
        let asked = if way == Channel::Mail { self.row(NEXT_ASKED, asked, delivery)? } else { None };
        let any = named_params! {":way": way, ":now": now, ":with_links": with_links};
        asked.map_or_else(|| self.row(NEXT_DELIVERY, any, delivery), |asked| Ok(Some(asked)))
    }

    /// The newest `limit` deliveries, in any state or in this one.
    pub fn deliveries(&self, state: Option<DeliveryState>, limit: i64) -> Result<Vec<Delivery>> {
        self.rows(DELIVERIES, named_params! {":state": state, ":limit": limit}, delivery)
            .context("read the deliveries")
    }

    /// How many deliveries wait for this channel.
    pub fn n_waiting(&self, channel: Channel) -> Result<i64> {
        self.the_row(N_WAITING, named_params! {":way": channel}, first).context("count the deliveries")
    }

    pub fn outbox(&self, day: MailLimit) -> Result<Outbox> {
        let parameters = named_params! {":cap": day.cap, ":day_ago": day.since};
        let read = |row: &Row<'_>| {
            let (n_waiting, oldest_at, n_parked) = (row.get(0)?, row.get(1)?, row.get(2)?);
            anyhow::Ok(Outbox { n_waiting, oldest_at, n_parked })
        };
        self.the_row(OUTBOX, parameters, read).context("read how full the outbox is")
    }

    /// Up to `limit` people who have bid on a listing.
    pub fn bidders_of(&self, listing: ListingId, limit: i64) -> Result<Vec<AccountId>> {
        let parameters = named_params! {":listing_id": listing, ":limit": limit};
        self.rows(BIDDERS_OF, parameters, first)
            .with_context(|| format!("listing {listing}: read its bidders"))
    }
}

impl Tx<'_> {
    /// Writes a notice for each open channel; for mail only if the person wants this kind. Writes nothing while no
    /// channel is open, or if the same notice is already waiting: so the bids of one commit cost one look together.
    pub fn notify(&self, kind: NoticeKind, account: AccountId, about: About) -> Result<()> {
        if !self.has_channels()? {
            return Ok(());
        }
        let about = about.id();
        let is_new = self.statement(IS_TO_BE_NOTIFIED)?.exists(named_params! {
            ":account_id": account, ":about": about, ":kind": kind, ":bit": kind.bit(),
        });
        if is_new.context("look into the outbox")? {
            let parameters = named_params! {
                ":account_id": account, ":about": about, ":kind": kind, ":bit": kind.bit(),
                ":at": self.now,
            };
            self.execute(NOTIFY, parameters)
                .with_context(|| format!("account {account}: write the notice {}", kind.name()))?;
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

    /// Opens a channel: from now on notices are written for it.
    pub fn open_channel(&self, channel: Channel) -> Result<()> {
        self.execute(OPEN_CHANNEL, named_params! {":way": channel}).context("open a channel").map(drop)
    }

    /// Closes a channel: from now on no notices are written for it. Forgets the notices that wait for it, and parks
    /// its deliveries with `words` as the fault.
    pub fn close_channel(&self, channel: Channel, words: &str) -> Result<()> {
        self.forget_notices(channel)?;
        self.execute(PARK_ALL, named_params! {":way": channel, ":fault": words})
            .context("park deliveries")?;
        self.execute(CLOSE_CHANNEL, named_params! {":way": channel}).context("close a channel")?;
        Ok(())
    }

    /// Forgets the notices that wait for a channel.
    pub fn forget_notices(&self, channel: Channel) -> Result<()> {
        self.execute(FORGET_NOTICES, named_params! {":way": channel}).context("forget notices")?;
        Ok(())
    }

    /// Counts a fault of a channel, which is then left alone until `until`.
    pub fn rest(&self, channel: Channel, until: Time, fault: &str) -> Result<()> {
        let parameters = named_params! {":way": channel, ":rests_until": until, ":fault": fault};
        self.execute(REST, parameters).context("let a channel rest")?;
        Ok(())
    }

    /// Forgets a channel's faults, so that it is used at once.
    pub fn go_on(&self, channel: Channel) -> Result<()> {
        self.execute(GO_ON, named_params! {":way": channel}).context("use a channel again")?;
        Ok(())
    }

    /// Forgets a notice. Returns whether it was there.
    pub fn forget_notice(&self, channel: Channel, notice: &PendingNotice) -> Result<bool> {
        let parameters = named_params! {
            ":way": channel, ":account_id": notice.account, ":about": notice.about.id(), ":kind": notice.kind,
        };
        Ok(self.execute(FORGET_NOTICE, parameters).context("forget a notice")? == 1)
    }

    pub fn make_delivery(&self, new: &NewDelivery<'_>) -> Result<()> {
        let parameters = named_params! {
            ":key": new.key, ":way": new.channel, ":account_id": new.account, ":email": new.email,
            ":subject": new.subject, ":body": new.body, ":html": new.html, ":link": new.link,
            ":subscription_id": new.subscription, ":n_notices": i64::try_from(new.n_notices)?, ":since": new.since, ":now": self.now,
        };
        self.execute(MAKE_DELIVERY, parameters).context("make a delivery")?;
        Ok(())
    }

    /// Records a try of a waiting delivery. Returns whether it was still waiting; if not, nothing is changed.
    pub fn set_delivery(
        &self,
        id: i64,
        state: DeliveryState,
        next_at: Time,
        fault: Option<&str>,
    ) -> Result<bool> {
        let parameters = named_params! {":id": id, ":state": state, ":next_at": next_at, ":fault": fault};
        let n = self.execute(SET_DELIVERY, parameters);
        Ok(n.with_context(|| format!("delivery {id}: record a try"))? == 1)
    }

    /// Has parked deliveries tried again: this one, or all. Returns how many.
    pub fn retry_parked(&self, id: Option<i64>) -> Result<usize> {
        self.execute(RETRY_PARKED, named_params! {":id": id, ":now": self.now})
            .context("try deliveries again")
    }

    /// Forgets up to `limit` deliveries that were sent, or parked, before these instants. Returns how many.
    pub fn prune_deliveries(&self, sent_before: Time, parked_before: Time, limit: i64) -> Result<usize> {
        let parameters =
            named_params! {":sent_before": sent_before, ":parked_before": parked_before, ":limit": limit};
        self.execute(PRUNE_DELIVERIES, parameters).context("prune the deliveries")
    }
}

pub(super) fn pending_notice(row: &Row<'_>) -> Result<PendingNotice> {
    let (account, about): (AccountId, i64) = (row.get(0)?, row.get(1)?);
    let kind = NOTICE_KIND.read(row, 2, format_args!("{account}/{about}"), NoticeKind::of)?;
    Ok(PendingNotice { account, about: kind.about(about), kind, at: row.get(3)? })
}

fn delivery(row: &Row<'_>) -> Result<Delivery> {
    let id = row.get(0)?;
    Ok(Delivery {
        id,
        key: row.get(1)?,
        channel: DELIVERY_WAY.read(row, 2, id, Channel::of)?,
        account: row.get(3)?,
        email: row.get(4)?,
        subject: row.get(5)?,
        body: row.get(6)?,
        n_notices: row.get(7)?,
        since: row.get(8)?,
        made_at: row.get(9)?,
        state: DELIVERY_STATE.read(row, 10, id, DeliveryState::of)?,
        n_tries: row.get(11)?,
        next_at: row.get(12)?,
        fault: row.get(13)?,
        html: row.get(14)?,
        link: LINK_KIND.read_some(row, 15, id, LinkKind::of)?,
        subscription: row.get(16)?,
        is_letter: row.get(17)?,
    })
}
