//! A sale's catalogue, and a person's own lots in it.

pub mod handler;
pub mod mine;
pub mod view;
