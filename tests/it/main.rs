//! The house as its users meet it: the real program, a real file, a free port. One file a topic.

mod accounts;
mod audit;
mod bids;
mod cli;
mod cron;
mod events;
mod gate;
mod harness;
mod listings;
mod pages;
mod paper;
mod real_cron;
mod refusals;
mod restart;
mod rules;
mod settlement;
mod sql;
mod tidy;
