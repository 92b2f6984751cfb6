//! Sign-up, log-in and log-out.

pub mod handler;
pub mod view;
