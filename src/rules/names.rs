//! Names of people: unique in a house, also for the eye. Two names are one if they are equal after compatibility
//! normalisation (NFKC) and case folding, or if they look alike (UTS 39) and are of different scripts.

use super::text;
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::Script;
use std::collections::BTreeSet;
use unicode_security::confusable_detection::skeleton;

/// What the name of a closed account begins with; a number follows it. Nobody else may have such a name.
const FORMER: &str = "former member";

/// The fault of a name that only a closed account has.
pub const RESERVED: &str = "Another name: this is how former members are called.";
/// The fault of a name with characters that show nothing.
pub const INVISIBLE: &str = "Without invisible characters, and with plain spaces.";

/// The most characters of a name.
pub const MAX_NAME: usize = 40;

/// Returns what is wrong with a typed name, apart from being somebody's. Blanks around it are left out, and several
/// plain spaces count as one; joiners and selectors may stand where a script or an emoji needs them.
pub fn amiss(typed: &str) -> Option<String> {
    let typed = typed.trim();
    text::amiss_in_line(typed, 1, MAX_NAME).or_else(|| match () {
        () if has_invisible(typed) => Some(INVISIBLE.to_owned()),
        () if is_former(typed) => Some(RESERVED.to_owned()),
        () => None,
    })
}

/// What a name is compared by: equal keys are one name.
pub fn key(name: &str) -> String {
    text::one_line(&nfkc(&folded(&nfkc(&shown(name)))))
}

/// What a name looks like, whatever its case: letters that are mistaken for one another are one.
pub fn look(name: &str) -> String {
    let shape = |text: &str| skeleton(text).collect::<String>();
    // A capital may look like a letter that its small one does not look like: first the shape, then the case. The
    // capital of `i` is taken for an `l`, so the small one is, too.
    let small = folded(&shape(&nfkc(&shown(name))));
    text::one_line(&shape(&small).replace('i', "l"))
}

/// Whether two names are one.
pub fn are_one(one: &str, another: &str) -> bool {
    key(one) == key(another) || look(one) == look(another) && are_of_different_scripts(one, another)
}

/// What a former member is called.
pub fn former(n: i64) -> String {
    format!("{FORMER} {n}")
}

/// Whether a name is of the form of a former member's, or looks like one in another script.
pub fn is_former(name: &str) -> bool {
    let is_numbered = |rest: Option<&str>, is_digit: fn(char) -> bool| {
        rest.map(str::trim).is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_digit))
    };
    let (key, look) = (key(name), look(name));
    let looks_so =
        is_numbered(look.strip_prefix(&self::look(FORMER)), |c| c.is_numeric() || "ol".contains(c));
    is_numbered(key.strip_prefix(FORMER), char::is_numeric)
        || looks_so && are_of_different_scripts(name, FORMER)
}

/// Whether anything in a trimmed name is not seen, or is a space that is not plain.
fn has_invisible(typed: &str) -> bool {
    let plain: Vec<&str> = typed.split(' ').filter(|word| !word.is_empty()).collect();
    typed.chars().any(text::is_direction) || text::one_line(typed) != text::nfc(&plain.join(" "))
}

/// Signs and digits are of no script.
fn are_of_different_scripts(one: &str, another: &str) -> bool {
    let (one, another) = (scripts(one), scripts(another));
    !one.is_empty() && !another.is_empty() && one != another
}

fn scripts(name: &str) -> BTreeSet<Script> {
    let all = nfkc(name);
    let all = all.chars().map(|c| CodePointMapData::<Script>::new().get(c));
    all.filter(|script| !matches!(*script, Script::Common | Script::Inherited | Script::Unknown)).collect()
}

/// The name without what only changes how others are shown.
fn shown(name: &str) -> String {
    text::one_line(name).chars().filter(|c| !text::is_mark_on_others(*c)).collect()
}

fn nfkc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

