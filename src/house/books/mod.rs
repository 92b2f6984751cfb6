//! Checks of the record: the audit, the fold over a listing's chain, the replay, the proof, the export.

pub mod audit;
mod desk_audit;
pub mod export;
mod fold;
pub mod log;
pub mod own_data;
pub mod proof;
pub mod replay;
mod sale_audit;
mod step;
mod terms_audit;
pub mod verify;
