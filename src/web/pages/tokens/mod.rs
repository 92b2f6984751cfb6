//! A person's tokens for programs.

pub mod handler;
pub mod view;
