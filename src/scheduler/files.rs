//! Files and programs as the schedulers need them: found on the search path, known for what they are, written whole.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Returns the first executable file of this name on the search path.
pub(super) fn on_path(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    std::env::split_paths(path?).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

#[cfg(unix)]
pub(super) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// Returns whether a program is a link to busybox.
pub(super) fn is_busybox(program: &Path) -> bool {
    let file = std::fs::canonicalize(program);
    file.is_ok_and(|file| file.file_name().is_some_and(|name| name == "busybox"))
}

/// Writes a file that everybody may read, whole or not at all, in a folder that is made where there is none.
pub(super) fn write_whole(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    let write = || -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut new = builder().tempfile_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(&file)?;
        Ok(())
    };
    write().with_context(|| format!("write {}", file.display()))
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(OsStr::new(".auction-"));
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder
}
