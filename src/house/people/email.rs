//! Email addresses: read as people type them, and stored as mail servers take them: in lower case, with the domain in
//! ASCII (`ann@bücher.example` becomes `ann@xn--bcher-kva.example`). lettre can send to every address that is stored
//! so. An older house may hold anything with an `@` in it as an address, and such an account is still found.

use crate::rules::text;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use lettre::Address;
use std::borrow::Cow;
use std::net::IpAddr;

pub const NO_ADDRESS: &str = "An email address, such as ann@example.org.";
pub const WITH_MAILTO: &str = "Only the address, without \"mailto:\".";
pub const WITH_NAME: &str = "Only the address, without a name and brackets.";
pub const SEVERAL: &str = "One address only, without commas.";
pub const TWO_ATS: &str = "An address has only one @.";
pub const SPACES: &str = "An address has no spaces.";
pub const INVISIBLE: &str = "An address has no invisible characters.";
pub const QUOTED: &str = "Without quotation marks.";
pub const DOTS: &str = "Before the @, a dot cannot be first or last, and two cannot stand together.";
pub const WRONG_NAME: &str = "Before the @ is a character that an address cannot have.";
pub const WRONG_DOMAIN: &str = "After the @ must come a domain, such as example.org.";
pub const IP_ADDRESS: &str = "After the @ must come a domain, such as example.org, not an IP address.";
pub const TOO_LONG: &str = "At most 64 characters before the @, and 254 in total.";

/// Limits for sending (RFC 5321), before the `@` and in all.
const MAX_LOCAL_BYTES: usize = 64;
const MAX_BYTES: usize = 254;

/// Returns the stored form of a typed address, or what is wrong with it. Trims white space, and turns the full-width
/// characters of East Asian keyboards into ordinary ones.
pub fn read(typed: &str) -> Result<String, &'static str> {
    let typed: String = typed.trim().chars().map(half_width).collect();
    check_characters(&typed)?;
    let (local, domain) = typed.split_once('@').ok_or(NO_ADDRESS)?;
    if local.is_empty() || domain.is_empty() {
        return Err(NO_ADDRESS);
    }
    if domain.contains('@') {
        return Err(TWO_ATS);
    }
    let local = text::nfc(&local.to_lowercase());
    if local.len() > MAX_LOCAL_BYTES {
        return Err(TOO_LONG);
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(DOTS);
    }
    let domain = ascii_domain(domain)?;
    let address = Address::new(&local, &domain).map_err(|_| WRONG_NAME)?.to_string();
    if address.len() > MAX_BYTES { Err(TOO_LONG) } else { Ok(address) }
}

/// The forms in which the account of a typed address may be stored, the one of older houses first.
pub fn forms(typed: &str) -> Vec<String> {
    let mut all = vec![as_it_stands(typed)];
    if let Ok(address) = read(typed) {
        all.extend([address.clone(), shown(&address).into_owned()]);
    }
    // Older houses stored an address in whatever normal form it was typed.
    all.extend(all.clone().iter().map(|form| text::nfd(form)));
    let mut forms: Vec<String> = Vec::new();
    for form in all {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Returns one key for all spellings that name the same account, for counting tries. Never longer than an address.
pub fn key(typed: &str) -> String {
    // A small letter may be of more characters than its capital.
    read(typed).unwrap_or_else(|_| as_it_stands(typed).chars().take(MAX_BYTES).collect())
}

/// The address for people to read, with its domain in its own script.
pub fn shown(address: &str) -> Cow<'_, str> {
    match address.split_once('@') {
        Some((local, domain)) if domain.contains("xn--") => match idna::domain_to_unicode(domain) {
            (domain, Ok(())) => format!("{local}@{domain}").into(),
            _ => address.into(),
        },
        _ => address.into(),
    }
}

/// The address in lower case, cut to the longest length: how older houses stored it.
fn as_it_stands(typed: &str) -> String {
    typed.trim().chars().take(MAX_BYTES).collect::<String>().to_lowercase()
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{fe6b}' => '@',
        '\u{3002}' | '\u{ff61}' => '.',
        _ => c,
    }
}

fn check_characters(typed: &str) -> Result<(), &'static str> {
    let is_space = |c: char| c.is_whitespace() || c == '\u{2800}';
    let has_scheme = typed.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:"));
    match () {
        () if has_scheme => Err(WITH_MAILTO),
        () if typed.contains(['<', '>']) => Err(WITH_NAME),
        () if typed.contains([',', ';']) => Err(SEVERAL),
        () if typed.contains('"') => Err(QUOTED),
        () if typed.chars().any(is_space) => Err(SPACES),
        () if typed.chars().any(text::is_invisible) => Err(INVISIBLE),
        () if typed.chars().count() > MAX_BYTES => Err(TOO_LONG),
        () => Ok(()),
    }
}

