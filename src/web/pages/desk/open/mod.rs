//! `/desk/open`: gives the code of a pass.

pub mod handler;
pub mod view;
