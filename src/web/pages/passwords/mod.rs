//! Passwords, forgotten and changed, and the pages that links in mails lead to.

pub mod change;
pub mod forgotten;
pub mod links;
pub mod view;
