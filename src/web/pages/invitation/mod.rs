//! `/invitation`: the page that a link in an invitation leads to.

pub mod handler;
pub mod view;
