//! `/desk/bid`: enters bids for guests.

pub mod handler;
pub mod typed;
pub mod view;
