//! The desk's pages: for staff with a pass on a tablet or a laptop. They have a frame of their own, which leads nowhere
//! but to what the pass may do, and no stream of the house. Every form posts a key, so that a second press or a resend
//! books once; every write is answered with a redirect to a page that shows its result.

pub mod bid;
pub mod checkin;
pub mod checkout;
pub mod forms;
pub mod frame;
pub mod open;
pub mod receipt;
pub mod refused;
pub mod sentences;
pub mod start;
pub mod till;
