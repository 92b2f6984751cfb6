//! Names of people: unique in a house, also for the eye. Two names are one if they are equal after compatibility
//! normalisation (NFKC) and case folding, or if they look alike and are of different scripts (UTS 39).

use super::text;
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_security::confusable_detection::skeleton;

/// What the name of a closed account begins with; a number follows it. Nobody else may have such a name.
const FORMER: &str = "former member";

/// The fault of a name that only a closed account has.
pub const RESERVED: &str = "Another name: this is how former members are called.";
/// The fault of a name with characters that show nothing.
pub const INVISIBLE: &str = "Without invisible characters, and with plain spaces.";

/// What a name is compared by: equal keys are one name.
pub fn key(name: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let folded = CaseMapper::new().fold_string(&nfkc.normalize(name)).into_owned();
    text::one_line(&nfkc.normalize(&folded))
}

/// What a name looks like: letters that are mistaken for one another are one.
pub fn look(name: &str) -> String {
    skeleton(&key(name)).collect()
}

/// What a former member is called.
pub fn former(n: i64) -> String {
    format!("{FORMER} {n}")
}

/// Whether a name is of the form of a former member's.
pub fn is_former(name: &str) -> bool {
    key(name)
        .strip_prefix(FORMER)
        .is_some_and(|rest| rest.trim().bytes().all(|b| b.is_ascii_digit()) && !rest.trim().is_empty())
}
