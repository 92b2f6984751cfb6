//! What a mail wears: the house's name and its colours, by day and at night.

use crate::house::settings::Settings;
use crate::rules::colour::Colour;

/// The box that the logo fits, in pixels.
const LOGO: (u32, u32) = (260, 64);
/// The name of the logo within a mail.
pub const LOGO_ID: &str = "logo";

/// The look of a mail.
pub struct Dress<'a> {
    pub house: &'a str,
    /// Where the house's name leads.
    pub home: Option<&'a str>,
    /// The size at which the logo is shown, in pixels; none for a house without one.
    pub logo: Option<(u32, u32)>,
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

impl Colours {
    /// One colour for all.
    fn all(colour: Colour) -> Colours {
        Colours { link: colour.to_string(), button: colour.to_string(), on_button: colour.ink().to_string() }
    }
}

impl<'a> Dress<'a> {
    /// The dress of a house.
    pub fn of(settings: &'a Settings) -> Dress<'a> {
        let plain = Dress::plain(&settings.name);
        let (day, night) = match settings.accent {
            Some(accent) => (Colours::all(accent.day), Colours::all(accent.night)),
            None => (plain.day, plain.night),
        };
        let logo = settings.logo.as_ref().map(|logo| logo.within(LOGO.0, LOGO.1));
        Dress { home: settings.public_url(), logo, day, night, ..Dress::plain(&settings.name) }
    }

    /// The look of the pages, for a house without a colour of its own.
    pub fn plain(house: &'a str) -> Dress<'a> {
        Dress {
            house,
            home: None,
            logo: None,
            day: Colours::of("#12503a", "#b32a1a", "#fff9ee"),
            night: Colours::of("#9fd8b6", "#f0745d", "#210a05"),
        }
    }
}
