//! Pictures: decoded, turned upright, converted to sRGB, stripped of their metadata, and encoded as JPEG in three sizes.
//! The uploaded file itself is never served.

mod budget;
pub(in crate::house) mod decode;
mod decoded;
pub mod fault;
mod jpeg;
pub(in crate::house) mod kinds;
mod lossless;
mod middle;
pub(in crate::house) mod names;
mod outline;
mod png;
mod profile;
mod resize;
mod shared;
mod whole;

use crate::files::private;
use crate::house::{Answer, House};
use crate::rules::hash::hex;
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use anyhow::{Context, Result};
use decode::upright;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgba, RgbaImage};
use names::{NAME_LENGTH, files_of, is_file_name, is_name, large_of, middle_file};
use resize::fit;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

/// The largest file that is accepted.
pub const MAX_PICTURE_BYTES: usize = 10 * 1_024 * 1_024;
/// The refusal of a file larger than [`MAX_PICTURE_BYTES`].
pub const TOO_LARGE: &str = "A picture can have at most 10 MiB.";
/// The longer side of a stored picture, in pixels.
const SIDE_PX: u16 = 1_600;
const MIDDLE_SIDE_PX: u16 = 960;
const THUMB_SIDE_PX: u16 = 480;
const JPEG_QUALITY: u8 = 85;
/// Of a thumbnail: screens show it at half its size, where nobody sees the difference, and a page shows many.
const THUMB_QUALITY: u8 = 78;
/// How long a picture may wait for its listing.
const UNUSED_MS: i64 = 24 * 3_600_000;
/// The most files removed at a time.
const MAX_FORGOTTEN: usize = 1_000;

impl House {
    /// Stores a picture in its three sizes, and returns its name. The same picture gets the same name.
    ///
    /// Refuses `invalid` for a file that is not a JPEG, PNG, WebP or GIF, is broken or too large, and `busy` while too
    /// many pictures are decoded.
    pub fn store_picture(&self, bytes: &[u8]) -> Answer<String> {
        let name = store_in(&self.dir().join("pictures"), bytes)?;
        self.share_picture(&name)?;
        Ok(name)
    }

    /// Keeps a stored picture of exactly this name for another day, as if it were uploaded now: a form that names it is
    /// about to list it. Returns whether there is one.
    pub fn keep_picture(&self, name: &str) -> bool {
        let dir = self.dir().join("pictures");
        let is_there = || is_name(name) && dir.join(format!("{name}.jpg")).is_file();
        if is_name(name)
            && !is_there()
            && let Err(error) = self.fetch_pictures(&[name.to_owned()])
        {
            tracing::warn!(error = format!("{error:#}"), "a picture of another machine is not fetched");
        }
        if !is_there() {
            return false;
        }
        let now = SystemTime::from(self.now().utc());
        for file in files_of(name).into_iter().chain([middle_file(name)]) {
            // A picture of an earlier release may lack its middle size; and a disk that is full keeps all there is.
            File::options().append(true).open(dir.join(file)).and_then(|file| file.set_modified(now)).ok();
        }
        is_there()
    }

    /// Reads a stored file by its name: `….jpg`, `…-middle.jpg` or `…-thumb.jpg`. A picture of an earlier release that
    /// has no middle size yet is read in its large one instead. Returns `None` if there is none; an invalid name is never
    /// looked up.
    pub fn picture(&self, file: &str) -> Result<Option<Vec<u8>>> {
        if !is_file_name(file) {
            return Ok(None);
        }
        match (self.picture_file(file)?, large_of(file)) {
            (None, Some(large)) => self.picture_file(&large),
            (read, _) => Ok(read),
        }
    }

    fn picture_file(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(self.dir().join("pictures").join(file)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.fetch_picture(file),
            Err(error) => Err(error).with_context(|| format!("read the picture {file}")),
        }
    }
}

