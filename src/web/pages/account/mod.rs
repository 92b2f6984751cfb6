//! The account: what a person bids on, won, sells, and their money.

pub mod handler;
pub mod view;
