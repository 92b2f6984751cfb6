//! The currency and the language of the demo house: those of whoever starts it.

use crate::rules::money::Money;
use crate::text::i18n::Lang;
use std::env;

/// The variables that name the locale of amounts and of texts, by POSIX: the first that is not empty counts.
const OF_MONEY: [&str; 3] = ["LC_ALL", "LC_MONETARY", "LANG"];
const OF_TEXTS: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];
/// The currencies by the country of a locale; any other has euros.
const CURRENCIES: [(&str, &str); 4] = [("KR", "KRW"), ("US", "USD"), ("GB", "GBP"), ("JP", "JPY")];
const ELSEWHERE: &str = "EUR";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    pub currency: &'static str,
    pub lang: Lang,
}

impl Locale {
    /// The locale of this process.
    pub fn of_environment() -> Locale {
        Locale::of(|name| env::var(name).ok())
    }

    fn of(value: impl Fn(&str) -> Option<String>) -> Locale {
        let first = |names: [&str; 3]| {
            names
                .into_iter()
                .find_map(|name| value(name).filter(|value| !value.is_empty()))
                .unwrap_or_default()
        };
        let (money, texts) = (first(OF_MONEY), first(OF_TEXTS));
        // `ko_KR.UTF-8@…`: what stands between the language and the encoding is the country.
        let country =
            money.split(['.', '@']).next().and_then(|tag| tag.split_once(['_', '-'])).map(|(_, c)| c);
        let known = CURRENCIES.iter().find(|(of, _)| Some(*of) == country);
        Locale {
            currency: known.map_or(ELSEWHERE, |(_, currency)| currency),
            lang: if texts.starts_with("ko") { Lang::Ko } else { Lang::En },
        }
    }

    /// What is written in its language.
    pub fn either<T>(self, english: T, korean: T) -> T {
        match self.lang {
            Lang::En => english,
            Lang::Ko => korean,
        }
    }

    /// An amount of the demo, which is written in won: a thousand of them are about a euro, a dollar, a pound, or a hundred
    /// yen, all of which have a hundred minor units.
    pub fn amount(self, won: Money) -> Money {
        if self.currency == "KRW" { won } else { won / 10 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_currency_and_the_language_are_those_of_the_locale() {
        for (variables, currency, lang) in [
            (&[("LANG", "ko_KR.UTF-8")][..], "KRW", Lang::Ko),
            (&[("LANG", "en_US.UTF-8")], "USD", Lang::En),
            (&[("LANG", "en_GB")], "GBP", Lang::En),
            (&[("LANG", "ja_JP.eucJP")], "JPY", Lang::En),
            (&[("LANG", "de_DE@euro")], "EUR", Lang::En),
            (&[("LANG", "C.UTF-8")], "EUR", Lang::En),
            (&[("LANG", "POSIX")], "EUR", Lang::En),
            (&[], "EUR", Lang::En),
            (&[("LANG", "en_US.UTF-8"), ("LC_MONETARY", "ko_KR.UTF-8")], "KRW", Lang::En),
            (&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "en_GB.UTF-8")], "GBP", Lang::En),
            (&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", ""), ("LC_MESSAGES", "en_US")], "KRW", Lang::En),
        ] {
            let value =
                |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).into());
            assert_eq!(Locale::of(value), Locale { currency, lang }, "{variables:?}");
        }
        let amounts =
            ["KRW", "EUR", "JPY"].map(|currency| Locale { currency, lang: Lang::En }.amount(12_000));
        assert_eq!(amounts, [12_000, 1_200, 1_200]);
    }
}
