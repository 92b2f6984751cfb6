//! The pages that the house has written: about it, how to reach it, and what it does with people's data.

pub mod handler;
pub mod view;
