//! Pictures are decoded here, whatever their kind, within a budget that all uploads share. A file never costs more than
//! its bytes and its kind can bear out, and a large photo is made small while it is decoded.

use super::decode_budget::{BUDGET, Budget, Held};
use super::{jpeg, pictures};
use crate::rules::refusal::Refusal;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, RgbaImage,
};
use png::{ColorType, Transformations};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a picture may claim to have: those of 108 megapixels, as phones take them, are welcome.
const MAX_PIXELS: u64 = 120_000_000;
const MAX_SIDE_PX: u64 = 16_000;
/// When to try again after that.
const AGAIN_S: u64 = 5;
/// Rows of the smaller picture that are made of a PNG at a time.
const BAND_ROWS: u32 = 8;
/// Deflate never makes data smaller than this many times.
const MAX_DEFLATE: u64 = 1_032;

/// Why a picture is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NoPicture,
    TooManyPixels,
    /// Its kind can only be decoded whole, and it has too many pixels for that.
    TooLargeForItsKind,
    Broken,
    Busy,
}

/// A picture, how it has to be turned, and its part of the budget.
pub(super) type Decoded = Result<(DynamicImage, Orientation, Held), Fault>;

/// Decodes a picture, turns it upright and brings its longer side down to `side_px`.
///
/// Refuses `invalid` with the reason, and `busy` where so many others are decoded that it has waited for 10 s.
pub(super) fn upright(bytes: &[u8], side_px: u16) -> Result<DynamicImage, Refusal> {
    let whole = || {
        let (mut picture, orientation, _held) = decode(bytes, side_px, &BUDGET)?;
        picture.apply_orientation(orientation);
        Ok(fit(picture, side_px))
    };
    // A decoder that trips over a file has said that the file is broken.
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or(Err(Fault::Broken)).map_err(Fault::refusal)
}

/// Brings the longer side down to `side_px`.
pub(super) fn fit(picture: DynamicImage, side_px: u16) -> DynamicImage {
    let side_px = u32::from(side_px);
    if picture.width().max(picture.height()) <= side_px {
        return picture;
    }
    picture.resize(side_px, side_px, FilterType::CatmullRom)
}

fn decode(bytes: &[u8], side_px: u16, budget: &'static Budget) -> Decoded {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => jpeg::decode(bytes, side_px, budget),
        Ok(ImageFormat::Png) => png(bytes, side_px, budget),
        Ok(format @ (ImageFormat::WebP | ImageFormat::Gif)) => other(bytes, format, side_px, budget),
        _ => Err(Fault::NoPicture),
    }
}

/// The size that a picture claims is one that is taken.
pub(super) fn check_size(width: u64, height: u64) -> Result<(), Fault> {
    if width > MAX_SIDE_PX || height > MAX_SIDE_PX || width * height > MAX_PIXELS {
        return Err(Fault::TooManyPixels);
    }
    if width * height == 0 {
        return Err(Fault::Broken);
    }
    Ok(())
}

/// By how much a picture is made smaller before it is resized: its longer side keeps at least `side_px`.
fn divisor(width: u32, height: u32, side_px: u16) -> u32 {
    (width.max(height) / u32::from(side_px)).max(1)
}

/// What it takes to resize the smaller picture: its pixels, and numbers of four bytes for their samples.
pub(super) fn small_bytes(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height) * 15
}

/// A PNG comes row by row, and is made smaller as it comes; an interlaced one has to be there whole.
fn png(bytes: &[u8], side_px: u16, budget: &'static Budget) -> Decoded {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| Fault::Broken)?;
    let (info, (color, _)) = (reader.info(), reader.output_color_type());
    let (width, height, is_interlaced) = (info.width, info.height, info.interlaced);
    check_size(width.into(), height.into())?;
    let raw_bytes = u64::from(width) * u64::from(height) * info.bits_per_pixel() as u64 / 8;
    if raw_bytes > bytes.len() as u64 * MAX_DEFLATE {
        return Err(Fault::Broken);
    }
    if raw_bytes > MAX_PIXELS * 4 {
        return Err(Fault::TooLargeForItsKind);
    }
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    let row_bytes = width as usize * color.samples();
    let by = divisor(width, height, side_px);
    let small = ((width / by).max(1), (height / by).max(1));
    // What is left at the end, where it makes no whole small row, is read no more.
    let band_rows = if is_interlaced { small.1 } else { BAND_ROWS.min(small.1) };
    let height_of = |n: u32| if is_interlaced { height } else { (n * by).min(height) };
    let band_bytes = row_bytes as u64 * u64::from(height_of(band_rows));
    let held = budget.take(band_bytes + small_bytes(small.0, small.1))?;
    let mut pixels = Vec::with_capacity(small.0 as usize * small.1 as usize * color.samples());
    let mut n_left = small.1;
    while n_left > 0 {
        let n = band_rows.min(n_left);
        let mut band = vec![0; row_bytes * height_of(n) as usize];
        if is_interlaced {
            reader.next_frame(&mut band).map_err(|_| Fault::Broken)?;
        } else {
            for row in band.chunks_exact_mut(row_bytes) {
                reader.read_row(row).map_err(|_| Fault::Broken)?.ok_or(Fault::Broken)?;
            }
        }
        let band = of_samples(color, width, height_of(n), band)?;
        let band = if by == 1 { band } else { band.thumbnail_exact(small.0, n) };
        pixels.extend_from_slice(band.as_bytes());
        n_left -= n;
    }
    Ok((of_samples(color, small.0, small.1, pixels)?, orientation, held))
}