fn folded(text: &str) -> String {
    CaseMapper::new().fold_string(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(one: &str, another: &str, is_one: bool) {
        assert_eq!(are_one(one, another), is_one, "{one:?} {another:?}");
        assert_eq!(are_one(another, one), is_one, "{another:?} {one:?}");
    }

    #[test]
    fn a_name_is_one_however_it_is_written() {
        for (one, another, is_one) in [
            ("Bob", "BOB", true),
            ("Bob", "  bob ", true),
            ("Ann Lee", "Ann  Lee", true),
            ("Ann Lee", "Ann\u{a0}Lee", true),
            ("Ann Lee", "Ann\u{3000}Lee", true),
            ("Ann Lee", "AnnLee", false),
            ("Bob", "Bo\u{200b}b", true),
            ("Bob", "Bob\u{200e}", true),
            ("Bob", "B\u{ad}ob", true),
            ("Bob1", "Bob1\u{fe0f}", true),
            ("Bob", "Ｂｏｂ", true),
            ("Bob", "𝐁𝐨𝐛", true),
            ("Ⅳ", "IV", true),
            ("Jörg", "JO\u{308}RG", true),
            ("Jörg", "Jorg", false),
            ("Strauß", "STRAUSS", true),
            ("Νίκος", "ΝΊΚΟΣ", true),
            ("김민수", "\u{1100}\u{1175}\u{11b7}민수", true),
            ("김민수", "김민서", false),
            ("می\u{200c}خواهم", "میخواهم", true),
            ("葛", "葛\u{e0100}", true),
            ("👩\u{200d}🚀", "👩🚀", true),
            ("🦊", "🐻", false),
            ("Ann", "Anna", false),
        ] {
            check(one, another, is_one);
        }
    }

    #[test]
    fn names_that_look_alike_are_one_if_they_are_of_different_scripts() {
        for (one, another, is_one) in [
            ("Bob", "Вob", true),
            ("Bob", "ВОВ", true),
            ("Bob", "Βοb", true),
            ("Ann", "Аnn", true),
            ("ann", "аnn", true),
            ("Ivan", "Іvan", true),
            ("ivan", "Іvan", true),
            ("ivan", "іvan", true),
            ("COCO", "СОСО", true),
            ("AXE", "ΑΧΕ", true),
            ("ロ", "口", true),
            ("Вова", "Boba", false),
            // Within one script they are names of two people, as much as those of Rob and Bob.
            ("Bob1", "Bobl", false),
            ("Bob0", "BobO", false),
            ("Kirnball", "Kimball", false),
            ("Ian", "lan", false),
            ("101", "lol", false),
            ("111", "ll1", false),
        ] {
            check(one, another, is_one);
        }
    }

    #[test]
    fn a_name_has_only_what_is_seen() {
        let invisible = Some(INVISIBLE.to_owned());
        for (typed, amiss_in_it) in [
            ("Ann Lee", &None),
            ("  Ann Lee\u{3000}", &None),
            ("Ann  Lee", &None),
            ("Jo\u{308}rg", &None),
            ("👩\u{200d}🚀", &None),
            ("❤\u{fe0f}", &None),
            ("می\u{200c}خواهم", &None),
            ("क्\u{200d}ष", &None),
            ("葛\u{e0100}", &None),
            ("Ann\u{a0}Lee", &invisible),
            ("山田\u{3000}太郎", &invisible),
            ("Ann\u{2009}Lee", &invisible),
            ("Ann\u{2800}Lee", &invisible),
            ("A\u{200b}nn", &invisible),
            ("A\u{200d}nn", &invisible),
            ("Ann\u{2060}", &invisible),
            ("\u{feff}Ann", &invisible),
            ("An\u{ad}n", &invisible),
            ("Ann\u{200e}", &invisible),
            ("\u{200f}שלום", &invisible),
            ("Ann\u{3164}", &invisible),
            ("Ann\u{fe0f}", &invisible),
            ("Ann\u{e0041}", &invisible),
            ("", &Some(text::length_words(1, MAX_NAME))),
            ("\u{200b}", &Some(text::NOTHING_VISIBLE.to_owned())),
            ("A\nnn", &Some(text::ONE_LINE.to_owned())),
        ] {
            assert_eq!(amiss(typed), *amiss_in_it, "{typed:?}");
        }
        assert_eq!(amiss(&"a".repeat(40)), None);
        assert_eq!(amiss(&"a".repeat(41)), Some(text::length_words(1, MAX_NAME)));
    }

    #[test]
    fn nobody_is_called_like_a_former_member() {
        for (name, is_so) in [
            ("former member 1", true),
            ("Former Member 204", true),
            ("former  member 3", true),
            ("former member3", true),
            ("ＦＯＲＭＥＲ member ３", true),
            ("former member ٣", true),
            ("fоrmer member 3", true),
            ("former member", false),
            ("former member Ann", false),
            ("a former member 3", false),
            ("former member 3b", false),
            ("former member lol", false),
        ] {
            assert_eq!(is_former(name), is_so, "{name:?}");
            assert_eq!(amiss(name) == Some(RESERVED.to_owned()), is_so, "{name:?}");
        }
        assert!(is_former(&former(17)));
    }

    const ANY: &str =
        "[AaBbIil1Оо ВвΑαßſ한é\u{301}\u{200b}-\u{200f}\u{fe0f}\u{a0}\u{3000}Ａﬁ👩🚀می]{0,12}|\\PC{0,12}";

    proptest! {
        #[test]
        fn a_key_is_its_own_key(name in ANY) {
            let once = key(&name);
            prop_assert_eq!(key(&once), once);
        }

        #[test]
        fn what_is_kept_of_a_name_is_the_same_name(name in ANY) {
            let kept = text::one_line(&name);
            prop_assert!(are_one(&name, &kept));
            prop_assert_eq!(look(&kept), look(&name));
        }

        #[test]
        fn the_case_of_a_name_does_not_matter(name in "[a-zà-öα-ρа-я가-힣 ]{1,12}") {
            prop_assert!(are_one(&name, &name.to_uppercase()));
        }

        #[test]
        fn a_good_name_is_kept_as_it_is_typed(name in ANY) {
            if amiss(&name).is_none() {
                let plain: Vec<&str> = name.trim().split(' ').filter(|word| !word.is_empty()).collect();
                prop_assert_eq!(text::one_line(&name), text::nfc(&plain.join(" ")));
                prop_assert_eq!(amiss(&text::one_line(&name)), None);
            }
        }
    }
}
