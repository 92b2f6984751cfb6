//! The key by which push services know the house (VAPID, RFC 8292). It is made with the house, stands in the database and so
//! in backups, and is never shown: browsers have subscribed with its public half, and hear from nobody else.

use crate::house::House;
use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;
use web_push_native::p256::pkcs8::EncodePrivateKey;

/// The key of the house's table under which it stands. No setting: nothing shows or changes it.
pub(super) const PUSH_KEY: &str = "push_key";

/// A key pair of P-256.
pub struct PushKey(SecretKey);

impl fmt::Debug for PushKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushKey(…)")
    }
}

impl PushKey {
    /// Makes one by chance.
    pub(super) fn make() -> Result<PushKey> {
        let mut bytes = [0; 32];
        loop {
            getrandom::fill(&mut bytes)?;
            // One in four billion is no key.
            if let Ok(secret) = SecretKey::from_slice(&bytes) {
                return Ok(PushKey(secret));
            }
        }
    }

    /// The secret as the house keeps it.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes())
    }

    fn of(text: &str) -> Result<PushKey> {
        // The error of either step would show a part of the secret.
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let secret = bytes.and_then(|bytes| SecretKey::from_slice(&bytes).ok());
        secret.map(PushKey).ok_or_else(|| anyhow!("the house's key for pushes is unreadable"))
    }

    /// The public half, which browsers subscribe with: an uncompressed point in base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().to_encoded_point(false))
    }

    /// The pair as PKCS#8, to sign with.
    pub fn der(&self) -> Result<Vec<u8>> {
        let der = self.0.to_pkcs8_der().map_err(|_| anyhow!("write the house's key for pushes"))?;
        Ok(der.as_bytes().to_vec())
    }
}

impl House {
    /// The key by which push services know the house.
    pub fn push_key(&self) -> Result<PushKey> {
        let text = self.read(|snapshot| snapshot.setting(PUSH_KEY))?;
        PushKey::of(&text.context("the house got its key for pushes when it was opened")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_kept_and_never_shown() {
        let key = PushKey::make().unwrap();
        let read = PushKey::of(&key.text()).unwrap();
        assert_eq!((read.public(), read.public().len()), (key.public(), 87));
        assert!(!format!("{key:?}").contains(&key.text()));
        for unreadable in ["", "hush", "AAAA"] {
            assert!(!format!("{:?}", PushKey::of(unreadable).unwrap_err()).contains("hush"));
        }
    }
}
