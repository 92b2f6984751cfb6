//! Decodes pictures of every kind, within a budget that all uploads share. A file never costs more than its bytes and
//! its kind can justify, and a large photo is reduced while it is decoded.

use crate::house::listings::pictures::budget::{BUDGET, Budget, Held};
use crate::house::listings::pictures::decoded::Decoded;
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::resize::fit;
use crate::house::listings::pictures::{jpeg, kinds, png, whole};
use crate::rules::refusal::Refusal;
use image::{DynamicImage, ImageFormat};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Decodes a picture, turns it upright, reduces its longer side to `side_px` and converts its colours to sRGB. Its
/// share of the budget is held until it has been encoded.
///
/// Refuses `invalid` with the reason, and `busy` after waiting 10 s for other pictures.
pub(in crate::house) fn upright(bytes: &[u8], side_px: u16) -> Result<(DynamicImage, Held), Refusal> {
    let whole = || {
        let Decoded { mut picture, orientation, profile, held } = decode(bytes, side_px, &BUDGET)?;
        picture.apply_orientation(orientation);
        picture = fit(picture, side_px);
        let picture = match profile {
            Some(profile) => profile.to_srgb(picture),
            None => picture,
        };
        Ok((picture, held))
    };
    // A decoder that panics on a file shows that the file is broken.
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or(Err(Fault::Broken)).map_err(Fault::refusal)
}

