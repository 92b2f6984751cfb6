//! The list of sales.

pub mod handler;
pub mod view;
