//! A listing's pictures, side by side: without a script, people scroll through them or follow the link to each.

use crate::web::pages::parts::frame::Frame;
use std::borrow::Borrow;

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
}
