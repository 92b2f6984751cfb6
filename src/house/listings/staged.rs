//! The pictures of an import: read into a folder of their own, and put in place once nothing can be refused any more.

use crate::files::private;
use crate::house::listings::lines::{LineFaults, NewListing};
use crate::house::listings::pictures;
use crate::house::{Answer, Fault, House, Progress};
use crate::rules::refusal::Refusal;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Pictures that were read, but are not in place yet. Dropped, they leave nothing behind.
pub(in crate::house) struct Staged {
    folder: TempDir,
    names: HashMap<PathBuf, String>,
}

impl Staged {
    /// Reads each picture of `lots` once, however many of them show it, and adds what is wrong with it to `faults`.
    pub fn read<'l>(
        house: &House,
        lots: impl ExactSizeIterator<Item = &'l NewListing>,
        faults: &mut LineFaults,
        progress: Progress<'_>,
    ) -> Result<Staged> {
        let folder = tempfile::Builder::new().prefix("importing-").tempdir_in(house.dir());
        let folder = folder.with_context(|| format!("make a folder in {}", house.dir().display()))?;
        let n_lots = lots.len() as u64;
        let mut names: HashMap<PathBuf, Option<String>> = HashMap::new();
        for (n, lot) in (0..).zip(lots) {
            progress("pictures", n, n_lots);
            for path in &lot.pictures {
                if names.contains_key(path) {
                    continue;
                }
                let stored = match read_picture(path, folder.path()) {
                    Ok(name) => Some(name),
                    Err(Fault::Refused(refusal)) => {
                        faults.add(lot.line, words(&refusal, path));
                        None
                    }
                    Err(Fault::Broken(error)) => return Err(error),
                };
                names.insert(path.clone(), stored);
            }
        }
        let names = names.into_iter().filter_map(|(path, name)| Some((path, name?))).collect();
        Ok(Staged { folder, names })
    }

    /// The names under which these files will be stored, in their order.
    pub fn names_of(&self, files: &[PathBuf]) -> Vec<String> {
        files.iter().filter_map(|path| self.names.get(path)).cloned().collect()
    }

    /// Puts the pictures in place. The last step of the transaction that names them: a refusal before it leaves no file
    /// behind.
    pub fn put(&self, dir: &Path) -> Result<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        private::make_folder(dir)?;
        for file in std::fs::read_dir(self.folder.path()).context("read the new pictures")? {
            let file = file.context("read the new pictures")?;
            std::fs::rename(file.path(), dir.join(file.file_name())).context("put a picture in place")?;
        }
        private::sync_folder(dir)
    }
}

/// Returns the name of the stored picture. A file that cannot be read is refused, too.
fn read_picture(path: &Path, staging: &Path) -> Answer<String> {
    let unread = |error: std::io::Error| Refusal::invalid("picture", format!("{error}."));
    let bytes = pictures::read(path).map_err(unread)?;
    pictures::store_in(staging, &bytes)
}

/// The fault of a picture, with its column and its file.
fn words(refusal: &Refusal, path: &Path) -> String {
    let column = if let Refusal::Invalid(_) = refusal { "" } else { "picture: " };
    format!("{column}{refusal} ({})", path.display())
}
