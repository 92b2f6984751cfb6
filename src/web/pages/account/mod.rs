//! The account page: a person's money, bids, purchases and sales.

pub mod handler;
pub mod push;
pub mod view;
