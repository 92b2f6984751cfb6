//! `/desk`: where a pass begins.

pub mod handler;
pub mod view;
