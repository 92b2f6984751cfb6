//! Accounts and log-ins.

pub mod accounts;
pub mod close;
pub mod change_password;
pub mod email;
mod former;
pub mod forgotten;
pub mod links;
pub mod log_in;
pub(in crate::house) mod names;
pub mod own;
pub mod own_sessions;
pub mod password;
pub mod terms;
pub mod tokens;
pub mod verification;
