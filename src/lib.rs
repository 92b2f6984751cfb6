//! The house: a self-hosted auction whose deadlines are kept by the operating system's scheduler.
//!
//! Rings; arrows point down only, and what is inside knows nothing of what is outside:
//!
//! ```text
//! cli ─▶ notifications, web ─▶ text ─▶ house ─▶ store ─▶ rules    scheduler stands beside store; gate knows bytes and sockets only
//! ```
//!
//! - [`rules`] is pure: money, bidding, settlement, ledger, chain.
//! - [`store`] is SQLite: the only place that knows rusqlite, and the only one that reads the clock.
//! - [`files`] is a leaf below store and scheduler: files of one user alone, and locks on them.
//! - [`scheduler`] is cron, schtasks and systemd: the only place that spawns processes.
//! - [`gate`] is the public socket: connections, limits, framing; the only client that tiny_http has.
//! - [`house`] has the verbs of the business, one a file.
//! - [`text`] has sentences, amounts and dates in the languages of the house.
//! - [`web`] is HTTP: routes, sessions, pages, JSON, live events.
//! - [`notifications`] carries notices out of the house, by mail and to a webhook.
//! - [`cli`] is the command line: parse, call the house, print.
//!
//! Wings of the house; each uses only those named before it, and what stands beside them:
//! - `notices`: what people are told, written with its cause and sent after the commit.
//! - `closing`: settlement, the scheduler's entries, heartbeats, outages, background tasks.
//! - `money`: funds, statements, reversals.
//! - `people`: accounts and log-ins.
//! - `listings`: list, import, show, watch and cancel; pictures.
//! - `bidding`: bids, and buying at once.
//! - `books`: audit, replay, proof, export.
//! - `care`: backup, restore, archive, health, report.
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
