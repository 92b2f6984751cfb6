//! Where notifications go: read from the environment, else from `auction.toml`, into plain values. Its secrets are
//! never shown, neither in a log nor in an error nor by a command.

use crate::house::settings::Shown;
use anyhow::{Result, bail};
use serde::Deserialize;
use std::fmt;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` out of every log and error.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the code that sends it; never for words that anybody reads.
    pub fn bare(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The settings of notifications in `auction.toml`, as they are written there.
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

/// How mail is sent: `url` names the SMTP server, `from` the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    pub url: Secret,
    pub from: String,
}

/// Where the webhook is, and the secret that signs each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    pub url: Secret,
    pub secret: Secret,
}

/// The settings in force, each with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    smtp_url: Entry,
    mail_from: Entry,
    webhook_url: Entry,
    webhook_secret: Entry,
}

impl Config {
    /// The environment goes before the file; an empty variable counts as none.
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

    /// How mail is sent; None where it is not configured. Fails where a part is missing.
    pub fn mail(&self) -> Result<Option<MailSettings>> {
        match (&self.smtp_url.value, &self.mail_from.value) {
            (Some(url), Some(from)) => {
                Ok(Some(MailSettings { url: url.clone(), from: from.bare().to_owned() }))
            }
            (Some(_), None) => bail!("smtp_url needs mail_from, the address that mails come from"),
            (None, _) => Ok(None),
        }
    }

    /// Where the webhook is; None where it is not configured. Fails where a part is missing.
    pub fn webhook(&self) -> Result<Option<WebhookSettings>> {
        match (&self.webhook_url.value, &self.webhook_secret.value) {
            (Some(url), Some(secret)) => {
                Ok(Some(WebhookSettings { url: url.clone(), secret: secret.clone() }))
            }
            (Some(_), None) => {
                bail!("webhook_url needs webhook_secret, by which its receiver knows the house")
            }
            (None, _) => Ok(None),
        }
    }

    /// The rows of `house show`, without secrets.
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

/// A URL without its user and password, and without its path, which may be a secret, too.
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
pub(super) mod tests {
    use super::*;

    /// Both channels, configured.
    pub(crate) fn entries() -> Entries {
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
}
