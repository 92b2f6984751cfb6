//! The board for a projector.

pub mod view;
