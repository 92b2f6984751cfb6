//! The board of a sale, for a projector.

pub mod handler;
pub mod view;
