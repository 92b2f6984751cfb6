//! Texts as the search compares them: in one normal form, without case, accents and invisible characters. Texts that
//! fold to the same are the same to a search. Folded texts are stored, so only a migration may change a released
//! folding.

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The most characters of a folded text: a few characters decompose into many.
const MAX_FOLDED: usize = 40_000;

/// Folds a text, with single spaces between words and none at its ends.
///
/// Hangul and kana stay whole syllables; the marks of Indic, Thai and Japanese letters that make another letter stay.
pub fn fold(text: &str) -> String {
    let ignored = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let is_kept = |c: &char| !ignored.contains(*c) && !is_accent(classes.get_u8(*c)) && *c != TATWEEL;
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    // To upper case and back: so "ß" and "SS", and the two small sigmas, become one.
    let caseless =
        decomposed.chars().filter(is_kept).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut plain = String::with_capacity(text.len());
    // A capital may come apart only when it becomes small: "İ".
    for c in caseless.filter(is_kept) {
        match unmarked(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&plain);
    let words: Vec<&str> = composed.split_whitespace().collect();
    words.join(" ").chars().take(MAX_FOLDED).collect()
}

/// The character that stretches an Arabic word.
const TATWEEL: char = '\u{640}';

/// Whether a mark of this combining class is an accent: nuktas, Hebrew and Arabic points, and what stands above,
/// below, beside or across a letter. The voicing marks of kana (8), viramas (9) and tones (103 and up) make another
/// word.
fn is_accent(class: u8) -> bool {
    matches!(class, 1 | 7 | 10..=36 | 200..=240)
}

/// Letters whose mark Unicode does not take apart.
fn unmarked(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        _ => return None,
    })
}

/// The words of a search text, folded, each once: the runs between spaces and punctuation. Operators of query
/// languages count as punctuation. A text of nothing but punctuation is searched as it is.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let categories = CodePointMapData::<GeneralCategory>::new();
    let parts = |c: char| match c {
        // "50%", "R&D", "a@b", "C#", "snake_case".
        '%' | '&' | '@' | '#' | '_' => false,
        '^' | '`' | '~' | '|' | '<' | '>' | '=' => true,
        _ => {
            c.is_whitespace()
                || c.is_control()
                || GeneralCategoryGroup::Punctuation.contains(categories.get(c))
        }
    };
    let bare = |word: &str| word.trim_start_matches(['+', '#']).to_owned();
    let mut words: Vec<String> = folded.split(parts).map(bare).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        words = folded.split_whitespace().map(str::to_owned).collect();
    }
    words.sort();
    words.dedup();
    words
}

/// The listing number that the whole text names, if it does: "2", "#2", "No. 2", "Lot 2", "2번".
pub fn number(text: &str) -> Option<i64> {
    const BEFORE: [&str; 14] = [
        "listing", "number", "item", "nr", "no", "n", "lot", "#", "경매", "물건", "매물", "번호", "로트",
        "제",
    ];
    const AFTER: [&str; 4] = ["번째", "번", "호", "号"];
    let is_joint = |c: char| c.is_whitespace() || matches!(c, '.' | ':' | '°');
    let folded = fold(text);
    let mut rest = folded.trim_matches(is_joint);
    // "Lot no. 2", "경매 번호 2".
    for _ in 0..2 {
        if let Some(after) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
            rest = after.trim_start_matches(is_joint);
        }
    }
    let digits =
        AFTER.iter().find_map(|word| rest.strip_suffix(word)).unwrap_or(rest).trim_end_matches(is_joint);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number { digits.parse().ok().filter(|n| *n > 0) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_normal_forms_make_no_difference() {
        for (written, folded) in [
            ("  Two\t\nwords ", "two words"),
            ("Café", "cafe"),
            ("CAFE\u{301}", "cafe"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("STRAẞE", "strasse"),
            ("Smørrebrød", "smorrebrod"),
            ("Łódź", "lodz"),
            ("Đặng", "dang"),
            ("Ærø Œuvre Þór", "aero oeuvre thor"),
            ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
            ("ﬁne", "fine"),
            ("Ｌａｍｐ　２", "lamp 2"),
            ("№ 5", "no 5"),
            ("ΆΣΤΥ ΦΩΣ φως", "αστυ φωσ φωσ"),
            ("Ёлка", "елка"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد مـحمد", "محمد محمد"),
            ("ﻣﺤﻤﺪ", "محمد"),
            ("ẞ\u{200b}a\u{ad}b\u{fe0f}", "ssab"),
            ("자전거", "자전거"),
            ("\u{110c}\u{1161}\u{110c}\u{1165}\u{11ab}\u{1100}\u{1165}", "자전거"),
            ("ﾃﾞｰﾀ", "データ"),
            ("か が", "か が"),
            ("क़लम क्या", "कलम क्या"),
            ("น้ำ นำ", "น้\u{e4d}า น\u{e4d}า"),
            ("\u{200b}\u{ad}", ""),
        ] {
            assert_eq!(fold(written), folded, "{written}");
            assert_eq!(fold(&fold(written)), folded, "{written}: folded twice");
        }
        assert_eq!(fold(&"\u{fdfa}".repeat(10_000)).chars().count(), MAX_FOLDED);
    }

    #[test]
    fn operators_and_quotes_are_no_part_of_a_word() {
        for (typed, expected) in [
            ("brass lamp", &["brass", "lamp"][..]),
            ("lamp LAMP Lámp", &["lamp"]),
            ("\"brass lamp\" OR -chair*", &["brass", "chair", "lamp", "or"]),
            ("a^2 NEAR(b, c)", &["2", "a", "b", "c", "near"]),
            ("#2", &["2"]),
            ("+lamp", &["lamp"]),
            ("C++ C# 100% R&D", &["100%", "c#", "c++", "r&d"]),
            ("rock’n’roll", &["n", "rock", "roll"]),
            ("자전거, 램프", &["램프", "자전거"]),
            ("\"", &["\""]),
            ("* - \"\"", &["\"\"", "*", "-"]),
            ("%", &["%"]),
            ("lamp\0shade", &["lamp", "shade"]),
            ("   ", &[]),
            ("\u{200b}", &[]),
        ] {
            assert_eq!(words(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_number_is_known_however_it_is_written() {
        for typed in [
            "2",
            " 2 ",
            "#2",
            "# 2",
            "No. 2",
            "no 2",
            "NO.2",
            "Nr. 2",
            "№2",
            "Nº 2",
            "n° 2",
            "Lot 2",
            "lot no. 2",
            "listing #2",
            "２",
            "2번",
            "2 번",
            "제2호",
            "번호 2",
            "경매 번호: 2",
            "002",
        ] {
            assert_eq!(number(typed), Some(2), "{typed}");
        }
        for typed in ["", "0", "-2", "2 lamps", "no", "#", "2.5", "1e3", "two", "99999999999999999999", "번"]
        {
            assert_eq!(number(typed), None, "{typed}");
        }
    }
}
