//! Checks of the record: the audit, the fold over a listing's chain, the replay, the proof, the export, the report on the house.

pub mod audit;
mod desk_audit;
pub mod export;
mod fold;
pub mod house_report;
pub mod log;
pub mod own_data;
pub mod proof;
pub mod replay;
mod sale_audit;
mod step;
mod terms_audit;
pub mod verify;
