//! How people in a hall join by their phones: a code to scan and an address to type, as both boards show them.

use crate::house::settings::public_url::is_loopback;
use crate::web::pages::parts::qr_code::QrCode;

/// What `parts/join.html` shows.
#[derive(Clone, Debug)]
pub struct Join {
    pub qr_code: QrCode,
    /// The house as people type it: without `http://`.
    pub host: String,
    /// What follows it; empty for the first page.
    pub path: String,
    /// Whether the address works on this machine only.
    pub is_out_of_reach: bool,
}

impl Join {
    /// Leads to `path` of the house at `address`.
    pub fn at(address: &str, path: &str) -> Join {
        Join {
            qr_code: QrCode::of(format!("{address}{path}")),
            host: address.split_once("://").map_or("", |(_, rest)| rest).to_owned(),
            path: path.to_owned(),
            is_out_of_reach: is_loopback(address),
        }
    }
}
