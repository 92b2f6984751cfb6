//! Accounts and log-ins.

pub mod accounts;
pub mod approval;
pub mod change_password;
pub mod email;
pub mod forgotten;
pub mod invitations;
pub mod links;
pub mod log_in;
pub(in crate::house) mod names;
pub mod password;
pub mod terms;
pub mod tokens;
pub mod verification;
