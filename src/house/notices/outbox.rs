//! Empties the outbox: notices are gathered into deliveries, and each delivery is tried until it is accepted or given
//! up.
//!
//! Gathering a delivery and recording its result are separate transactions; the sending happens between them. If the
//! process ends in between, the delivery is sent again under the same key, by which receivers recognise it.

use crate::files::{lock, private};
use crate::house::notices::everywhere::Everywhere;
use crate::house::notices::house_texts::HouseTexts;
use crate::house::notices::notice::Notice;
use crate::house::settings::Settings;
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::listing::AccountId;
use crate::rules::notice::{Channel, back_off_ms};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::outbox::{
    Delivery, DeliveryState, MailLimit, NewDelivery, OpenChannel, Outbox, PendingNotice,
};
use crate::store::{Snapshot, Tx};
use anyhow::{Context, Result};
use std::fs::File;
use std::time::Duration;

/// The most notices in one mail or one request to the webhook.
const MAX_NOTICES: i64 = 100;
/// The most mails made before others are sent,
const MAX_PEOPLE: i64 = 50;
/// and in one transaction.
const PEOPLE_AT_ONCE: usize = 10;
/// The most requests to the webhook that may wait. Further notices wait as notices, which are free of duplicates.
const MAX_WAITING: i64 = 20;
/// The delay before the second try of a delivery; it doubles with each further try,
pub(super) const FIRST_BACK_OFF_MS: i64 = 30_000;
/// up to an hour,
pub(super) const MOST_BACK_OFF_MS: i64 = 3_600_000;
/// and the first try after a day is the last.
const GIVEN_UP_AFTER_S: i64 = DAY_S;
/// The period over which a person's mails are counted.
const DAY_S: i64 = 24 * 3_600;
/// The pause after a server cannot be reached: 2 s at first, at most 5 minutes.
pub(super) const FIRST_REST_MS: i64 = 2_000;
pub(super) const MOST_REST_MS: i64 = 300_000;
/// Sent deliveries are kept for a week, parked ones for a month.
const KEPT_SENT_S: i64 = 7 * 86_400;
const KEPT_PARKED_S: i64 = 30 * 86_400;
const PRUNED_AT_ONCE: i64 = 2_000;
/// The most characters kept of a server's answer.
pub(super) const MAX_FAULT_CHARS: usize = 300;
/// An outbox with a notice this old is reported: notices are meant to be read soon.
const OLD_S: i64 = 900;
const MAX_LISTED: i64 = 1_000;

/// The content of one delivery.
pub struct Parcel<'a> {
    pub channel: Channel,
    pub key: &'a str,
    pub made_at: Time,
    pub settings: &'a Settings,
    /// The person's language; `None` if they never chose one.
    pub language: Option<&'a str>,
    /// At least one; in a mail, all of them are for one person.
    pub notices: &'a [Notice],
    /// What the house says of payment and pickup, where the notices are about either.
    pub texts: HouseTexts,
}

/// The text of a parcel.
pub struct Letter {
    pub subject: String,
    pub body: String,
    /// A mail once more, in the house's dress.
    pub html: Option<String>,
}

/// Why a delivery failed, in words that reveal no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It will never be accepted.
    Refused(String),
    /// It is not accepted now, but others may be.
    Later(String),
    /// The server cannot be reached.
    Unreached(String),
}

/// The right to empty the outbox through one channel: a lock, which ends with its process in any case, so that no two
/// processes send the same delivery.
pub struct Round {
    _lock: File,
    /// The same right among machines, where the house has a journal.
    _everywhere: Option<Everywhere>,
}

impl House {
    /// Takes the right to deliver through this channel, unless another process has it.
    pub fn begin_round(&self, channel: Channel) -> Result<Option<Round>> {
        let path = self.dir().join(format!("post-{}.lock", channel.name()));
        let file = private::open(&path)?;
        let is_ours = lock::acquire(&file, File::try_lock, Duration::ZERO);
        if !is_ours.with_context(|| format!("lock {}", path.display()))? {
            return Ok(None);
        }
        if !self.has_journal() {
            return Ok(Some(Round { _lock: file, _everywhere: None }));
        }
        let everywhere = self.begin_everywhere(channel)?;
        Ok(everywhere.map(|everywhere| Round { _lock: file, _everywhere: Some(everywhere) }))
    }

