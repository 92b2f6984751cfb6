//! What a client sends: JSON, a form, or a form with pictures, read field by field. A wrong field is named with a
//! sentence; all wrong fields are named at once.

mod desk;
mod listing;
mod times;
mod tokens;

use super::json::{self, Json};
use super::multipart;
use super::problem::{Outcome, Problem};
use super::request::{MAX_BODY_BYTES, Request};
use crate::house::listings::pictures::{MAX_PICTURE_BYTES, TOO_LARGE};
use crate::rules::faults::{Faults, MAX_PICTURES};
use crate::rules::money::{Currency, Money};
use crate::rules::refusal::{Figure, Refusal};
use crate::rules::time::Time;
use crate::text::dates::Zone;
use multer::bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most parts of a form that are read.
const MAX_FIELDS: usize = 40;
/// The most unknown fields that are named in a refusal, and the most characters of each name.
const MAX_UNKNOWN: usize = 20;
const MAX_NAME: usize = 80;

const UNKNOWN: &str = "There is no such field.";
const TWICE: &str = "This field is given twice.";
const MINOR_UNITS: &str = "A whole number of minor units, from 1 to 1000000000000000.";

/// How amounts and instants are written.
#[derive(Clone, Debug)]
pub enum Writing {
    /// As programs do in JSON: minor units as numbers, RFC 3339.
    Programs,
    /// As programs do in a form: the same, but every field is a text.
    ProgramForms,
    /// As people do: "12.50" in the house's currency, local time in the house's zone.
    People { currency: Currency, zone: Arc<Zone> },
}

pub struct Input {
    fields: BTreeMap<String, Json>,
    /// The names that the handler has read.
    known: Vec<&'static str>,
    pub pictures: Vec<Bytes>,
    /// Names of pictures that were sent before, with an earlier form.
    pub pictures_kept: Vec<String>,
    /// Whether a person's picture was too large and has been dropped.
    pub is_too_large: bool,
    /// Whether the local closing time that a person typed comes twice that day; the earlier one is taken.
    pub closes_comes_again: bool,
    /// When the event ends: the close that a person means by choosing "event".
    pub event_ends_at: Option<Time>,
    writing: Writing,
    /// Whether a field that was sent and never read is a fault.
    is_strict: bool,
    pub faults: Faults,
    /// Fields that a program sent twice.
    twice: Vec<String>,
}

impl Input {
    /// Reads the body of an API call: JSON, or multipart where `with_picture`. Refuses `unsupported_media_type` and
    /// `bad_request`.
    pub fn of_api(request: &Request, with_picture: bool) -> Outcome<Input> {
        let (media, _) = request.content_type.split_once(';').unwrap_or((&request.content_type, ""));
        match media.trim().to_ascii_lowercase().as_str() {
            "application/json" => Input::of_json(request),
            "multipart/form-data" if with_picture => {
                let form = Input::of_multipart(request, Writing::ProgramForms)?;
                Ok(Input { is_strict: true, ..form })
            }
            _ if with_picture => Err(unsupported("application/json or multipart/form-data")),
            _ => Err(unsupported("application/json")),
        }
    }

    /// Checks the body of an API call that takes nothing. JSON with a field in it is `invalid`, because its sender
    /// means something by it.
    pub fn nothing(request: &Request) -> Outcome<()> {
        let (media, _) = request.content_type.split_once(';').unwrap_or((&request.content_type, ""));
        let is_json = media.trim().eq_ignore_ascii_case("application/json");
        if request.body.is_empty() || !is_json { Ok(()) } else { Input::of_json(request)?.done() }
    }

    /// Reads the body of a page's form. Refuses `unsupported_media_type` and `bad_request`.
    pub fn of_form(request: &Request, writing: Writing) -> Outcome<Input> {
        let (media, _) = request.content_type.split_once(';').unwrap_or((&request.content_type, ""));
        match media.trim().to_ascii_lowercase().as_str() {
            "multipart/form-data" => Input::of_multipart(request, writing),
            "application/x-www-form-urlencoded" => {
                let pairs: Vec<(String, String)> = serde_html_form::from_bytes(&request.body)
                    .map_err(|_| Problem::bad_request("The form is unreadable."))?;
                Ok(Input::of_pairs(pairs, writing))
            }
            _ => Err(unsupported("application/x-www-form-urlencoded or multipart/form-data")),
        }
    }

