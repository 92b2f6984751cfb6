//! The part of a sale to print: by section, by lot codes, and page by page, so that no page grows without bound.

use crate::house::views::ListingView;
use crate::rules::sale::folded;
use std::collections::HashMap;
use std::ops::Range;

/// The most lots of one page.
pub const MAX_LOTS: usize = 1_000;
/// The most bytes of descriptions on one page, unless a single lot has more.
const MAX_TEXT_BYTES: usize = 4 * 1_024 * 1_024;
/// The most lots and ranges that are asked for by their codes.
const MAX_RANGES: usize = 1_000;

/// Why a part cannot be printed, with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amiss {
    Lot(String),
    Section(String),
    Skip(String),
    TooMany,
}

/// The lots of `section`, or all, that `typed` names: codes and ranges such as `A1-A12, B3`, in the order of the sale;
/// all if nothing is typed. Cancelled lots are left out.
///
/// A code may contain a `-` itself: a code that exists is meant before a range.
pub fn select<'l>(
    lots: &'l [ListingView],
    section: Option<&str>,
    typed: &str,
) -> Result<Vec<&'l ListingView>, Amiss> {
    if let Some(section) = section
        && !lots.iter().any(|lot| lot.section.as_deref() == Some(section))
    {
        return Err(Amiss::Section(section.to_owned()));
    }
    let is_named = named(lots, typed)?;
    let is_wanted = |(nth, lot): &(usize, &ListingView)| {
        is_named.as_ref().is_none_or(|named| named[*nth])
            && section.is_none_or(|section| lot.section.as_deref() == Some(section))
            && lot.state != crate::rules::listing::ListingState::Cancelled
    };
    Ok(lots.iter().enumerate().filter(is_wanted).map(|(_, lot)| lot).collect())
}

/// Whether each lot is named; none if nothing is typed.
fn named(lots: &[ListingView], typed: &str) -> Result<Option<Vec<bool>>, Amiss> {
    let items: Vec<&str> =
        typed.split(',').map(str::trim).filter(|item| !item.is_empty()).take(MAX_RANGES + 1).collect();
    if items.is_empty() {
        return Ok(None);
    }
    if items.len() > MAX_RANGES {
        return Err(Amiss::TooMany);
    }
    let codes = lots.iter().enumerate().filter_map(|(nth, lot)| Some((folded(lot.lot.as_deref()?), nth)));
    let places: HashMap<String, usize> = codes.collect();
    let mut is_named = vec![false; lots.len()];
    for item in items {
        let range = range(&places, item).ok_or_else(|| Amiss::Lot(item.to_owned()))?;
        is_named[range].fill(true);
    }
    Ok(Some(is_named))
}

/// The places that a code or a range of codes names, in either direction.
fn range(places: &HashMap<String, usize>, item: &str) -> Option<Range<usize>> {
    let place = |code: &str| places.get(&folded(code.trim())).copied();
    if let Some(nth) = place(item) {
        return Some(nth..nth + 1);
    }
    let ends = item
        .match_indices(['-', '–', '~'])
        .find_map(|(at, dash)| Some((place(&item[..at])?, place(&item[at + dash.len()..])?)));
    ends.map(|(one, other)| one.min(other)..one.max(other) + 1)
}

/// The lots of each page: at most [`MAX_LOTS`], `first` on the first page, and as many on the others as fill whole
/// sheets of `per_sheet`.
pub fn pages(lots: &[&ListingView], per_sheet: usize, skip: usize) -> Vec<Range<usize>> {
    let most = MAX_LOTS / per_sheet * per_sheet;
    let mut pages = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (nth, lot) in lots.iter().enumerate() {
        let room = if pages.is_empty() { most - skip } else { most };
        if nth - from == room || (nth > from && bytes + lot.description.len() > MAX_TEXT_BYTES) {
            pages.push(from..nth);
            (from, bytes) = (nth, 0);
        }
        bytes += lot.description.len();
    }
    pages.push(from..lots.len());
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_ranges_name_places_without_case_in_either_direction() {
        let codes = ["a1", "a2", "b-1", "b-2", "7", "가1"];
        let places: HashMap<String, usize> =
            codes.iter().enumerate().map(|(nth, code)| ((*code).to_owned(), nth)).collect();
        for (item, expected) in [
            ("A1", Some(0..1)),
            ("a1-a2", Some(0..2)),
            ("B-1", Some(2..3)),
            ("b-1-b-2", Some(2..4)),
            ("a2 – 7", Some(1..5)),
            ("7~a1", Some(0..5)),
            ("가1", Some(5..6)),
            ("a3", None),
            ("a1-", None),
            ("-", None),
        ] {
            assert_eq!(range(&places, item), expected, "{item}");
        }
    }
}
