//! Where the post goes: from the environment, else from `auction.toml`. What is secret in it is never shown, neither in a
//! log nor in an error nor by a command.

use crate::house::settings::Shown;
use crate::notifications::Carrier;
use crate::notifications::mail::Mail;
use crate::notifications::webhook::Webhook;
use crate::rules::notice::Channel;
use crate::scheduler::Finding;
use crate::store::outbox::OpenChannel;
use anyhow::{Result, bail};
use serde::Deserialize;
use std::fmt;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// For who needs it, and passes it on to nobody.
    pub fn bare(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The post's part of `auction.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    pub smtp_url: Option<Secret>,
    pub mail_from: Option<Secret>,
    pub webhook_url: Option<Secret>,
    pub webhook_secret: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    value: Option<Secret>,
    source: &'static str,
}

/// What holds, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    smtp_url: Entry,
    mail_from: Entry,
    webhook_url: Entry,
    webhook_secret: Entry,
}

impl Config {
    /// The environment goes before the file; an empty variable is as good as none.
    pub fn of(file: Entries, environment: impl Fn(&str) -> Option<String>) -> Config {
        let entry = |name: &str, in_file: Option<Secret>| {
            let variable = environment(name).filter(|text| !text.is_empty()).map(Secret);
            let source = match (&variable, &in_file) {
                (Some(_), _) => "environment",
                (None, Some(_)) => "auction.toml",
                (None, None) => "default",
            };
            Entry { value: variable.or(in_file), source }
        };
        Config {
            smtp_url: entry("AUCTION_SMTP_URL", file.smtp_url),
            mail_from: entry("AUCTION_MAIL_FROM", file.mail_from),
            webhook_url: entry("AUCTION_WEBHOOK_URL", file.webhook_url),
            webhook_secret: entry("AUCTION_WEBHOOK_SECRET", file.webhook_secret),
        }
    }

    /// Those who carry by each way that is configured. Fails, with words that name no secret, where something is missing or
    /// wrong.
    pub fn carriers(&self) -> Result<Vec<Carrier>> {
        let mut carriers = Vec::new();
        match (&self.smtp_url.value, &self.mail_from.value) {
            (Some(url), Some(from)) => carriers.push(Carrier::Mail(Mail::of(url, from.bare())?)),
            (Some(_), None) => bail!("smtp_url needs mail_from, the address that mails come from"),
            (None, _) => {}
        }
        match (&self.webhook_url.value, &self.webhook_secret.value) {
            (Some(url), Some(secret)) => carriers.push(Carrier::Webhook(Webhook::of(url, secret)?)),
            (Some(_), None) => {
                bail!("webhook_url needs webhook_secret, by which its receiver knows the house")
            }
            (None, _) => {}
        }
        Ok(carriers)
    }

    fn channels(&self) -> Vec<Channel> {
        let mail = self.smtp_url.value.is_some().then_some(Channel::Mail);
        mail.into_iter().chain(self.webhook_url.value.is_some().then_some(Channel::Webhook)).collect()
    }

    /// For `house show`.
    pub fn show(&self) -> Vec<Shown> {
        let shown = |key, entry: &Entry, words, show: fn(&str) -> String| {
            let value = entry.value.as_ref().map_or_else(|| "none".to_owned(), |value| show(value.bare()));
            Shown { key, value, source: entry.source, words }
        };
        vec![
            shown("smtp_url", &self.smtp_url, "the server that takes the house's mails", host_of),
            shown("mail_from", &self.mail_from, "the address that mails come from", str::to_owned),
            shown("webhook_url", &self.webhook_url, "what is told of every notice", host_of),
            shown("webhook_secret", &self.webhook_secret, "by which the webhook knows the house", |_| {
                "set".into()
            }),
        ]
    }
}

/// What is amiss with what `settle` finds when cron runs it without a server and without the server's environment.
pub fn check(in_file: &Config, channels: &[OpenChannel]) -> Option<Finding> {
    const NAME: &str = "notifications_by_cron";
    if let Err(error) = in_file.carriers() {
        return Some(Finding::bad(NAME, format!("auction.toml: {error:#}"), "put auction.toml right"));
    }
    let known = in_file.channels();
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
        "the server delivers by {}, but auction.toml does not say how: while no server runs, cron settles, and nobody is told \
         before one runs again",
        missing.join(" and ")
    );
    Some(Finding::advice(NAME, words, "write it to auction.toml, mode 0600, rather than to the environment"))
}

/// A URL without who logs in there, and without its path, which may be a secret of its own.
fn host_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "unreadable".into();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let tls = rest[end..].strip_prefix("?tls=").map_or("", |_| &rest[end..]);
    format!("{scheme}://{host}{tls}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Entries {
        let secret = |text: &str| Some(Secret::new(text));
        Entries {
            smtp_url: secret("smtp://bob:hush@mail.example.org:587?tls=required"),
            mail_from: secret("House <house@example.org>"),
            webhook_url: secret("https://hooks.example.org/hush"),
            webhook_secret: secret("hush-hush-hush-hush"),
        }
    }

    #[test]
    fn the_environment_goes_before_the_file_and_no_secret_is_shown() {
        let environment = |name: &str| match name {
            "AUCTION_SMTP_URL" => Some("smtps://ann:hush@other.example.org".to_owned()),
            "AUCTION_WEBHOOK_URL" => Some(String::new()),
            _ => None,
        };
        let config = Config::of(entries(), environment);
        let shown: Vec<(&str, String, &str)> =
            config.show().into_iter().map(|shown| (shown.key, shown.value, shown.source)).collect();
        let expected = [
            ("smtp_url", "smtps://other.example.org", "environment"),
            ("mail_from", "House <house@example.org>", "auction.toml"),
            ("webhook_url", "https://hooks.example.org", "auction.toml"),
            ("webhook_secret", "set", "auction.toml"),
        ];
        assert_eq!(shown, expected.map(|(key, value, source)| (key, value.to_owned(), source)));
        assert!(!format!("{config:?}").contains("hush"));
        assert_eq!(
            host_of("smtp://bob:hush@mail.example.org:587?tls=required"),
            "smtp://mail.example.org:587?tls=required"
        );
        assert_eq!(host_of("hush"), "unreadable");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_without_secrets() {
        let of = |change: fn(&mut Entries)| {
            let mut entries = entries();
            change(&mut entries);
            Config::of(entries, |_| None)
                .carriers()
                .map(|carriers| carriers.len())
                .map_err(|error| format!("{error:#}"))
        };
        assert_eq!(of(|_| ()), Ok(2));
        assert_eq!(of(|entries| *entries = Entries::default()), Ok(0));
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
        assert_eq!(check(&empty, &[]).map(|finding| finding.ok), None);
        let found = check(&empty, &[open(Channel::Webhook)]).unwrap();
        assert!(found.ok && found.words.contains("webhook"), "{found:?}");
    }
}
