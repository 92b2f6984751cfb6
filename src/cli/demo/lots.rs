//! The lots of the demo house, by section, as a charity night or a club would sell them.

use super::things::Thing;
use crate::rules::money::Money;
use crate::web::painter::View;

pub struct Lot {
    pub title: &'static str,
    pub category: &'static str,
    pub description: &'static str,
    pub opening: Money,
    pub thing: Thing,
    /// What its second picture shows, if it has one.
    pub detail: Option<View>,
}

/// The sections in the order in which they are sold, and the lots of each.
static SECTIONS: [(&str, &[Lot]); 4] = [
    ("Home", &HOME),
    ("Curiosities", &CURIOSITIES),
    ("Outings and treats", &OUTINGS_AND_TREATS),
    ("Grand prize", &GRAND_PRIZE),
];

/// Every lot, with its section, in the order in which they are sold.
pub fn lots() -> impl Iterator<Item = (&'static str, &'static Lot)> {
    SECTIONS.iter().flat_map(|(section, lots)| lots.iter().map(|lot| (*section, lot)))
}

const HOME: [Lot; 8] = [
    lot(
        "Brass desk lamp",
        "Furnishings",
        "Two joints, a heavy foot and a warm light; rewired last year.",
        12_000,
        Thing::Lamp,
    )
    .with_detail(600, 250, 45),
    lot(
        "Blue enamel teapot",
        "Kitchen",
        "Holds five cups; the daisies are painted by hand, and the lid fits well.",
        15_000,
        Thing::Teapot,
    )
    .with_detail(470, 420, 40),
    lot("Rocking chair", "Furnishings", "Oak, with a red cushion; it does not creak.", 60_000, Thing::Chair),
    lot(
        "Celadon tea bowl",
        "Kitchen",
        "Thrown by hand, with carved petals and a fine crackle in the glaze.",
        80_000,
        Thing::Bowl,
    )
    .with_detail(480, 440, 50),
    lot(
        "House plant in a terracotta pot",
        "Furnishings",
        "Five years old and easy to please: some light, and water once a week.",
        10_000,
        Thing::Plant,
    ),
    lot(
        "Espresso machine",
        "Kitchen",
        "One group and a steam wand; descaled, with two yellow cups.",
        110_000,
        Thing::Espresso,
    )
    .with_detail(480, 420, 48),
    lot(
        "Striped umbrella",
        "Outdoors",
        "Wide enough for two, with a bent wooden handle.",
        8_000,
        Thing::Umbrella,
    ),
    lot(
        "Patchwork quilt, sewn by hand",
        "Furnishings",
        "Cotton, 200 × 220 cm, quilted by the Thursday circle over one winter.",
        60_000,
        Thing::Quilt,
    )
    .with_detail(400, 300, 40),
];

const CURIOSITIES: [Lot; 8] = [
    lot(
        "Walnut radio, 1958",
        "Instruments",
        "Plays on all its bands; the cloth and both knobs are original.",
        45_000,
        Thing::Radio,
    )
    .with_detail(640, 400, 45),
    lot(
        "Box of 40 comic books",
        "Books and maps",
        "From one attic: heroes, rockets and two first issues.",
        20_000,
        Thing::Comics,
    )
    .with_detail(310, 530, 42),
    lot(
        "Mantel clock",
        "Instruments",
        "Runs for eight days, strikes the hours, and comes with its key.",
        55_000,
        Thing::Clock,
    ),
    lot(
        "Binoculars, 8 × 40",
        "Instruments",
        "Clear glass and a leather strap, for birds or the back row.",
        35_000,
        Thing::Binoculars,
    ),
    lot(
        "Map of the harbour, 1904",
        "Books and maps",
        "Hand-coloured and mounted on rods; somebody has marked the island.",
        25_000,
        Thing::Map,
    )
    .with_detail(660, 280, 45),
    lot(
        "Acoustic guitar",
        "Instruments",
        "Spruce top, new strings, and a stand to keep it on.",
        75_000,
        Thing::Guitar,
    ),
    lot(
        "Field camera and tripod",
        "Instruments",
        "Takes plates of 13 × 18 cm; the bellows are tight.",
        150_000,
        Thing::Camera,
    )
    .with_detail(360, 250, 45),
    lot(
        "Brass telescope",
        "Instruments",
        "Shows the rings of Saturn on a clear night, from a tripod of ash.",
        130_000,
        Thing::Telescope,
    ),
];

