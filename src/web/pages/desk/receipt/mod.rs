//! `/desk/receipts/{id}` and `/desk/bills/{number}`: a bill on paper, as narrow as a till's roll or as wide as a sheet.

pub mod handler;
pub mod view;
