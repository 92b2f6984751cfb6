//! The house: a self-hosted auction whose deadlines are kept by the operating system's scheduler.
//!
//! The code lies in rings. Arrows point down only: an inner ring knows nothing of an outer one.
//!
//! ```text
//! cli ─▶ notifications, web ─▶ text ─▶ house ─▶ store ─▶ rules
//! ```
//!
//! - [`rules`] is pure: money, bidding, settlement, ledger, chain.
//! - [`store`] is SQLite: the only place that knows rusqlite, and the only one that reads the clock.
//! - [`files`] is a leaf below store and scheduler: files that only one user can read, and locks on files.
//! - [`scheduler`] stands beside store: cron, schtasks and systemd, and the only place that spawns processes.
//! - [`gate`] is the public socket: connections, limits, framing. It knows only sockets and bytes, and is tiny_http's
//!   only client.
//! - [`house`] has the verbs of the business, one a file.
//! - [`text`] has sentences, amounts and dates in the house's languages.
//! - [`web`] is HTTP: routes, sessions, pages, JSON, live events.
//! - [`notifications`] sends the house's notices, by mail, to a webhook and to browsers.
//! - [`cli`] is the command line: parse, call the house, print.
//!
//! The house has wings. Each uses only the wings named before it, and the files beside them:
//! - `notices`: events and notices, written with their cause and sent after the commit.
//! - `closing`: settlement, the scheduler's entries, heartbeats, outages, background tasks.
//! - `money`: bills, payments, funds, statements, reversals.
//! - `people`: accounts and log-ins.
//! - `listings`: list, import, show, watch and cancel; pictures.
//! - `branding`: the logo of the house.
//! - `members`: invitations, and the import of a whole club.
//! - `sales`: drafts and their lots, publication, postponements and pauses, copies, reports.
//! - `bidding`: bids, and buying at once.
//! - `desk`: passes, bidder numbers, bids for guests, the till, handovers.
//! - `books`: audit, replay, proof, export, the report on the house.
//! - `care`: backup, restore, archive, health, report, the beginning and the end of a journal.
//!
//! What always holds:
//!
//! - Money moves only in postings that sum to zero, written in the transaction that caused them.
//! - Every write is one `BEGIN IMMEDIATE`; `now` is read once the lock is held and never runs behind the last event or
//!   the newest terms.
//! - State and its event are written in one transaction, and the watchers receive it after the commit. The database is
//!   the only bus: a settlement by cron reaches the watchers because the server reads new events.
//! - Where the house lives on several machines, a write is in force once the journal has its page; each machine's database
//!   repeats the pages.
//! - A notice is written in that transaction, too, and sent after the commit, at least once. What is for many people is
//!   written soon after it, a chunk at a time.
//! - A refusal writes nothing.
//! - `closes_at` decides whether a bid counts; no job, timer or restart changes a winner.
//! - An outage prolongs the affected listings in the transaction that ends it, before that server takes a bid or
//!   settles.
//! - A listing is settled once: unique in the schema, compare-and-set in the statement.

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
