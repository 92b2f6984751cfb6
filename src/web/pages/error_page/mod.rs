//! The error page.

pub mod handler;
pub mod view;
