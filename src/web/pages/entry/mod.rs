//! Joining, logging in and out.

pub mod handler;
pub mod view;
