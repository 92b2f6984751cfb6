//! Pictures: decoded, turned upright, stripped of their metadata, re-encoded as JPEG, with a thumbnail. What a person sent
//! is never served.

use super::{Answer, House, make_private_dir};
use crate::rules::chain::hex;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba, RgbaImage};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::SystemTime;

/// The largest picture that is taken.
pub const MAX_PICTURE_BYTES: usize = 10 * 1_024 * 1_024;
/// Its longer side is brought down to this many pixels.
const SIDE_PX: u32 = 1_600;
const THUMB_SIDE_PX: u32 = 480;
/// What a picture may claim to be, before it is decoded.
const MAX_SIDE_PX: u32 = 16_000;
const MAX_DECODED_BYTES: u64 = 200 * 1_024 * 1_024;
const JPEG_QUALITY: u8 = 85;
/// The digits of a picture's name.
const NAME_LENGTH: usize = 32;
/// A picture may wait so long for its listing.
const UNUSED_MS: i64 = 24 * 3_600_000;
/// Files that are taken away at a time.
const MAX_FORGOTTEN: usize = 1_000;

impl House {
    /// Stores a picture and its thumbnail; its name. The same picture has the same name.
    ///
    /// Refuses `invalid` for what is no JPEG, PNG, WebP or GIF, or is too large.
    pub fn store_picture(&self, bytes: &[u8]) -> Answer<String> {
        store_in(&self.dir().join("pictures"), bytes)
    }

