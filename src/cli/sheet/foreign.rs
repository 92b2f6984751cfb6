//! Files that are mistaken for a CSV, such as a workbook, a page or a picture, recognised by their first bytes.

/// Bytes of an archive that are searched at either end, where its file names stand.
const N_LOOKED_AT: usize = 64 * 1_024;

/// Says what kind of file this is, if it is no text, and what to do instead.
pub fn kind(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(archive(bytes));
    }
    let marks: [(&[u8], &str); 7] = [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "This is an old Excel workbook (.xls): save it as \"CSV UTF-8\" and import that.",
        ),
        (b"%PDF-", "This is a PDF: save the sheet as \"CSV UTF-8\" and import that."),
        (b"{\\rtf", "This is a text document (.rtf): save the sheet as \"CSV UTF-8\" and import that."),
        (b"\x1f\x8b", "This is a compressed file (.gz): unpack it and import what is in it."),
        (b"\x89PNG", "This is a picture: it belongs beside the CSV, which names it in the column picture."),
        (
            b"\xff\xd8\xff",
            "This is a picture: it belongs beside the CSV, which names it in the column picture.",
        ),
        (b"SQLite format 3\0", "This is a database: export what is to be listed as CSV and import that."),
    ];
    let first = marks.iter().find(|(mark, _)| bytes.starts_with(mark));
    first.map(|(_, words)| *words).or_else(|| page(bytes))
}

fn archive(bytes: &[u8]) -> &'static str {
    let ends = [&bytes[..bytes.len().min(N_LOOKED_AT)], &bytes[bytes.len().saturating_sub(N_LOOKED_AT)..]];
    let has = |name: &[u8]| ends.iter().any(|end| end.windows(name.len()).any(|part| part == name));
    if has(b"xl/") {
        "This is an Excel workbook: save it as \"CSV UTF-8\" and import that."
    } else if has(b"opendocument.spreadsheet") {
        "This is an OpenDocument sheet (.ods): save it as CSV in UTF-8 and import that."
    } else if has(b".iwa") {
        "This is a Numbers document: export it as CSV (File, Export To, CSV) and import that."
    } else {
        "This is a ZIP archive: unpack it and import the CSV in it."
    }
}

/// Recognises HTML and XML, which some programs save as an Excel sheet.
fn page(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|first| first.eq_ignore_ascii_case(with));
    let marks: [&[u8]; 5] = [b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta"];
    marks
        .iter()
        .any(|mark| begins(mark))
        .then_some("This is a web page or XML: open it as a sheet, save it as \"CSV UTF-8\" and import that.")
}
