//! The JSON API under `/api/v1`, and the calls for programs beside it. A handler reads the request, asks the house, and
//! writes the answer.

pub mod bids;
pub mod desk;
pub mod events;
pub mod listings;
pub mod me;
pub mod own;
pub mod passwords;
pub mod people;
pub mod proof;
pub mod push;
pub mod sales;
pub mod status;
pub mod terms;
pub mod tokens;
