//! The pictures of a listing, side by side: they are leafed through by scrolling, and by links to each, without a script.

use crate::web::pages::parts::frame::Frame;
use std::borrow::Borrow;

/// Addresses of one picture.
#[derive(Clone, Debug)]
pub struct Picture {
    pub large: String,
    pub thumb: String,
}

impl Picture {
    /// For those who cannot see it, the `n`th of `all`.
    pub fn text(&self, frame: &Frame, caption: &str, n: impl Borrow<usize>, all: &[Picture]) -> String {
        format!("{caption}, {}", frame.words.t2("picture-nth", ("n", *n.borrow()), ("of", all.len())))
    }
}
