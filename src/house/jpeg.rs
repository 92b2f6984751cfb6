//! JPEGs: looked at first, then decoded at half, a quarter or an eighth of their size where that is enough. What a file
//! claims is believed only as far as its bytes can bear it out.

use super::decode::{self, Fault};
use super::decode_budget::Budget;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};

/// Scans of a progressive JPEG: encoders write about ten.
const MAX_SCANS: u64 = 64;

/// What follows the last scan: only ones, which no code of a sound table has, so that a decoder that asks for more than there is
/// finds that instead of the end, after which it would fill with grey.
const AFTER_THE_LAST: [u8; 34] = {
    let mut bytes = [0; 34];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = 0xff;
        at += 2;
    }
    bytes[33] = 0xd9;
    bytes
};

/// What a JPEG says of itself before it is decoded.
struct Outline {
    width: u64,
    height: u64,
    /// The sampling factors of each component, across and down.
    sampling: Vec<(u64, u64)>,
    is_progressive: bool,
    n_scans: u64,
    scan_bytes: u64,
    /// Where the marker of the end begins.
    end: usize,
}

/// Decodes a JPEG so that its longer side has at least `side_px` where it had; how it has to be turned is said beside it.
pub(super) fn decode(bytes: &[u8], side_px: u16, budget: &'static Budget) -> decode::Decoded {
    let outline = Outline::of(bytes)?;
    decode::check_size(outline.width, outline.height)?;
    outline.check()?;
    let whole = [&bytes[..outline.end], &AFTER_THE_LAST].concat();
    let mut decoder = Decoder::new(whole.as_slice());
    let (width, height) = decoder.scale(side_px, side_px).map_err(|_| Fault::Broken)?;
    let (width, height) = (u32::from(width), u32::from(height));
    let held = budget.take(outline.weight(width, height))?;
    let pixels = decoder.decode().map_err(|_| Fault::Broken)?;
    let format = decoder.info().ok_or(Fault::Broken)?.pixel_format;
    let picture = match format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::CMYK32 => RgbImage::from_raw(width, height, rgb(&pixels)).map(DynamicImage::from),
        PixelFormat::L16 => return Err(Fault::Broken),
    };
    let orientation = decoder.exif_data().and_then(Orientation::from_exif_chunk);
    Ok((picture.ok_or(Fault::Broken)?, orientation.unwrap_or(Orientation::NoTransforms), held))
}

impl Outline {
    /// Reads the markers up to the end of the image. Broken without that end, for then some of it is missing.
    fn of(bytes: &[u8]) -> Result<Outline, Fault> {
        let mut outline = Outline {
            width: 0,
            height: 0,
            sampling: Vec::new(),
            is_progressive: false,
            n_scans: 0,
            scan_bytes: 0,
            end: 0,
        };
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8]).ok_or(Fault::Broken)?;
        loop {
            let at = rest.iter().position(|byte| *byte == 0xff).ok_or(Fault::Broken)?;
            rest = &rest[at..];
            outline.end = bytes.len() - rest.len();
            let fill = rest.iter().position(|byte| *byte != 0xff).ok_or(Fault::Broken)?;
            let marker = rest[fill];
            rest = &rest[fill + 1..];
            match marker {
                0xd9 if outline.n_scans > 0 => return Ok(outline),
                0x00 | 0x01 | 0xd0..=0xd9 => continue,
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes(*rest.first_chunk().ok_or(Fault::Broken)?));
            let segment = rest.get(2..length).ok_or(Fault::Broken)?;
            rest = &rest[length..];
            match marker {
                0xc0..=0xc2 => outline.read_frame(segment, marker == 0xc2)?,
                // Lossless, hierarchical and arithmetically coded ones: no camera writes them.
                0xc3 | 0xc5..=0xc7 | 0xc8..=0xcb | 0xcd..=0xcf => return Err(Fault::Broken),
                0xda => {
                    let end = end_of_scan(rest);
                    outline.n_scans += 1;
                    outline.scan_bytes += end as u64;
                    rest = &rest[end..];
                }
                _ => {}
            }
        }
    }

    fn read_frame(&mut self, segment: &[u8], is_progressive: bool) -> Result<(), Fault> {
        let [_, h1, h0, w1, w0, n, ..] = *segment else { return Err(Fault::Broken) };
        let components = segment.get(6..6 + 3 * usize::from(n)).ok_or(Fault::Broken)?;
        (self.height, self.width) =
            (u16::from_be_bytes([h1, h0]).into(), u16::from_be_bytes([w1, w0]).into());
        self.sampling =
            components.chunks_exact(3).map(|c| (u64::from(c[1] >> 4), u64::from(c[1] & 15))).collect();
        self.is_progressive = is_progressive;
        let is_sound = |(across, down): &(u64, u64)| (1..=4).contains(across) && (1..=4).contains(down);
        if self.sampling.is_empty() || !self.sampling.iter().all(is_sound) {
            return Err(Fault::Broken);
        }
        Ok(())
    }

    /// Blocks of 8 by 8 samples in each component.
    fn blocks(&self) -> impl Iterator<Item = u64> {
        let most_across = self.sampling.iter().map(|(across, _)| *across).max().unwrap_or(1);
        let most_down = self.sampling.iter().map(|(_, down)| *down).max().unwrap_or(1);
        self.sampling.iter().map(move |(across, down)| {
            let n = |side: u64, factor: u64, most: u64| (side * factor).div_ceil(most).div_ceil(8);
            n(self.width, *across, most_across) * n(self.height, *down, most_down)
        })
    }

    /// Each block takes at least two bits, one for its mean and one for the end of its details; in a progressive JPEG many
    /// blocks may share the latter. A file with fewer has been cut short, or lies about its size: decoders fill the rest with
    /// grey, which costs as much time as a picture does.
    fn check(&self) -> Result<(), Fault> {
        let (bits_per_block, max_scans) =
            if self.is_progressive { (1, MAX_SCANS) } else { (2, self.sampling.len() as u64) };
        let least_bytes = self.blocks().sum::<u64>() * bits_per_block / 8;
        if self.scan_bytes < least_bytes || self.n_scans > max_scans {
            return Err(Fault::Broken);
        }
        Ok(())
    }

    /// Bytes that decoding and resizing take: a progressive JPEG has all its coefficients in memory, of which those of one
    /// component are copied on their way to the pixels.
    fn weight(&self, width: u32, height: u32) -> u64 {
        let small = decode::small_bytes(width, height);
        if !self.is_progressive {
            return small;
        }
        let n_blocks = self.blocks().sum::<u64>() + self.blocks().max().unwrap_or(0);
        let planes_and_pixels = 2 * u64::from(width) * u64::from(height) * self.sampling.len() as u64;
        small.max(planes_and_pixels + n_blocks * 64 * 2)
    }
}

/// Where the next marker stands that does not belong to the scan.
fn end_of_scan(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = rest[at..].iter().position(|byte| *byte == 0xff) {
        at += next;
        let fill = rest[at..].iter().take_while(|byte| **byte == 0xff).count();
        match rest.get(at + fill) {
            Some(0x00 | 0xd0..=0xd7) => at += fill + 1,
            _ => return at,
        }
    }
    rest.len()
}

/// Cyan, magenta, yellow and black as printers have them.
fn rgb(cmyk: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| {
        let product = (255 - u16::from(ink)) * (255 - u16::from(black)) / 255;
        u8::try_from(product).unwrap_or(u8::MAX)
    };
    cmyk.chunks_exact(4).flat_map(|p| [light(p[0], p[3]), light(p[1], p[3]), light(p[2], p[3])]).collect()
}
