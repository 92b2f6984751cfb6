//! The bills of a person: the list, and each of them to print.

pub mod handler;
pub mod view;
