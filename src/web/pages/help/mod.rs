//! The manual, page by page.

pub mod handler;
pub mod view;
