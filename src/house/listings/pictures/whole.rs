//! WebPs and GIFs: decoded as a whole; of an animation, the first picture. Beside the pixels, decoding takes planes or
//! a palette's indices.

use crate::house::listings::pictures::budget::Budget;
use crate::house::listings::pictures::decoded::{Decoded, check_size, divisor};
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::profile::{self, Profile};
use crate::house::listings::pictures::{lossless, resize};
use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, Limits};
use std::io::Cursor;

/// Bytes a pixel of a WebP. Lossy: three of pixels and one and a half of planes. Lossless: three of pixels and four
/// from which they are made; with transparency, four decoded in place. Lossy with transparency: that is decoded beside
/// the planes. Animated: the first picture is laid on a canvas.
const WEBP_LOSSY_BYTES: u64 = 5;
const WEBP_LOSSLESS_BYTES: u64 = 8;
const WEBP_LOSSLESS_ALPHA_BYTES: u64 = 5;
const WEBP_LOSSY_ALPHA_BYTES: u64 = 11;
const WEBP_MOVING_BYTES: u64 = 13;
/// Bytes a pixel of a GIF: its colour and its index. The first picture may be smaller than the canvas.
const GIF_BYTES: u64 = 5;
const GIF_PART_BYTES: u64 = 9;

/// Decodes a WebP, or the first picture of an animated one.
pub(in crate::house) fn webp(bytes: &[u8], side_px: u16, budget: &'static Budget) -> Result<Decoded, Fault> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| Fault::Broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into())?;
    if !frames_fit(bytes, (width, height)) {
        return Err(Fault::Broken);
    }
    let has_alpha = decoder.color_type().has_alpha();
    let pixel_bytes = match chunks(bytes).find(|(name, _)| [b"ANMF", b"VP8 ", b"VP8L"].contains(name)) {
        _ if decoder.has_animation() => WEBP_MOVING_BYTES,
        Some((b"VP8L", _)) if has_alpha => WEBP_LOSSLESS_ALPHA_BYTES,
        Some((b"VP8L", _)) => WEBP_LOSSLESS_BYTES,
        _ if has_alpha => WEBP_LOSSY_ALPHA_BYTES,
        _ => WEBP_LOSSY_BYTES,
    };
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let icc = decoder.icc_profile().ok().flatten();
    let extra_bytes = table_bytes(bytes, (width, height)) + icc_bytes(icc.as_deref());
    let decoded = whole(decoder, pixel_bytes, extra_bytes, side_px, budget)?;
    Ok(Decoded { orientation, profile: icc.as_deref().and_then(Profile::of_icc), ..decoded })
}

fn icc_bytes(icc: Option<&[u8]>) -> u64 {
    icc.map_or(0, |icc| icc.len() as u64 * profile::BYTES_PER_BYTE)
}

/// Decodes the first picture of a GIF.
pub(in crate::house) fn gif(bytes: &[u8], side_px: u16, budget: &'static Budget) -> Result<Decoded, Fault> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|_| Fault::Broken)?;
    let (width, height) = decoder.dimensions();
    let fills = first_frame(bytes) == Some((width, height));
    let mut limits = Limits::no_limits();
    // No honest file has a first picture larger than its canvas.
    limits.max_alloc = Some(u64::from(width) * u64::from(height) * 4);
    decoder.set_limits(limits).map_err(|_| Fault::Broken)?;
    let pixel_bytes = if fills { GIF_BYTES } else { GIF_PART_BYTES };
    whole(decoder, pixel_bytes, 0, side_px, budget)
}

fn whole(
    decoder: impl ImageDecoder,
    pixel_bytes: u64,
    extra_bytes: u64,
    side_px: u16,
    budget: &'static Budget,
) -> Result<Decoded, Fault> {
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into())?;
    let by = divisor(width, height, side_px);
    let small = ((width / by).max(1), (height / by).max(1));
    let decoding = u64::from(width) * u64::from(height) * pixel_bytes;
    let held = budget.take(decoding.max(resize::weight(small.0, small.1, side_px)) + extra_bytes)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Fault::Broken)?;
    if by > 1 {
        picture = picture.thumbnail_exact(small.0, small.1);
    }
    Ok(Decoded { picture, orientation: Orientation::NoTransforms, profile: None, held })
}

/// The bytes of the tables that the first picture of a WebP demands. Only the first chunk of each name is ever decoded.
fn table_bytes(bytes: &[u8], whole: (u32, u32)) -> u64 {
    let of_chunk = |(name, content): (&[u8; 4], &[u8]), size| match name {
        b"VP8L" => lossless::table_bytes(content, size),
        b"ALPH" => lossless::alpha_table_bytes(content, size),
        _ => None,
    };
    let of_first_frame = |content: &[u8]| -> Option<u64> {
        let [_, _, _, _, _, _, w0, w1, w2, h0, h1, h2, ..] = *content else { return None };
        let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
        let size = (side(w0, w1, w2).min(whole.0), side(h0, h1, h2).min(whole.1));
        of_chunk(chunks(content.get(4..)?).next()?, size)
    };
    let tables = [b"VP8L", b"ALPH", b"ANMF"].into_iter().filter_map(|wanted| {
        let (name, content) = chunks(bytes).find(|(name, _)| *name == wanted)?;
        if name == b"ANMF" { of_first_frame(content) } else { of_chunk((name, content), whole) }
    });
    tables.max().unwrap_or(0)
}

/// Whether no picture of a WebP is larger than its canvas: the decoder allocates for each picture what that claims.
fn frames_fit(bytes: &[u8], whole: (u32, u32)) -> bool {
    chunks(bytes).all(|(name, content)| match name {
        b"VP8 " => lossy_fits(content, whole),
        // Sixteen bytes hold its position and size; its transparency may precede it.
        b"ANMF" => {
            let within = content.get(4..).unwrap_or_default();
            chunks(within).take(2).all(|(_, content)| lossy_fits(content, whole))
        }
        _ => true,
    })
}

/// The chunks after the first twelve bytes: a name, a length, and an even number of bytes each.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        rest = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
        Some((name, &after[..length.min(after.len())]))
    })
}

/// Checks a lossy picture: three bytes of frame tag, three of start code, then its width and its height.
fn lossy_fits(content: &[u8], whole: (u32, u32)) -> bool {
    match *content {
        [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] => {
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            side([w0, w1]) <= whole.0 && side([h0, h1]) <= whole.1
        }
        _ => true,
    }
}

/// The size of a GIF's first picture, which extensions may precede.
fn first_frame(bytes: &[u8]) -> Option<(u32, u32)> {
    let flags = *bytes.get(10)?;
    let palette_bytes = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut rest = bytes.get(13 + palette_bytes..)?;
    loop {
        match rest {
            [0x2c, _, _, _, _, w0, w1, h0, h1, ..] => {
                let side = |bytes| u32::from(u16::from_le_bytes(bytes));
                return Some((side([*w0, *w1]), side([*h0, *h1])));
            }
            [0x21, _, after @ ..] => {
                rest = after;
                while let Some((n, after)) = rest.split_first().filter(|(n, _)| **n > 0) {
                    rest = after.get(usize::from(*n)..)?;
                }
                rest = rest.get(1..)?;
            }
            _ => return None,
        }
    }
}
