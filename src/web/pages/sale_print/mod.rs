//! The pages of a sale that are made to be printed: catalogue, bid sheets, labels.

pub mod handler;
pub mod part;
pub mod view;