fn of_samples(color: ColorType, width: u32, height: u32, samples: Vec<u8>) -> Result<DynamicImage, Fault> {
    let picture = match color {
        ColorType::Grayscale => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        ColorType::GrayscaleAlpha => GrayAlphaImage::from_raw(width, height, samples).map(DynamicImage::from),
        ColorType::Rgb => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        ColorType::Rgba => RgbaImage::from_raw(width, height, samples).map(DynamicImage::from),
        ColorType::Indexed => None,
    };
    picture.ok_or(Fault::Broken)
}

/// A WebP or a GIF is decoded whole, and has planes or a palette's numbers of its own beside its pixels.
fn other(bytes: &[u8], format: ImageFormat, side_px: u16, budget: &'static Budget) -> Decoded {
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = reader.into_decoder().map_err(|_| Fault::Broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into())?;
    let pixel_bytes = if format == ImageFormat::WebP { 8 } else { 5 };
    let held = budget.take(u64::from(width) * u64::from(height) * pixel_bytes)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| Fault::Broken)?;
    let by = divisor(width, height, side_px);
    if by == 1 {
        return Ok((picture, orientation, held));
    }
    let small = picture.thumbnail_exact((width / by).max(1), (height / by).max(1));
    Ok((small, orientation, held))
}

impl Fault {
    pub fn refusal(self) -> Refusal {
        let words = match self {
            Fault::NoPicture => pictures::NO_PICTURE,
            Fault::TooManyPixels => pictures::TOO_MANY_PIXELS,
            Fault::TooLargeForItsKind => pictures::TOO_LARGE_FOR_ITS_KIND,
            Fault::Broken => pictures::BROKEN,
            Fault::Busy => return Refusal::Busy { retry_after_s: AGAIN_S },
        };
        Refusal::invalid("picture", words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, Rgba};
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

    /// The same PNG with another size in its head, and the head's checksum made good.
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
                let picture = upright(&bytes, SIDE_PX).unwrap();
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
        let picture = upright(&bytes, SIDE_PX).unwrap();
        assert_eq!(
            (picture.width(), picture.height(), picture.to_luma8().get_pixel(9, 9)[0]),
            (1_600, 1_200, 77)
        );
    }

    #[test]
    fn a_sideways_photo_is_turned_upright() {
        for (size, expected) in [((40, 20), (20, 40)), ((3_400, 1_700), (800, 1_600))] {
            let picture = upright(&sideways(halves(size.0, size.1)), SIDE_PX).unwrap();
            assert_eq!((picture.width(), picture.height()), expected);
            shows_halves(&picture.rotate270());
        }
    }

    /// Fill bytes before a marker, and whatever follows the end, as some cameras write them.
    #[test]
    fn what_stands_around_a_jpeg_is_no_fault() {
        let jpeg = saved(halves(64, 64), ImageFormat::Jpeg);
        let (body, end) = jpeg.split_at(jpeg.len() - 2);
        for around in [[body, &[0xff, 0xff], end].concat(), [body, end, b"a film that moves"].concat()] {
            shows_halves(&upright(&around, SIDE_PX).unwrap());
        }
    }

    #[test]
    fn transparency_is_kept_while_a_png_is_made_smaller() {
        let picture = RgbaImage::from_pixel(3_200, 40, Rgba([200, 10, 10, 128]));
        let small = upright(&saved(picture, ImageFormat::Png), SIDE_PX).unwrap().to_rgba8();
        assert_eq!((small.dimensions(), small.get_pixel(9, 9).0), ((1_600, 20), [200, 10, 10, 128]));
    }

    /// A JPEG of 693 bytes that claimed 16000 by 4300 pixels cost 4 to 9 s.
    #[test]
    fn a_small_file_that_claims_to_be_huge_costs_nothing() {
        let jpeg = saved(halves(64, 64), ImageFormat::Jpeg);
        let png = saved(halves(64, 64), ImageFormat::Png);
        let padded = {
            let mut padded = claiming(jpeg.clone(), 16_000, 4_300);
            // What is no part of a scan does not count.
            padded.extend(vec![0x55; 2_000_000]);
            padded
        };
        let began = Instant::now();
        for bytes in [claiming(jpeg, 16_000, 4_300), padded, png_claiming(png, 15_000, 7_000)] {
            assert_eq!(fault(&bytes), Some(Fault::Broken));
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
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
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Fault::NoPicture),
            (b"BM and so on, as bitmaps begin".to_vec(), Fault::NoPicture),
            (Vec::new(), Fault::NoPicture),
        ] {
            assert_eq!(fault(&bytes), Some(expected), "{} bytes", bytes.len());
        }
    }
}
