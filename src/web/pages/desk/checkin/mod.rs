//! `/desk/checkin`: finds guests, gives numbers, prints number cards.

pub mod card;
pub mod handler;
pub mod view;
