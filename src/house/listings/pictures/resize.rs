//! The last reduction, to the stored size, and its memory. A library resizes; a large picture is resized strip by
//! strip, because the library keeps the whole of it as floats.

use image::imageops::{FilterType, replace};
use image::{DynamicImage, GenericImageView};

/// A half-resized picture takes a float of four bytes for each of four samples a pixel.
const FLOAT_BYTES: u64 = 16;
/// The most memory for floats: for the whole picture, or for each strip of it.
const MAX_FLOATS_BYTES: u64 = 40 * 1_000_000;
const STRIP_BYTES: u64 = 16 * 1_000_000;
/// The most bytes of a pixel.
const PIXEL_BYTES: u64 = 4;
/// Bytes of a pixel while a picture is encoded: the picture, a copy on white without transparency, and the file.
const ENCODING_BYTES: u64 = 15;

/// Reduces the longer side to `side_px`.
pub(in crate::house) fn fit(picture: DynamicImage, side_px: u16) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let (new_width, new_height) = fitted(width, height, side_px);
    if (width, height) == (new_width, new_height) {
        picture
    } else if floats_bytes(width, new_height) <= MAX_FLOATS_BYTES {
        picture.resize_exact(new_width, new_height, FilterType::CatmullRom)
    } else {
        let lower = in_columns(&picture, new_height);
        drop(picture);
        in_rows(&lower, new_width)
    }
}

/// The bytes that it takes to `fit` a picture of this size, and to encode the result.
pub(in crate::house) fn weight(width: u32, height: u32, side_px: u16) -> u64 {
    let (new_width, new_height) = fitted(width, height, side_px);
    let pixels = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let floats = floats_bytes(width, new_height);
    let between = if floats <= MAX_FLOATS_BYTES {
        floats
    } else {
        STRIP_BYTES + pixels(width, new_height) * PIXEL_BYTES
    };
    let made = pixels(new_width, new_height);
    (pixels(width, height) * PIXEL_BYTES + between + made * PIXEL_BYTES).max(made * ENCODING_BYTES)
}

fn fitted(width: u32, height: u32, side_px: u16) -> (u32, u32) {
    let (longer, most) = (width.max(height), u32::from(side_px));
    if longer <= most {
        return (width, height);
    }
    let scaled = |side: u32| ((side * most + longer / 2) / longer).max(1);
    (scaled(width), scaled(height))
}

fn floats_bytes(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height) * FLOAT_BYTES
}

/// Reduces the height in strips of columns, which do not affect each other.
fn in_columns(picture: &DynamicImage, new_height: u32) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let mut lower = DynamicImage::new(width, new_height, picture.color());
    for (from, n) in strips(width, new_height) {
        let strip = picture.crop_imm(from, 0, n, height);
        let strip = strip.resize_exact(n, new_height, FilterType::CatmullRom);
        replace(&mut lower, &strip, from.into(), 0);
    }
    lower
}

fn in_rows(picture: &DynamicImage, new_width: u32) -> DynamicImage {
    let (width, height) = picture.dimensions();
    let mut narrower = DynamicImage::new(new_width, height, picture.color());
    for (from, n) in strips(height, width) {
        let strip = picture.crop_imm(0, from, width, n).resize_exact(new_width, n, FilterType::CatmullRom);
        replace(&mut narrower, &strip, 0, from.into());
    }
    narrower
}

/// The start and the width of each strip of a side.
fn strips(side: u32, other: u32) -> impl Iterator<Item = (u32, u32)> {
    let n = u32::try_from(STRIP_BYTES / FLOAT_BYTES / u64::from(other)).unwrap_or(side).max(1);
    (0..side).step_by(n as usize).map(move |from| (from, n.min(side - from)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    #[test]
    fn strips_show_no_seam() {
        let wave = |n: u32| u8::try_from((n * 7 % 509).abs_diff(254) % 256).unwrap();
        let picture = DynamicImage::from(RgbaImage::from_fn(3_100, 2_900, |x, y| {
            Rgba([wave(x), wave(y), wave(x + y), 255 - wave(x) / 2])
        }));
        let (width, height) = fitted(3_100, 2_900, 1_600);
        assert!(floats_bytes(3_100, height) > MAX_FLOATS_BYTES && strips(3_100, height).count() > 3);
        let whole = picture.resize_exact(width, height, FilterType::CatmullRom).to_rgba8();
        let strips = fit(picture, 1_600).to_rgba8();
        assert_eq!(strips.dimensions(), (1_600, 1_497));
        let farthest = strips.as_raw().iter().zip(whole.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(farthest <= Some(2), "{farthest:?}");
    }

    #[test]
    fn a_picture_is_never_made_larger_nor_of_nothing() {
        for (size, expected) in [
            ((1_600, 1_600), (1_600, 1_600)),
            ((1_601, 1), (1_600, 1)),
            ((1, 3_000), (1, 1_600)),
            ((3_199, 1_600), (1_600, 800)),
        ] {
            assert_eq!(fitted(size.0, size.1, 1_600), expected);
            let made = fit(DynamicImage::new_luma8(size.0, size.1), 1_600);
            assert_eq!(made.dimensions(), expected);
        }
    }
}
