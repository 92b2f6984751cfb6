//! A listing's own page.

pub mod handler;
pub mod offers;
pub mod spark;
pub mod view;
pub mod watch;
