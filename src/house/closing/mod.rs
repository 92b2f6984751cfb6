//! Closing at the instant: settlement, the entries in the scheduler, outages, and what a running server does by itself.

pub mod background;
pub mod demo;
pub mod ending;
pub mod following;
pub mod heartbeat;
pub mod outage;
pub mod retime;
pub mod schedule;
pub mod settle;
pub mod settle_slots;
