//! The page that is shown where there is no connection, and the service worker that keeps it.

pub mod handler;
pub mod view;
