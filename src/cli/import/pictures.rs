//! Finds the picture that a cell names among the files beside the CSV: spreadsheets, Windows and macOS spell one name
//! in several ways. Never looks outside that folder and the folders in it.

use crate::cli::nearest::nearest;
use crate::rules::text::nfc;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// Most files of a folder that are listed to find a name in another spelling.
const MAX_FILES: usize = 100_000;
/// Most names that are compared to propose one, and most missing pictures for which that is done.
const MAX_NEAR: usize = 2_000;
const MAX_ASKED: usize = 20;
/// Likeness (0 to 1) from which a name is proposed.
const ALIKE: f64 = 0.9;

/// The pictures beside one CSV.
pub struct Pictures {
    folder: PathBuf,
    /// The names in each folder, by their form without capitals and in one Unicode spelling.
    listed: HashMap<PathBuf, HashMap<String, Vec<String>>>,
    n_asked: usize,
}

impl Pictures {
    /// Those beside `file`, and in the folders beside it.
    pub fn beside(file: &Path) -> Pictures {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        Pictures { folder, listed: HashMap::new(), n_asked: 0 }
    }

    /// Finds the file of that name: exactly, else in another Unicode form, else in other capitals; `\` may stand for
    /// `/`. Refused with a sentence.
    pub fn find(&mut self, name: &str) -> Result<PathBuf, String> {
        let slashed = name.replace('\\', "/");
        if !is_beside(name) || !is_beside(&slashed) {
            return Err("A file beside the CSV, or in a folder beside it.".to_owned());
        }
        let named = self.folder.join(name);
        if named.is_file() {
            return Ok(named);
        }
        let mut at = self.folder.clone();
        for part in slashed.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if at.join(part).exists() {
                at.push(part);
                continue;
            }
            match self.alike(&at, part) {
                [] => return Err(self.none(&named, &at, part)),
                [one] => at.push(one.clone()),
                several => {
                    let several: Vec<String> =
                        several.iter().take(5).map(|name| format!("{name:?}")).collect();
                    return Err(format!(
                        "{part:?} may be {}: write it as the file has it.",
                        several.join(" or ")
                    ));
                }
            }
        }
        if at.is_file() { Ok(at) } else { Err(format!("There is no file {}.", named.display())) }
    }

    /// The names in `folder` that equal `part` in another Unicode form, or else in other capitals.
    fn alike(&mut self, folder: &Path, part: &str) -> &[String] {
        let names = self.listed.entry(folder.to_owned()).or_insert_with(|| list(folder));
        let alike = names.get(&folded(part)).map_or(&[][..], Vec::as_slice);
        let same = |name: &&String| nfc(name) == nfc(part);
        match alike.iter().filter(same).count() {
            1 => alike.iter().position(|name| same(&name)).map_or(alike, |at| &alike[at..=at]),
            _ => alike,
        }
    }

    fn none(&mut self, named: &Path, folder: &Path, part: &str) -> String {
        self.n_asked += 1;
        let asked = if self.n_asked > MAX_ASKED { 0 } else { MAX_NEAR };
        let names = self.listed.get(folder).into_iter().flatten().take(asked);
        match nearest(names, &folded(part), ALIKE).and_then(|names| names.first()) {
            Some(name) => {
                format!("There is no file {}; did you mean \"{}\"?", named.display(), nfc(name))
            }
            None => format!("There is no file {}.", named.display()),
        }
    }
}

/// Whether a path only leads down. One with a Windows drive never does, on any system.
fn is_beside(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
    let leads_down = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    !has_drive && !name.starts_with(['/', '\\']) && Path::new(name).components().all(leads_down)
}

fn list(folder: &Path) -> HashMap<String, Vec<String>> {
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MAX_FILES);
    for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
        names.entry(folded(&name)).or_default().push(name);
    }
    names.values_mut().for_each(|names| names.sort());
    names
}

/// The name in lower case and in one Unicode form, whichever the file system uses.
fn folded(name: &str) -> String {
    nfc(&nfc(name).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_found_however_its_name_is_spelled() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Photos")).unwrap();
        let nfd = "u\u{308}ber.jpg";
        let hangul = "\u{1112}\u{1161}\u{11ab}.png";
        for name in
            ["Lamp.JPG", "Photos/vase.jpg", nfd, "Photos/two.png", "Photos/TWO.png", hangul, "a.jpg", "A.jpg"]
        {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let mut pictures = Pictures::beside(&folder.path().join("lots.csv"));
        let mut find =
            |name: &str| pictures.find(name).map(|file| file.strip_prefix(folder.path()).unwrap().to_owned());
        for (name, file) in [
            ("Lamp.JPG", "Lamp.JPG"),
            ("lamp.jpg", "Lamp.JPG"),
            ("./photos\\VASE.jpg", "Photos/vase.jpg"),
            ("Photos//vase.jpg", "Photos/vase.jpg"),
            ("über.jpg", nfd),
            ("ÜBER.JPG", nfd),
            ("한.png", hangul),
            ("Photos/TWO.png", "Photos/TWO.png"),
            ("a.jpg", "a.jpg"),
        ] {
            assert_eq!(find(name), Ok(PathBuf::from(file)), "{name}");
        }
        for (name, words) in [
            ("photos/Two.PNG", "\"Two.PNG\" may be \"TWO.png\" or \"two.png\""),
            ("lamb.jpg", "did you mean \"Lamp.JPG\"?"),
            ("nothing.gif", "There is no file"),
            ("Photos", "There is no file"),
            ("../x.jpg", "beside the CSV"),
            ("..\\x.jpg", "beside the CSV"),
            ("Photos\\..\\..\\x.jpg", "beside the CSV"),
            ("/etc/hosts", "beside the CSV"),
            ("C:\\photos\\x.jpg", "beside the CSV"),
            ("\\\\server\\x.jpg", "beside the CSV"),
        ] {
            let refused = find(name).unwrap_err();
            assert!(refused.contains(words), "{name}: {refused}");
        }
    }
}