    /// Whether there is anything to gather or to deliver now without a server: a quick check before the preparations.
    pub fn is_post_due(&self) -> Result<bool> {
        let now = self.now();
        self.read(|snapshot| {
            let with_links = Settings::of(snapshot)?.public_url().is_some();
            for open in snapshot.channels()? {
                if is_awake(&open, now)
                    && (is_any_due(snapshot, open.channel, now)?
                        || open.channel == Channel::Mail && with_links && snapshot.has_letters()?
                        || snapshot.next_delivery(open.channel, now, with_links)?.is_some())
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Makes deliveries of the notices that are due on this channel. What mails say of the house's pages is what `in_short`
    /// makes of them; that is asked before anything is written.
    pub fn gather(
        &self,
        _: &Round,
        channel: Channel,
        in_short: impl Fn(&str) -> String,
        compose: impl Fn(&Parcel<'_>) -> Letter + Clone + Send + 'static,
    ) -> Result<()> {
        match channel {
            Channel::Mail => self.gather_mails(in_short, compose),
            // A delivery for each browser: `notices::push` makes them.
            Channel::Push => Ok(()),
            Channel::Webhook => self.gather_request(compose),
        }
    }

    /// Whoever is due a mail is found before the transactions, for that looks at all notices; the house's pages are read
    /// before them, too; and each of these has few people, for bids wait for it.
    fn gather_mails(
        &self,
        in_short: impl Fn(&str) -> String,
        compose: impl Fn(&Parcel<'_>) -> Letter + Clone + Send + 'static,
    ) -> Result<()> {
        let now = self.now();
        let people = self.read(|snapshot| people_due(snapshot, &Settings::of(snapshot)?, now))?;
        if people.is_empty() {
            return Ok(());
        }
        let texts = HouseTexts::read(self, in_short)?;
        for few in people.chunks(PEOPLE_AT_ONCE) {
            let (few, texts, compose) = (few.to_vec(), texts.clone(), compose.clone());
            self.write(move |tx| {
                let settings = Settings::of(tx)?;
                for person in few {
                    let noted = tx.notices_of(person, MAX_NOTICES)?;
                    pack(tx, &settings, Some((person, &texts)), noted, &compose)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn gather_request(&self, compose: impl Fn(&Parcel<'_>) -> Letter + Send + 'static) -> Result<()> {
        let noted = self.read(|snapshot| match snapshot.n_waiting(Channel::Webhook)? < MAX_WAITING {
            true => snapshot.notices_for_webhook(MAX_NOTICES),
            false => Ok(Vec::new()),
        })?;
        if noted.is_empty() {
            return Ok(());
        }
        Ok(self.write(move |tx| Ok(pack(tx, &Settings::of(tx)?, None, noted, &compose)?))?)
    }

    /// The delivery to try now, one that somebody asked for before others; `None` while the channel pauses. Without
    /// `with_links`, mails in which a link belongs are left to somebody who knows where the house is.
    pub fn next_delivery(&self, _: &Round, channel: Channel, with_links: bool) -> Result<Option<Delivery>> {
        let now = self.now();
        self.read(|snapshot| {
            let open = snapshot.channels()?.into_iter().find(|open| open.channel == channel);
            match open {
                Some(open) if is_awake(&open, now) => snapshot.next_delivery(channel, now, with_links),
                _ => Ok(None),
            }
        })
    }

    /// Records that a delivery was accepted.
    pub fn delivered(&self, _: &Round, delivery: &Delivery) -> Result<()> {
        let (id, channel) = (delivery.id, delivery.channel);
        Ok(self.write(move |tx| {
            tx.set_delivery(id, DeliveryState::Sent, tx.now, None)?;
            tx.go_on(channel)?;
            Ok(())
        })?)
    }

    /// Records that a delivery failed: it is tried again later, or given up. Returns its new state.
    pub fn not_delivered(&self, _: &Round, delivery: &Delivery, trouble: &Trouble) -> Result<DeliveryState> {
        let (delivery, trouble) = (delivery.clone(), trouble.clone());
        let mut chance = [0];
        getrandom::fill(&mut chance)?;
        Ok(self.write(move |tx| {
            let words: String = trouble.words().chars().take(MAX_FAULT_CHARS).collect();
            let is_late = tx.now.ms_since(delivery.made_at) > GIVEN_UP_AFTER_S * 1_000;
            let (state, wait_ms) = match trouble {
                Trouble::Refused(_) => (DeliveryState::Parked, 0),
                _ if is_late => (DeliveryState::Parked, 0),
                Trouble::Unreached(_) => (DeliveryState::Waiting, 0),
                Trouble::Later(_) => {
                    let n_faults = delivery.n_tries + 1;
                    (
                        DeliveryState::Waiting,
                        back_off_ms(n_faults, FIRST_BACK_OFF_MS, MOST_BACK_OFF_MS, chance[0]),
                    )
                }
            };
            tx.set_delivery(delivery.id, state, tx.now.plus_ms(wait_ms), Some(&words))?;
            if let Trouble::Unreached(_) = trouble {
                rest(tx, delivery.channel, &words, chance[0])?;
            }
            Ok(state)
        })?)
    }

    /// The newest deliveries, at most 1,000.
    pub fn deliveries(&self, state: Option<DeliveryState>) -> Result<Vec<Delivery>> {
        self.read(|snapshot| snapshot.deliveries(state, MAX_LISTED))
    }

    /// Has parked deliveries tried again, one or all, and returns how many. Refuses `not_found` for one that is not
    /// parked.
    pub fn retry_parked(&self, id: Option<i64>) -> Answer<usize> {
        self.write(move |tx| {
            let n = tx.retry_parked(id)?;
            for open in tx.channels()? {
                tx.go_on(open.channel)?;
            }
            if n == 0 && id.is_some() {
                return Err(Refusal::NotFound("parked delivery").into());
            }
            Ok(n)
        })
    }

    /// The channels that the last server had, and how full the outbox is.
    pub fn outbox(&self) -> Result<(Vec<OpenChannel>, Outbox)> {
        let now = self.now();
        self.read(|snapshot| Ok((snapshot.channels()?, look(snapshot, now)?)))
    }

    pub(in crate::house) fn check_outbox(&self) -> Result<Finding> {
        let (channels, outbox) = self.outbox()?;
        Ok(finding(&channels, outbox, self.now()))
    }
}

impl Trouble {
    /// What went wrong.
    pub fn words(&self) -> &str {
        match self {
            Trouble::Refused(words) | Trouble::Later(words) | Trouble::Unreached(words) => words,
        }
    }
}

/// Forgets deliveries that are too old to be of interest, and links that have ended.
pub(in crate::house) fn prune(tx: &Tx<'_>) -> Result<()> {
    tx.prune_deliveries(tx.now.plus_s(-KEPT_SENT_S), tx.now.plus_s(-KEPT_PARKED_S), PRUNED_AT_ONCE)?;
    tx.prune_links()
}

/// Returns a key for a new delivery.
pub(in crate::house) fn random_key() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Whether a channel's pause is over. A clock that was put back must not extend a pause for ever.
fn is_awake(open: &OpenChannel, now: Time) -> bool {
    !(1..=2 * MOST_REST_MS).contains(&open.rests_until.ms_since(now))
}

fn is_any_due(snapshot: &Snapshot<'_>, channel: Channel, now: Time) -> Result<bool> {
    match channel {
        Channel::Mail => Ok(!people_due(snapshot, &Settings::of(snapshot)?, now)?.is_empty()),
        Channel::Push => Ok(!snapshot.people_to_push(1)?.is_empty()),
        Channel::Webhook => {
            Ok(snapshot.n_waiting(channel)? < MAX_WAITING && !snapshot.notices_for_webhook(1)?.is_empty())
        }
    }
}

/// The people who get a mail now. Notices wait a moment for others to join them; a person has some quiet between two
/// mails, and gets no more of them in a day than the house allows: further notices wait, and go together when the day
/// has room again.
fn people_due(snapshot: &Snapshot<'_>, settings: &Settings, now: Time) -> Result<Vec<AccountId>> {
    let ago = |seconds: i64| now.plus_s(-seconds);
    let (until, rested_since) = (ago(settings.mail_window_s), ago(settings.mail_pause_s));
    snapshot.people_due(until, rested_since, mail_day(settings, now), MAX_PEOPLE)
}

fn mail_day(settings: &Settings, now: Time) -> MailLimit {
    let cap = Some(settings.mail_cap_per_day).filter(|cap| *cap > 0).unwrap_or(i64::MAX);
    MailLimit { cap, since: now.plus_s(-DAY_S) }
}

/// How full the outbox is.
pub(in crate::house) fn look(snapshot: &Snapshot<'_>, now: Time) -> Result<Outbox> {
    snapshot.outbox(mail_day(&Settings::of(snapshot)?, now))
}

/// Makes one delivery of these notices, unless there is nothing left to say: a mail to a person, with the house's texts;
/// or a request to the webhook.
fn pack(
    tx: &Tx<'_>,
    settings: &Settings,
    person: Option<(AccountId, &HouseTexts)>,
    noted: Vec<PendingNotice>,
    compose: &impl Fn(&Parcel<'_>) -> Letter,
) -> Result<()> {
    let channel = if person.is_some() { Channel::Mail } else { Channel::Webhook };
    let account = person.map(|(account, _)| account);
    let preferences = account.map(|account| tx.preferences(account)).transpose()?;
    let mut notices = Vec::new();
    for noted in &noted {
        let is_there = tx.forget_notice(channel, noted)?;
        if is_there && preferences.as_ref().is_none_or(|preferences| preferences.wants(channel, noted.kind)) {
            notices.extend(Notice::of(tx, settings, noted)?);
        }
    }
    let Some(since) = notices.iter().map(|notice| notice.at).min() else {
        return Ok(());
    };
    let key = random_key()?;
    let language = preferences.as_ref().and_then(|preferences| preferences.language.as_deref());
    let texts = person.map(|(_, texts)| texts.needed(&notices)).unwrap_or_default();
    let parcel = Parcel { channel, key: &key, made_at: tx.now, settings, language, notices: &notices, texts };
    let letter = compose(&parcel);
    tx.make_delivery(&NewDelivery {
        key: &key,
        channel,
        account,
        email: None,
        subject: &letter.subject,
        body: &letter.body,
        html: letter.html.as_deref(),
        link: None,
        subscription: None,
        n_notices: notices.len(),
        since,
    })
}

fn rest(tx: &Tx<'_>, channel: Channel, words: &str, chance: u8) -> Result<()> {
    let n_faults =
        tx.channels()?.into_iter().find(|open| open.channel == channel).map_or(0, |open| open.n_faults);
    tx.rest(channel, tx.now.plus_ms(back_off_ms(n_faults + 1, FIRST_REST_MS, MOST_REST_MS, chance)), words)
}

fn finding(channels: &[OpenChannel], outbox: Outbox, now: Time) -> Finding {
    const NAME: &str = "notifications";
    let age_s = outbox.oldest_at.map_or(0, |oldest| now.ms_since(oldest) / 1_000);
    let faults: Vec<String> = channels
        .iter()
        .filter_map(|open| Some(format!("; {}: {}", open.channel.name(), open.fault.as_deref()?)))
        .collect();
    let faults = faults.concat();
    if outbox.n_parked > 0 {
        let words = format!("{} deliveries were given up{faults}", outbox.n_parked);
        let what_to_do =
            "see why with `auction notify list --parked`, put it right, then `auction notify retry --all`";
        return Finding::bad(NAME, words, what_to_do);
    }
    if age_s > OLD_S {
        let words = format!("{} notices wait, the oldest for {age_s} s{faults}", outbox.n_waiting);
        return Finding::bad(NAME, words, "see that a server runs, and that what it sends to can be reached");
    }
    if channels.is_empty() {
        return Finding::good(NAME, "no mail and no webhook: nobody is told outside the pages");
    }
    let names: Vec<&str> = channels.iter().map(|open| open.channel.name()).collect();
    let words = format!("by {}; {} wait{faults}", names.join(" and "), outbox.n_waiting);
    match faults.is_empty() {
        true => Finding::good(NAME, words),
        false => Finding::advice(NAME, words, "it is tried again by itself; see that it can be reached"),
    }
}
