//! Files that belong to one system user alone, and locks on them. A leaf: every ring above `rules` may use it, and it knows
//! nothing of auctions. Its errors name the file.

pub mod lock;
pub mod private;
