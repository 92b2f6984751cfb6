//! Events and notices: each is written in the transaction that causes it, or soon after it where it is for many; and sent
//! after the commit.

pub mod ending;
pub mod events;
pub mod everywhere;
pub mod house_texts;
pub mod letters;
pub mod notice;
pub mod notify;
pub mod outbox;
pub mod push;
pub mod sale_matter;
pub mod sale_told;
pub mod subscribe;
pub mod telling;
