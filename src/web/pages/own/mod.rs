//! The pages of one's own account: the profile, the sessions, and the end.

pub mod handler;
pub mod view;
