//! The pages, a folder each: its handler asks the house, its view holds the content as plain values, and its template
//! is beside them. A view knows words, amounts and dates; it never asks the house, and it decides no rule.

pub mod account;
pub mod bills;
pub mod board;
pub mod confirm;
pub mod desk;
pub mod entry;
pub mod error_page;
pub mod help;
pub mod history;
pub mod home;
pub mod invitation;
pub mod listing;
pub mod new_listing;
pub mod offline;
pub mod own;
pub mod own_page;
pub mod paper;
pub mod parts;
pub mod passwords;
pub mod proof;
pub mod sale;
pub mod sale_board;
pub mod sale_print;
pub mod sales;
pub mod sign_on;
pub mod terms;
pub mod tokens;

#[cfg(test)]
mod sale_samples;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
