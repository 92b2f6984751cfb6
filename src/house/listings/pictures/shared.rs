//! Pictures of a house on several machines: their files are in the journal before the listing that shows them, and each
//! machine fetches what it lacks, and keeps it.

use super::names::{files_of, middle_file};
use super::put_in_place;
use crate::house::House;
use anyhow::{Context, Result};

impl House {
    /// Puts the files of a stored picture into the journal, if the house has one.
    pub(super) fn share_picture(&self, name: &str) -> Result<()> {
        let Some(mut journal) = self.store.journal_session() else {
            return Ok(());
        };
        for file in files_of(name).into_iter().chain([middle_file(name)]) {
            let path = self.dir().join("pictures").join(&file);
            let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            journal.put_picture(&file, &bytes)?;
        }
        Ok(())
    }

    /// Fetches a file of a picture that another machine has stored, and keeps it.
    pub(super) fn fetch_picture(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let Some(mut journal) = self.store.journal_session() else {
            return Ok(None);
        };
        let found = journal.picture(file)?;
        if let Some(bytes) = &found {
            put_in_place(&self.dir().join("pictures"), file, bytes)?;
        }
        Ok(found)
    }

    /// Fetches the files of these pictures that this machine lacks.
    pub(in crate::house) fn fetch_pictures(&self, names: &[String]) -> Result<()> {
        if !self.has_journal() {
            return Ok(());
        }
        for file in names.iter().flat_map(|name| files_of(name)) {
            if !self.dir().join("pictures").join(&file).is_file() {
                self.fetch_picture(&file)?;
            }
        }
        Ok(())
    }
}