impl House {
    /// Removes pictures that were uploaded a day ago or earlier and belong to no listing and to no lot of a draft: from
    /// forms that were previewed but not sent, and from refused drafts. Returns the number of files.
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
                if let Some(mut journal) = self.store.journal_session() {
                    journal.forget_picture(name)?;
                }
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

/// Reads a person's file, but at most one byte more than a picture may have, which shows that it is too large.
pub fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Stores a picture in its three sizes in `dir`.
pub(in crate::house) fn store_in(dir: &Path, bytes: &[u8]) -> Answer<String> {
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(Refusal::invalid("picture", TOO_LARGE).into());
    }
    let (picture, _held) = upright(bytes, SIDE_PX)?;
    let large = jpeg(&picture, JPEG_QUALITY)?;
    let is_large = picture.width().max(picture.height()) > u32::from(MIDDLE_SIDE_PX);
    let picture = fit(picture, MIDDLE_SIDE_PX);
    // A picture that is no larger than the middle size is the same in both.
    let middle = if is_large { Some(jpeg(&picture, JPEG_QUALITY)?) } else { None };
    let thumb = jpeg(&fit(picture, THUMB_SIDE_PX), THUMB_QUALITY)?;
    let name = hex(&Sha256::digest(&large)[..16]);
    // A copy of a house may lack the empty folder.
    private::make_folder(dir)?;
    let [large_file, thumb_file] = files_of(&name);
    put_in_place(dir, &large_file, &large)?;
    put_in_place(dir, &middle_file(&name), middle.as_ref().unwrap_or(&large))?;
    put_in_place(dir, &thumb_file, &thumb)?;
    Ok(name)
}

/// Encodes a picture as JPEG. Transparent parts become white, because JPEG knows no transparency.
fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let encoded = if picture.color().has_alpha() {
        let mut ground = RgbaImage::from_pixel(picture.width(), picture.height(), Rgba([255; 4]));
        image::imageops::overlay(&mut ground, &picture.to_rgba8(), 0, 0);
        DynamicImage::ImageRgba8(ground).to_rgb8().write_with_encoder(encoder)
    } else {
        picture.to_rgb8().write_with_encoder(encoder)
    };
    encoded.context("encode a picture")?;
    Ok(bytes)
}

/// Writes a file completely or not at all. An existing file is written again, so that it counts as uploaded now.
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
    use image::{ImageFormat, RgbImage};
    use std::io::Cursor;

    #[test]
    fn what_is_stored_has_no_metadata_and_transparency_becomes_white() {
        let dir = tempfile::tempdir().unwrap();
        let (mut plain, mut clear) = (Vec::new(), Vec::new());
        let red = RgbImage::from_pixel(40, 20, image::Rgb([200, 0, 0]));
        red.write_to(&mut Cursor::new(&mut plain), ImageFormat::Jpeg).unwrap();
        plain.splice(2..2, *b"\xff\xe1\0\x0aExif\0\0\0\0");
        let nothing = RgbaImage::from_pixel(40, 20, Rgba([200, 0, 0, 0]));
        nothing.write_to(&mut Cursor::new(&mut clear), ImageFormat::Png).unwrap();
        for (bytes, expected) in [(plain, [200, 0, 0]), (clear, [255, 255, 255])] {
            let name = store_in(dir.path(), &bytes).unwrap();
            for file in files_of(&name).into_iter().chain([middle_file(&name)]) {
                let stored = std::fs::read(dir.path().join(file)).unwrap();
                assert!(!stored.windows(4).any(|w| w == b"Exif"));
                let pixel = image::load_from_memory(&stored).unwrap().to_rgb8().get_pixel(20, 10).0;
                assert!(pixel.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) < 6), "{pixel:?}");
            }
        }
    }

    #[test]
    fn a_picture_is_stored_in_three_sizes_and_never_enlarged() {
        let dir = tempfile::tempdir().unwrap();
        for (size, large, middle, thumb) in [
            ((2_000, 1_500), (1_600, 1_200), (960, 720), (480, 360)),
            ((1_200, 1_800), (1_067, 1_600), (640, 960), (320, 480)),
            ((960, 720), (960, 720), (960, 720), (480, 360)),
            ((300, 200), (300, 200), (300, 200), (300, 200)),
        ] {
            let (picture, mut bytes) = (RgbImage::new(size.0, size.1), Vec::new());
            picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
            let name = store_in(dir.path(), &bytes).unwrap();
            let [large_file, thumb_file] = files_of(&name);
            for (file, expected) in [(large_file, large), (middle_file(&name), middle), (thumb_file, thumb)] {
                let stored = image::image_dimensions(dir.path().join(&file)).unwrap();
                assert_eq!(stored, expected, "{size:?}, {file}");
            }
        }
    }

    #[test]
    fn a_picture_of_more_than_10_mib_is_not_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let refused = store_in(dir.path(), &vec![0; MAX_PICTURE_BYTES + 1]).unwrap_err();
        assert_eq!(refused.to_string(), "picture: A picture can have at most 10 MiB.");
    }
}