    /// A stored file by its name: `….jpg` or `…-thumb.jpg`. None where there is none; a name that is no such name is never
    /// looked up.
    pub fn picture(&self, file: &str) -> Result<Option<Vec<u8>>> {
        if !is_file_name(file) {
            return Ok(None);
        }
        match std::fs::read(self.dir().join("pictures").join(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read the picture {file}")),
        }
    }
}

impl House {
    /// Takes away pictures that were sent a day ago or before, and are no listing's: of forms that were looked at and not
    /// sent, and of drafts that were refused. How many files.
    pub fn forget_unused_pictures(&self) -> Result<usize> {
        let used: HashSet<String> = self.read(|snapshot| snapshot.pictures())?.into_iter().collect();
        let dir = self.dir().join("pictures");
        let mut n_forgotten = 0;
        for file in std::fs::read_dir(&dir).with_context(|| format!("look into {}", dir.display()))? {
            let file = file?;
            let is_old = || {
                Ok::<_, std::io::Error>(
                    self.now().ms_since(time_of(file.metadata()?.modified()?)) > UNUSED_MS,
                )
            };
            let name = file.file_name();
            let Some(name) = name.to_str().filter(|name| is_file_name(name)) else { continue };
            if !used.contains(&name[..NAME_LENGTH]) && is_old()? {
                std::fs::remove_file(file.path()).with_context(|| format!("take {name} away"))?;
                n_forgotten += 1;
            }
            if n_forgotten == MAX_FORGOTTEN {
                break;
            }
        }
        Ok(n_forgotten)
    }
}

fn time_of(written: SystemTime) -> Time {
    Time(chrono::DateTime::<chrono::Utc>::from(written).timestamp_millis())
}

/// A person's file. One byte more than a picture may have tells that it is too large; no more is read.
pub fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Stores a picture and its thumbnail in `dir`.
pub(super) fn store_in(dir: &Path, bytes: &[u8]) -> Answer<String> {
    let picture = match decode(bytes) {
        Ok(picture) => picture,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let large = jpeg(&fit(&picture, SIDE_PX))?;
    let thumb = jpeg(&fit(&picture, THUMB_SIDE_PX))?;
    let name = hex(&Sha256::digest(&large)[..16]);
    // Whoever copies a house may leave an empty folder behind.
    make_private_dir(dir)?;
    let [large_file, thumb_file] = files_of(&name);
    put_in_place(dir, &large_file, &large)?;
    put_in_place(dir, &thumb_file, &thumb)?;
    Ok(Ok(name))
}

/// Where the picture called `name` is served.
pub fn path(name: &str) -> String {
    format!("/pictures/{name}.jpg")
}

pub fn thumbnail_path(name: &str) -> String {
    format!("/pictures/{name}-thumb.jpg")
}

/// The files of the picture called `name`.
pub(super) fn files_of(name: &str) -> [String; 2] {
    [format!("{name}.jpg"), format!("{name}-thumb.jpg")]
}

/// Whether a file of a stored picture could bear this name.
pub(super) fn is_file_name(file: &str) -> bool {
    let stem = file.strip_suffix(".jpg").map(|stem| stem.strip_suffix("-thumb").unwrap_or(stem));
    stem.is_some_and(|stem| stem.len() == NAME_LENGTH && stem.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, Refusal> {
    let faulty = |words: &str| Refusal::invalid("picture", words);
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(faulty("A picture has at most 10 MiB."));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| faulty("This is no picture."))?;
    let known = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
    if !reader.format().is_some_and(|format| known.contains(&format)) {
        return Err(faulty("A picture is a JPEG, PNG, WebP or GIF."));
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE_PX), Some(MAX_SIDE_PX));
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits.clone());
    let broken = |_| faulty("This picture is broken, or larger than 16000 pixels a side.");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    // The decoders do not count the picture itself against the limit.
    limits.reserve(decoder.total_bytes()).map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn fit(picture: &DynamicImage, side_px: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side_px {
        return picture.clone();
    }
    picture.resize(side_px, side_px, FilterType::CatmullRom)
}

/// Transparent parts become white: JPEG knows no transparency.
fn jpeg(picture: &DynamicImage) -> Result<Vec<u8>> {
    let mut ground = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([255; 4]));
    image::imageops::overlay(&mut ground, &picture.to_rgba8(), 0, 0);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    DynamicImage::ImageRgba8(ground).to_rgb8().write_with_encoder(encoder).context("encode a picture")?;
    Ok(bytes)
}

/// A file is whole or not there. One that is there is written anew, so that it counts as sent now.
fn put_in_place(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = dir.join(name);
    let file =
        tempfile::NamedTempFile::new_in(dir).with_context(|| format!("make a file in {}", dir.display()))?;
    std::fs::write(file.path(), bytes).context("write a picture")?;
    file.as_file().sync_all().context("write a picture")?;
    file.persist(&path).with_context(|| format!("put {} in place", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture =
            DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, Rgba([200, 10, 10, 128])));
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    /// A JPEG whose EXIF says "turn me by a quarter", as phones write it.
    fn sideways(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        DynamicImage::new_rgb8(width, height)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)
            .unwrap();
        let tiff: &[u8] = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut exif = vec![0xff, 0xe1, 0, u8::try_from(tiff.len() + 8).unwrap()];
        exif.extend_from_slice(b"Exif\0\0");
        exif.extend_from_slice(tiff);
        bytes.splice(2..2, exif);
        bytes
    }

    #[test]
    fn a_sideways_photo_is_turned_upright_and_loses_its_metadata() {
        let bytes = sideways(40, 20);
        let upright = decode(&bytes).unwrap();
        assert_eq!((upright.width(), upright.height()), (20, 40));
        let kept = jpeg(&upright).unwrap();
        assert!(!kept.windows(4).any(|w| w == b"Exif"));
    }

    #[test]
    fn a_large_picture_is_brought_down_and_transparency_becomes_white() {
        let picture = fit(&decode(&png(3_200, 400)).unwrap(), SIDE_PX);
        assert_eq!((picture.width(), picture.height()), (1_600, 200));
        assert!(jpeg(&picture).unwrap().starts_with(&[0xff, 0xd8]));
    }

    #[test]
    fn a_small_file_that_claims_to_be_huge_is_refused_before_it_is_decoded() {
        let mut bytes = png(8, 8);
        // Width and height stand at 16 and 20 of a PNG; its own checksum follows.
        bytes[16..20].copy_from_slice(&15_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&15_000_u32.to_be_bytes());
        let mut crc = u32::MAX;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        assert!(matches!(decode(&bytes), Err(Refusal::Invalid(_))));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let cut = &png(100, 100)[..60];
        for bytes in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"", b"GIF89a", cut] {
            assert!(matches!(decode(bytes), Err(Refusal::Invalid(_))));
        }
    }
}
