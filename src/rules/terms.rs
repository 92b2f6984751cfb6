//! The terms of the house, and the texts of its own pages: what counts as such a text, and by what hash a version of the
//! terms is known.

use super::hash::Hash;
use super::text;
use sha2::{Digest, Sha256};

/// The most characters of such a text.
pub const MAX_CHARS: usize = 200_000;
/// The most bytes of a file that may hold one: each character in four bytes, and each line end in two.
pub const MAX_BYTES: u64 = 1_000_000;

/// A version of the terms, with the hash by which receipts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsMark {
    /// From 1 on, without a gap.
    pub version: i64,
    pub hash: Hash,
}

/// The SHA-256 of the text's bytes in UTF-8, as the house keeps it.
pub fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Reads the bytes of a file as such a text: UTF-8, without a byte order mark, with LF at the end of each line. Refuses, in
/// a sentence, another encoding, control characters, more than [`MAX_CHARS`], and a text in which nothing can be seen.
pub fn read(bytes: &[u8]) -> Result<String, &'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("This is UTF-16; save the file as UTF-8.");
    }
    let Ok(typed) = std::str::from_utf8(bytes) else {
        return Err("This is no UTF-8; save the file as UTF-8.");
    };
    let kept = typed.strip_prefix('\u{feff}').unwrap_or(typed).replace("\r\n", "\n").replace('\r', "\n");
    if kept.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err("The text has control characters in it.");
    }
    if kept.chars().all(text::is_invisible) {
        return Err("The text is empty.");
    }
    if kept.chars().count() > MAX_CHARS {
        return Err("The text is too long: at most 200000 characters.");
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::hash::hex;

    #[test]
    fn a_text_is_kept_without_its_mark_and_with_plain_line_ends() {
        for typed in ["# Terms\n\nPay.\n", "\u{feff}# Terms\r\n\r\nPay.\r\n", "# Terms\r\rPay.\r"] {
            assert_eq!(read(typed.as_bytes()), Ok("# Terms\n\nPay.\n".to_owned()), "{typed:?}");
        }
        // As `printf 'Pay.\n' | sha256sum` prints it.
        let known = "21b60f56aa40b56ddbacbb14fecd8a3205bbca6732b93b4dc6e8dd3b17844a39";
        assert_eq!(hex(&hash("Pay.\n")), known);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let long = "x".repeat(MAX_CHARS + 1);
        let cases: [(&[u8], &str); 6] = [
            (b"", "empty"),
            (b" \n\t\n", "empty"),
            (b"\xff\xfea\0", "UTF-16"),
            (b"a\xff", "no UTF-8"),
            (b"a\x1bb", "control"),
            (long.as_bytes(), "too long"),
        ];
        for (bytes, words) in cases {
            assert!(read(bytes).unwrap_err().contains(words), "{words}");
        }
        assert!(read("책".repeat(MAX_CHARS).as_bytes()).is_ok());
    }
}
