//! The confirmation of a bid or a purchase.

pub mod handler;
pub mod view;
