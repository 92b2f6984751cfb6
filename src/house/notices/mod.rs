//! What people are told: each event and notice is written in the transaction that caused it, and sent after the commit.

pub mod events;
pub mod notice;
pub mod notify;
pub mod outbox;
