//! Draws a logo in its forms: whole as a banner, and as icons in the middle of a square. A transparent logo gets a ground
//! on which it can be seen, so that it looks the same on any page, by day and at night.

use crate::rules::colour::Colour;
use crate::store::logo::LogoForm;
use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType as Filter, PngEncoder};
use image::imageops::{FilterType, overlay, resize};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, Rgb, RgbImage, RgbaImage};

/// The box that the banner fits, in pixels: twice as large as the pages show it.
const BANNER: (u32, u32) = (640, 160);
/// The grounds of a transparent logo: paper for a dark one, and the green of the pages' head for a light one.
const GROUNDS: [Colour; 2] = [Colour([0xff, 0xfc, 0xf3]), Colour([0x12, 0x40, 0x2f])];
/// An icon has a border of a tenth of its side.
const BORDER: u32 = 10;
const OPAQUE: u8 = 255;

/// A logo without transparency, and what is around it in a square.
pub(super) struct Drawn {
    picture: RgbImage,
    ground: Colour,
}

impl Drawn {
    /// Puts the logo on its ground.
    pub fn of(picture: &DynamicImage) -> Drawn {
        let picture = picture.to_rgba8();
        if picture.pixels().all(|pixel| pixel.0[3] == OPAQUE) {
            let ground = corner(&picture).unwrap_or(GROUNDS[0]);
            return Drawn { picture: DynamicImage::from(picture).to_rgb8(), ground };
        }
        let seen = mean(&picture);
        let ground =
            if seen.contrast(GROUNDS[0]) >= seen.contrast(GROUNDS[1]) { GROUNDS[0] } else { GROUNDS[1] };
        let [red, green, blue] = ground.0;
        let mut whole =
            RgbaImage::from_pixel(picture.width(), picture.height(), image::Rgba([red, green, blue, OPAQUE]));
        overlay(&mut whole, &picture, 0, 0);
        Drawn { picture: DynamicImage::from(whole).to_rgb8(), ground }
    }

    /// The size of the banner, in pixels: it keeps the logo's ratio, and is never larger than the logo.
    pub fn banner_size(&self) -> (u32, u32) {
        let (width, height) = self.picture.dimensions();
        if width <= BANNER.0 && height <= BANNER.1 {
            return (width, height);
        }
        fitted(self.picture.dimensions(), BANNER)
    }

    /// The logo in this form, as a PNG.
    pub fn png(&self, form: LogoForm) -> Result<Vec<u8>> {
        let drawn = match form.side_px() {
            None => self.resized(self.banner_size()),
            Some(side) => {
                let within = side - 2 * side.div_ceil(BORDER);
                let logo = self.resized(fitted(self.picture.dimensions(), (within, within)));
                let mut icon = RgbImage::from_pixel(side, side, Rgb(self.ground.0));
                let middle = |length: u32| i64::from((side - length) / 2);
                overlay(&mut icon, &logo, middle(logo.width()), middle(logo.height()));
                icon
            }
        };
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Best, Filter::Adaptive)
            .write_image(drawn.as_raw(), drawn.width(), drawn.height(), ExtendedColorType::Rgb8)
            .context("encode the logo")?;
        Ok(png)
    }

    fn resized(&self, (width, height): (u32, u32)) -> RgbImage {
        resize(&self.picture, width, height, FilterType::CatmullRom)
    }
}

/// The largest size of the same ratio within a box.
fn fitted((width, height): (u32, u32), (most_wide, most_high): (u32, u32)) -> (u32, u32) {
    let scaled = |side: u32, to: u32, from: u32| ((side * to + from / 2) / from).max(1);
    let high = scaled(height, most_wide, width);
    if high <= most_high { (most_wide, high) } else { (scaled(width, most_high, height), most_high) }
}

/// The colour of all four corners, if they have the same.
fn corner(picture: &RgbaImage) -> Option<Colour> {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(x, y)| picture.get_pixel(x, y).0);
    let is_same = |other: &[u8; 4]| (0..3).all(|n| other[n].abs_diff(corners[0][n]) < 6);
    let [red, green, blue, _] = corners[0];
    corners.iter().all(is_same).then_some(Colour([red, green, blue]))
}

/// The mean colour of what can be seen.
fn mean(picture: &RgbaImage) -> Colour {
    let (mut sums, mut weight) = ([0_u64; 3], 0_u64);
    for pixel in picture.pixels() {
        let alpha = u64::from(pixel.0[3]);
        weight += alpha;
        sums.iter_mut().zip(pixel.0).for_each(|(sum, channel)| *sum += u64::from(channel) * alpha);
    }
    Colour(sums.map(|sum| u8::try_from(sum / weight.max(1)).unwrap_or(OPAQUE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    /// A transparent picture with a bar of this colour across its middle.
    fn bar(width: u32, height: u32, colour: [u8; 3]) -> DynamicImage {
        let [red, green, blue] = colour;
        let is_bar = |y: u32| (height / 4..height * 3 / 4).contains(&y);
        let pixel = |y: u32| Rgba([red, green, blue, if is_bar(y) { 255 } else { 0 }]);
        RgbaImage::from_fn(width, height, |_, y| pixel(y)).into()
    }

    fn read(png: &[u8]) -> RgbImage {
        image::load_from_memory(png).unwrap().to_rgb8()
    }

    #[test]
    fn a_banner_keeps_its_ratio_and_an_icon_is_a_square() {
        for (size, banner) in [
            ((1_600, 400), (640, 160)),
            ((800, 800), (160, 160)),
            ((200, 50), (200, 50)),
            ((900, 100), (640, 71)),
        ] {
            let drawn = Drawn::of(&bar(size.0, size.1, [10, 10, 10]));
            assert_eq!(drawn.banner_size(), banner);
            for form in LogoForm::ALL {
                let expected = form.side_px().map_or(banner, |side| (side, side));
                assert_eq!(read(&drawn.png(form).unwrap()).dimensions(), expected, "{form:?}");
            }
        }
    }

    #[test]
    fn a_dark_logo_stands_on_paper_and_a_light_one_on_green() {
        for (colour, ground) in [([10, 10, 40], GROUNDS[0]), ([255, 250, 240], GROUNDS[1])] {
            let drawn = Drawn::of(&bar(400, 100, colour));
            for form in [LogoForm::Banner, LogoForm::Icon192] {
                let picture = read(&drawn.png(form).unwrap());
                let middle = picture.get_pixel(picture.width() / 2, picture.height() / 2).0;
                assert_eq!((picture.get_pixel(1, 1).0, middle), (ground.0, colour), "{form:?}");
            }
        }
    }

    #[test]
    fn an_icon_continues_the_colour_around_an_opaque_logo() {
        let blue = RgbImage::from_pixel(300, 100, Rgb([20, 40, 200]));
        let icon = read(&Drawn::of(&blue.into()).png(LogoForm::Icon180).unwrap());
        assert!(icon.pixels().all(|pixel| pixel.0 == [20, 40, 200]));
    }
}
