//! Finds the pictures of lots in a folder, by their names: `A12.jpg` and `A12-2.jpg` are pictures of the lot A12.

use crate::house::listings::lines::LineFaults;
use crate::rules::sale::folded;
use crate::rules::text::nfc;
use anyhow::{Context, Result};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The most files and folders of a folder: 8 pictures for each of 10,000 lots, and some others.
const MAX_FILES: usize = 100_000;
/// The most names that a sentence has.
const MAX_NAMED: usize = 5;
/// The files that are taken.
const TAKEN: [&str; 5] = ["jpg", "jpeg", "png", "webp", "gif"];
/// Pictures, too, but not of a kind that is taken.
const NOT_TAKEN: [&str; 9] = ["avif", "bmp", "cr2", "dng", "heic", "heif", "raw", "tif", "tiff"];

/// The pictures of a folder.
pub struct LotPictures {
    /// By the lot's code without case: the number in the name (0 without one), and the file.
    by_lot: HashMap<String, Vec<(u32, PathBuf)>>,
    /// The names of files that are no pictures, and of folders.
    others: Vec<String>,
    /// How many pictures are of lots that the sale has already.
    n_known: usize,
}

/// Whose picture a file is, by its name.
enum Owner {
    Lot { code: String, number: u32 },
    Several { whole: String, code: String },
    Nobody,
}

impl LotPictures {
    /// Reads the names in `folder`. Adds a fault for each picture that belongs to none of `codes` and none of `known`,
    /// the lots that the sale has already. Hidden files are passed over.
    pub fn read<'c>(
        folder: &Path,
        codes: impl Iterator<Item = &'c str>,
        known: &[String],
        faults: &mut LineFaults,
    ) -> Result<LotPictures> {
        let new: HashSet<String> = codes.map(|code| key(code.trim())).collect();
        let known: HashSet<String> = known.iter().map(|code| key(code)).collect();
        let all: HashSet<String> = new.union(&known).cloned().collect();
        let mut found = LotPictures { by_lot: HashMap::new(), others: Vec::new(), n_known: 0 };
        for file in list(folder)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
            let ending = ending.to_lowercase();
            if file.is_dir() {
                found.others.push(format!("{name}/"));
            } else if NOT_TAKEN.contains(&ending.as_str()) {
                faults.add_beside(format!("{} is no JPEG, PNG, WebP or GIF.", file.display()));
            } else if !TAKEN.contains(&ending.as_str()) {
                found.others.push(name);
            } else {
                match owner(&key(stem.trim()), &all) {
                    Owner::Lot { code, number } if new.contains(&code) => {
                        found.by_lot.entry(code).or_default().push((number, file));
                    }
                    Owner::Lot { .. } => found.n_known += 1,
                    Owner::Several { whole, code } => faults.add_beside(format!(
                        "{} may be of lot {} or of lot {}: call it {whole}-1.{ending} if it is of {whole}.",
                        file.display(),
                        whole,
                        code
                    )),
                    Owner::Nobody => faults.add_beside(format!(
                        "{} belongs to no lot: the pictures of A12 are called A12.jpg, A12-2.jpg and so on.",
                        file.display()
                    )),
                }
            }
        }
        Ok(found)
    }

    /// The files of a lot, in the order of their numbers.
    pub fn take(&mut self, code: &str) -> Vec<PathBuf> {
        let mut files = self.by_lot.remove(&key(code.trim())).unwrap_or_default();
        files.sort();
        files.into_iter().map(|(_, file)| file).collect()
    }

    /// Sentences about what was passed over.
    pub fn passed_over(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.others.is_empty() {
            let named: Vec<&str> = self.others.iter().take(MAX_NAMED).map(String::as_str).collect();
            let more = match self.others.len() - named.len() {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            words.push(format!("no pictures, and passed over: {}{more}", named.join(", ")));
        }
        if self.n_known > 0 {
            words.push(format!(
                "passed over, being of lots that the sale has already: {} pictures",
                self.n_known
            ));
        }
        words
    }
}

/// Whose picture has the name `stem`, in the form of [`key`].
fn owner(stem: &str, codes: &HashSet<String>) -> Owner {
    let numbered = stem.rsplit_once('-').and_then(|(code, number)| {
        let is_number = (1..=4).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        (is_number && codes.contains(code)).then(|| (code.to_owned(), number.parse().unwrap_or(0)))
    });
    match (codes.contains(stem), numbered) {
        (true, Some((code, _))) => Owner::Several { whole: stem.to_owned(), code },
        (true, None) => Owner::Lot { code: stem.to_owned(), number: 0 },
        (false, Some((code, number))) => Owner::Lot { code, number },
        (false, None) => Owner::Nobody,
    }
}

/// A lot's code as it is compared, whichever Unicode form the file system uses.
fn key(code: &str) -> String {
    folded(&nfc(code))
}

/// The files and folders in `folder` that are not hidden, in the order of their names.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries.take(MAX_FILES) {
        let entry = entry.with_context(|| format!("read {}", folder.display()))?;
        let name = entry.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.');
        let is_the_system_s =
            ["thumbs.db", "desktop.ini"].iter().any(|other| name.eq_ignore_ascii_case(other));
        if !is_hidden && !is_the_system_s {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(stem: &str, codes: &[&str]) -> String {
        let codes = codes.iter().map(|code| key(code)).collect();
        match owner(&key(stem), &codes) {
            Owner::Lot { code, number } => format!("{code} {number}"),
            Owner::Several { whole, code } => format!("{whole} or {code}"),
            Owner::Nobody => "nobody".to_owned(),
        }
    }

    #[test]
    fn a_picture_belongs_to_the_lot_that_its_name_begins_with() {
        for (stem, codes, owner) in [
            ("A12", &["A12", "a1"][..], "a12 0"),
            ("a12-2", &["A12"], "a12 2"),
            ("A12-02", &["A12"], "a12 2"),
            ("A12-1", &["A12-1"], "a12-1 0"),
            ("A12-1-3", &["A12-1", "A12"], "a12-1 3"),
            ("A12-2", &["A12", "A12-2"], "a12-2 or a12"),
            ("A12-2-1", &["A12", "A12-2"], "a12-2 1"),
            ("\u{1112}\u{1161}\u{11ab}1", &["한1"], "한1 0"),
            ("7.1-10", &["7.1"], "7.1 10"),
            ("A12_2", &["A12"], "nobody"),
            ("A12 (2)", &["A12"], "nobody"),
            ("A12-", &["A12"], "nobody"),
            ("A12-x", &["A12"], "nobody"),
            ("A12-12345", &["A12"], "nobody"),
            ("A1", &["A12"], "nobody"),
            ("", &["A12"], "nobody"),
        ] {
            assert_eq!(words(stem, codes), owner, "{stem} of {codes:?}");
        }
    }
}
