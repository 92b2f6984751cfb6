//! The till: what it took, on the desk's first page; and its count sheet on `/desk/till`, with which it is handed over.

pub mod handler;
pub mod view;
