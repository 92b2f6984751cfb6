//! The form for a new listing.

pub mod handler;
pub mod pictures;
pub mod script;
pub mod view;
