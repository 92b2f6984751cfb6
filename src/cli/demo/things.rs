//! The things that the demo house sells, and the drawing of each.

use super::painter::{View, paint};
use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Bicycle,
    Binoculars,
    Bowl,
    Cake,
    Camera,
    Chair,
    Clock,
    Comics,
    Dinner,
    Espresso,
    Football,
    Guitar,
    Hut,
    Kite,
    Lamp,
    Map,
    Plant,
    Quilt,
    Radio,
    Sneakers,
    Teapot,
    Telescope,
    Umbrella,
    Wine,
}

/// Draws a thing, or the part of its drawing that `view` shows, as a PNG of 960 × 720 pixels.
pub fn draw(thing: Thing, view: View) -> Result<Vec<u8>> {
    paint(thing.drawing(), view).with_context(|| format!("draw {thing:?}"))
}

impl Thing {
    fn drawing(self) -> &'static str {
        match self {
            Thing::Bicycle => include_str!("things/bicycle.txt"),
            Thing::Binoculars => include_str!("things/binoculars.txt"),
            Thing::Bowl => include_str!("things/bowl.txt"),
            Thing::Cake => include_str!("things/cake.txt"),
            Thing::Camera => include_str!("things/camera.txt"),
            Thing::Chair => include_str!("things/chair.txt"),
            Thing::Clock => include_str!("things/clock.txt"),
            Thing::Comics => include_str!("things/comics.txt"),
            Thing::Dinner => include_str!("things/dinner.txt"),
            Thing::Espresso => include_str!("things/espresso.txt"),
            Thing::Football => include_str!("things/football.txt"),
            Thing::Guitar => include_str!("things/guitar.txt"),
            Thing::Hut => include_str!("things/hut.txt"),
            Thing::Kite => include_str!("things/kite.txt"),
            Thing::Lamp => include_str!("things/lamp.txt"),
            Thing::Map => include_str!("things/map.txt"),
            Thing::Plant => include_str!("things/plant.txt"),
            Thing::Quilt => include_str!("things/quilt.txt"),
            Thing::Radio => include_str!("things/radio.txt"),
            Thing::Sneakers => include_str!("things/sneakers.txt"),
            Thing::Teapot => include_str!("things/teapot.txt"),
            Thing::Telescope => include_str!("things/telescope.txt"),
            Thing::Umbrella => include_str!("things/umbrella.txt"),
            Thing::Wine => include_str!("things/wine.txt"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::lots::lots;
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
