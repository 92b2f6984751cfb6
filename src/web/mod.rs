//! HTTP: routes, sessions, pages, JSON and live events. It asks the house and shows the answer; it never decides
//! anything about money or winners.
//!
//! Files import in one direction: values (`problem`, `request`, `reply`), then the state that requests share (`app`),
//! then handlers (`api`, `pages`, `feeds`, `files`, `metrics`), then the table of `routes` and the `router`, then the
//! `workers` and `serve`.

pub mod access_log;
pub mod api;
pub mod app;
pub mod assets;
pub mod base_path;
pub mod branding;
pub mod compress;
pub mod desk_cookie;
pub mod desk_entry;
pub mod device_cookie;
pub mod device_words;
pub mod drawing;
pub mod exposition;
pub mod feeds;
pub mod files;
pub mod input;
pub mod json;
pub mod limits;
pub mod live;
pub mod local_target;
pub mod log_in_limits;
#[cfg(test)]
mod log_in_limits_tests;
pub mod manual;
pub mod markdown;
pub mod metrics;
mod multipart;
pub mod named_account;
pub mod origin;
pub mod own_hand;
pub mod own_texts;
pub mod pages;
pub mod painter;
pub mod phone_address;
pub mod preview;
pub mod problem;
mod problem_reply;
mod program_access;
pub mod proxy_hints;
pub mod reply;
pub mod request;
pub mod request_reader;
pub mod robots;
pub mod route;
pub mod router;
pub mod routes;
pub mod serve;
pub mod session_cookie;
pub mod set_cookie;
pub mod sign_on;
pub mod stats;
pub mod workers;
pub mod write_key;
pub mod wrong_codes;
