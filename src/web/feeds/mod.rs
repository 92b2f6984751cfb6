//! Sales for those who follow from elsewhere: as a calendar, and as a feed.

pub mod atom;
pub mod calendar;
