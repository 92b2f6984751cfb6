//! The first page: the listings, searched and sorted.

pub mod handler;
pub mod view;
