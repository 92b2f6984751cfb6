//! Decodes a text file: by the mark at its beginning, else by an encoding that is certain (UTF-8, UTF-16, CP949), else
//! by the one that a person names. Never guesses, since a wrong guess lists wrong letters.

use super::{line_ends, trimmed};
use encoding_rs::{EUC_KR, Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

pub struct Text {
    pub chars: String,
    pub encoding: &'static str,
}

/// Why a file cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub line: u64,
    pub words: String,
}

/// Code units by which UTF-16 without a mark is recognised. A head line is longer, and all of it is ASCII.
const N_TELLING_UNITS: usize = 8;

/// Finds an encoding by its name in the WHATWG standard or on Korean Windows.
pub fn parse_encoding(name: &str) -> Result<&'static Encoding, String> {
    if ["cp949", "ms949", "uhc"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return Ok(EUC_KR);
    }
    Encoding::for_label(name.as_bytes())
        .filter(|encoding| *encoding != REPLACEMENT)
        .ok_or_else(|| "an encoding such as utf-8, utf-16le, cp949, windows-1252 or macintosh".to_owned())
}

/// Decodes `bytes` by the mark at their beginning, else as `named`, else as recognised.
pub fn decode(bytes: &[u8], named: Option<&'static Encoding>) -> Result<Text, Unreadable> {
    let (encoding, body) = match (Encoding::for_bom(bytes), named) {
        (Some((encoding, n_mark)), _) => (encoding, &bytes[n_mark..]),
        (None, Some(encoding)) => (encoding, bytes),
        (None, None) => (recognised(bytes)?, bytes),
    };
    let (chars, is_damaged) = encoding.decode_without_bom_handling(body);
    if is_damaged {
        let at = chars.find(char::REPLACEMENT_CHARACTER).unwrap_or(0);
        return Err(damaged(encoding, 1 + line_ends(&chars[..at])));
    }
    Ok(Text { chars: chars.into_owned(), encoding: name(encoding) })
}

fn damaged(encoding: &'static Encoding, line: u64) -> Unreadable {
    let words = format!(
        "This is not {}, though the rest of the file is; save the sheet as \"CSV UTF-8\", or name its encoding with --encoding.",
        name(encoding)
    );
    Unreadable { line, words }
}

fn recognised(bytes: &[u8]) -> Result<&'static Encoding, Unreadable> {
    if let Some(encoding) = utf_16(bytes) {
        return Ok(encoding);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Ok(UTF_8);
    }
    let (n_whole, n_broken) = utf_8_parts(bytes);
    // Letters of another encoding form a valid UTF-8 letter by chance, but never many.
    let is_broken_utf_8 = n_whole > 4 * n_broken;
    if !is_broken_utf_8 && is_cp949(bytes) {
        return Ok(EUC_KR);
    }
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = 1 + line_ends(valid);
    if n_whole > n_broken {
        return Err(damaged(UTF_8, line));
    }
    Err(Unreadable { line, words: unknown(bytes, valid.len()) })
}

/// Recognises UTF-16 without a mark: each of its first units is an ASCII letter beside a zero.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let first: Vec<&[u8]> = bytes.chunks_exact(2).take(N_TELLING_UNITS).collect();
    let zero_is = |at: usize| {
        first.len() == N_TELLING_UNITS && first.iter().all(|unit| unit[at] == 0 && unit[1 - at] != 0)
    };
    [(UTF_16LE, 1), (UTF_16BE, 0)].into_iter().find(|(_, at)| zero_is(*at)).map(|(encoding, _)| encoding)
}

/// Counts valid and broken letters beyond ASCII, if these bytes are UTF-8.
fn utf_8_parts(bytes: &[u8]) -> (usize, usize) {
    bytes.utf8_chunks().fold((0, 0), |(n_whole, n_broken), chunk| {
        let whole = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        (n_whole + whole, n_broken + usize::from(!chunk.invalid().is_empty()))
    })
}

/// Recognises CP949: all of it decodes, and at least half of what is beyond ASCII are syllables in common use (KS X
/// 1001). Bytes of other encodings decode to rare ones.
fn is_cp949(bytes: &[u8]) -> bool {
    if EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).is_none() {
        return false;
    }
    let (mut n_pairs, mut n_syllables) = (0, 0);
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte >= 0x80) {
        let (lead, trail) = (rest[at], rest.get(at + 1).copied().unwrap_or(0));
        n_pairs += 1;
        n_syllables += usize::from((0xb0..=0xc8).contains(&lead) && trail >= 0xa1);
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    n_syllables > 0 && 2 * n_syllables >= n_pairs
}

