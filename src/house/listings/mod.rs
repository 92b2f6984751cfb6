//! Listings: creating, importing, showing, watching and cancelling them; their pictures.

pub mod cancel;
pub mod import;
pub mod lines;
pub mod list;
pub mod lot;
pub mod pictures;
pub mod show;
pub mod staged;
pub mod timings;
pub mod watch;
