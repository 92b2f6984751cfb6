//! The house: a self-hosted auction whose deadlines are kept by the operating system's scheduler.
//!
//! Rings; arrows point down only, and what is inside knows nothing of what is outside:
//!
//! ```text
//! cli ─▶ post ─▶ web ─▶ house ─▶ store ─▶ rules    scheduler stands beside store; gate knows bytes and sockets only
//! ```
//!
//! - [`rules`] is pure: money, bidding, settlement, ledger, chain.
//! - [`store`] is SQLite: the only place that knows rusqlite, and the only one that reads the clock.
//! - [`files`] is a leaf below store and scheduler: files of one user alone, and locks on them.
//! - [`scheduler`] is cron, schtasks and systemd: the only place that spawns processes.
//! - [`gate`] is the public socket: connections, limits, framing; the only client that tiny_http has.
//! - [`house`] has the verbs of the business, one a file.
//! - [`web`] is HTTP: routes, sessions, pages, JSON, live events.
//! - [`post`] carries notices out of the house, by mail and to a webhook, in the words of the pages.
//! - [`cli`] is the command line: parse, call the house, print.
//!
//! What always holds:
//!
//! - Money moves only in postings that sum to zero, written in the transaction that caused them.
//! - Every write is one `BEGIN IMMEDIATE`; `now` is read once the lock is held and never runs behind the last event.
//! - State and its event are written in one transaction, and the world is told after the commit. The database is the only
//!   bus: a settlement by cron reaches the watchers because the server reads new events.
//! - What people are told outside the pages is written there, too, and sent after the commit, once or more, never less.
//! - A refusal writes nothing.
//! - `closes_at` decides whether a bid counts; no job, timer or restart changes a winner.
//! - An outage prolongs whom it concerns in the transaction that ends it, before that server takes a bid or settles.
//! - Whatever is settled is settled once: unique in the schema, compare-and-set in the statement.

#![forbid(unsafe_code)]

pub mod cli;
pub mod files;
pub mod gate;
pub mod house;
pub mod notifications;
pub mod rules;
pub mod scheduler;
pub mod store;
pub mod text;
pub mod web;
