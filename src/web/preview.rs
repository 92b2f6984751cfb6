//! `/listings/{id}/preview.png`: the picture that messengers show beside a link to an item. An item without a picture has
//! one drawn: the mark of its category as on its tile, the house's paddle in its colour, its logo. No text: messengers
//! write the title below it.

use crate::house::House;
use crate::rules::hash::hex;
use crate::rules::listing::ListingId;
use crate::store::logo::LogoForm;
use crate::web::app::App;
use crate::web::assets::ASK_AGAIN;
use crate::web::pages::parts::marks::{GAVEL, Mark, mark_of};
use crate::web::pages::parts::tile::{TileColour, colour_of};
use crate::web::painter::{painted, png};
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType};
use image::imageops::overlay;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use tiny_skia::Transform;

/// The size that messengers ask for, in pixels.
pub const SIZE: (u16, u16) = (1_200, 630);
/// How many previews are kept. There may be more, one for each mark in each colour: those are painted again when asked
/// for.
const MAX_KEPT: usize = 48;
const LOGO_PX: u32 = 192;

static KEPT: LazyLock<Cache<String, Arc<Vec<u8>>>> = LazyLock::new(|| Cache::new(MAX_KEPT));

/// Shows the preview, or leads to the item's own picture. Refuses `not_found`.
pub fn show(app: &App, request: &Request, id: ListingId) -> Outcome<Reply> {
    let listing = app.house.show(id)?.listing;
    if let Some(picture) = listing.picture {
        return Ok(Reply::empty(302).with("Location", picture).with("Cache-Control", ASK_AGAIN));
    }
    let current = app.current();
    let category = listing.category.as_deref();
    let mark = mark_of(category, &listing.title).unwrap_or(&GAVEL);
    let colour = colour_of(category.unwrap_or(&listing.title));
    let paddle =
        current.settings.accent.map_or("b32a1a".to_owned(), |accent| digits(&accent.day.to_string()));
    let logo = current.branding.logo.as_ref().map(|logo| logo.hash().to_owned());
    let drawing = drawing(mark, colour, &paddle, logo.is_some());
    let hash =
        Sha256::new().chain_update(&drawing).chain_update(logo.as_deref().unwrap_or_default()).finalize();
    let etag = format!("\"{}\"", hex(&hash[..8]));
    let reply = if request.has(&[&etag]) {
        Reply::empty(304)
    } else {
        let made =
            KEPT.get_or_insert_with(&etag, || made(&app.house, &drawing, logo.as_deref()).map(Arc::new))?;
        Reply::new(200, "image/png", made.to_vec())
    };
    Ok(reply.with("ETag", etag).with("Cache-Control", ASK_AGAIN))
}

/// Paints a preview, with the logo in its corner.
fn made(house: &House, drawing: &str, logo: Option<&str>) -> Result<Vec<u8>> {
    let mut sheet = painted(drawing, SIZE, Transform::identity())?;
    let logo = logo.map_or(Ok(None), |hash| house.logo(LogoForm::Icon192, hash))?;
    if let Some(logo) = logo {
        let logo = image::load_from_memory(&logo).context("read the logo")?.to_rgba8();
        let [left, top] = [u32::from(SIZE.0), u32::from(SIZE.1)].map(|side| i64::from(side - LOGO_PX - 60));
        overlay(&mut sheet, &logo, left, top);
    }
    png(sheet, CompressionType::Default, FilterType::Adaptive)
}

/// The drawing of a preview, in pixels: a poster in the double frame of the house's catalogues. The paddle makes room
/// for the logo.
fn drawing(mark: &Mark, colour: TileColour, paddle: &str, has_logo: bool) -> String {
    let TileColour { ground, disc, ink, .. } = colour;
    let mut drawing = format!(
        "box {ground} 0 0 1200 630 0 oval {disc} 600 315 250 250
         line {ink}70 4 M 22 22 L 1178 22 L 1178 608 L 22 608 Z
         line {ink}70 2 M 32 32 L 1168 32 L 1168 598 L 32 598 Z
         move 432 147 size 700 0 0\n"
    );
    if !mark.fill.is_empty() {
        drawing.push_str(&format!("fill {ink} {}\n", mark.fill));
    }
    if !mark.line.is_empty() {
        drawing.push_str(&format!("line {ink} 3 {}\n", mark.line));
    }
    drawing.push_str("end end\n");
    if !has_logo {
        drawing.push_str(&format!(
            "turn -8 1070 520
             box 8a5a2b 1057 520 26 62 8
             box {paddle} 1010 420 120 104 24
             line ffffffb0 3 M 1034 430 L 1106 430 Q 1120 430 1120 444 L 1120 500 Q 1120 514 1106 514 L 1034 514
               Q 1020 514 1020 500 L 1020 444 Q 1020 430 1034 430 Z
             line ffffff 9 M 1047 500 L 1070 442 L 1093 500 M 1056 481 L 1084 481
             end\n"
        ));
    }
    drawing
}

fn digits(colour: &str) -> String {
    colour.trim_start_matches('#').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_drawn_for_every_mark_and_is_small() {
        for category in ["Furnishings", "Kitchen", "Art", "Books", "Bicycles", "Gifts", "Music", "Zeppelins"]
        {
            let mark = mark_of(Some(category), "").unwrap_or(&GAVEL);
            let sheet = drawing(mark, colour_of(category), "b32a1a", false);
            let sheet = painted(&sheet, SIZE, Transform::identity()).unwrap();
            assert_eq!(sheet.dimensions(), (1_200, 630));
            let middle = (400..800).flat_map(|x| (150..480).map(move |y| (x, y)));
            let ink = u32::from_str_radix(colour_of(category).ink, 16).unwrap().to_be_bytes();
            let n_inked = middle.filter(|(x, y)| sheet.get_pixel(*x, *y).0[..3] == ink[1..]).count();
            assert!(n_inked > 3_000, "{category}: {n_inked}");
            let bytes = png(sheet, CompressionType::Default, FilterType::Adaptive).unwrap();
            assert!(bytes.len() < 60_000, "{category}: {}", bytes.len());
        }
    }
}
