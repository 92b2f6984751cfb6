//! The form for a new listing.

pub mod handler;
pub mod view;
