//! The house against a second, naive telling of its rules: small auctions exhaustively, then the real store under random
//! commands, clocks, crashes and crowds.

mod at_desk;
mod bills;
mod books;
mod chance;
mod command;
mod copies;
mod desk;
mod desk_draws;
mod doors;
mod enumeration;
mod killed;
mod model;
mod picture;
mod regressions;
mod run;
mod sales;
mod statements;
