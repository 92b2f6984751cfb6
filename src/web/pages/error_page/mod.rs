//! The page for what went wrong.

pub mod handler;
pub mod view;
