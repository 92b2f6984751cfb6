//! The pages, one a file: what each shows, as plain values, beside its template in `templates/`.
//! A page knows words, figures and instants; it never asks the house for anything, and it never decides a rule.

pub mod account;
pub mod board;
pub mod card;
pub mod confirm;
pub mod entry;
pub mod field_faults;
pub mod filled;
pub mod frame;
pub mod gallery;
pub mod help;
pub mod history;
pub mod home;
pub mod listing;
pub mod mishap;
pub mod moments;
pub mod new_listing;
pub mod paper;
pub mod proof;
pub mod sentences;
pub mod spark;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
