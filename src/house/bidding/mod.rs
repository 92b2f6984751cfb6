//! Bids, and buying at once.

pub mod buy;
mod kept_out;
pub mod place_bid;
mod request;
mod shown_answer;
