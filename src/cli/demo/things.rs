//! The things that the demo house sells, and the drawing of each.

use crate::web::painter::{View, paint};
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
