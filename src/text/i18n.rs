//! Chooses a visitor's language, English or Korean, and finds each sentence by its key. The sentences stand in
//! `locales/`, with the same keys for each language.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// Most ranges of an `Accept-Language` that are read; the rest is ignored.
const MAX_RANGES: usize = 20;

/// A language of the house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    En,
    Ko,
}

impl Lang {
    /// The value of `lang="…"`, of `?lang=` and of the cookie.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ko => "ko",
        }
    }

    /// Reads a language tag with or without a region: `ko`, `ko-KR`, `EN`. None for another language.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "ko" => Some(Lang::Ko),
            _ => None,
        }
    }
}

/// Chooses the language: the address wins over the cookie, the cookie over `Accept-Language`. None if none of them
/// names a language of the house.
pub fn choose(
    query_lang: Option<&str>,
    cookie_lang: Option<&str>,
    accept_language: Option<&str>,
) -> Option<Lang> {
    query_lang
        .and_then(Lang::from_tag)
        .or_else(|| cookie_lang.and_then(Lang::from_tag))
        .or_else(|| accept_language.and_then(best_accepted))
}

/// The known language with the highest weight; among equals the first named.
fn best_accepted(header: &str) -> Option<Lang> {
    let mut best: Option<(Lang, u16)> = None;
    for range in header.split(',').take(MAX_RANGES) {
        let mut parts = range.split(';');
        let Some(lang) = parts.next().and_then(Lang::from_tag) else { continue };
        let weight = parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, permille);
        if weight > 0 && best.is_none_or(|(_, held)| weight > held) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

/// Reads `0.8` as 800, and anything that is no weight as 0.
fn permille(q: &str) -> u16 {
    let (whole, part) = q.trim().split_once('.').unwrap_or((q.trim(), ""));
    if whole == "1" {
        return 1000;
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    digits.parse().unwrap_or(0)
}

/// The sentences of one language. Cheap to copy; the bundles are made once for the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words {
    pub lang: Lang,
}

impl Words {
    pub fn new(lang: Lang) -> Words {
        Words { lang }
    }

    /// The sentence of `key`. An unknown key reads as itself, so that a page never fails for a word.
    pub fn t(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The sentence of `key` with one argument.
    pub fn t1<'a>(&self, key: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut args = FluentArgs::new();
        args.set(name, value);
        self.format(key, Some(&args))
    }

    /// The sentence of `key` with two arguments.
    pub fn t2<'a>(
        &self,
        key: &str,
        first: (&'a str, impl Into<FluentValue<'a>>),
        second: (&'a str, impl Into<FluentValue<'a>>),
    ) -> String {
        let mut args = FluentArgs::new();
        args.set(first.0, first.1);
        args.set(second.0, second.1);
        self.format(key, Some(&args))
    }

    /// The sentence of `key` with any number of arguments.
    pub fn with(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        arguments.iter().for_each(|(name, value)| args.set(*name, *value));
        self.format(key, Some(&args))
    }

    fn format(&self, key: &str, args: Option<&FluentArgs>) -> String {
        let bundle = match self.lang {
            Lang::En => &*ENGLISH,
            Lang::Ko => &*KOREAN,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            return key.to_string();
        };
        bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned()
    }
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Lang::En, include_str!("locales/en.ftl")));
static KOREAN: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle(Lang::Ko, include_str!("locales/ko.ftl")));

fn bundle(lang: Lang, source: &str) -> FluentBundle<FluentResource> {
    let lang: LanguageIdentifier = lang.tag().parse().expect("a tag of ours is well formed");
    let resource = FluentResource::try_new(source.to_string()).expect("a test reads both locales");
    let mut bundle = FluentBundle::new_concurrent(vec![lang]);
    // Isolation marks around arguments would end up in forms, titles and copied amounts.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).expect("a test finds no key twice");
    bundle
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        for (query, cookie, accept, expected) in [
            (Some("ko"), Some("en"), Some("en"), Some(Lang::Ko)),
            (None, Some("ko"), Some("en"), Some(Lang::Ko)),
            (Some("xx"), None, Some("ko-KR,en;q=0.5"), Some(Lang::Ko)),
            (None, None, Some("fr, en;q=0.4, ko;q=0.9"), Some(Lang::Ko)),
            (None, None, Some("ko;q=0, en;q=0.1"), Some(Lang::En)),
            (None, None, Some("ko;q=, ;;q=1,,"), None),
            (None, None, Some("de"), None),
            (None, None, None, None),
        ] {
            assert_eq!(choose(query, cookie, accept), expected, "{query:?} {cookie:?} {accept:?}");
        }
    }

    #[test]
    fn both_languages_know_the_same_keys() {
        assert_eq!(keys(include_str!("locales/en.ftl")), keys(include_str!("locales/ko.ftl")));
    }

    #[test]
    fn every_key_that_a_page_uses_exists() {
        let known = keys(include_str!("locales/en.ftl"));
        let mut used = BTreeSet::new();
        for path in ["src/web", "src/text", "src/notifications"].into_iter().flat_map(files_below) {
            let is_source = path.extension().is_some_and(|e| e == "rs" || e == "html");
            if is_source && !path.ends_with("i18n.rs") {
                used.extend(keys_used(&std::fs::read_to_string(path).unwrap()));
            }
        }
        assert!(used.len() > 100, "the search for keys went blind");
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "unknown keys: {unknown:?}");
    }

    #[test]
    fn arguments_stand_bare_and_counts_agree() {
        let en = Words::new(Lang::En);
        assert_eq!(en.t1("n-bids", "n", 1), "1 bid");
        assert_eq!(en.t1("n-bids", "n", 3), "3 bids");
        assert_eq!(en.t("no-such-key"), "no-such-key");
    }

    /// Every file below a folder of the repository.
    pub(crate) fn files_below(folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    fn keys(source: &str) -> BTreeSet<String> {
        source
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key.to_string())
            .collect()
    }

    /// Literal keys in `.t("…`, `.t1("…`, `.t2("…`, in Rust and in templates.
    fn keys_used(source: &str) -> BTreeSet<String> {
        [".t(\"", ".t1(\"", ".t2(\""]
            .iter()
            .flat_map(|call| source.split(call).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_string)
            .collect()
    }
}