const OUTINGS_AND_TREATS: [Lot; 7] = [
    lot(
        "Signed football",
        "Sports",
        "Signed by the captain after last season's final.",
        30_000,
        Thing::Football,
    )
    .with_detail(340, 450, 40),
    lot(
        "Birthday cake, baked to order",
        "Food and drink",
        "Sponge, cream and strawberries for twelve, on the day you name.",
        18_000,
        Thing::Cake,
    ),
    lot(
        "Kite for a windy day",
        "Outdoors",
        "Flies from a light breeze on, with 60 m of line.",
        9_000,
        Thing::Kite,
    ),
    lot("Pair of sneakers, size 42", "Sports", "Worn once, for a photograph.", 28_000, Thing::Sneakers),
    lot(
        "Three bottles of wine",
        "Food and drink",
        "Two red and one white, chosen by the wine shop on the square.",
        24_000,
        Thing::Wine,
    ),
    lot(
        "Folding bicycle",
        "Outdoors",
        "20-inch wheels, a rack and a lamp; folds in half a minute.",
        90_000,
        Thing::Bicycle,
    )
    .with_detail(500, 470, 45),
    lot(
        "Dinner for six, cooked at home",
        "Food and drink",
        "Three courses and candles; a cook comes to your table, or you come to hers.",
        70_000,
        Thing::Dinner,
    ),
];

const GRAND_PRIZE: [Lot; 1] = [lot(
    "Weekend in a mountain hut",
    "Outdoors",
    "Two nights for four people, with firewood, a stove and the view.",
    100_000,
    Thing::Hut,
)
.with_detail(560, 440, 48)];

const fn lot(
    title: &'static str,
    category: &'static str,
    description: &'static str,
    opening: Money,
    thing: Thing,
) -> Lot {
    Lot { title, category, description, opening, thing, detail: None }
}

impl Lot {
    /// With a second picture: the part of the drawing around a point, `percent` of its width.
    const fn with_detail(self, x: u16, y: u16, percent: u16) -> Lot {
        Lot { detail: Some(View { x, y, percent }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::things::draw;
    use image::imageops::FilterType;
    use std::collections::HashSet;

    /// The most bytes of a drawing.
    const MAX_BYTES: usize = 512 * 1_024;

    /// The mean difference of two pictures, from 0 to 255.
    fn difference(a: &[u8], b: &[u8]) -> u64 {
        let n = u64::try_from(a.len()).unwrap();
        a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / n
    }

    #[test]
    fn every_thing_is_drawn_small_enough_and_looks_like_no_other() {
        let mut drawn: Vec<(Thing, Vec<u8>)> = Vec::new();
        for thing in lots().map(|(_, lot)| lot.thing) {
            let bytes = draw(thing, View::WHOLE).unwrap();
            assert!(bytes.len() < MAX_BYTES, "{thing:?} takes {} bytes", bytes.len());
            let picture = image::load_from_memory(&bytes).unwrap();
            assert_eq!((picture.width(), picture.height()), (960, 720));
            let small = picture.resize_exact(32, 24, FilterType::Triangle).to_rgb8().into_raw();
            for (other, picture) in &drawn {
                assert!(difference(&small, picture) > 8, "{thing:?} looks like {other:?}");
            }
            drawn.push((thing, small));
        }
        assert_eq!(drawn.len(), 24);
    }

    #[test]
    fn no_two_lots_share_a_title_and_a_detail_lies_on_the_sheet() {
        let mut titles = HashSet::new();
        for (section, lot) in lots() {
            assert!(titles.insert(lot.title) && !section.is_empty(), "{}", lot.title);
            if let Some(View { x, y, percent }) = lot.detail {
                let reach = |side: u16| side * percent / 200;
                let (w, h) = (reach(960), reach(720));
                assert!(x >= w && x + w <= 960 && y >= h && y + h <= 720, "{}: {x} {y}", lot.title);
            }
        }
    }
}
