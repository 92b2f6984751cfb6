//! Events and notices: each is written in the transaction that causes it, and sent after the commit.

pub mod events;
pub mod notice;
pub mod notify;
pub mod outbox;
pub mod push;
pub mod subscribe;