fn decode(bytes: &[u8], side_px: u16, budget: &'static Budget) -> Result<Decoded, Fault> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => jpeg::decode(bytes, side_px, budget),
        Ok(ImageFormat::Png) => png::decode(bytes, side_px, budget),
        Ok(ImageFormat::WebP) => whole::webp(bytes, side_px, budget),
        Ok(ImageFormat::Gif) => whole::gif(bytes, side_px, budget),
        _ => Err(kinds::refuse(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Rgb, RgbImage, Rgba, RgbaImage};
    use std::io::Cursor;
    use std::time::{Duration, Instant};

    const SIDE_PX: u16 = 1_600;

    fn saved(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// Left half red, right half blue.
    fn halves(width: u32, height: u32) -> RgbImage {
        let left = Rgb([200, 10, 10]);
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { left } else { Rgb([10, 10, 200]) })
    }

    /// A JPEG whose EXIF says "turn me by a quarter", as phones write it.
    fn sideways(picture: RgbImage) -> Vec<u8> {
        let mut bytes = saved(picture, ImageFormat::Jpeg);
        let tiff: &[u8] = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut exif = vec![0xff, 0xe1, 0, u8::try_from(tiff.len() + 8).unwrap()];
        exif.extend_from_slice(b"Exif\0\0");
        exif.extend_from_slice(tiff);
        bytes.splice(2..2, exif);
        bytes
    }

    /// The same JPEG with another size in its frame.
    fn claiming(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
        let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        jpeg
    }

    /// The same PNG with another size in its header, and a matching checksum.
    fn png_claiming(mut png: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let mut crc = u32::MAX;
        for byte in &png[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        png[29..33].copy_from_slice(&(!crc).to_be_bytes());
        png
    }

    fn shown(bytes: &[u8], side_px: u16) -> Result<DynamicImage, Refusal> {
        upright(bytes, side_px).map(|(picture, _held)| picture)
    }

    fn fault(bytes: &[u8]) -> Option<Fault> {
        decode(bytes, SIDE_PX, &BUDGET).err()
    }

    #[track_caller]
    fn shows_halves(picture: &DynamicImage) {
        let (picture, y) = (picture.to_rgb8(), picture.height() / 2);
        let (left, right) =
            (picture.get_pixel(picture.width() / 4, y), picture.get_pixel(picture.width() * 3 / 4, y));
        assert!(left[0] > 180 && left[2] < 30, "{left:?}");
        assert!(right[2] > 180 && right[0] < 30, "{right:?}");
    }

    #[test]
    fn every_kind_is_brought_down_to_the_same_size() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
            for (size, expected) in
                [((3_300, 400), (1_600, 194)), ((64, 32), (64, 32)), ((1, 1_700), (1, 1_600))]
            {
                let bytes = saved(halves(size.0, size.1), format);
                let picture = shown(&bytes, SIDE_PX).unwrap();
                let (width, height) = (picture.width(), picture.height());
                assert!(
                    width == expected.0 && height.abs_diff(expected.1) <= 1,
                    "{format:?} {width} x {height}"
                );
                if size.0 > 1 {
                    shows_halves(&picture);
                }
            }
        }
    }

    #[test]
    fn a_photo_of_48_megapixels_is_taken() {
        let bytes = saved(GrayImage::from_pixel(8_000, 6_000, image::Luma([77])), ImageFormat::Jpeg);
        let picture = shown(&bytes, SIDE_PX).unwrap();
        assert_eq!(
            (picture.width(), picture.height(), picture.to_luma8().get_pixel(9, 9)[0]),
            (1_600, 1_200, 77)
        );
    }

    #[test]
    fn a_sideways_photo_is_turned_upright() {
        for (size, expected) in [((40, 20), (20, 40)), ((3_400, 1_700), (800, 1_600))] {
            let picture = shown(&sideways(halves(size.0, size.1)), SIDE_PX).unwrap();
            assert_eq!((picture.width(), picture.height()), expected);
            shows_halves(&picture.rotate270());
        }
    }

    /// Fill bytes before a marker, and bytes after the end, as some cameras write them.
    #[test]
    fn what_stands_around_a_jpeg_is_no_fault() {
        let jpeg = saved(halves(64, 64), ImageFormat::Jpeg);
        let (body, end) = jpeg.split_at(jpeg.len() - 2);
        for around in [[body, &[0xff, 0xff], end].concat(), [body, end, b"a film that moves"].concat()] {
            shows_halves(&shown(&around, SIDE_PX).unwrap());
        }
    }

    #[test]
    fn transparency_is_kept_while_a_png_is_made_smaller() {
        let picture = RgbaImage::from_pixel(3_200, 40, Rgba([200, 10, 10, 128]));
        let small = shown(&saved(picture, ImageFormat::Png), SIDE_PX).unwrap().to_rgba8();
        assert_eq!((small.dimensions(), small.get_pixel(9, 9).0), ((1_600, 20), [200, 10, 10, 128]));
    }

    /// A JPEG of 693 bytes that claimed 16000 by 4300 pixels cost 4 to 9 s.
    #[test]
    fn a_small_file_that_claims_to_be_huge_costs_nothing() {
        let jpeg = saved(halves(64, 64), ImageFormat::Jpeg);
        let png = saved(halves(64, 64), ImageFormat::Png);
        let padded = {
            let mut padded = claiming(jpeg.clone(), 16_000, 4_300);
            // Bytes that are not part of a scan do not count.
            padded.extend(vec![0x55; 2_000_000]);
            padded
        };
        let began = Instant::now();
        for bytes in [claiming(jpeg, 16_000, 4_300), padded, png_claiming(png, 15_000, 7_000)] {
            assert_eq!(fault(&bytes), Some(Fault::Broken));
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn each_reason_is_said() {
        let jpeg = saved(halves(640, 640), ImageFormat::Jpeg);
        let png = saved(halves(640, 640), ImageFormat::Png);
        let gif = saved(halves(640, 640), ImageFormat::Gif);
        let webp = saved(halves(640, 640), ImageFormat::WebP);
        for (bytes, expected) in [
            (claiming(jpeg.clone(), 12_000, 12_000), Fault::TooManyPixels),
            (claiming(jpeg.clone(), 16_001, 10), Fault::TooManyPixels),
            (claiming(jpeg.clone(), 0, 10), Fault::Broken),
            (png_claiming(png.clone(), 16_001, 10), Fault::TooManyPixels),
            (png_claiming(png.clone(), 15_000, 15_000), Fault::TooManyPixels),
            (saved(halves(5_300, 4_200), ImageFormat::WebP), Fault::TooLargeForItsKind),
            (jpeg[..jpeg.len() / 2].to_vec(), Fault::Broken),
            ([&jpeg[..jpeg.len() / 2], &[0xff, 0xd9]].concat(), Fault::Broken),
            ([&jpeg[..jpeg.len() - 40], &[0xff, 0xd9]].concat(), Fault::Broken),
            (gif[..gif.len() / 2].to_vec(), Fault::Broken),
            (webp[..webp.len() / 2].to_vec(), Fault::Broken),
            (jpeg[..jpeg.len() - 2].to_vec(), Fault::Broken),
            (png[..png.len() / 2].to_vec(), Fault::Broken),
            (b"\xff\xd8\xff\xd9".to_vec(), Fault::Broken),
            (b"GIF89a".to_vec(), Fault::Broken),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Fault::OtherKind("SVG")),
            (b"BM and so on, as bitmaps begin".to_vec(), Fault::NoPicture),
            (Vec::new(), Fault::NoPicture),
        ] {
            assert_eq!(fault(&bytes), Some(expected), "{} bytes", bytes.len());
        }
    }

    /// A picture for print, by the rule of thumb and by its own table, in which black ink removes the colour.
    #[test]
    fn inks_become_light() {
        let plain =
            shown(include_bytes!("../../../../tests/corpus/pictures/cmyk.jpg"), SIDE_PX).unwrap().to_rgb8();
        let told = include_bytes!("../../../../tests/corpus/pictures/cmyk-with-profile.jpg");
        let told = shown(told, SIDE_PX).unwrap().to_rgb8();
        assert_eq!(plain.dimensions(), told.dimensions());
        let (plain, told) = (plain.get_pixel(2, 2).0, told.get_pixel(2, 2).0);
        assert!(plain[2] > 100 && plain[0] < 40, "{plain:?} is blue");
        assert!(told[2] < 90 && told[0] > 40, "{told:?} is nearly grey");
    }
}
