//! The pages: what a person sees and posts. A handler asks the house, and fills the page's view.

pub mod account;
pub mod bid;
pub mod entry;
pub mod files;
pub mod frame;
pub mod help;
pub mod history;
pub mod home;
pub mod listing;
pub mod mishap;
pub mod new_listing;
pub mod paper;
pub mod proof;
pub mod watch;
