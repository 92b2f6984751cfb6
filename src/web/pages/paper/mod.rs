//! Pages to print: the item sheet and the invoice.

pub mod handler;
pub mod view;
