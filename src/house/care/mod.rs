//! Looking after the house: backups, the archive, its health and its report, and what a first
//! evening lacks.

pub mod archive;
pub mod backup;
pub mod clock_check;
pub mod disk_checks;
pub mod doctor;
pub mod first_evening;
pub mod journal;
pub mod report;
pub mod restore;
