//! Sentences, amounts and dates in the languages of the house, for pages and mails alike. Knows nothing of HTTP.

pub mod amounts;
pub mod dates;
pub mod i18n;
