//! A listing's bids, as its page shows them.

pub mod handler;
pub mod view;