fn ascii_domain(domain: &str) -> Result<String, &'static str> {
    let is_number = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    let is_ip = domain.parse::<IpAddr>().is_ok() || domain.rsplit('.').next().is_some_and(is_number);
    if is_ip || domain.starts_with('[') {
        return Err(IP_ADDRESS);
    }
    Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map(Cow::into_owned)
        .map_err(|_| WRONG_DOMAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_it_is_sent() {
        for (typed, kept) in [
            ("ann@example.org", "ann@example.org"),
            (" Ann@Example.ORG\u{a0}\r\n", "ann@example.org"),
            ("\u{3000}ann＠example.org", "ann@example.org"),
            ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
            ("ann@example。org", "ann@example.org"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@BU\u{308}CHER.example", "ann@xn--bcher-kva.example"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
            ("ann@경매.한국", "ann@xn--289al3w.xn--3e0b707e"),
            ("a.n+tag_x-1@mail.example.org", "a.n+tag_x-1@mail.example.org"),
            ("o'neill/x=1@example.org", "o'neill/x=1@example.org"),
            ("JO\u{308}RG@example.org", "j\u{f6}rg@example.org"),
            ("ann@localhost", "ann@localhost"),
        ] {
            assert_eq!(read(typed), Ok(kept.to_owned()), "{typed:?}");
            assert_eq!(read(kept), Ok(kept.to_owned()), "{kept:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_leave_away() {
        let long = |n: usize| format!("{}@example.org", "a".repeat(n));
        for (typed, words) in [
            ("", NO_ADDRESS),
            ("ann", NO_ADDRESS),
            ("@example.org", NO_ADDRESS),
            ("ann@", NO_ADDRESS),
            ("x@gmail..com", WRONG_DOMAIN),
            ("x@.gmail.com", WRONG_DOMAIN),
            ("x@gmail.com.", WRONG_DOMAIN),
            ("x@-gmail.com", WRONG_DOMAIN),
            ("x@gmail_com", WRONG_DOMAIN),
            ("x@gmail.com/", WRONG_DOMAIN),
            ("x@xn--a.example", WRONG_DOMAIN),
            ("a,b@x.org", SEVERAL),
            ("a@x.org;b@x.org", SEVERAL),
            ("mailto:a@b.c", WITH_MAILTO),
            ("MAILTO:a@b.c", WITH_MAILTO),
            ("Ann <a@b.c>", WITH_NAME),
            ("<a@b.c>", WITH_NAME),
            ("\"a b\"@x.org", QUOTED),
            ("\"a@b\"@x.org", QUOTED),
            ("a b@x.org", SPACES),
            ("a@x.org b@x.org", SPACES),
            ("a@x .org", SPACES),
            ("a\u{a0}b@x.org", SPACES),
            ("a@b@x.org", TWO_ATS),
            ("a@@x.org", TWO_ATS),
            ("a＠b@x.org", TWO_ATS),
            ("a\u{200b}b@x.org", INVISIBLE),
            ("\u{feff}a@x.org", INVISIBLE),
            ("a@x\u{ad}y.org", INVISIBLE),
            ("a@x.org\u{202c}", INVISIBLE),
            ("a\u{3164}@x.org", INVISIBLE),
            ("a\u{0}b@x.org", INVISIBLE),
            (".a@x.org", DOTS),
            ("a.@x.org", DOTS),
            ("a..b@x.org", DOTS),
            ("a(b)@x.org", WRONG_NAME),
            ("a\\b@x.org", WRONG_NAME),
            ("a:b@x.org", WRONG_NAME),
            ("a@[127.0.0.1]", IP_ADDRESS),
            ("a@127.0.0.1", IP_ADDRESS),
            ("a@[IPv6:::1]", IP_ADDRESS),
            ("a@::1", IP_ADDRESS),
            ("a@1.2.3", IP_ADDRESS),
            (&long(65), TOO_LONG),
            (&format!("a@{}", "b".repeat(300)), TOO_LONG),
            (&format!("a@{}.org", "b".repeat(64)), WRONG_DOMAIN),
            (&format!("{}@{}.org", "a".repeat(64), vec!["b".repeat(62); 3].join(".")), TOO_LONG),
        ] {
            assert_eq!(read(typed), Err(words), "{typed:?}");
        }
        assert!(read(&long(64)).is_ok());
    }

    #[test]
    fn every_way_of_writing_finds_the_account_and_counts_as_one() {
        let kept = "ann@xn--bcher-kva.example";
        for typed in ["Ann@Bücher.example ", kept, "ann＠bu\u{308}cher.example"] {
            assert!(forms(typed).contains(&kept.to_owned()), "{typed}");
            assert!(forms(typed).contains(&"ann@bücher.example".to_owned()), "{typed}");
            assert_eq!(key(typed), kept);
        }
        assert_eq!(shown(kept), "ann@bücher.example");
        let decomposed = "jo\u{308}rg@bu\u{308}cher.example";
        for typed in ["j\u{f6}rg@b\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example", decomposed] {
            assert!(forms(typed).contains(&decomposed.to_owned()), "{typed}");
        }
        assert_eq!(forms("ann@example.org"), ["ann@example.org"]);
        // Addresses as older houses stored them.
        for old in ["ann..b@example.org", "\"ann b\"@example.org", "ａnn@example.org", "ann@[127.0.0.1]"] {
            assert_eq!(forms(&format!(" {} ", old.to_uppercase()))[0], old);
        }
        assert_eq!(key(&"A".repeat(60_000)), "a".repeat(254));
        assert_eq!(key(&format!("@{}", "İ".repeat(253))).chars().count(), 254);
    }
}
