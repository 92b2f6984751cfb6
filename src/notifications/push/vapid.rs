//! Signs what a push service knows the house by (VAPID, RFC 8292): a token for that service alone, which holds for twelve
//! hours.

use crate::house::settings::push_key::PushKey;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Mutex;

/// How long a token holds; push services take at most a day.
const LIFE_S: i64 = 12 * 3_600;
/// A token is used again for half of that.
const USED_S: i64 = LIFE_S / 2;
/// The most tokens that are kept.
const MAX_KEPT: usize = 100;

/// Signs for one key and one contact.
pub struct Vapid {
    key: EncodingKey,
    public: String,
    /// Whom the push service may write to: `mailto:` or `https:`.
    contact: String,
    /// The headers by origin, each with when it was made.
    kept: Mutex<HashMap<String, (Time, String)>>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl Vapid {
    pub fn of(key: &PushKey, contact: String) -> Result<Vapid> {
        let (public, der) = (key.public(), key.der()?);
        Ok(Vapid { key: EncodingKey::from_ec_der(&der), public, contact, kept: Mutex::default() })
    }

    /// Whether it signs for this key and contact.
    pub fn is_of(&self, key: &PushKey, contact: &str) -> bool {
        self.public == key.public() && self.contact == contact
    }

    /// The header `Authorization` for the push service at this origin.
    pub fn header(&self, origin: &str, now: Time) -> Result<String> {
        let mut kept = self.kept.lock().expect("nobody panics with the tokens");
        if let Some((at, header)) = kept.get(origin)
            && (0..USED_S * 1_000).contains(&now.ms_since(*at))
        {
            return Ok(header.clone());
        }
        let claims = Claims { aud: origin, exp: now.0 / 1_000 + LIFE_S, sub: &self.contact };
        let token =
            encode(&Header::new(Algorithm::ES256), &claims, &self.key).context("sign for a push service")?;
        let header = format!("vapid t={token}, k={}", self.public);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(origin.to_owned(), (now, header.clone()));
        Ok(header)
    }
}
