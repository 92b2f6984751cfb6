//! `auction.toml` in the data directory: settings for what flags and environment leave open.

use super::out::Format;
use crate::gate::network::Network;
use crate::notifications::config::{Config, Entries, Secret};
use crate::scheduler::Choice;
use crate::store::journal::Keeper;
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub format: Option<Format>,
    pub listen: Option<SocketAddr>,
    pub scheduler: Option<Choice>,
    #[serde(default)]
    pub trusted_proxy: Vec<Network>,
    pub log: Option<String>,
    pub log_format: Option<Format>,
    smtp_url: Option<Secret>,
    mail_from: Option<Secret>,
    webhook_url: Option<Secret>,
    webhook_secret: Option<Secret>,
    /// Read by itself, too: see [`journal`].
    #[serde(rename = "journal_url")]
    _journal_url: Option<Secret>,
    pub oidc_client_id: Option<String>,
    pub oidc_client_secret: Option<Secret>,
}

impl File {
    fn notifications(&self) -> Entries {
        Entries {
            smtp_url: self.smtp_url.clone(),
            mail_from: self.mail_from.clone(),
            webhook_url: self.webhook_url.clone(),
            webhook_secret: self.webhook_secret.clone(),
        }
    }
}

/// Reads the file; empty where there is none. An error names the line and never shows it, since it may hold a secret.
pub fn read(dir: &Path) -> Result<File> {
    let path = dir.join("auction.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    toml::from_str(&text).map_err(|error| {
        let n = error.span().map_or(0, |span| text[..span.start].matches('\n').count());
        let secrets = ["smtp_", "webhook_", "oidc_", "journal_"];
        let is_secret =
            text.lines().nth(n).is_some_and(|line| secrets.iter().any(|secret| line.contains(secret)));
        // The message names the expected value beside the one found.
        let words = if is_secret { "this must be known, and a text in quotes" } else { error.message() };
        anyhow!("read {}: line {}: {words}", path.display(), n + 1)
    })
}

/// Where notifications go, by the file and this process's environment.
pub fn notifications(dir: &Path) -> Result<Config> {
    Ok(Config::of(read(dir)?.notifications(), |name| std::env::var(name).ok()))
}

/// The journal that is named: by the environment, which cron's lines do not have, or by the file.
pub fn journal(dir: &Path) -> Result<Option<Arc<dyn Keeper>>> {
    let by_environment = std::env::var("AUCTION_JOURNAL_URL").ok().filter(|url| !url.is_empty());
    let url = match by_environment {
        Some(url) => Some(Secret::new(url)),
        None => journal_url(dir),
    };
    url.map(|url| keeper(url.bare())).transpose()
}

/// What the file names, whatever is wrong with its other lines: they keep nobody from settling.
fn journal_url(dir: &Path) -> Option<Secret> {
    let text = std::fs::read_to_string(dir.join("auction.toml")).ok()?;
    let table: toml::Table = text.parse().ok()?;
    Some(Secret::new(table.get("journal_url")?.as_str()?))
}

/// Whether cron's lines, which have no environment, lack the journal's name.
pub fn lacks_journal_by_cron(dir: &Path) -> bool {
    let by_environment = std::env::var("AUCTION_JOURNAL_URL").is_ok_and(|url| !url.is_empty());
    by_environment && journal_url(dir).is_none()
}

#[cfg(feature = "journal")]
fn keeper(url: &str) -> Result<Arc<dyn Keeper>> {
    Ok(Arc::new(crate::store::journal::postgres::Postgres::named(url)?))
}

#[cfg(not(feature = "journal"))]
fn keeper(_url: &str) -> Result<Arc<dyn Keeper>> {
    anyhow::bail!("journal_url is set, and this program was built without the feature `journal`")
}

/// Where they go from a process that cron starts, which has no environment.
pub fn notifications_by_cron(dir: &Path) -> Result<Config> {
    Ok(Config::of(read(dir)?.notifications(), |_| None))
}
