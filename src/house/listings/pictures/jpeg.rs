//! JPEGs: inspected first, then decoded at half, a quarter or an eighth of their size if that is enough.

use crate::house::listings::pictures::budget::{BUDGET_BYTES, Budget};
use crate::house::listings::pictures::decoded::{Decoded, check_size};
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::outline::Outline;
use crate::house::listings::pictures::profile::{self, Profile};
use crate::house::listings::pictures::resize;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, Error, PixelFormat};
use std::io::Read;

/// Decodes a JPEG. Its longer side keeps at least `side_px`, if it had as much.
pub(in crate::house) fn decode(
    bytes: &[u8],
    side_px: u16,
    budget: &'static Budget,
) -> Result<Decoded, Fault> {
    let outline = Outline::of(bytes)?;
    check_size(outline.width, outline.height)?;
    outline.check()?;
    let mut decoder = Decoder::new(Parts { part: &[], rest: &outline.parts });
    let icc = outline.icc();
    let icc_bytes = icc.as_ref().map_or(0, |icc| icc.len() as u64 * profile::BYTES_PER_BYTE);
    let mut size = decoder.scale(side_px, side_px).map_err(fault)?;
    if weight(&outline, size, side_px) + icc_bytes > BUDGET_BYTES {
        // A slightly smaller picture is better than none.
        let smaller_px = side_px / 4 * 3;
        size = decoder.scale(smaller_px, smaller_px).map_err(fault)?;
    }
    let held = budget.take(weight(&outline, size, side_px) + icc_bytes)?;
    let (width, height) = (u32::from(size.0), u32::from(size.1));
    let profile = icc.as_deref().and_then(Profile::of_icc);
    let pixels = decoder.decode().map_err(fault)?;
    let format = decoder.info().ok_or(Fault::Broken)?.pixel_format;
    let picture = match format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::CMYK32 => {
            let by_profile = profile.as_ref().and_then(|profile| profile.rgb_of_cmyk(&pixels));
            let pixels = by_profile.unwrap_or_else(|| rgb(&pixels));
            RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
        }
        PixelFormat::L16 => return Err(Fault::UnusualJpeg),
    };
    let orientation = outline.exif.and_then(Orientation::from_exif_chunk);
    Ok(Decoded {
        picture: picture.ok_or(Fault::Broken)?,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        profile: profile.filter(|_| format != PixelFormat::CMYK32),
        held,
    })
}

/// The bytes that decoding and resizing take.
fn weight(outline: &Outline, (width, height): (u16, u16), side_px: u16) -> u64 {
    let pixels = u64::from(width) * u64::from(height) * outline.n_components();
    let decoding = pixels + outline.decoding_bytes(width.into(), height.into());
    resize::weight(width.into(), height.into(), side_px).max(decoding)
}

fn fault(error: Error) -> Fault {
    match error {
        Error::Unsupported(_) => Fault::UnusualJpeg,
        _ => Fault::Broken,
    }
}

/// Converts cyan, magenta, yellow and black by the rule of thumb, when no profile names the printer.
fn rgb(cmyk: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = (255 - u16::from(ink)) * (255 - u16::from(black)) / 255;
        u8::try_from(product).unwrap_or(u8::MAX)
    };
    cmyk.chunks_exact(4).flat_map(|p| [light(p[0], p[3]), light(p[1], p[3]), light(p[2], p[3])]).collect()
}

/// Slices one after the other.
struct Parts<'a> {
    part: &'a [u8],
    rest: &'a [&'a [u8]],
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.part.is_empty() {
            let Some((next, rest)) = self.rest.split_first() else { return Ok(0) };
            (self.part, self.rest) = (next, rest);
        }
        self.part.read(into)
    }

    fn read_exact(&mut self, mut into: &mut [u8]) -> std::io::Result<()> {
        if into.len() <= self.part.len() {
            return self.part.read_exact(into);
        }
        while !into.is_empty() {
            match self.read(into)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                n => into = &mut into[n..],
            }
        }
        Ok(())
    }
}
