//! A bid or a purchase, asked once more.

pub mod handler;
pub mod view;
