//! Passwords: prepared as RFC 8265 (OpaqueString) says, so that a password typed on a phone matches at a desk, and
//! stored as argon2id with 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet recommends.

use crate::rules::text;
use anyhow::{Result, anyhow};
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::OnceLock;

const MEMORY_KIB: u32 = 19 * 1_024;
const N_PASSES: u32 = 2;
const LEAST: usize = 8;
const MOST: usize = 200;

/// The result of verifying a typed password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but its hash is of the unprepared text, from before passwords were prepared: it must be hashed again.
    RightUnprepared,
}

/// Returns the fault of a new password, if it has one; its length is that of the prepared form.
pub fn amiss(typed: &str) -> Option<String> {
    let prepared = prepared(typed);
    if prepared.chars().any(char::is_control) {
        return Some(text::LINES.to_owned());
    }
    let is_good = (LEAST..=MOST).contains(&prepared.chars().count());
    (!is_good).then(|| text::length_words(LEAST, MOST))
}

/// Hashes a password in its prepared form.
pub fn hash(typed: &str) -> Result<String> {
    let prepared = prepared(typed);
    let hash =
        argon2().hash_password(prepared.as_bytes()).map_err(|error| anyhow!("hash a password: {error}"))?;
    Ok(hash.to_string())
}

/// Verifies `typed` against `hash`. Without a hash it takes as long and returns wrong, so that response times do not
/// reveal which accounts exist. It takes twice as long if the typed password differs from its prepared form, for any
/// account.
pub fn verify(typed: &str, hash: Option<&str>) -> Verdict {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = || NOBODY.get_or_init(|| self::hash("nobody").unwrap_or_default()).as_str();
    let (hash, is_known) = (hash.unwrap_or_else(nobody), hash.is_some());
    let Ok(parsed) = PasswordHash::new(hash) else { return Verdict::Wrong };
    let is_right = |text: &str| argon2().verify_password(text.as_bytes(), &parsed).is_ok() && is_known;
    let prepared = prepared(typed);
    match () {
        () if is_right(&prepared) => Verdict::Right,
        () if prepared != typed && is_right(typed) => Verdict::RightUnprepared,
        () => Verdict::Wrong,
    }
}

/// Turns every space into the ASCII space, then applies normal form C. Case is kept, and nothing is cut off.
fn prepared(typed: &str) -> String {
    let spaced: String = typed.chars().map(|c| if text::is_space(c) { ' ' } else { c }).collect();
    text::nfc(&spaced)
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
        assert_eq!(verify("correct horse", Some(&hash)), Verdict::Right);
        assert_eq!(verify("wrong horse", Some(&hash)), Verdict::Wrong);
        assert_eq!(verify("nobody", None), Verdict::Wrong);
    }

    /// Some keyboards, and file names on a Mac, separate letters from their marks; spaces come in several widths.
    #[test]
    fn a_password_is_the_same_however_its_letters_are_put_together() {
        for (set, typed) in [
            ("pässwört\u{3000}1", "pa\u{308}sswo\u{308}rt 1"),
            ("pa\u{308}sswo\u{308}rt 1", "pässwört\u{a0}1"),
            ("비밀번호입니다요", "\u{1107}\u{1175}밀번호입니다요"),
        ] {
            assert_eq!(verify(typed, Some(&hash(set).unwrap())), Verdict::Right, "{typed:?}");
        }
        let hash = hash("Pässwört 1").unwrap();
        for other in ["pässwört 1", "Passwort 1", "Pässwört  1", " Pässwört 1"] {
            assert_eq!(verify(other, Some(&hash)), Verdict::Wrong, "{other:?}");
        }
    }

    #[test]
    fn an_old_hash_of_what_was_typed_is_known_still() {
        let typed = "pa\u{308}sswo\u{308}rt";
        let old = argon2().hash_password(typed.as_bytes()).unwrap().to_string();
        assert_eq!(verify(typed, Some(&old)), Verdict::RightUnprepared);
        assert_eq!(verify("pässwört", Some(&old)), Verdict::Wrong);
        assert_eq!(verify(typed, Some(&hash(typed).unwrap())), Verdict::Right);
    }

    #[test]
    fn a_new_password_has_8_to_200_characters_as_they_are_compared() {
        let length = Some("From 8 to 200 characters.".to_owned());
        let control = Some(text::LINES.to_owned());
        for (typed, amiss) in [
            ("", &length),
            ("1234567", &length),
            ("a\u{308}o\u{308}u\u{308}A\u{308}", &length),
            ("äöüÄÖÜß1", &None),
            ("a\u{308}o\u{308}u\u{308}A\u{308}O\u{308}U\u{308}ß1", &None),
            (&"a\u{308}".repeat(200), &None),
            (&"ä".repeat(201), &length),
            ("        ", &None),
            ("tab\tinside", &control),
            ("zero\u{0}inside", &control),
            ("two\nlines", &control),
            ("👩\u{200d}🚀👩\u{200d}🚀👩\u{200d}🚀", &None),
        ] {
            assert_eq!(super::amiss(typed), *amiss, "{typed:?}");
        }
    }
}
