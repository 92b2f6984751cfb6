//! The house as its users meet it: the real program, a real file, a free port. One file a topic.

#![forbid(unsafe_code)]

mod accounts;
mod audit;
mod backup;
mod bids;
mod cli;
mod container;
mod cron;
mod debian;
mod doctor;
mod events;
mod export;
mod faults;
mod gate;
mod harness;
mod import;
mod listings;
mod load;
mod notify;
mod operations;
mod outage;
mod packaging;
mod pages;
mod paper;
mod pictures;
mod post;
mod proof;
mod properties;
mod proxies;
mod readme;
mod real_busybox;
mod real_cron;
mod real_nights;
mod refusals;
mod restart;
mod rules;
mod schtasks;
mod settlement;
mod shelves;
mod small_debian;
mod sql;
mod systemd;
mod tables;
mod tidy;
mod upgrade;
