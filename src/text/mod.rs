//! Sentences, amounts and dates in the house's languages, for pages and mails. Knows nothing of HTTP.

pub mod amounts;
pub mod brief;
pub mod dates;
pub mod i18n;
