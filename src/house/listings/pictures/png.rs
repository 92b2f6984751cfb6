//! PNGs: read row by row and reduced on the way; an interlaced one must be read as a whole.

use crate::house::listings::pictures::budget::Budget;
use crate::house::listings::pictures::decoded::{Decoded, MAX_PIXELS, check_size, divisor};
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::profile::{self, Profile};
use crate::house::listings::pictures::resize;
use flate2::read::ZlibDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use png::{ColorType, Info, Reader, Transformations};
use std::io::{Cursor, Read};

/// The rows of the reduced picture that are made at a time.
const BAND_ROWS: u32 = 8;
/// The most times that deflate can make data smaller.
const MAX_DEFLATE: u64 = 1_032;
const SIGNATURE_BYTES: usize = 8;
/// The longest name of a profile within its chunk, in bytes.
const MAX_NAME_BYTES: usize = 80;

type Rows<'a> = Reader<Cursor<&'a [u8]>>;

/// Decodes a PNG, reduced so that its longer side keeps at least `side_px`.
pub(in crate::house) fn decode(
    bytes: &[u8],
    side_px: u16,
    budget: &'static Budget,
) -> Result<Decoded, Fault> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    // The decoder would refuse a picture because of a large profile.
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|_| Fault::Broken)?;
    let (info, (color, _)) = (reader.info(), reader.output_color_type());
    let (width, height) = (info.width, info.height);
    check_size(width.into(), height.into())?;
    let raw_bytes = u64::from(width) * u64::from(height) * info.bits_per_pixel() as u64 / 8;
    if raw_bytes > bytes.len() as u64 * MAX_DEFLATE {
        return Err(Fault::Broken);
    }
    if raw_bytes > MAX_PIXELS * 4 {
        return Err(Fault::TooLargeForItsKind);
    }
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    let bands = Bands::of(info, color, side_px);
    let icc = if has_code_points(info) { None } else { icc(bytes) };
    let icc_bytes = icc.as_ref().map_or(0, |icc| icc.len() as u64 * profile::BYTES_PER_BYTE);
    let held = budget.take(bands.weight(side_px) + icc_bytes)?;
    let profile = icc.as_deref().and_then(Profile::of_icc).or_else(|| of_chunks(info));
    let picture = bands.read(&mut reader)?;
    Ok(Decoded { picture, orientation: orientation.unwrap_or(Orientation::NoTransforms), profile, held })
}

/// Reads a picture in bands of some rows, and reduces each band by itself.
struct Bands {
    width: u32,
    height: u32,
    color: ColorType,
    /// The divisor of the reduction.
    by: u32,
    small: (u32, u32),
    /// The rows of the reduced picture in a band.
    n_rows: u32,
    is_interlaced: bool,
}

impl Bands {
    fn of(info: &Info, color: ColorType, side_px: u16) -> Bands {
        let (width, height, is_interlaced) = (info.width, info.height, info.interlaced);
        let by = divisor(width, height, side_px);
        let small = ((width / by).max(1), (height / by).max(1));
        let n_rows = if is_interlaced { small.1 } else { BAND_ROWS.min(small.1) };
        Bands { width, height, color, by, small, n_rows, is_interlaced }
    }

    fn row_bytes(&self) -> usize {
        self.width as usize * self.color.samples()
    }

    /// The rows of the picture that make `n` of the reduced one. Remaining rows that do not make a whole reduced row
    /// are not read.
    fn height_of(&self, n: u32) -> u32 {
        if self.is_interlaced { self.height } else { (n * self.by).min(self.height) }
    }

    fn weight(&self, side_px: u16) -> u64 {
        let (width, height) = self.small;
        let band_bytes = self.row_bytes() as u64 * u64::from(self.height_of(self.n_rows));
        let small_bytes = u64::from(width) * u64::from(height) * self.color.samples() as u64;
        (band_bytes + small_bytes).max(resize::weight(width, height, side_px))
    }

    fn read(&self, reader: &mut Rows) -> Result<DynamicImage, Fault> {
        let (width, height) = self.small;
        if self.n_rows == height {
            return self.read_band(reader, height);
        }
        let mut pixels = Vec::with_capacity(width as usize * height as usize * self.color.samples());
        let mut n_left = height;
        while n_left > 0 {
            let n = self.n_rows.min(n_left);
            pixels.extend_from_slice(self.read_band(reader, n)?.as_bytes());
            n_left -= n;
        }
        of_samples(self.color, width, height, pixels)
    }

    /// Reads a band of `n` rows of the reduced picture.
    fn read_band(&self, reader: &mut Rows, n: u32) -> Result<DynamicImage, Fault> {
        let mut band = vec![0; self.row_bytes() * self.height_of(n) as usize];
        if self.is_interlaced {
            reader.next_frame(&mut band).map_err(|_| Fault::Broken)?;
        } else {
            for row in band.chunks_exact_mut(self.row_bytes()) {
                reader.read_row(row).map_err(|_| Fault::Broken)?.ok_or(Fault::Broken)?;
            }
        }
        let band = of_samples(self.color, self.width, self.height_of(n), band)?;
        Ok(if self.by == 1 { band } else { band.thumbnail_exact(self.small.0, n) })
    }
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

fn has_code_points(info: &Info) -> bool {
    info.coding_independent_code_points.is_some()
}

/// The colours as `cICP`, or `gAMA` with `cHRM`, define them. With a chunk `sRGB` they are sRGB.
fn of_chunks(info: &Info) -> Option<Profile> {
    if let Some(points) =
        info.coding_independent_code_points.filter(|points| points.is_video_full_range_image)
    {
        return Profile::of_code_points(points.color_primaries, points.transfer_function);
    }
    match (info.srgb, info.gama_chunk, info.chrm_chunk) {
        (None, Some(gama), Some(primaries)) => Profile::of_primaries(gama.into_scaled(), &primaries),
        _ => None,
    }
}

/// The profile in the first chunk `iCCP`, which precedes the pixels.
fn icc(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.get(SIGNATURE_BYTES..)?;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let (name, content) = (rest.get(4..8)?, rest.get(8..)?.get(..length)?);
        match name {
            b"iCCP" => return inflated(content),
            b"IDAT" | b"IEND" => return None,
            _ => rest = rest.get(length.checked_add(12)?..)?,
        }
    }
}

fn inflated(content: &[u8]) -> Option<Vec<u8>> {
    let end_of_name = content.iter().take(MAX_NAME_BYTES).position(|byte| *byte == 0)?;
    let deflated = content.get(end_of_name + 2..)?;
    let mut icc = Vec::new();
    let most = profile::MAX_BYTES as u64 + 1;
    ZlibDecoder::new(deflated).take(most).read_to_end(&mut icc).ok()?;
    (icc.len() <= profile::MAX_BYTES).then_some(icc)
}