    fn of_json(request: &Request) -> Outcome<Input> {
        if request.body.len() > MAX_BODY_BYTES {
            return Err(Problem::new(
                "too_large",
                format!("A JSON body can have at most {MAX_BODY_BYTES} bytes."),
            ));
        }
        let document = json::read(&request.body)
            .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))?;
        let Json::Object(fields) = document.root else {
            return Err(Problem::bad_request("The body must be a JSON object."));
        };
        let nothing = Input::of_pairs(Vec::new(), Writing::Programs);
        Ok(Input { fields, twice: document.twice, is_strict: true, ..nothing })
    }

    fn of_pairs(pairs: Vec<(String, String)>, writing: Writing) -> Input {
        let (mut fields, mut pictures_kept, mut twice) = (BTreeMap::new(), Vec::new(), Vec::new());
        let is_by_people = matches!(writing, Writing::People { .. });
        for (name, value) in pairs.into_iter().take(MAX_FIELDS) {
            if name == "picture_kept" {
                pictures_kept.push(value);
            } else if fields.insert(name.clone(), Json::Text(value)).is_some() && !is_by_people {
                twice.push(name);
            }
        }
        let (known, pictures, faults) = (Vec::new(), Vec::new(), Faults::default());
        let (is_too_large, closes_comes_again) = (false, false);
        Input {
            fields,
            known,
            pictures,
            pictures_kept,
            is_too_large,
            closes_comes_again,
            event_ends_at: None,
            writing,
            is_strict: false,
            faults,
            twice,
        }
    }

    fn of_multipart(request: &Request, writing: Writing) -> Outcome<Input> {
        let is_by_people = matches!(writing, Writing::People { .. });
        let (mut pairs, mut pictures) = (Vec::new(), Vec::new());
        let (mut faults, mut is_too_large) = (Faults::default(), false);
        multipart::each_part(request, |name, bytes| {
            if name == "picture" {
                let is_large = bytes.len() > MAX_PICTURE_BYTES;
                // A person's draft is shown again, with what is wrong beside the field.
                if is_large && is_by_people {
                    faults.add("picture", TOO_LARGE);
                    is_too_large = true;
                } else if is_large {
                    return Err(Problem::new("too_large", TOO_LARGE));
                } else if !bytes.is_empty() && pictures.len() <= MAX_PICTURES {
                    // One more than allowed is enough to know that there are too many.
                    pictures.push(bytes);
                }
            } else if pairs.len() < MAX_FIELDS {
                let text = String::from_utf8(bytes.to_vec());
                pairs.push((name, text.map_err(|_| Problem::bad_request("The form is not UTF-8."))?));
            }
            Ok(())
        })?;
        Ok(Input { pictures, faults, is_too_large, ..Input::of_pairs(pairs, writing) })
    }

    /// Every text that was sent, to show it again beside what is wrong.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_text()?)))
    }

    /// The value of a field; none if it is empty.
    pub(super) fn value(&self, name: &str) -> Option<&Json> {
        let value = match name.split_once('.') {
            Some((outer, inner)) => {
                self.fields.get(name).or_else(|| self.fields.get(outer).and_then(|outer| outer.get(inner)))
            }
            None => self.fields.get(name),
        };
        value.filter(|value| **value != Json::Null && value.as_text() != Some(""))
    }

    /// Returns a text, if the field was sent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        match self.value(name)?.as_text() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.faults.add(name, "A text.");
                None
            }
        }
    }

    /// Notes the fault of a field that was not sent.
    pub(super) fn need(&mut self, name: &'static str) {
        if self.value(name).is_none() {
            self.faults.add(name, "This field is required.");
        }
    }

    /// Notes that the handler has read a field.
    pub(super) fn note(&mut self, name: &'static str) {
        self.known.push(name);
    }

    pub(super) fn is_of_json(&self) -> bool {
        matches!(self.writing, Writing::Programs)
    }

    /// Returns a text that must be sent; an empty one, with the fault noted, if it was not.
    pub fn needed_text(&mut self, name: &'static str) -> String {
        self.need(name);
        self.text(name).unwrap_or_default()
    }

    /// Returns an amount in minor units, if the field was sent.
    pub fn amount(&mut self, name: &'static str) -> Option<Money> {
        self.known.push(name);
        let value = self.value(name)?;
        let read = match (&self.writing, value) {
            (Writing::Programs, Json::Whole(amount)) => Ok(*amount),
            (Writing::ProgramForms, Json::Text(text)) => text.trim().parse().map_err(|_| None),
            (Writing::People { currency, .. }, Json::Text(text)) => {
                currency.parse(text).map_err(|why| Some(why.words(currency)))
            }
            _ => Err(None),
        };
        match read {
            Ok(amount) => Some(amount),
            Err(Some(words)) => self.noted(name, Err(&words)),
            Err(None) => {
                self.faults.add_with(name, MINOR_UNITS, Figure::MinorUnits);
                None
            }
        }
    }

    /// Returns an amount that must be sent; 0, with the fault noted, if it was not.
    pub fn needed_amount(&mut self, name: &'static str) -> Money {
        self.need(name);
        self.amount(name).unwrap_or(0)
    }

    /// Returns a whole number of seconds, if the field was sent.
    pub(super) fn seconds(&mut self, name: &'static str) -> Option<i64> {
        self.known.push(name);
        let read = match (&self.writing, self.value(name)?) {
            // In a form, too, where soft_close is JSON in a text.
            (Writing::Programs | Writing::ProgramForms, Json::Whole(seconds)) => Some(*seconds),
            (Writing::ProgramForms | Writing::People { .. }, Json::Text(text)) => text.trim().parse().ok(),
            _ => None,
        };
        self.noted(name, read.ok_or("A whole number of seconds."))
    }

    pub(super) fn noted<T>(&mut self, name: &'static str, read: Result<T, &str>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(words) => {
                self.faults.add(name, words);
                None
            }
        }
    }

    /// `invalid` with every fault, if there is any. Once all fields have been read: what was sent to the API and never
    /// asked for is a fault, for a `maximum` that is passed over costs its bidder the lot.
    pub fn done(&mut self) -> Outcome<()> {
        let is_strict = self.is_strict;
        let unknown: Vec<String> = self.unknown().filter(|_| is_strict).take(MAX_UNKNOWN).collect();
        let twice = std::mem::take(&mut self.twice);
        let faults = std::mem::take(&mut self.faults).done();
        if faults.is_ok() && unknown.is_empty() && twice.is_empty() {
            return Ok(());
        }
        let named = faults.err().unwrap_or(Refusal::Invalid(Vec::new()));
        let named = twice.iter().fold(Problem::from(named), |all, name| all.naming(shortened(name), TWICE));
        Err(unknown.into_iter().fold(named, |all, name| all.naming(name, UNKNOWN)))
    }

    fn unknown(&self) -> impl Iterator<Item = String> {
        let is_known = |name: &str| self.known.contains(&name);
        let has_parts = |name: &str| {
            self.known.iter().any(|known| known.split_once('.').is_some_and(|(outer, _)| outer == name))
        };
        self.fields.iter().flat_map(move |(name, value)| {
            let unknown: Vec<String> = match value {
                Json::Object(parts) if has_parts(name) => {
                    let paths = parts.keys().map(|part| format!("{name}.{part}"));
                    paths.filter(|path| !is_known(path)).take(MAX_UNKNOWN).collect()
                }
                _ if is_known(name) || has_parts(name) => Vec::new(),
                _ => vec![name.clone()],
            };
            unknown.into_iter().map(|name| shortened(&name))
        })
    }
}

/// A name as it was sent, as far as it is repeated.
fn shortened(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

fn unsupported(wanted: &str) -> Problem {
    Problem::new("unsupported_media_type", format!("The body must be {wanted}."))
}
