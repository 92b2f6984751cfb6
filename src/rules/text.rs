//! Texts as the house keeps them, however they were typed: in Unicode's normal form C, and single lines without
//! invisible characters. Whether two names look alike is decided elsewhere.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory,
    JoiningType,
};
use icu_properties::{CodePointMapData, CodePointSetData};

pub const ONE_LINE: &str = "One line, without control characters.";
pub const LINES: &str = "Without control characters.";
pub const NOTHING_VISIBLE: &str = "At least one visible character.";
pub const TOO_MANY_MARKS: &str = "At most 4 marks on one letter.";

/// Marks above, below and around one letter: Hebrew, Thai and Tibetan need three, Vietnamese one after composition.
const MAX_MARKS: usize = 4;

const JOINERS: std::ops::RangeInclusive<char> = '\u{200c}'..='\u{200d}';
const ZWJ: char = '\u{200d}';

/// Returns `text` in normal form C: texts that look and mean the same become equal.
pub fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Returns `text` in normal form D, which macOS uses for file names.
pub fn nfd(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned()
}

/// Returns a name, a title, a category or a reason as it is kept: in normal form C, trimmed, with single spaces, and
/// without invisible characters except those that change their neighbours (joiners within an emoji or an Arabic or
/// Indic word, variation selectors, marks of direction).
pub fn one_line(text: &str) -> String {
    let shown: Vec<char> = text.chars().filter(|c| !is_never_shown(*c)).collect();
    let is_outside = |c: &char| c.is_whitespace() || is_blank(*c);
    let from = shown.iter().position(|c| !is_outside(c)).unwrap_or(shown.len());
    let to = shown.iter().rposition(|c| !is_outside(c)).map_or(from, |last| last + 1);
    let inside = &shown[from..to];
    let mut kept = String::with_capacity(text.len());
    for (n, &c) in inside.iter().enumerate() {
        let before = kept.chars().next_back();
        if is_blank(c) {
            if before != Some(' ') {
                kept.push(' ');
            }
        } else if does_something(before, c, inside.get(n + 1).copied()) {
            kept.push(c);
        }
    }
    nfc(kept.trim_matches(|c| is_outside(&c)))
}

/// Returns what is wrong with a typed line, counted as [`one_line`] keeps it. A line end is wrong even at its end.
pub fn amiss_in_line(typed: &str, least: usize, most: usize) -> Option<String> {
    let text = one_line(typed);
    let n_chars = text.chars().count();
    let is_seen = text.chars().any(is_visible);
    let was_meant = typed.chars().any(|c| !c.is_whitespace());
    match () {
        () if typed.chars().any(breaks_a_line) => Some(ONE_LINE.to_owned()),
        () if least > 0 && was_meant && !is_seen => Some(NOTHING_VISIBLE.to_owned()),
        () if n_chars < least || n_chars > most => Some(length_words(least, most)),
        () if has_too_many_marks(&text) => Some(TOO_MANY_MARKS.to_owned()),
        () => None,
    }
}

/// Returns what is wrong with a typed text of several lines, counted in normal form C.
pub fn amiss_in_lines(typed: &str, most: usize) -> Option<String> {
    let text = nfc(typed);
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    match () {
        () if text.chars().any(is_control) => Some(LINES.to_owned()),
        () if text.chars().count() > most => Some(length_words(0, most)),
        () if has_too_many_marks(&text) => Some(TOO_MANY_MARKS.to_owned()),
        () => None,
    }
}

pub fn length_words(least: usize, most: usize) -> String {
    match least {
        0 => format!("At most {most} characters."),
        _ => format!("From {least} to {most} characters."),
    }
}

/// Whether `c` shows nothing: a space, a filler, a mark of direction, a joiner or a control character.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_blank(c) || is_ignorable(c) || is_never_shown(c)
}

