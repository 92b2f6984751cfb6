//! ID tokens: who the provider says the person is, signed (OpenID Connect Core 1.0, 3.1.3.7).

use crate::house::people::sign_on::Identity;
use crate::rules::time::Time;
use anyhow::{Context, Result, bail, ensure};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};

/// How far the provider's clock may be off, in seconds.
const LEEWAY_S: i64 = 60;
/// The longest token that is looked at.
const MAX_BYTES: usize = 64 * 1_024;
/// The longest subject that there is.
const MAX_SUBJECT: usize = 255;

/// What an ID token must agree with.
pub(super) struct Verified<'a> {
    pub issuer: &'a str,
    pub client: &'a str,
    pub nonce: &'a str,
    pub now: Time,
}

/// What an ID token, or the provider's word on a person, says.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    sub: String,
    #[serde(default)]
    aud: Audience,
    azp: Option<String>,
    iat: Option<i64>,
    nbf: Option<i64>,
    exp: Option<i64>,
    nonce: Option<String>,
    pub email: Option<String>,
    #[serde(default, deserialize_with = "yes_or_no")]
    email_verified: bool,
    name: Option<String>,
    preferred_username: Option<String>,
}

/// One name, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Default for Audience {
    fn default() -> Audience {
        Audience::Many(Vec::new())
    }
}

/// `true`, also as some providers write it: as a text.
fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value == true || value == "true")
}

impl Verified<'_> {
    /// Returns the claims of a token that one of `keys` has signed; none if no key is the one that it names. Fails for a
    /// token that is unsound whatever the keys are.
    pub fn verify(&self, keys: &[Jwk], token: &str) -> Result<Option<Claims>> {
        ensure!(token.len() <= MAX_BYTES, "the ID token is too long");
        // One without a signature (`none`) has no algorithm that is known here.
        let header = decode_header(token).context("the head of the ID token")?;
        let is_asymmetric = !matches!(header.alg, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512);
        ensure!(is_asymmetric, "the ID token is signed by {:?}, with which a client could sign", header.alg);
        for key in keys.iter().filter(|key| fits(key, &header)) {
            match decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &self.validation(header.alg)) {
                Ok(decoded) => return self.check(decoded.claims).map(Some),
                // Without a name any key may be the one.
                Err(error) if is_by_other_key(&error) && header.kid.is_none() => {}
                Err(error) => return Err(error).context("the ID token"),
            }
        }
        Ok(None)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[self.client]);
        validation.set_issuer(&[self.issuer]);
        validation.leeway = LEEWAY_S.unsigned_abs();
        validation.validate_nbf = true;
        validation
    }

    /// Checks what the signature does not: whom the token is for, when it was made, and for which log-in.
    fn check(&self, claims: Claims) -> Result<Claims> {
        let now_s = self.now.0.div_euclid(1_000);
        ensure!(!claims.sub.is_empty() && claims.sub.len() <= MAX_SUBJECT, "the ID token names nobody");
        match (&claims.azp, &claims.aud) {
            (Some(azp), _) => ensure!(azp == self.client, "the ID token is for another client"),
            (None, Audience::Many(many)) => ensure!(many.len() == 1, "the ID token is for several clients"),
            (None, Audience::One(one)) => ensure!(one == self.client, "the ID token is for another client"),
        }
        ensure!(claims.exp.is_some_and(|exp| now_s < exp + LEEWAY_S), "the ID token has expired");
        ensure!(claims.iat.is_some_and(|iat| iat <= now_s + LEEWAY_S), "the ID token is of the future");
        ensure!(claims.nbf.is_none_or(|nbf| nbf <= now_s + LEEWAY_S), "the ID token does not hold yet");
        ensure!(claims.nonce.as_deref() == Some(self.nonce), "the ID token is of another log-in");
        Ok(claims)
    }
}

fn is_by_other_key(error: &jsonwebtoken::errors::Error) -> bool {
    use jsonwebtoken::errors::ErrorKind;
    matches!(error.kind(), ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm)
}

/// Whether a key may have signed a token with this head.
fn fits(key: &Jwk, header: &Header) -> bool {
    let named = header.kid.is_none() || key.common.key_id == header.kid;
    let signs = key.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
    let is_of_kind = match (&key.algorithm, header.alg) {
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA) => true,
        (AlgorithmParameters::RSA(_), algorithm) => matches!(
            algorithm,
            Algorithm::RS256
                | Algorithm::RS384
                | Algorithm::RS512
                | Algorithm::PS256
                | Algorithm::PS384
                | Algorithm::PS512
        ),
        _ => false,
    };
    named && signs && is_of_kind
}

impl Claims {
    pub fn name(&self) -> Option<&str> {
        let given = [&self.name, &self.preferred_username].into_iter().flatten();
        given.map(|name| name.trim()).find(|name| !name.is_empty())
    }

    /// Adds what the provider says beside the ID token; it must be of the same person.
    pub fn add(&mut self, more: Option<Claims>) -> Result<()> {
        let Some(more) = more else { return Ok(()) };
        if more.sub != self.sub {
            bail!("the provider's word is on another person");
        }
        if self.email.is_none() {
            (self.email, self.email_verified) = (more.email, more.email_verified);
        }
        self.name = self.name.take().or(more.name);
        self.preferred_username = self.preferred_username.take().or(more.preferred_username);
        Ok(())
    }

    pub fn identity(&self, issuer: &str) -> Identity {
        let of_address = self.email.as_deref().and_then(|email| email.split('@').next());
        Identity {
            issuer: issuer.to_owned(),
            subject: self.sub.clone(),
            email: self.email.clone(),
            is_verified: self.email_verified && self.email.is_some(),
            name: self.name().or(of_address).map(str::to_owned),
        }
    }
}
