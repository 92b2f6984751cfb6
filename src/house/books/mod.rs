//! The record checked: the audit, the events folded and replayed, the proof, the export.

pub mod audit;
pub mod export;
mod fold;
pub mod proof;
pub mod replay;
mod step;
