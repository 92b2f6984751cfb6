//! The pages that the house has written: about it, how to reach it, how to pay, where to collect,
//! and what it does with people's data; and what of them bills and won items show.

pub mod handler;
pub mod view;
pub mod what_now;
