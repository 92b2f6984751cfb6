//! A backup while bids continue: one consistent copy of the database and its pictures in one file, audited before it
//! gets its name, so that nobody ever sees half of it.

use crate::files::private;
use crate::house::books::audit::{Audit, SEARCH};
use crate::house::care::archive::Archive;
use crate::house::listings::pictures;
use crate::house::{Answer, House, Opening, Progress, unless_refused};
use crate::rules::refusal::Refusal;
use crate::rules::time::Time;
use crate::store::clock::Clock;
use crate::store::copy;
use crate::store::journal::whole;
use crate::store::settings::Heartbeat;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The content of a backup.
#[derive(Clone, Debug, Serialize)]
pub struct BackedUp {
    pub file: PathBuf,
    pub n_bytes: u64,
    pub n_listings: u64,
    pub n_bids: u64,
    pub n_pictures: u64,
    /// Pictures of listings that are missing in the house.
    pub missing: Vec<String>,
}

/// Opens and audits a copy of a house. If only its search index disagrees, the index is rebuilt in the copy.
pub(in crate::house) fn open_audited(
    dir: &Path,
    clock: Clock,
    progress: Progress<'_>,
) -> Result<(House, Audit)> {
    let open = || House::open(dir, Opening::Existing, clock.clone());
    let copy = open()?;
    let audit = copy.audit_with_progress(&mut |done, all| progress("auditing", done, all))?;
    let is_search = audit.disagreement.as_ref().is_some_and(|words| words.starts_with(SEARCH));
    if !is_search || unless_refused(copy.rebuild_search())?.is_none() {
        return Ok((copy, audit));
    }
    drop(copy);
    // A connection caches the full-text index: a new connection reads it afresh.
    let copy = open()?;
    let audit = copy.audit_with_progress(&mut |done, all| progress("auditing", done, all))?;
    Ok((copy, audit))
}

impl House {
    /// Writes the house as it stands now, with every bid acknowledged before, into `file`. Bids continue meanwhile.
    ///
    /// Refuses `taken` (the file exists, and `replace` is not set) and `not_allowed` (no room, or the copy fails its
    /// audit); then it leaves no file. Needs room beside `file` for the database twice, and afterwards for one.
    pub fn back_up(&self, file: &Path, replace: bool, progress: Progress<'_>) -> Answer<BackedUp> {
        if !replace && file.symlink_metadata().is_ok() {
            return Err(Refusal::FileExists.into());
        }
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Some(words) = copy::lacks_room(parent, self.store.n_bytes()?.saturating_mul(2))? {
            return Err(Refusal::invalid("file", words).into());
        }
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().context("name a file for the backup")?);
        name.push(".partial-");
        let folder = tempfile::Builder::new().prefix(&name).tempdir_in(parent);
        let folder = folder.with_context(|| format!("make a folder in {}", parent.display()))?;
        let (whole, mut made) = self.write_backup(folder.path(), progress)?;
        let placed = if replace { whole.persist(file) } else { whole.persist_noclobber(file) };
        match placed {
            Ok(_) => {}
            Err(error) if !replace && error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(Refusal::FileExists.into());
            }
            Err(error) => {
                let error = anyhow::Error::from(error.error);
                return Err(error.context(format!("put {} in place", file.display())).into());
            }
        }
        private::sync_folder(parent)?;
        made.n_bytes = file.metadata().with_context(|| format!("look at {}", file.display()))?.len();
        made.file = file.to_owned();
        // The backup is made, whether or not the house can note it: its disk may be full or read-only.
        if let Err(fault) = self.write(|tx| Ok(tx.beat(Heartbeat::Backup)?)) {
            tracing::warn!(error = format!("{fault:#}"), "the time of the backup is not noted");
        }
        Ok(made)
    }

    /// When the newest backup was made by [`House::back_up`].
    pub fn backed_up_at(&self) -> Result<Option<Time>> {
        self.read(|snapshot| snapshot.heartbeat(Heartbeat::Backup))
    }

    /// Writes the whole backup into a file in `folder`.
    fn write_backup(&self, folder: &Path, progress: Progress<'_>) -> Answer<(NamedTempFile, BackedUp)> {
        let house_dir = folder.join("house");
        private::make_folder(&house_dir)?;
        let database = house_dir.join(crate::house::DATABASE);
        let made_at = self.now();
        self.store.copy_to(&database, &mut |done, all| progress("copying", done, all))?;
        whole::detach(&database)?;
        let (copied, audit) = open_audited(&house_dir, self.store.clock(), &mut *progress)?;
        if let Some(words) = audit.disagreement {
            let words = format!("No backup was made, for the house does not agree with itself: {words}.");
            return Err(Refusal::invalid("audit", words).into());
        }
        let names = copied.read(|snapshot| snapshot.pictures())?;
        self.fetch_pictures(&names)?;
        // Closing the last connection removes the log, so that the file alone is the database.
        drop(copied);
        let at_s = u64::try_from(made_at.0 / 1_000).unwrap_or(0);
        let whole = NamedTempFile::new_in(folder).context("make a file for the backup")?;
        let handle = whole.as_file().try_clone().context("write the backup")?;
        let mut archive = Archive::new(handle, at_s);
        archive.add_database(&database, &mut |done, all| progress("writing", done, all))?;
        std::fs::remove_file(&database).context("take the copy away")?;
        let (n_pictures, missing) = self.add_pictures(&mut archive, &names, progress)?;
        archive.seal(made_at.to_string(), n_pictures, missing.len() as u64)?;
        let made = BackedUp {
            file: PathBuf::new(),
            n_bytes: 0,
            n_listings: audit.n_listings,
            n_bids: audit.n_bids,
            n_pictures,
            missing,
        };
        Ok((whole, made))
    }

    /// Adds the pictures; returns how many files were added, and which are missing.
    fn add_pictures(
        &self,
        archive: &mut Archive,
        names: &[String],
        progress: Progress<'_>,
    ) -> Result<(u64, Vec<String>)> {
        let (mut n_pictures, mut missing) = (0, Vec::new());
        for (n, name) in names.iter().enumerate() {
            progress("pictures", n as u64, names.len() as u64);
            for file in pictures::names::files_of(name) {
                match self.picture(&file)? {
                    Some(bytes) => {
                        archive.add_picture(&file, &bytes)?;
                        n_pictures += 1;
                    }
                    None => missing.push(file),
                }
            }
        }
        Ok((n_pictures, missing))
    }
}
