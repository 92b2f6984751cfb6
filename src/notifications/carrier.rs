//! The carriers that a configuration names, one a channel.

use crate::house::notices::outbox::Trouble;
use crate::notifications::config::Config;
use crate::notifications::mail::Mailer;
use crate::notifications::push::Pusher;
use crate::notifications::webhook::Webhook;
use crate::rules::notice::Channel;
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::outbox::{Delivery, OpenChannel};
use anyhow::Result;

/// What a mail needs of the house that sends it.
#[derive(Default)]
pub(super) struct Sender {
    pub public_url: Option<String>,
    /// The logo, as a PNG.
    pub logo: Option<Vec<u8>>,
}

/// Takes the deliveries of one channel out of the house.
pub enum Carrier {
    /// To an SMTP server.
    Mail(Mailer),
    /// To the webhook.
    Webhook(Webhook),
    /// To people's browsers.
    Push(Pusher),
}

impl Carrier {
    /// One for each channel that is configured, and one for pushes, which need no configuration. Fails where a setting is missing or wrong, in words that name no
    /// secret. Connects to nobody yet.
    pub fn of(config: &Config) -> Result<Vec<Carrier>> {
        let mail = config.mail()?.map(|settings| Mailer::of(&settings)).transpose()?;
        let webhook = config.webhook()?.map(|settings| Webhook::of(&settings)).transpose()?;
        let push = Carrier::Push(Pusher::of(config)?);
        Ok(mail.map(Carrier::Mail).into_iter().chain(webhook.map(Carrier::Webhook)).chain([push]).collect())
    }

    /// The channel whose deliveries it takes.
    pub fn channel(&self) -> Channel {
        match self {
            Carrier::Mail(_) => Channel::Mail,
            Carrier::Webhook(_) => Channel::Webhook,
            Carrier::Push(_) => Channel::Push,
        }
    }

    /// Checks that the receiver answers; asked once, before the first delivery of a round.
    pub(super) fn greet(&self) -> Result<(), Trouble> {
        match self {
            Carrier::Mail(mailer) => mailer.greet(),
            Carrier::Webhook(_) | Carrier::Push(_) => Ok(()),
        }
    }

    /// Sends one delivery; `now` stands in what signs it. An error says why it did not arrive.
    pub(super) fn carry(&self, delivery: &Delivery, house: &Sender, now: Time) -> Result<(), Trouble> {
        match self {
            Carrier::Mail(mailer) => {
                mailer.send(delivery, house.public_url.as_deref(), house.logo.as_deref())
            }
            Carrier::Webhook(webhook) => webhook.post(delivery, now),
            Carrier::Push(_) => unreachable!("pushes are sent in rounds of their own"),
        }
    }
}

/// What is wrong with the configuration that `settle` finds when cron runs it, without a server and without the
/// server's environment. `channels` are those that the server has open.
pub fn check(in_file: &Config, channels: &[OpenChannel]) -> Option<Finding> {
    const NAME: &str = "notifications_by_cron";
    let known: Vec<Channel> = match Carrier::of(in_file) {
        Ok(carriers) => carriers.iter().map(Carrier::channel).collect(),
        Err(error) => {
            return Some(Finding::bad(NAME, format!("auction.toml: {error:#}"), "correct auction.toml"));
        }
    };
    let missing: Vec<&str> = channels
        .iter()
        .map(|open| open.channel)
        .filter(|channel| !known.contains(channel))
        .map(Channel::name)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let words = format!(
        "the server delivers by {}, but auction.toml does not say how: cron settles while no server runs, and nobody is \
         notified until one runs again",
        missing.join(" and ")
    );
    Some(Finding::advice(NAME, words, "write it to auction.toml, mode 0600, rather than to the environment"))
}

/// Whether the mail server that is configured takes mails, and their links lead to the house; none without one. Connects
/// to it, and sends nothing.
pub fn check_mail(config: &Config, public_url: Option<&str>) -> Option<Finding> {
    const NAME: &str = "mail";
    let settings = config.mail().ok().flatten()?;
    let greeted = Mailer::of(&settings)
        .map_err(|error| format!("{error:#}"))
        .and_then(|mailer| mailer.greet().map_err(|trouble| trouble.words().to_owned()));
    Some(match (greeted, public_url) {
        (Err(words), _) => {
            let what_to_do = "see smtp_url and mail_from; `auction notify test EMAIL` sends a mail";
            Finding::bad(NAME, words, what_to_do)
        }
        (Ok(()), None) => Finding::advice(
            NAME,
            "the server answers, but without public_url the links in mails lead to the address at which the house listens",
            "set it: `auction house set public_url https://auction.example.org`",
        ),
        (Ok(()), Some(_)) => Finding::good(NAME, "the server answers"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::config::tests::entries;
    use crate::notifications::config::{Entries, Secret};

    #[test]
    fn what_is_missing_or_wrong_is_named_without_secrets() {
        let of = |change: fn(&mut Entries)| {
            let mut entries = entries();
            change(&mut entries);
            Carrier::of(&Config::of(entries, |_| None))
                .map(|carriers| carriers.len())
                .map_err(|error| format!("{error:#}"))
        };
        assert_eq!(of(|_| ()), Ok(3));
        assert_eq!(of(|entries| *entries = Entries::default()), Ok(1), "pushes need no configuration");
        for (change, named) in [
            ((|entries: &mut Entries| entries.mail_from = None) as fn(&mut Entries), "mail_from"),
            (|entries| entries.webhook_secret = None, "webhook_secret"),
            (|entries| entries.webhook_secret = Some(Secret::new("hush")), "webhook_secret"),
            (|entries| entries.mail_from = Some(Secret::new("nobody")), "mail_from"),
            (|entries| entries.smtp_url = Some(Secret::new("http://bob:hush@example.org")), "smtp_url"),
            (
                |entries| entries.smtp_url = Some(Secret::new("smtp://bob:hush@example.org?tls=hush")),
                "smtp_url",
            ),
            (|entries| entries.webhook_url = Some(Secret::new("hush://hush")), "webhook_url"),
            (|entries| entries.webhook_url = Some(Secret::new("hush hush")), "webhook_url"),
        ] {
            let words = of(change).unwrap_err();
            assert!(words.contains(named) && !words.contains("hush"), "{words}");
        }
    }

    #[test]
    fn what_cron_would_not_know_is_named() {
        let open =
            |channel| OpenChannel { channel, n_faults: 0, rests_until: Default::default(), fault: None };
        let (full, empty) = (Config::of(entries(), |_| None), Config::of(Entries::default(), |_| None));
        assert_eq!(check(&full, &[open(Channel::Mail)]).map(|finding| finding.ok), None);
        assert_eq!(check(&empty, &[open(Channel::Push)]).map(|finding| finding.ok), None);
        assert_eq!(check(&empty, &[]).map(|finding| finding.ok), None);
        let found = check(&empty, &[open(Channel::Webhook)]).unwrap();
        assert!(found.ok && found.words.contains("webhook"), "{found:?}");
    }
}
