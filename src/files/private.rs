//! Files and folders that only their owner may read, from the moment they exist: a mode set afterwards leaves a gap. On
//! Windows, the folder above decides.

use anyhow::{Context, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;

/// Opens a file to read and write it, and makes it where there is none.
pub fn open(file: &Path) -> Result<File> {
    make(OpenOptions::new().read(true).write(true).create(true).truncate(false), file)
}

/// Makes a file to write it. Fails with [`std::io::ErrorKind::AlreadyExists`] where there is one.
pub fn create(file: &Path) -> Result<File> {
    make(OpenOptions::new().write(true).create_new(true), file)
}

/// Makes a folder, and those above it that are missing. One that exists keeps its mode.
pub fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("make {}", folder.display()))
}

/// Has the names in a folder survive a power cut, as after a rename. Windows has no such call.
pub fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        return synced.with_context(|| format!("write {}", folder.display()));
    }
    Ok(())
}

fn make(options: &mut OpenOptions, file: &Path) -> Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(file).with_context(|| format!("make {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn an_error_names_the_file_and_keeps_its_kind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        drop(create(&file).unwrap());
        let exists = create(&file).unwrap_err();
        assert_eq!(exists.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::AlreadyExists);
        drop(open(&file).unwrap());
        let below_a_file = make_folder(&file.join("b")).unwrap_err().to_string();
        assert!(below_a_file.starts_with(&format!("make {}", file.join("b").display())), "{below_a_file}");
        assert!(open(&dir.path().join("none/a")).unwrap_err().to_string().contains("none"));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_is_made() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("a"), dir.path().join("a/b"));
        make_folder(&folder).unwrap();
        drop(create(&file).unwrap());
        drop(open(&folder.join("c")).unwrap());
        sync_folder(&folder).unwrap();
        for (path, mode) in [(folder.clone(), 0o700), (file, 0o600), (folder.join("c"), 0o600)] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
        }
    }
}
