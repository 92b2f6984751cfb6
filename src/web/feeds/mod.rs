//! Sales for those who follow them from elsewhere: as a calendar, and as a feed. Both name a lot by the same
//! identifier, which stays when the address of the house changes.

pub mod atom;
pub mod calendar;

use crate::web::reply::Reply;
use crate::web::request::Request;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The most characters of a description.
const DESCRIPTION_CHARS: usize = 300;

/// The beginning of a description, without characters that neither format can hold.
fn beginning(description: &str) -> String {
    let is_held = |c: &char| *c != '\r' && !matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}');
    let mut held = description.chars().filter(is_held);
    let mut text: String = held.by_ref().take(DESCRIPTION_CHARS).collect();
    if held.next().is_some() {
        text.push('…');
    }
    text
}

/// Identifies what has this path in this house, for ever and everywhere (RFC 9562, version 8).
fn identifier(house_id: &str, path: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::new().chain_update(house_id).chain_update(path).finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Replies with a text, or that the client has it already. A new fetch is due each time, as with pages.
fn fresh(request: &Request, content_type: &'static str, text: String) -> Reply {
    let hash: [u8; 32] = Sha256::digest(&text).into();
    let etag = format!("\"{}\"", base16ct::lower::encode_string(&hash[..16]));
    let reply = match request.has(&[&etag]) {
        true => Reply::empty(304),
        false => Reply::new(200, content_type, text),
    };
    // Weak: it stays the same in another coding (RFC 9110, 8.8.1).
    reply.with("ETag", format!("W/{etag}")).with("Cache-Control", "private, no-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_begun_without_what_neither_format_holds() {
        for (description, expected) in [
            ("Brass.\r\nOnce more.", "Brass.\nOnce more.".to_owned()),
            ("a\u{fffe}b\u{ffff}c\u{fdd0}d", "abcd".to_owned()),
            (&"책".repeat(300), "책".repeat(300)),
            (&"책".repeat(301), "책".repeat(300) + "…"),
        ] {
            assert_eq!(beginning(description), expected);
        }
    }

    #[test]
    fn a_listing_is_identified_by_its_house_and_path_alone() {
        let one = identifier("house", "/listings/1");
        assert_eq!(one, identifier("house", "/listings/1"));
        assert_ne!(one, identifier("house", "/listings/2"));
        assert_ne!(one, identifier("other", "/listings/1"));
        assert_eq!(one.get_version_num(), 8);
    }
}
