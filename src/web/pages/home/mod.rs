//! The first page: the listings, with search and order.

pub mod handler;
pub mod view;
