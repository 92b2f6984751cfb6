//! Listings: from the draft to what is shown of them.

pub mod cancel;
pub mod import;
pub mod list;
pub mod pictures;
pub mod show;
pub mod watch;
