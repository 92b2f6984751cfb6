//! Why a picture is refused, in words that say what to do instead.

use crate::rules::refusal::Refusal;

/// The time after which to try again while too many other pictures are decoded.
const AGAIN_S: u64 = 5;

pub const NO_PICTURE: &str = "A picture must be a JPEG, PNG, WebP or GIF.";
/// Followed by the name of a known kind of file, and a full stop.
const OTHER_KIND: &str = "A picture is a JPEG, PNG, WebP or GIF; this file's format is ";
pub const HEIC: &str = "A picture is a JPEG, PNG, WebP or GIF; this file's format is HEIC. Send it as a JPEG: on an iPhone, \
                        choose it from Photos rather than from Files, or set Settings > Camera > Formats > Most \
                        Compatible for new photos.";
pub const TOO_MANY_PIXELS: &str =
    "This picture has too many pixels: at most 120 megapixels, and 16000 pixels a side.";
pub const TOO_LARGE_FOR_ITS_KIND: &str = "This picture has too many pixels for the way it is saved: save it as an \
                                          ordinary JPEG, not progressive, which may have 120 megapixels.";
pub const UNUSUAL_JPEG: &str = "Browsers cannot show this kind of JPEG: save it as a standard 8-bit JPEG.";
pub const BROKEN: &str = "This picture is damaged or incomplete.";

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::house) enum Fault {
    NoPicture,
    /// A file of a known kind that is not accepted, by the name of the kind.
    OtherKind(&'static str),
    Heic,
    TooManyPixels,
    /// Its kind can only be decoded as a whole, and it has too many pixels for that.
    TooLargeForItsKind,
    /// Lossless, hierarchical, arithmetically coded, or of more than 8 bits: no camera writes such files.
    UnusualJpeg,
    Broken,
    Busy,
}

impl Fault {
    /// The refusal that a person gets.
    pub fn refusal(self) -> Refusal {
        let words = match self {
            Fault::NoPicture => NO_PICTURE,
            Fault::OtherKind(name) => return Refusal::invalid("picture", format!("{OTHER_KIND}{name}.")),
            Fault::Heic => HEIC,
            Fault::TooManyPixels => TOO_MANY_PIXELS,
            Fault::TooLargeForItsKind => TOO_LARGE_FOR_ITS_KIND,
            Fault::UnusualJpeg => UNUSUAL_JPEG,
            Fault::Broken => BROKEN,
            Fault::Busy => return Refusal::Busy { retry_after_s: AGAIN_S },
        };
        Refusal::invalid("picture", words)
    }
}

/// The names of kinds in a refusal's text, in order, except HEIC, whose sentence says more.
pub fn other_kinds(said: &str) -> impl Iterator<Item = &str> {
    said.split(OTHER_KIND).skip(1).filter_map(|rest| rest.split('.').next()).filter(|kind| *kind != "HEIC")
}
