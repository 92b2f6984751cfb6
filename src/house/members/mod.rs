//! The members of a club: invited one by one, or imported from a file, all or none.

pub mod import;
pub mod invite;
pub mod plan;
