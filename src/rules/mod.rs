//! The rules of the house: pure functions over plain values. No I/O, no clock, no database; they get all they need.
//!
//! They refuse first, in a documented order, and return what is to be written; the store writes it.

pub mod address;
pub mod amount;
pub mod bidding;
pub mod chain;
pub mod colour;
pub mod coverage;
pub mod desk;
pub mod ending;
pub mod faults;
pub mod hash;
pub mod increment;
pub mod ledger;
pub mod likeness;
pub mod listing;
pub mod money;
pub mod names;
pub mod notice;
pub mod outage;
pub mod receipt;
pub mod refusal;
mod refusal_words;
pub mod sale;
pub mod scope;
pub mod settlement;
pub mod soft_close;
pub mod terms;
pub mod text;
pub mod time;
pub mod timing;
pub mod unlinked;
