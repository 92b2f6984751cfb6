//! The desk for programs: what a pass lets its holder do, with the token of the pass as bearer. No answer tells what a
//! person holds back or has available: that gives maxima away.

pub mod bidders;
pub mod bids;
pub mod session;
pub mod till;
