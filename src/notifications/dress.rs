//! What a mail wears: the house's name and its colours, by day and at night.

use crate::house::settings::Settings;

/// The look of a mail.
pub struct Dress<'a> {
    pub house: &'a str,
    /// Where the house's name leads.
    pub home: Option<&'a str>,
    pub day: Colours,
    pub night: Colours,
}

/// The colours of what can be pressed, as `#rrggbb`.
pub struct Colours {
    pub link: String,
    pub button: String,
    pub on_button: String,
}

impl Colours {
    fn of(link: &str, button: &str, on_button: &str) -> Colours {
        Colours { link: link.into(), button: button.into(), on_button: on_button.into() }
    }
}

impl<'a> Dress<'a> {
    /// The dress of a house.
    pub fn of(settings: &'a Settings) -> Dress<'a> {
        Dress { home: settings.public_url(), ..Dress::plain(&settings.name) }
    }

    /// The look of the pages, for a house without a colour of its own.
    pub fn plain(house: &'a str) -> Dress<'a> {
        Dress {
            house,
            home: None,
            day: Colours::of("#12503a", "#b32a1a", "#fff9ee"),
            night: Colours::of("#9fd8b6", "#f0745d", "#210a05"),
        }
    }
}
