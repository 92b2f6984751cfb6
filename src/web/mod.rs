//! HTTP: routes, sessions, pages, JSON and live events. It asks the house and shows what it says; it never decides
//! anything about money or winners.

pub mod api;
pub mod app;
pub mod assets;
pub mod base_path;
pub mod device_cookie;
pub mod exposition;
pub mod figures;
pub mod input;
pub mod json;
pub mod lanes;
pub mod limits;
pub mod log_in_limits;
#[cfg(test)]
mod log_in_limits_tests;
pub mod manual;
pub mod metrics;
mod multipart;
pub mod origin;
pub mod pages;
pub mod problem;
pub mod proxy_hints;
pub mod reply;
pub mod request;
pub mod routes;
pub mod serve;
pub mod session_cookie;
pub mod set_cookie;
pub mod site;
pub mod tally;
pub mod visit;
pub mod watch;
pub mod words;
pub mod zip;
