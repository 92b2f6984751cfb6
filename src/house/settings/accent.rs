//! `accent`: the house's colour on links, buttons and the focus ring. What would be hard to read is refused.

use crate::rules::colour::{BLACK, Colour, READABLE, WHITE};

/// The grounds of the pages on which the colour is read the worst: the paper by day, and a sheet of paper at night. A
/// test reads them in the style sheet.
pub const GROUND: Colour = Colour([0xf5, 0xee, 0xdc]);
pub const NIGHT_GROUND: Colour = Colour([0x16, 0x30, 0x26]);

const FORM: &str = "A colour of six digits, such as #1d4ed8; or none.";

/// A colour that can be read as a link on the pages, and the one that stands for it at night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    pub day: Colour,
    /// The same, lightened until it can be read on the dark ground.
    pub night: Colour,
}

impl Accent {
    /// The accent of a colour; darkened until it can be read on the pages, if an older version took one that cannot.
    pub fn of(colour: Colour) -> Accent {
        let day = colour.readable_on(GROUND, BLACK);
        Accent { day, night: day.readable_on(NIGHT_GROUND, WHITE) }
    }
}

/// Returns the colour in lower case, or a sentence that says what is wrong with it and which one would do.
pub(super) fn normal(text: &str) -> Result<String, String> {
    let colour = Colour::parse(text.trim()).ok_or(FORM)?;
    if colour.is_readable_on(GROUND) {
        return Ok(colour.to_string());
    }
    let near = colour.readable_on(GROUND, BLACK);
    let shown = |hundredths: u32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    Err(format!(
        "A link of {colour} on the pages' {GROUND} would have a contrast of {} to 1, and needs {}: {near} is the nearest \
         that has it.",
        shown(colour.contrast(GROUND)),
        shown(READABLE),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_taken_where_it_can_be_read() {
        for (typed, kept) in [("#1d4ed8", Some("#1d4ed8")), (" #0B5 ", None), ("#00AA00", None)] {
            assert_eq!(normal(typed).ok().as_deref(), kept, "{typed}");
        }
        let words = normal("#ffcc00").unwrap_err();
        assert!(
            words.contains("#ffcc00") && words.contains("1.30 to 1") && words.contains("4.50"),
            "{words}"
        );
        let near = words.split(": ").nth(1).unwrap().split(' ').next().unwrap();
        assert_eq!(normal(near).as_deref(), Ok(near));
        assert_eq!(normal("blue"), Err(FORM.to_owned()));
    }

    #[test]
    fn the_night_s_colour_can_be_read_too() {
        for day in ["#000000", "#1d4ed8", "#7a1f5c", "#12503a"] {
            let accent = Accent::of(Colour::parse(day).unwrap());
            assert!(accent.day.to_string() == day && accent.night.is_readable_on(NIGHT_GROUND), "{accent:?}");
        }
        let of_an_older_version = Accent::of(Colour::parse("#ffcc00").unwrap());
        assert!(of_an_older_version.day.is_readable_on(GROUND));
    }
}
