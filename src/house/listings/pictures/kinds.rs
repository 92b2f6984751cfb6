//! Recognises, by their first bytes, files that people send as pictures but that are not accepted.

use crate::house::listings::pictures::fault::Fault;

/// The first bytes of a file, and the name of its kind.
const KINDS: [(&[u8], &str); 17] = [
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"8BPS", "PSD"),
    (b"\0\0\x01\0", "ICO"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIU\0", "RW2"),
    (b"\x1a\x45\xdf\xa3", "WebM"),
    (b"PK\x03\x04", "ZIP"),
];
/// Follows the length of the first box in a film or a HEIF.
const BRANDS: &[u8] = b"ftyp";
/// The bytes of an SVG within which its element begins, after a declaration and comments.
const SVG_HEAD_BYTES: usize = 1_024;

/// Returns why a file that is not a JPEG, PNG, WebP or GIF is refused.
pub(in crate::house) fn refuse(bytes: &[u8]) -> Fault {
    if bytes.get(4..8) == Some(BRANDS) {
        return of_brands(bytes);
    }
    let known = KINDS.iter().find(|(start, _)| bytes.starts_with(start));
    match known {
        // A text may begin with BM; in a bitmap, its length follows, and then four zeros.
        Some((b"BM", _)) if bytes.get(6..10) != Some(&[0; 4]) => Fault::NoPicture,
        Some((_, name)) => Fault::OtherKind(name),
        None if is_svg(bytes) => Fault::OtherKind("SVG"),
        None => Fault::NoPicture,
    }
}

/// The first brand says what a file is; the others, what it is like.
fn of_brands(bytes: &[u8]) -> Fault {
    let length = bytes.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let end = length.clamp(12, 128).min(bytes.len());
    let brands: Vec<&[u8]> = bytes[8..end].chunks_exact(4).collect();
    let has = |wanted: &[&[u8; 4]]| wanted.iter().any(|brand| brands.contains(&brand.as_slice()));
    if has(&[b"avif", b"avis"]) {
        Fault::OtherKind("AVIF")
    } else if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
        Fault::Heic
    } else if has(&[b"crx "]) {
        Fault::OtherKind("CR3")
    } else if has(&[b"qt  "]) {
        Fault::OtherKind("MOV")
    } else {
        Fault::OtherKind("MP4")
    }
}

/// Whether a file begins as an SVG does, after a declaration and comments.
pub(in crate::house) fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SVG_HEAD_BYTES)];
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    text.starts_with(b"<") && head.windows(4).any(|w| w == b"<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_is_not_taken_is_named() {
        for (bytes, expected) in [
            (&b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHB"[..], Fault::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0heic", Fault::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0avif", Fault::OtherKind("AVIF")),
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1", Fault::OtherKind("AVIF")),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Fault::OtherKind("MOV")),
            (b"\0\0\0\x18ftypisom\0\0\0\0mp42", Fault::OtherKind("MP4")),
            (b"\xff\xff\xff\xffftyp", Fault::OtherKind("MP4")),
            (b"\0\0\0\0ftyphe", Fault::OtherKind("MP4")),
            (b"II*\0\x08\0\0\0", Fault::OtherKind("TIFF")),
            (b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", Fault::OtherKind("BMP")),
            (b"BMW, nearly new", Fault::NoPicture),
            (b"%PDF-1.7", Fault::OtherKind("PDF")),
            (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", Fault::OtherKind("SVG")),
            (b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>", Fault::OtherKind("SVG")),
            (b"<p>See <svg/></p>", Fault::OtherKind("SVG")),
            (b"see <svg", Fault::NoPicture),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Fault::OtherKind("JPEG XL")),
            (b"", Fault::NoPicture),
        ] {
            assert_eq!(refuse(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
