//! Translates what the house says is wrong with a typed text into a sentence in the visitor's language.

use crate::house::people::email;
use crate::rules::{names, text};
use crate::text::dates;
use crate::text::i18n::Words;

/// The house's words about a field, with the key of the sentence for each.
const SENTENCES: [(&str, &str); 20] = [
    (text::ONE_LINE, "text-one-line"),
    (text::LINES, "text-no-controls"),
    (text::NOTHING_VISIBLE, "text-nothing-visible"),
    (text::TOO_MANY_MARKS, "text-too-many-marks"),
    (names::INVISIBLE, "name-invisible"),
    (names::RESERVED, "name-reserved"),
    (email::NO_ADDRESS, "need-email"),
    (email::WITH_MAILTO, "email-with-mailto"),
    (email::WITH_NAME, "email-with-name"),
    (email::SEVERAL, "email-several"),
    (email::TWO_ATS, "email-two-ats"),
    (email::SPACES, "email-spaces"),
    (email::INVISIBLE, "email-invisible"),
    (email::QUOTED, "email-quoted"),
    (email::DOTS, "email-dots"),
    (email::WRONG_NAME, "email-wrong-name"),
    (email::WRONG_DOMAIN, "email-wrong-domain"),
    (email::IP_ADDRESS, "email-ip-address"),
    (email::TOO_LONG, "email-too-long"),
    (dates::SKIPPED, "closes-skipped"),
];

/// Returns the sentence for what the house said; `None` if the field's own sentence says enough.
pub fn sentence(words: Words, said: &str) -> Option<String> {
    let (_, key) = SENTENCES.iter().find(|(known, _)| *known == said)?;
    Some(words.t(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::i18n::Lang;

    #[test]
    fn every_fault_of_a_text_has_its_sentence_in_both_languages() {
        for lang in [Lang::En, Lang::Ko] {
            for (said, key) in SENTENCES {
                let sentence = sentence(Words::new(lang), said).unwrap();
                assert!(sentence != key && sentence.is_ascii() == (lang == Lang::En), "{key}: {sentence}");
            }
        }
    }
}
