//! The house as its users meet it: the real program, a real file, a free port. One file a topic.

mod accounts;
mod audit;
mod bids;
mod cli;
mod cron;
mod doctor;
mod events;
mod export;
mod faults;
mod gate;
mod harness;
mod listings;
mod outage;
mod packaging;
mod pages;
mod proof;
mod real_cron;
mod real_nights;
mod refusals;
mod restart;
mod rules;
mod schtasks;
mod settlement;
mod sql;
mod systemd;
mod tidy;