/// Whether `c` shows something by itself: a mark without its letter does not.
fn is_visible(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    let needs_others = matches!(category(c), NonspacingMark | SpacingMark | EnclosingMark);
    !is_invisible(c) && !needs_others
}

/// Whether `c` shows nothing by itself, and only changes how its neighbours are shown.
pub fn is_mark_on_others(c: char) -> bool {
    JOINERS.contains(&c) || is_selector(c) || is_direction(c)
}

/// A space, whatever its width.
pub fn is_space(c: char) -> bool {
    category(c) == GeneralCategory::SpaceSeparator
}

/// The braille pattern without a dot shows as a space, too.
fn is_blank(c: char) -> bool {
    is_space(c) || c == '\u{2800}'
}

/// Ends a line, or turns the order of others around.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// Fillers, soft hyphens, spaces of no width and the like, which do nothing wherever they stand in a line.
fn is_never_shown(c: char) -> bool {
    let is_annotation = matches!(c, '\u{fff9}'..='\u{fffb}');
    let is_of_use =
        JOINERS.contains(&c) || is_selector(c) || is_tag(c) || is_direction(c) || breaks_a_line(c);
    is_annotation || is_noncharacter(c) || (is_ignorable(c) && !is_of_use)
}

/// Whether a joiner, a selector or a tag changes what stands beside it; true of everything else.
fn does_something(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before else { return !(JOINERS.contains(&c) || is_selector(c) || is_tag(c)) };
    if JOINERS.contains(&c) {
        return c == ZWJ && is_picture(before) && after.is_some_and(has::<ExtendedPictographic>)
            || after.is_some_and(char::is_alphanumeric) && joins_letters(before);
    }
    match c {
        '\u{fe0e}' | '\u{fe0f}' => CodePointSetData::new::<Emoji>().contains(before),
        c if is_selector(c) => !before.is_ascii() && !is_selector(before),
        c if is_tag(c) => before == '\u{1f3f4}' || is_tag(before),
        _ => true,
    }
}

/// The end of an emoji: itself, its variation, or the colour of its skin.
fn is_picture(c: char) -> bool {
    has::<ExtendedPictographic>(c) || matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// After a virama, or within a script whose letters join (RFC 5892, A.1 and A.2).
fn joins_letters(c: char) -> bool {
    let is_virama =
        CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama;
    let joining = CodePointMapData::<JoiningType>::new().get(c);
    is_virama || matches!(joining, JoiningType::DualJoining | JoiningType::LeftJoining)
}

fn has<P: icu_properties::props::BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}

fn is_ignorable(c: char) -> bool {
    has::<DefaultIgnorableCodePoint>(c)
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{e0100}'..='\u{e01ef}')
}

