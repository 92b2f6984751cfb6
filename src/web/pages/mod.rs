//! The pages, a folder each: its handler asks the house, its view holds what it shows as plain values, its template stands
//! beside them. A view knows words, amounts and dates; it never asks the house for anything, and it never decides a rule.

pub mod account;
pub mod board;
pub mod confirm;
pub mod entry;
pub mod error_page;
pub mod help;
pub mod history;
pub mod home;
pub mod listing;
pub mod new_listing;
pub mod paper;
pub mod parts;
pub mod proof;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