/// Says what to do with a file of unknown encoding, and shows a word of it as Western European, if that makes sense.
fn unknown(bytes: &[u8], at: usize) -> String {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let from = bytes[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let word: Vec<u8> = bytes[from..].iter().copied().take_while(is_part).take(40).collect();
    let (word, _) = WINDOWS_1252.decode_without_bom_handling(&word);
    let example = if word.chars().any(char::is_control) {
        "say which encoding it has: --encoding NAME.".to_owned()
    } else {
        let word = trimmed(&word);
        format!(
            "say which encoding it has: with --encoding windows-1252 (Excel in Western Europe) a word here reads {word:?}."
        )
    };
    format!("This is neither UTF-8 nor CP949. Save the sheet as \"CSV UTF-8\", or {example}")
}

/// The name that people know.
fn name(encoding: &'static Encoding) -> &'static str {
    if encoding == EUC_KR {
        "CP949"
    } else if encoding == WINDOWS_1252 {
        "Windows-1252"
    } else {
        encoding.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(&'static str, String), u64> {
        decode(bytes, None).map(|text| (text.encoding, text.chars)).map_err(|fault| fault.line)
    }

    fn utf_16_of(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn an_encoding_is_recognised_by_its_bytes() {
        let text = "title,seller\n청자 주전자, 상감 무늬,a@example.org\nvase,b@example.org\n";
        let korean = EUC_KR.encode(text).0;
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (["\u{feff}", text].concat().into_bytes(), "UTF-8"),
            (utf_16_of(text, u16::to_le_bytes), "UTF-16LE"),
            (utf_16_of(text, u16::to_be_bytes), "UTF-16BE"),
            (utf_16_of(&format!("\u{feff}{text}"), u16::to_le_bytes), "UTF-16LE"),
            (utf_16_of(&format!("\u{feff}{text}"), u16::to_be_bytes), "UTF-16BE"),
            (korean.to_vec(), "CP949"),
        ] {
            assert_eq!(read(&bytes), Ok((encoding, text.to_owned())), "{bytes:?}");
        }
        assert_eq!(read(b""), Ok(("UTF-8", String::new())));
    }

    /// Syllables that only CP949 has, beside common ones; and letters that another encoding shares by chance.
    #[test]
    fn cp949_is_told_from_what_looks_like_it() {
        for korean in
            ["title\n찦차를 타고 온 펲시맨과 쑛다리 똠방각하\n", "title\n크기 커피 키 타조\n", "title\n가\n"]
        {
            assert_eq!(read(&EUC_KR.encode(korean).0), Ok(("CP949", korean.to_owned())));
        }
        for western in ["title\nÄmter\n", "title\n25 °C\n", "title\n„MENÜ“\n", "title\ngrößer, Öl, café\n"]
        {
            assert_eq!(read(&WINDOWS_1252.encode(western).0), Err(2), "{western}");
        }
    }

    #[test]
    fn what_is_damaged_is_named_with_its_line() {
        let damaged = [&"청자 주전자\r\n".repeat(3).into_bytes()[..], b"\xec\xb2\r\n"].concat();
        assert_eq!(read(&damaged), Err(4));
        let odd = [&utf_16_of("title,seller\ra", u16::to_le_bytes)[..], b"x"].concat();
        assert_eq!(read(&odd), Err(2));
        let lone = utf_16_of("title,seller\n", u16::to_le_bytes).into_iter().chain([0x00, 0xd8, b'a', 0]);
        assert_eq!(read(&lone.collect::<Vec<u8>>()), Err(2));
        let mixed = ["Lämpe, Öl, Tür, größer\n".as_bytes(), b"L\xe4mpe\n"].concat();
        assert_eq!(read(&mixed), Err(2));
    }

    #[test]
    fn a_named_encoding_is_taken_but_never_against_a_mark() {
        let western = WINDOWS_1252.encode("Lämpe 5 €").0;
        let unknown = decode(&western, None).err().unwrap().words;
        assert!(unknown.contains("--encoding windows-1252") && unknown.contains("\"Lämpe\""), "{unknown}");
        let read = decode(&western, Some(parse_encoding("Latin1").unwrap())).ok().unwrap();
        assert_eq!((read.encoding, &*read.chars), ("Windows-1252", "Lämpe 5 €"));
        let marked = decode("\u{feff}청자".as_bytes(), Some(parse_encoding("CP949").unwrap())).ok().unwrap();
        assert_eq!((marked.encoding, &*marked.chars), ("UTF-8", "청자"));
        let wrong = decode(&western, Some(UTF_8)).err().unwrap();
        assert!(wrong.words.contains("not UTF-8"), "{wrong:?}");
        assert!(parse_encoding("klingon").is_err() && parse_encoding("replacement").is_err());
    }
}
