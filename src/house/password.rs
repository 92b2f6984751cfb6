//! Passwords at rest: argon2id with 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet has it.

use anyhow::{Result, anyhow};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::OnceLock;

const MEMORY_KIB: u32 = 19 * 1_024;
const N_PASSES: u32 = 2;

pub fn hash(password: &str) -> Result<String> {
    let hash =
        argon2().hash_password(password.as_bytes()).map_err(|error| anyhow!("hash a password: {error}"))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `hash`. Without a hash it takes as long and is false, so that nobody learns by the
/// clock which accounts there are.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.get_or_init(|| self::hash("nobody").unwrap_or_default()));
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok()) && known
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, N_PASSES, 1, None).expect("these are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_only() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("wrong horse", Some(&hash)));
        assert!(!verify("nobody", None));
    }
}
