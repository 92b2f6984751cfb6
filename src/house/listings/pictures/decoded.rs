//! What decoding a picture gives, whatever its kind, and how large a picture may claim to be.

use crate::house::listings::pictures::budget::Held;
use crate::house::listings::pictures::fault::Fault;
use crate::house::listings::pictures::profile::Profile;
use image::DynamicImage;
use image::metadata::Orientation;

/// What a picture may claim to have: those of 108 megapixels, as phones take them, are welcome.
pub(in crate::house) const MAX_PIXELS: u64 = 120_000_000;
const MAX_SIDE_PX: u64 = 16_000;

/// A picture of eight bits a sample, whose longer side is at most twice as long as it will be.
pub(in crate::house) struct Decoded {
    pub picture: DynamicImage,
    /// How it has to be turned.
    pub orientation: Orientation,
    /// None where its numbers are taken to be sRGB.
    pub profile: Option<Profile>,
    /// Its part of the budget.
    pub held: Held,
}

/// The size that a picture claims is one that is taken.
pub(in crate::house) fn check_size(width: u64, height: u64) -> Result<(), Fault> {
    if width > MAX_SIDE_PX || height > MAX_SIDE_PX || width * height > MAX_PIXELS {
        return Err(Fault::TooManyPixels);
    }
    if width * height == 0 {
        return Err(Fault::Broken);
    }
    Ok(())
}

/// By how much a picture is made smaller before it is resized: its longer side keeps at least `side_px`.
pub(in crate::house) fn divisor(width: u32, height: u32, side_px: u16) -> u32 {
    (width.max(height) / u32::from(side_px)).max(1)
}
