//! Texts that people wrote, made safe for a mail: as readable as before, but without anything that a mail program would
//! turn into a link.

/// Puts a space inside everything that looks like a web address, a host or a mail address: `https: //evil. example`.
pub fn unlinked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match is_address_like(word) {
            true => break_up(word, &mut shown),
            false => shown.push_str(word),
        }
    }
    shown
}

/// The full stops that a host name may be written with.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}')
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '\u{fe55}' | '\u{ff1a}')
}

fn is_at(c: char) -> bool {
    matches!(c, '@' | '\u{fe6b}' | '\u{ff20}')
}

/// Characters that end a word for every mail program.
fn is_end(c: char) -> bool {
    c.is_whitespace() || is_dot(c) || ",;!?)]}\"'”’»".contains(c)
}

/// Whether a word holds what makes an address: a dot, unless it stands between digits (`2.5`, but not `192.0.2.1`) or
/// before a number; a colon, unless it is a time's; an `@`.
fn is_address_like(word: &str) -> bool {
    let (mut before, mut n_dots) = (' ', 0);
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().filter(|after| !is_end(*after));
        if let Some(after) = after {
            let among_digits = char::is_numeric(before) && after.is_numeric();
            let is_within = before != ' ';
            n_dots += usize::from(is_dot(c) && is_within);
            let breaks = is_dot(c) && is_within && !among_digits && !is_a_number_s(before, after)
                || is_colon(c) && !among_digits
                || is_at(c) && is_within;
            if breaks || n_dots > 2 {
                return true;
            }
        }
        before = c;
    }
    false
}

/// Whether the dot is a number's, as in `No.5`: no host name ends in digits only.
fn is_a_number_s(before: char, after: char) -> bool {
    before.is_alphabetic() && after.is_numeric()
}

fn break_up(word: &str, shown: &mut String) {
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        shown.push(c);
        let goes_on = chars.peek().is_some_and(|after| !is_end(*after));
        if goes_on && (is_dot(c) || is_colon(c) || is_at(c)) {
            shown.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_become_a_link_is_broken_up_and_honest_words_stay() {
        for (text, expected) in [
            ("Pay at https://evil.example/x?a=b now", "Pay at https: //evil. example/x?a=b now"),
            ("www.evil.example", "www. evil. example"),
            ("evil.example", "evil. example"),
            ("EVIL.EXAMPLE/login!", "EVIL. EXAMPLE/login!"),
            ("(evil.example).", "(evil. example)."),
            ("http://192.0.2.1/x", "http: //192. 0. 2. 1/x"),
            ("192.0.2.1", "192. 0. 2. 1"),
            ("http://localhost", "http: //localhost"),
            ("//evil.example", "//evil. example"),
            ("ann@evil.example", "ann@ evil. example"),
            ("mailto:ann", "mailto: ann"),
            ("tel:+1900", "tel: +1900"),
            ("tel:1900", "tel: 1900"),
            ("evil。example", "evil。 example"),
            ("evil．example", "evil． example"),
            ("한국.한국", "한국. 한국"),
            ("evil.1x.example", "evil. 1x. example"),
            ("evil.\u{200b}example", "evil. \u{200b}example"),
            ("Brass lamp", "Brass lamp"),
            ("Brass lamp, No. 5.", "Brass lamp, No. 5."),
            ("No.5 chair, 2.5 kg, v1.2.3", "No.5 chair, 2.5 kg, v1.2.3"),
            ("At 12:30: a 1:43 model...", "At 12:30: a 1:43 model..."),
            ("“Mr. Smith’s” desk (1890), 3/4", "“Mr. Smith’s” desk (1890), 3/4"),
            ("황동 등잔. 새것", "황동 등잔. 새것"),
            ("", ""),
        ] {
            assert_eq!(unlinked(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_blanks_is_added_and_no_address_is_left(text in "[a-c1.:/@ ．wéß]{0,40}") {
            let shown = unlinked(&text);
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&shown), bare(&text));
            prop_assert!(!shown.contains("://"));
            prop_assert_eq!(unlinked(&shown), shown.clone(), "what was broken up is whole no more");
            let has_host = |word: &str| {
                let parts: Vec<&str> = word.split(is_dot).collect();
                parts.windows(2).any(|two| {
                    !two[0].is_empty() && two[1].starts_with(char::is_alphabetic)
                })
            };
            prop_assert!(!shown.split(' ').any(has_host), "{}", shown);
        }
    }
}
