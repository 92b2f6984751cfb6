//! Accounts and log-ins.

pub mod accounts;
pub mod approval;
pub mod change_password;
pub mod close;
pub mod edit;
pub mod email;
pub mod forgotten;
mod former;
pub mod invitations;
pub mod links;
pub mod log_in;
pub(in crate::house) mod names;
pub mod own;
pub mod own_sessions;
pub mod password;
mod scrub;
pub mod sign_on;
pub mod terms;
pub mod tokens;
pub mod verification;
