//! Bids, and buying at once.

pub mod buy;
pub mod place_bid;
mod request;
mod shown_answer;
