//! Reads the JSON that programs send, strictly: a number is whole, never a float, and a key given twice is noted,
//! because two readers of the same document could see two different values.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Objects and lists within each other; no field of ours has more than two.
const MAX_DEPTH: usize = 32;
/// Keys given twice that are named.
const MAX_TWICE: usize = 20;

/// A value, as far as any field can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    /// Written in digits alone, and within 64 bits.
    Whole(i64),
    Text(String),
    Object(BTreeMap<String, Json>),
    /// `true` or `false`.
    Flag(bool),
    /// A list of texts alone.
    Texts(Vec<String>),
    /// Another list, or any other number.
    Other,
}

#[derive(Debug)]
pub struct Document {
    pub root: Json,
    /// Each key given twice, with those around it: `soft_close.cap_s`.
    pub twice: Vec<String>,
}

/// Reads a document. Fails where it is not JSON, and where it is nested deeper than [`MAX_DEPTH`].
pub fn read(bytes: &[u8]) -> serde_json::Result<Document> {
    let mut twice = Vec::new();
    let root = value(serde_json::from_slice(bytes)?, "", 0, &mut twice)?;
    Ok(Document { root, twice })
}

impl Json {
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.get(key),
            _ => None,
        }
    }
}

fn value(raw: &RawValue, path: &str, depth: usize, twice: &mut Vec<String>) -> serde_json::Result<Json> {
    let text = raw.get();
    if depth > MAX_DEPTH {
        return Err(Error::custom("it is nested too deeply"));
    }
    match text.as_bytes().first() {
        Some(b'{') => object(text, path, depth, twice),
        Some(b'[') => {
            let mut texts = Some(Vec::new());
            for item in serde_json::from_str::<Vec<&RawValue>>(text)? {
                texts = match (texts, value(item, path, depth + 1, twice)?) {
                    (Some(mut texts), Json::Text(text)) => {
                        texts.push(text);
                        Some(texts)
                    }
                    _ => None,
                };
            }
            Ok(texts.map_or(Json::Other, Json::Texts))
        }
        Some(b'"') => serde_json::from_str(text).map(Json::Text),
        Some(b'n') => Ok(Json::Null),
        Some(b't' | b'f') => Ok(Json::Flag(text == "true")),
        // A minus before zero is a float's.
        _ if text == "-0" => Ok(Json::Other),
        _ => Ok(text.parse().map_or(Json::Other, Json::Whole)),
    }
}

fn object(text: &str, path: &str, depth: usize, twice: &mut Vec<String>) -> serde_json::Result<Json> {
    let mut fields = BTreeMap::new();
    for (key, raw) in serde_json::from_str::<Pairs>(text)?.0 {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let value = value(raw, &path, depth + 1, twice)?;
        match fields.entry(key) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(_) if twice.len() < MAX_TWICE => twice.push(path),
            Entry::Occupied(_) => {}
        }
    }
    Ok(Json::Object(fields))
}

/// An object as it is written, each key as often as it comes.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Deserialize<'a> for Pairs<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'a> Visitor<'a> for Reader {
            type Value = Pairs<'a>;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Pairs<'a>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_or_none() {
        for (written, expected) in [
            ("12", Json::Whole(12)),
            ("0", Json::Whole(0)),
            ("-3", Json::Whole(-3)),
            ("9007199254740993", Json::Whole(9_007_199_254_740_993)),
            ("9223372036854775807", Json::Whole(i64::MAX)),
            ("9223372036854775808", Json::Other),
            ("18446744073709551616", Json::Other),
            ("12.0", Json::Other),
            ("12.5", Json::Other),
            ("1e3", Json::Other),
            ("1E3", Json::Other),
            ("1e-3", Json::Other),
            ("-0", Json::Other),
            ("-0.0", Json::Other),
            ("1e400", Json::Other),
            ("true", Json::Flag(true)),
            ("false", Json::Flag(false)),
            ("[1]", Json::Other),
            ("null", Json::Null),
            ("\"12\"", Json::Text("12".into())),
        ] {
            let document = read(format!(" {{ \"a\" : {written} }} ").as_bytes()).unwrap();
            assert_eq!(document.root.get("a"), Some(&expected), "{written}");
        }
    }

    #[test]
    fn keys_given_twice_are_found_at_every_level() {
        for (written, expected) in [
            (r#"{"a":1,"b":1}"#, vec![]),
            (r#"{"a":1,"a":1}"#, vec!["a"]),
            (r#"{"a":1,"\u0061":2}"#, vec!["a"]),
            (r#"{"a":{"b":1,"b":2}}"#, vec!["a.b"]),
            (r#"{"a":[{"b":1,"b":2}]}"#, vec!["a.b"]),
            (r#"{"a":{"b":1},"a":{"b":1}}"#, vec!["a"]),
            (r#"[{"b":1},{"b":2}]"#, vec![]),
        ] {
            assert_eq!(read(written.as_bytes()).unwrap().twice, expected, "{written}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = "[".repeat(40_000) + &"]".repeat(40_000);
        for written in [
            "",
            "{",
            "{\"a\":1e}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1.}",
            "{\"a\":NaN}",
            "{a:1}",
            "{\"a\":1,}",
            "{\"a\":1}x",
            "{\"a\":\"\\ud800\"}",
            "\u{feff}{}",
            &deep,
        ] {
            assert!(read(written.as_bytes()).is_err(), "{}", &written[..written.len().min(40)]);
        }
        assert!(read(b"{\"a\":\"\xff\"}").is_err());
    }
}
