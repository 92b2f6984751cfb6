//! `/desk/checkout`: a guest's number, their bill, the payment, the lots handed over, and the next guest.

pub mod book;
pub mod handler;
pub mod view;
