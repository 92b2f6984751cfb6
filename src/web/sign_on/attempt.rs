//! A log-in that is under way at the provider. The browser keeps it, in a cookie of its own, for ten minutes: so nothing
//! is held for those who never come back, and a code that somebody else obtained logs nobody in here.

use super::Client;
use super::provider::Provider;
use crate::rules::time::Time;
use crate::web::reply::Reply;
use crate::web::set_cookie::CookieScope;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use serde::{Deserialize, Serialize};
use url::Url;

const NAME: &str = "auction_sign_on";
/// How long somebody may take at the provider, in seconds.
const LIFE_S: i64 = 600;
/// The longest way on that is kept, in bytes: browsers keep cookies of up to 4 KiB.
const MAX_NEXT: usize = 1_024;

/// What the answer of the provider must agree with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub issuer: String,
    state: String,
    pub nonce: String,
    pub verifier: String,
    /// Where the person goes afterwards.
    pub next: String,
    at_ms: i64,
}

/// Begins a log-in: returns where the provider asks who the person is, and the attempt.
pub(super) fn begin(
    client: &Client,
    provider: &Provider,
    back: &str,
    next: &str,
    now: Time,
) -> Result<(Url, Attempt)> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random();
    let asking = BasicClient::new(ClientId::new(client.id.clone()))
        .set_auth_uri(
            AuthUrl::new(provider.authorization_endpoint.clone()).context("authorization_endpoint")?,
        )
        .set_redirect_uri(RedirectUrl::new(back.to_owned()).context("the house's own address")?);
    let scopes = ["openid", "email", "profile"].map(|scope| Scope::new(scope.to_owned()));
    let (url, state) = asking
        .authorize_url(CsrfToken::new_random)
        .add_scopes(scopes)
        .add_extra_param("nonce", nonce.secret())
        .set_pkce_challenge(challenge)
        .url();
    let next = if next.len() <= MAX_NEXT { next } else { "/" };
    let attempt = Attempt {
        issuer: provider.issuer.clone(),
        state: state.into_secret(),
        nonce: nonce.into_secret(),
        verifier: verifier.into_secret(),
        next: next.to_owned(),
        at_ms: now.0,
    };
    Ok((url, attempt))
}

impl Attempt {
    /// The attempt that a browser keeps, if the provider's answer belongs to it by its `state`, and is in time.
    pub fn of(cookie: Option<&str>, state: &str, now: Time) -> Option<Attempt> {
        let json = URL_SAFE_NO_PAD.decode(cookie?).ok()?;
        let attempt: Attempt = serde_json::from_slice(&json).ok()?;
        let age_ms = now.0.checked_sub(attempt.at_ms)?;
        let is_in_time = (0..=LIFE_S * 1_000).contains(&age_ms);
        (is_in_time && !state.is_empty() && attempt.state == state).then_some(attempt)
    }

    /// Adds to `reply` the cookie that keeps the attempt in the browser.
    pub fn keep(&self, reply: Reply, scope: CookieScope<'_>) -> Reply {
        let json = serde_json::to_vec(self).expect("texts and a number");
        let cookie = scope.cookie(&scope.name(NAME), &URL_SAFE_NO_PAD.encode(json), LIFE_S);
        reply.with("Set-Cookie", cookie)
    }
}

/// Returns what the browser keeps, where `cookie` finds it by name.
pub fn kept(scope: CookieScope<'_>, cookie: impl Fn(&str) -> Option<String>) -> Option<String> {
    cookie(&scope.name(NAME)).filter(|text| !text.is_empty())
}

/// Adds to `reply` the cookie that ends the attempt: its code is used once.
pub fn end(reply: Reply, scope: CookieScope<'_>) -> Reply {
    reply.with("Set-Cookie", scope.cookie(&scope.name(NAME), "", 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_found_by_its_state_and_in_time() {
        let attempt = Attempt {
            issuer: "https://login.example.org".into(),
            state: "s".into(),
            nonce: "n".into(),
            verifier: "v".into(),
            next: "/".into(),
            at_ms: 1_000_000,
        };
        let kept = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&attempt).unwrap());
        let found = |cookie, state, at_ms| Attempt::of(cookie, state, Time(at_ms)).is_some();
        assert!(found(Some(&*kept), "s", 1_000_000) && found(Some(&*kept), "s", 1_600_000));
        for (cookie, state, at_ms) in [
            (None, "s", 1_000_000),
            (Some(""), "s", 1_000_000),
            (Some("e30"), "s", 1_000_000),
            (Some("%"), "s", 1_000_000),
            (Some(&*kept), "t", 1_000_000),
            (Some(&*kept), "", 1_000_000),
            (Some(&*kept), "s", 999_999),
            (Some(&*kept), "s", 1_600_001),
        ] {
            assert!(!found(cookie, state, at_ms), "{cookie:?} {state} {at_ms}");
        }
    }
}
