//! Accounts and log-ins.

pub mod accounts;
pub mod email;
pub mod log_in;
pub mod password;
pub mod sign_on;
pub mod tokens;
