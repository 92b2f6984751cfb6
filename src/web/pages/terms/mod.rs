//! The terms of the house, and the form that accepts them.

pub mod handler;
pub mod view;
