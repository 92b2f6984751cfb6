//! The account page, in tabs: what a person must pay, their bids, their sales, their money and their settings.

pub mod choices;
pub mod handler;
pub mod push;
pub mod settings;
pub mod tabs;
pub mod view;
