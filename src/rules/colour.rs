//! Colours of the screen, and the contrast between two of them by WCAG 2: a whole number for each step of light, so that
//! a colour passes or fails the same everywhere.

use std::fmt;

/// The least contrast between text and its ground (WCAG 2, 1.4.3), in hundredths.
pub const READABLE: u32 = 450;

pub const BLACK: Colour = Colour([0; 3]);
pub const WHITE: Colour = Colour([255; 3]);

/// Steps of a channel.
const FULL: u16 = 255;
/// What stands for the light of a white channel in [`LIGHT`].
const ONE: u64 = 1_000_000_000;
/// The parts of a colour's light, in ten thousandths: red, green, blue.
const PARTS: [u64; 3] = [2_126, 7_152, 722];
/// The 0.05 of the formula, in the unit of [`Colour::light`].
const FLARE: u64 = 10_000 * ONE / 20;

/// A colour of sRGB: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Reads `#rrggbb`, in digits of either case. None for anything else.
    pub const fn parse(text: &str) -> Option<Colour> {
        let bytes = text.as_bytes();
        if bytes.len() != 7 || bytes[0] != b'#' {
            return None;
        }
        let (mut channels, mut n) = ([0; 3], 0);
        while n < 6 {
            let digit = match bytes[n + 1] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                digit @ b'A'..=b'F' => digit - b'A' + 10,
                _ => return None,
            };
            channels[n / 2] = channels[n / 2] * 16 + digit;
            n += 1;
        }
        Some(Colour(channels))
    }

    /// The contrast with another colour, in hundredths and rounded down: 100 (none) to 2,100 (black and white).
    pub fn contrast(self, other: Colour) -> u32 {
        let (one, other) = (self.light() + FLARE, other.light() + FLARE);
        u32::try_from(one.max(other) * 100 / one.min(other)).expect("at most 2,100")
    }

    /// Whether text of this colour can be read on `ground`.
    pub fn is_readable_on(self, ground: Colour) -> bool {
        self.contrast(ground) >= READABLE
    }

    /// The colour itself if it can be read on `ground`, else the first step from it towards `end` that can. `end` must
    /// be readable on it.
    pub fn readable_on(self, ground: Colour, end: Colour) -> Colour {
        let mut steps = (0..=FULL).map(|step| self.towards(end, step));
        steps.find(|colour| colour.is_readable_on(ground)).unwrap_or(end)
    }

    /// Black or white, whichever can be read better on this colour; the contrast is 4.58 at least.
    pub fn ink(self) -> Colour {
        if self.contrast(BLACK) >= self.contrast(WHITE) { BLACK } else { WHITE }
    }

    /// Mixes the colour with `end`, of which there are `step` parts in 255.
    fn towards(self, end: Colour, step: u16) -> Colour {
        let mix = |n: usize| {
            let (from, to) = (u32::from(self.0[n]), u32::from(end.0[n]));
            let (step, full) = (u32::from(step), u32::from(FULL));
            u8::try_from((from * (full - step) + to * step + full / 2) / full).expect("between the two")
        };
        Colour([mix(0), mix(1), mix(2)])
    }

    /// The relative luminance: 10,000 times [`ONE`] for white.
    fn light(self) -> u64 {
        self.0.iter().zip(PARTS).map(|(channel, part)| u64::from(LIGHT[usize::from(*channel)]) * part).sum()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The light of each step of a channel, in billionths: ((c / 255 + 0.055) / 1.055) ^ 2.4, and c / 255 / 12.92 below
/// 0.04045.
const LIGHT: [u32; 256] = [
    0, 303527, 607054, 910581, 1214108, 1517635, 1821162, 2124689, 2428216, 2731743, 3035270, 3346536,
    3676507, 4024717, 4391442, 4776953, 5181517, 5605392, 6048833, 6512091, 6995410, 7499032, 8023193,
    8568126, 9134059, 9721217, 10329823, 10960094, 11612245, 12286488, 12983032, 13702083, 14443844,
    15208514, 15996293, 16807376, 17641954, 18500220, 19382361, 20288563, 21219010, 22173885, 23153366,
    24157632, 25186860, 26241222, 27320892, 28426040, 29556834, 30713444, 31896033, 33104767, 34339807,
    35601315, 36889450, 38204372, 39546235, 40915197, 42311411, 43735029, 45186204, 46665086, 48171824,
    49706566, 51269458, 52860647, 54480276, 56128490, 57805430, 59511238, 61246054, 63010018, 64803267,
    66625939, 68478170, 70360096, 72271851, 74213568, 76185381, 78187422, 80219820, 82282707, 84376212,
    86500462, 88655586, 90841711, 93058963, 95307467, 97587347, 99898728, 102241733, 104616484, 107023103,
    109461711, 111932428, 114435374, 116970668, 119538428, 122138772, 124771818, 127437680, 130136477,
    132868322, 135633330, 138431615, 141263291, 144128471, 147027266, 149959790, 152926152, 155926464,
    158960835, 162029376, 165132195, 168269400, 171441101, 174647404, 177888416, 181164244, 184474995,
    187820772, 191201683, 194617830, 198069320, 201556254, 205078736, 208636870, 212230757, 215860500,
    219526200, 223227957, 226965874, 230740049, 234550582, 238397574, 242281122, 246201327, 250158285,
    254152094, 258182853, 262250658, 266355605, 270497791, 274677312, 278894263, 283148740, 287440838,
    291770650, 296138271, 300543794, 304987314, 309468923, 313988713, 318546778, 323143209, 327778098,
    332451536, 337163615, 341914425, 346704056, 351532600, 356400144, 361306780, 366252596, 371237680,
    376262123, 381326011, 386429434, 391572478, 396755231, 401977780, 407240212, 412542613, 417885071,
    423267670, 428690497, 434153636, 439657174, 445201195, 450785783, 456411023, 462077000, 467783796,
    473531496, 479320183, 485149940, 491020850, 496932995, 502886458, 508881321, 514917665, 520995573,
    527115126, 533276404, 539479489, 545724461, 552011402, 558340390, 564711506, 571124829, 577580440,
    584078418, 590618841, 597201788, 603827339, 610495571, 617206562, 623960392, 630757136, 637596874,
    644479682, 651405637, 658374817, 665387298, 672443157, 679542470, 686685312, 693871761, 701101892,
    708375780, 715693501, 723055129, 730460740, 737910409, 745404210, 752942217, 760524505, 768151147,
    775822218, 783537792, 791297940, 799102738, 806952258, 814846572, 822785754, 830769877, 838799012,
    846873232, 854992608, 863157213, 871367119, 879622397, 887923118, 896269353, 904661174, 913098652,
    921581856, 930110858, 938685728, 947306537, 955973353, 964686248, 973445290, 982250550, 991102097,
    1000000000,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits_after_a_hash() {
        assert_eq!(Colour::parse("#12aBfF"), Some(Colour([0x12, 0xab, 0xff])));
        assert_eq!(colour("#12aBfF").to_string(), "#12abff");
        for wrong in ["", "#", "12abff", "#12abf", "#12abff0", "#12abfg", "#1é2ab", "red", "#abc", " #12abff"]
        {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_light_of_each_step_is_that_of_the_formula() {
        for (step, light) in LIGHT.iter().enumerate() {
            let c = step as f64 / 255.0;
            let exact = if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
            assert!((exact * 1e9 - f64::from(*light)).abs() <= 0.6, "{step}");
        }
    }

    /// Figures of the WebAIM contrast checker, and the known border cases #767676 and #777777 on white.
    #[test]
    fn the_contrast_is_what_others_find() {
        for (one, other, contrast) in [
            ("#000000", "#ffffff", 2_100),
            ("#ffffff", "#ffffff", 100),
            ("#767676", "#ffffff", 454),
            ("#777777", "#ffffff", 447),
            ("#0000ff", "#ffffff", 859),
            ("#ff0000", "#ffffff", 399),
            ("#12503a", "#f5eedc", 812),
        ] {
            assert_eq!(colour(one).contrast(colour(other)), contrast, "{one} on {other}");
            assert_eq!(colour(other).contrast(colour(one)), contrast);
        }
        assert!(colour("#767676").is_readable_on(WHITE) && !colour("#777777").is_readable_on(WHITE));
    }

    proptest! {
        #[test]
        fn every_colour_has_a_readable_neighbour_and_ink(channels: [u8; 3]) {
            let (day, night) = (colour("#f5eedc"), colour("#163026"));
            let wanted = Colour(channels);
            for (ground, end) in [(day, BLACK), (night, WHITE)] {
                let found = wanted.readable_on(ground, end);
                prop_assert!(found.is_readable_on(ground));
                prop_assert!(found == wanted || !wanted.is_readable_on(ground));
            }
            prop_assert!(wanted.ink().contrast(wanted) >= 458);
            prop_assert_eq!(Colour::parse(&wanted.to_string()), Some(wanted));
        }
    }
}
