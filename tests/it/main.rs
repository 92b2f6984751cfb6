//! The house as its users meet it: the real program, a real file, a free port. One file a topic.

mod accounts;
mod audit;
mod backup;
mod bids;
mod cli;
mod cron;
mod events;
mod gate;
mod harness;
mod import;
mod listings;
mod pages;
mod real_cron;
mod refusals;
mod restart;
mod rules;
mod settlement;
mod sql;
mod tidy;
mod upgrade;
