//! How the house is known at the provider of its single sign-on: from the environment, else from `auction.toml`.

use super::config;
use crate::house::House;
use crate::house::settings::Shown;
use crate::house::settings::keys::SignUp;
use crate::notifications::config::Secret;
use crate::scheduler::Finding;
use crate::web::sign_on::{Client, provider};
use anyhow::Result;
use oauth2::ClientSecret;
use std::path::Path;

/// The two entries, each with its source.
struct Config {
    id: (Option<String>, &'static str),
    secret: (Option<Secret>, &'static str),
}

impl Config {
    fn read(dir: &Path) -> Result<Config> {
        let file = config::read(dir)?;
        let environment = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Ok(Config {
            id: sourced(environment("AUCTION_OIDC_CLIENT_ID"), file.oidc_client_id),
            secret: sourced(
                environment("AUCTION_OIDC_CLIENT_SECRET").map(Secret::new),
                file.oidc_client_secret,
            ),
        })
    }

    fn client(&self) -> Option<Client> {
        let secret = self.secret.0.as_ref().map(|secret| ClientSecret::new(secret.bare().to_owned()));
        self.id.0.clone().map(|id| Client { id, secret })
    }
}

fn sourced<T>(of_environment: Option<T>, of_file: Option<T>) -> (Option<T>, &'static str) {
    match (of_environment, of_file) {
        (Some(value), _) => (Some(value), "environment"),
        (None, Some(value)) => (Some(value), "auction.toml"),
        (None, None) => (None, "default"),
    }
}

/// The client that the house is at the provider; none where none is configured.
pub fn client(dir: &Path) -> Result<Option<Client>> {
    Ok(Config::read(dir)?.client())
}

/// The rows of `house show`, without the secret.
pub fn show(dir: &Path) -> Result<[Shown; 2]> {
    let config = Config::read(dir)?;
    let none = || "none".to_owned();
    let (id, secret) =
        (config.id.0.unwrap_or_else(none), config.secret.0.map_or_else(none, |_| "set".to_owned()));
    let row = |key, value, source, words| Shown { key, value, source, words };
    Ok([
        row("oidc_client_id", id, config.id.1, "what the provider of the single sign-on calls the house"),
        row("oidc_client_secret", secret, config.secret.1, "by which that provider knows the house"),
    ])
}

/// Whether people can log in by the single sign-on; none where none is wanted. Asks the provider.
pub fn finding(house: &House) -> Option<Finding> {
    const NAME: &str = "sign_on";
    let check = || -> Result<Option<Finding>> {
        let settings = house.settings()?;
        let Some(issuer) = settings.oidc_issuer() else {
            let is_needed = settings.sign_up == SignUp::Sso;
            let words = "sign_up is sso, but no provider is set: nobody can log in";
            return Ok(
                is_needed.then(|| Finding::bad(NAME, words, "`auction house set oidc_issuer https://…`"))
            );
        };
        if client(house.dir())?.is_none() {
            let words = "oidc_issuer is set, but no client: the pages offer no single sign-on";
            let to_do = "set oidc_client_id and oidc_client_secret in auction.toml, and restart the server";
            return Ok(Some(Finding::bad(NAME, words, to_do)));
        }
        Ok(Some(match provider::check(issuer) {
            Ok(n_keys) => Finding::good(NAME, format!("the provider answers, with {n_keys} keys")),
            Err(error) => {
                let to_do = "check oidc_issuer, and that this machine reaches it";
                Finding::bad(NAME, format!("{error:#}"), to_do)
            }
        }))
    };
    check().unwrap_or_else(|error| Some(Finding::bad(NAME, format!("{error:#}"), "correct auction.toml")))
}
