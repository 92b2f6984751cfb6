//! A provider of a single sign-on, as it describes itself (OpenID Connect Discovery 1.0), and the requests to it: short
//! ones, that follow no redirect.

use super::id_token::Claims;
use super::{Client, Trouble};
use anyhow::{Context, Result, bail, ensure};
use jsonwebtoken::jwk::Jwk;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};
use url::Url;

/// From the name of the host to the end of an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest answer that is read.
const MAX_BYTES: u64 = 256 * 1_024;
/// The most keys that are looked at.
const MAX_KEYS: usize = 100;

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Provider {
    pub issuer: String,
    pub authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether its answers name it (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// The tokens that a code is exchanged for.
pub(super) struct Tokens {
    pub id_token: String,
    pub access_token: String,
}

/// The field of a token response that OpenID Connect adds.
#[derive(Debug, Serialize, Deserialize)]
struct IdField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdField {}

type Exchanging = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<IdField, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Provider {
    /// Asks the provider for its own description, which must name the very same issuer.
    pub fn discover(issuer: &str) -> Result<Provider> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let provider: Provider = get(&url, None).context("the description of the provider")?;
        ensure!(provider.issuer == issuer, "the provider calls itself {:?}", provider.issuer);
        let endpoints =
            [&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri].into_iter();
        for endpoint in endpoints.chain(&provider.userinfo_endpoint) {
            let url = Url::parse(endpoint).with_context(|| format!("{endpoint:?} of the provider"))?;
            // An issuer on this machine is the only one without TLS.
            let is_safe = url.scheme() == "https" || (url.scheme() == "http" && issuer.starts_with("http:"));
            ensure!(is_safe, "{endpoint:?} of the provider is not https");
        }
        provider.auth_type()?;
        Ok(provider)
    }

    /// How the house shows the provider that it is the client.
    fn auth_type(&self) -> Result<AuthType> {
        let Some(methods) = &self.token_endpoint_auth_methods_supported else {
            return Ok(AuthType::BasicAuth);
        };
        let has = |method: &str| methods.iter().any(|known| known == method);
        match () {
            () if has("client_secret_basic") => Ok(AuthType::BasicAuth),
            () if has("client_secret_post") || has("none") => Ok(AuthType::RequestBody),
            () => bail!("the provider takes no client secret, only {}", methods.join(", ")),
        }
    }

    /// Exchanges a code for tokens.
    pub(super) fn exchange(
        &self,
        client: &Client,
        back: &str,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, Trouble> {
        let down = |error: anyhow::Error| Trouble::Down(error.context("the token endpoint of the provider"));
        let token_url = TokenUrl::new(self.token_endpoint.clone()).map_err(|error| down(error.into()))?;
        let back = RedirectUrl::new(back.to_owned()).map_err(|error| down(error.into()))?;
        let mut exchanging = Exchanging::new(ClientId::new(client.id.clone()))
            .set_token_uri(token_url)
            .set_redirect_uri(back)
            .set_auth_type(self.auth_type().map_err(down)?);
        if let Some(secret) = &client.secret {
            exchanging = exchanging.set_client_secret(secret.clone());
        }
        let exchanged = exchanging
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request(&send);
        let tokens = match exchanged {
            Ok(tokens) => tokens,
            Err(RequestTokenError::ServerResponse(error)) => {
                return Err(Trouble::Denied(error.error().to_string()));
            }
            Err(RequestTokenError::Request(error)) => return Err(down(error.into())),
            // The answer itself may hold tokens.
            Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
                return Err(down(anyhow::anyhow!("its answer is no token response")));
            }
        };
        let access_token = tokens.access_token().secret().clone();
        let Some(id_token) = tokens.extra_fields().id_token.clone() else {
            return Err(Trouble::Unsound(anyhow::anyhow!("the provider sent no ID token")));
        };
        Ok(Tokens { id_token, access_token })
    }

    /// The provider's keys that this program can use.
    pub(super) fn keys(&self) -> Result<Vec<Jwk>> {
        let set: KeySet = get(&self.jwks_uri, None).context("the keys of the provider")?;
        let keys = set.keys.into_iter().take(MAX_KEYS);
        Ok(keys.filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    /// What the provider says of the person beside the ID token; nothing if it has no such endpoint.
    pub(super) fn userinfo(&self, access_token: &str) -> Result<Option<Claims>> {
        let Some(url) = &self.userinfo_endpoint else { return Ok(None) };
        get(url, Some(access_token)).map(Some).context("the provider's word on the person")
    }
}

/// Says whether the provider can be used: its description and its keys, asked for now.
pub fn check(issuer: &str) -> Result<usize> {
    let n_keys = Provider::discover(issuer)?.keys()?.len();
    ensure!(n_keys > 0, "the provider has no keys that this program can use");
    Ok(n_keys)
}

/// An agent for each exchange: they are rare, and a connection that was kept may be stale.
fn agent() -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(tls)
        .user_agent(concat!("auction/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

fn get<T: DeserializeOwned>(url: &str, bearer: Option<&str>) -> Result<T> {
    let mut request = agent().get(url).header("Accept", "application/json");
    if let Some(token) = bearer {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call()?;
    ensure!(answer.status() == 200, "it answers {}", answer.status());
    let body = answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec()?;
    serde_json::from_slice(&body)
        .map_err(|error| anyhow::anyhow!("its answer is not as it should be: {error}"))
}

/// Sends a request of the crate for OAuth 2.0.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let (parts, mut body) = agent().run(request)?.into_parts();
    let body = body.with_config().limit(MAX_BYTES).read_to_vec()?;
    Ok(HttpResponse::from_parts(parts, body))
}
