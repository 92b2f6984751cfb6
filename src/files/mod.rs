//! Files that belong to one system user alone, and locks on them. Knows nothing of auctions: store, scheduler and house
//! may use it. Errors name the file.

pub mod lock;
pub mod private;
