//! A listing's proof, checked in the browser.

pub mod handler;
pub mod view;