/// They spell the flags of England, Scotland and Wales.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// The marks of direction that Hebrew and Arabic texts need beside Latin ones.
pub fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn has_too_many_marks(text: &str) -> bool {
    let is_mark =
        |c: char| matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark);
    let mut n_marks = 0;
    text.chars().filter(|c| !is_ignorable(*c)).any(|c| {
        n_marks = if is_mark(c) { n_marks + 1 } else { 0 };
        n_marks > MAX_MARKS
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_kept_as_it_is_seen() {
        for (typed, kept) in [
            ("  Brass \u{a0}\u{3000} lamp \u{3000} ", "Brass lamp"),
            ("\u{feff}Lamp", "Lamp"),
            ("Cafe\u{301}", "Café"),
            ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}", "한국"),
            ("soft\u{ad}hy\u{200b}phen\u{2060}s", "softhyphens"),
            ("A\u{200d}n\u{200c}n", "Ann"),
            ("Ann\u{fe0f}", "Ann"),
            ("Ann\u{fffe}", "Ann"),
            ("Ann\u{e0041}\u{e0042}", "Ann"),
            ("Ann \u{3164}\u{115f}\u{1160}\u{ffa0}", "Ann"),
            ("\u{2800}Ann\u{2800}\u{2800}B", "Ann B"),
            // What changes its neighbours stays.
            ("👩\u{200d}🚀", "👩\u{200d}🚀"),
            ("👩🏽\u{200d}🚀", "👩🏽\u{200d}🚀"),
            ("❤\u{fe0f}\u{200d}🔥", "❤\u{fe0f}\u{200d}🔥"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴\u{e0067}\u{e0062}\u{e007f}"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("क्\u{200d}ष", "क्\u{200d}ष"),
            ("葛\u{e0100}", "葛\u{e0100}"),
            ("\u{200f}שלום", "\u{200f}שלום"),
        ] {
            assert_eq!(one_line(typed), kept, "{typed:?}");
            assert_eq!(amiss_in_line(typed, 1, 40), None, "{typed:?}");
        }
    }

    #[test]
    fn a_line_that_shows_nothing_or_misleads_is_refused() {
        let line = Some(ONE_LINE.to_owned());
        let nothing = Some(NOTHING_VISIBLE.to_owned());
        let length = Some("From 1 to 40 characters.".to_owned());
        for (typed, amiss) in [
            ("", &length),
            (" \u{a0}\u{3000}", &length),
            ("\u{3164}", &nothing),
            ("\u{115f}\u{1160}\u{ffa0}", &nothing),
            ("\u{2800}\u{2800}", &nothing),
            ("\u{200b}\u{200c}\u{200d}\u{feff}\u{2060}", &nothing),
            ("\u{fe0f}\u{e0041}\u{ad}\u{34f}", &nothing),
            ("\u{200e}\u{200f}\u{61c}", &nothing),
            ("\u{301}\u{302}", &nothing),
            ("\u{fffe}\u{fdd0}", &nothing),
            ("a\n", &line),
            ("a\nb", &line),
            ("a\tb", &line),
            ("a\u{0}b", &line),
            ("a\u{85}b", &line),
            ("a\u{2028}b", &line),
            ("\u{202e}pmal", &line),
            ("\u{2066}lamp\u{2069}", &line),
            ("e\u{316}\u{317}\u{318}\u{319}", &None),
            ("e\u{316}\u{317}\u{318}\u{319}\u{31a}", &Some(TOO_MANY_MARKS.to_owned())),
            (&"é".repeat(40), &None),
            (&"e\u{301}".repeat(40), &None),
            (&"é".repeat(41), &length),
            ("บ้านนี้", &None),
            ("Tiếng Việt", &None),
            ("བསྒྲུབས", &None),
            ("בְּרֵאשִׁית", &None),
            ("🧑\u{200d}🤝\u{200d}🧑", &None),
        ] {
            assert_eq!(amiss_in_line(typed, 1, 40), *amiss, "{typed:?}");
        }
    }

    #[test]
    fn several_lines_hold_tabs_and_line_ends_and_nothing_that_a_terminal_obeys() {
        assert_eq!(amiss_in_lines("two\r\nlines\tand a tab", 40), None);
        assert_eq!(amiss_in_lines("", 40), None);
        assert_eq!(amiss_in_lines("\u{1b}[31m", 40), Some(LINES.to_owned()));
        assert_eq!(
            amiss_in_lines("e\u{316}\u{317}\u{318}\u{319}\u{31a}", 40),
            Some(TOO_MANY_MARKS.to_owned())
        );
        assert_eq!(amiss_in_lines(&"e\u{301}".repeat(40), 40), None, "counted in normal form C");
        assert_eq!(amiss_in_lines(&"é".repeat(41), 40), Some("At most 40 characters.".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_the_same_again(text in "[a 한é\u{301}\u{200b}-\u{200f}\u{fe0f}\u{2800}\u{3164}\u{a0}\u{e0067}👩🚀🏴می\n]{0,12}|\\PC{0,12}") {
            let once = one_line(&text);
            prop_assert_eq!(one_line(&once), once);
        }
    }
}
