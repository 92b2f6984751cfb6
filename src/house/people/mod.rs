//! Accounts and log-ins.

pub mod accounts;
pub mod change_password;
pub mod email;
pub mod forgotten;
pub mod links;
pub mod log_in;
pub mod password;
pub mod verification;
