//! Single sign-on by OpenID Connect: the authorization code flow with PKCE. The provider is asked when somebody logs in,
//! and never before; what it says of itself is kept for a while.

pub mod attempt;
mod id_token;
pub mod provider;

use crate::house::people::sign_on::Identity;
use crate::rules::time::Time;
use anyhow::{Context, Result, anyhow, bail, ensure};
use attempt::Attempt;
use id_token::{Claims, Verified};
use jsonwebtoken::jwk::Jwk;
use oauth2::ClientSecret;
use provider::Provider;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use url::Url;

/// How long what a provider says of itself is kept, and its keys.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long a provider that did not answer is not asked again: a crowd must not wait for it one after the other.
const PAUSE: Duration = Duration::from_secs(3);

/// How the house is known at the provider.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    /// None for a public client, which PKCE alone protects.
    pub secret: Option<ClientSecret>,
}

/// What the provider sent the person back with.
pub struct Returned<'a> {
    pub code: &'a str,
    /// Who sent them back (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// Why nobody is logged in. What is inside is for the log alone, and has no secrets.
#[derive(Debug)]
pub enum Trouble {
    /// The provider does not answer, or not as a provider does.
    Down(anyhow::Error),
    /// The provider let nobody in: the error that it names.
    Denied(String),
    /// What the provider says of the person cannot be trusted.
    Unsound(anyhow::Error),
}

/// The single sign-on of a running server.
#[derive(Default)]
pub struct SignOn {
    client: Option<Client>,
    known: Mutex<Known>,
}

/// What is known of the provider, and since when.
#[derive(Default)]
struct Known {
    provider: Option<(Arc<Provider>, Instant)>,
    keys: Option<(Arc<Vec<Jwk>>, Instant)>,
    /// The issuer that did not answer.
    failed: Option<(String, Instant)>,
}

impl SignOn {
    pub fn new(client: Option<Client>) -> SignOn {
        SignOn { client, known: Mutex::default() }
    }

    /// Whether people can log in by it, as far as the house itself is concerned.
    pub fn is_set_up(&self, issuer: Option<&str>) -> bool {
        self.client.is_some() && issuer.is_some()
    }

    /// Begins a log-in that is to lead to `next`: returns where the provider asks who the person is, and what the
    /// browser keeps meanwhile. `back` is where the provider sends the person.
    pub fn begin(&self, issuer: &str, back: &str, next: &str, now: Time) -> Result<(Url, Attempt), Trouble> {
        let client = self.client().map_err(Trouble::Down)?;
        let provider = self.provider(issuer).map_err(Trouble::Down)?;
        attempt::begin(client, &provider, back, next, now).map_err(Trouble::Down)
    }

    /// Ends a log-in with the code that the provider sent: returns who the person is.
    pub fn finish(
        &self,
        attempt: &Attempt,
        back: &str,
        answer: &Returned<'_>,
        now: Time,
    ) -> Result<Identity, Trouble> {
        let client = self.client().map_err(Trouble::Down)?;
        let provider = self.provider(&attempt.issuer).map_err(Trouble::Down)?;
        let is_of_provider = match answer.issuer {
            Some(named) => named == provider.issuer,
            None => !provider.authorization_response_iss_parameter_supported,
        };
        if !is_of_provider {
            return Err(Trouble::Unsound(anyhow!("the answer is of another provider")));
        }
        let tokens = provider.exchange(client, back, answer.code, &attempt.verifier)?;
        let asked = Verified { issuer: &provider.issuer, client: &client.id, nonce: &attempt.nonce, now };
        let mut claims = self.verify(&provider, &asked, &tokens.id_token)?;
        if claims.email.is_none() || claims.name().is_none() {
            let more = provider.userinfo(&tokens.access_token).map_err(Trouble::Down)?;
            claims.add(more).map_err(Trouble::Unsound)?;
        }
        Ok(claims.identity(&provider.issuer))
    }

    fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("oidc_client_id is not set")
    }

    /// Verifies an ID token by the provider's keys. An unknown key may be a new one: then the keys are asked for once
    /// more.
    fn verify(&self, provider: &Provider, asked: &Verified<'_>, token: &str) -> Result<Claims, Trouble> {
        let (keys, are_new) = self.keys(provider, false).map_err(Trouble::Down)?;
        match asked.verify(&keys, token).map_err(Trouble::Unsound)? {
            Some(claims) => return Ok(claims),
            None if are_new => {}
            None => {
                let (keys, _) = self.keys(provider, true).map_err(Trouble::Down)?;
                if let Some(claims) = asked.verify(&keys, token).map_err(Trouble::Unsound)? {
                    return Ok(claims);
                }
            }
        }
        Err(Trouble::Unsound(anyhow!("no key of the provider has signed the ID token")))
    }

    /// What the provider says of itself, as of the last [`KEPT`].
    fn provider(&self, issuer: &str) -> Result<Arc<Provider>> {
        let mut known = self.known.lock().expect("nobody panics with it");
        if let Some((provider, at)) = &known.provider
            && provider.issuer == issuer
            && at.elapsed() < KEPT
        {
            return Ok(provider.clone());
        }
        if let Some((failed, at)) = &known.failed
            && failed == issuer
            && at.elapsed() < PAUSE
        {
            bail!("the provider did not answer a moment ago");
        }
        match Provider::discover(issuer) {
            Ok(provider) => {
                let provider = Arc::new(provider);
                *known =
                    Known { provider: Some((provider.clone(), Instant::now())), keys: None, failed: None };
                Ok(provider)
            }
            Err(error) => {
                known.failed = Some((issuer.to_owned(), Instant::now()));
                Err(error)
            }
        }
    }

    /// The provider's keys, and whether they were asked for just now.
    fn keys(&self, provider: &Provider, anew: bool) -> Result<(Arc<Vec<Jwk>>, bool)> {
        let mut known = self.known.lock().expect("nobody panics with it");
        if let Some((keys, at)) = &known.keys
            && !anew
            && at.elapsed() < KEPT
        {
            return Ok((keys.clone(), false));
        }
        let keys = Arc::new(provider.keys()?);
        ensure!(!keys.is_empty(), "the provider has no keys");
        known.keys = Some((keys.clone(), Instant::now()));
        Ok((keys, true))
    }
}
