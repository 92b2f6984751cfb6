//! Money outside a settlement: bills and payments, funds in and out, statements, reversals.

pub mod bill;
pub mod funds;
pub mod hand_over;
pub mod limits;
pub mod payments;
pub mod reverse;
pub mod statement;
