//! Parts that the pages share.

pub mod card;
pub mod context;
pub mod field_faults;
pub mod filled;
pub mod form;
pub mod frame;
pub mod gallery;
pub mod hero;
pub mod join;
pub mod marks;
pub mod mine;
pub mod moments;
pub mod qr_code;
pub mod sale_words;
pub mod script;
pub mod sentences;
pub mod tile;
