//! `auction.toml` in the data directory: settings for what flags and environment leave open.

use super::out::Format;
use crate::gate::network::Network;
use crate::notifications::config::{Config, Entries, Secret};
use crate::scheduler::Choice;
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;

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
        let secrets = ["smtp_", "webhook_", "oidc_"];
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

/// Where they go from a process that cron starts, which has no environment.
pub fn notifications_by_cron(dir: &Path) -> Result<Config> {
    Ok(Config::of(read(dir)?.notifications(), |_| None))
}
