//! A listing's pictures, side by side: without a script, people scroll through them or follow the link to each.

use crate::web::pages::parts::frame::Frame;
use std::borrow::Borrow;

/// The width of a picture on the page of its item, for browsers to choose a size by.
pub const SIZES: &str = "(min-width: 90rem) 50rem, (min-width: 60rem) 55vw, 100vw";

/// The addresses of one picture.
#[derive(Clone, Debug)]
pub struct Picture {
    pub large: String,
    pub thumb: String,
}

impl Picture {
    /// The alternative text of the `n`th picture of `all`.
    pub fn text(&self, frame: &Frame, caption: &str, n: impl Borrow<usize>, all: &[Picture]) -> String {
        format!("{caption}, {}", frame.words.t2("picture-nth", ("n", *n.borrow()), ("of", all.len())))
    }

    /// Its three sizes with their widths.
    pub fn srcset(&self) -> String {
        srcset(&self.thumb)
    }
}

/// The three sizes of the picture of this thumbnail, with their widths. Of an upright picture they are the heights: it
/// is shown in a frame of a landscape's size, so that browsers choose the same size for both.
pub fn srcset(thumb: &str) -> String {
    let stem = thumb.strip_suffix("-thumb.jpg").unwrap_or(thumb);
    format!("{stem}-thumb.jpg 480w, {stem}-middle.jpg 960w, {stem}.jpg 1600w")
}
