//! Logging in by the single sign-on: the way to the provider, and the way back.

pub mod handler;
pub mod view;
