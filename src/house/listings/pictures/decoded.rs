//! The result of decoding a picture of any kind, and the largest size that a picture may have.

use crate::house::listings::pictures::budget::Held;
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::profile::Profile;
use image::DynamicImage;
use image::metadata::Orientation;

/// The most pixels: phones take pictures of 108 megapixels.
pub(in crate::house) const MAX_PIXELS: u64 = 120_000_000;
const MAX_SIDE_PX: u64 = 16_000;

/// A picture of eight bits a sample, whose longer side is at most twice its final length.
pub(in crate::house) struct Decoded {
    pub picture: DynamicImage,
    /// How it must be turned.
    pub orientation: Orientation,
    /// `None` if its numbers count as sRGB.
    pub profile: Option<Profile>,
    /// Its share of the budget.
    pub held: Held,
}

/// Checks the size that a picture claims.
pub(in crate::house) fn check_size(width: u64, height: u64) -> Result<(), Fault> {
    if width > MAX_SIDE_PX || height > MAX_SIDE_PX || width * height > MAX_PIXELS {
        return Err(Fault::TooManyPixels);
    }
    if width * height == 0 {
        return Err(Fault::Broken);
    }
    Ok(())
}

/// The divisor by which a picture is reduced before it is resized: its longer side keeps at least `side_px`.
pub(in crate::house) fn divisor(width: u32, height: u32, side_px: u16) -> u32 {
    (width.max(height) / u32::from(side_px)).max(1)
}
