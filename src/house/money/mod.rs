//! Money outside a sale: funds in and out, statements, reversals.

pub mod funds;
pub mod reverse;
pub mod statement;
