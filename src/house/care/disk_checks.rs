//! Checks the house's place on this machine: who owns its directory, who else can read it, and how much room is left.
//! It changes nothing, except for a file that it creates and removes again.

use crate::scheduler::{Finding, user_name};
use std::path::Path;

/// With less, the next burst of bids may fill the disk: the write-ahead log alone grows to 16 MiB and more.
const MIN_FREE_BYTES: u64 = 100 << 20;
/// With less, somebody should make room: about a million bids.
const LOW_FREE_BYTES: u64 = 1 << 30;

/// The disk space that the house uses and the space left, in bytes; `None` if unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Room {
    pub database_bytes: Option<u64>,
    pub wal_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
}

impl Room {
    pub(in crate::house) fn of(dir: &Path) -> Room {
        let size = |name: &str| dir.join(name).metadata().ok().map(|meta| meta.len());
        Room {
            database_bytes: size("auction.db"),
            wal_bytes: size("auction.db-wal"),
            free_bytes: fs4::available_space(dir).ok(),
        }
    }
}

pub(in crate::house) fn check(dir: &Path) -> Vec<Finding> {
    let mut findings = vec![data_directory(dir), disk(dir)];
    #[cfg(unix)]
    findings.push(modes(dir));
    findings
}

fn data_directory(dir: &Path) -> Finding {
    const NAME: &str = "data_directory";
    let place = dir.display();
    let file = match tempfile::NamedTempFile::new_in(dir) {
        Ok(file) => file,
        Err(error) => {
            return Finding::bad(
                NAME,
                format!("{place} cannot be written: {error}"),
                "give the directory to the user that runs the house, and see that the disk is neither full nor read-only",
            );
        }
    };
    match owners(dir, file.path()) {
        Ok((owner, own)) if owner != own => {
            let name = |uid: u32| user_name(uid).unwrap_or_else(|| format!("user {uid}"));
            Finding::bad(
                NAME,
                format!(
                    "{place} belongs to {}, and this is run by {}: whose entries were looked at",
                    name(owner),
                    name(own)
                ),
                format!("run it as the owner: `sudo -u {} auction --data-dir {place} doctor`", name(owner)),
            )
        }
        _ => Finding::good(NAME, format!("{place} is ours and can be written")),
    }
}

/// The owners of the directory, and of a file that this process has created.
#[cfg(unix)]
fn owners(dir: &Path, made: &Path) -> std::io::Result<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let uid = |path: &Path| path.metadata().map(|meta| meta.uid());
    Ok((uid(dir)?, uid(made)?))
}

#[cfg(not(unix))]
fn owners(_: &Path, _: &Path) -> std::io::Result<(u32, u32)> {
    Ok((0, 0))
}

fn disk(dir: &Path) -> Finding {
    match fs4::available_space(dir) {
        Ok(free) => room(free),
        Err(error) => Finding::bad(
            "disk",
            format!("how much room is left for {} cannot be told: {error}", dir.display()),
            "see that the disk is there, and mounted",
        ),
    }
}

fn room(free: u64) -> Finding {
    const NAME: &str = "disk";
    let words = format!("{} MiB are free", free >> 20);
    match free {
        ..MIN_FREE_BYTES => Finding::bad(
            NAME,
            format!("only {words}: below {} MiB bids may soon be refused", MIN_FREE_BYTES >> 20),
            "make room now",
        ),
        MIN_FREE_BYTES..LOW_FREE_BYTES => Finding::advice(
            NAME,
            format!("{words}, less than {} MiB", LOW_FREE_BYTES >> 20),
            "make room soon",
        ),
        _ => Finding::good(NAME, words),
    }
}

/// The database holds everybody's secret maxima and password hashes, and `auction.toml` the passwords of the mail
/// server.
#[cfg(unix)]
fn modes(dir: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    const NAME: &str = "modes";
    let mode = |path: &Path| path.metadata().map_or(0, |meta| meta.permissions().mode() & 0o777);
    let place = dir.display();
    if mode(dir) & 0o022 != 0 {
        let words =
            format!("{place} has mode {:04o}: others can put another database in its place", mode(dir));
        return Finding::bad(NAME, words, format!("`chmod 0700 {place}`"));
    }
    if mode(dir) & 0o011 != 0 {
        for name in ["auction.db", "auction.db-wal", "auction.db-shm", "auction.toml"] {
            let file = dir.join(name);
            if mode(&file) & 0o066 != 0 {
                let words = format!(
                    "{} has mode {:04o}: others can read the secrets in it",
                    file.display(),
                    mode(&file)
                );
                return Finding::bad(
                    NAME,
                    words,
                    format!("`chmod 0700 {place}; chmod 0600 {place}/auction.*`"),
                );
            }
        }
    }
    if mode(dir) & 0o055 != 0 {
        let words = format!("{place} has mode {:04o}: others can see what is in it", mode(dir));
        return Finding::advice(NAME, words, format!("`chmod 0700 {place}`"));
    }
    Finding::good(NAME, "only the owner can read the database")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_an_advice_and_none_is_bad() {
        for (free, ok, is_quiet) in [
            (0, false, false),
            (MIN_FREE_BYTES - 1, false, false),
            (MIN_FREE_BYTES, true, false),
            (LOW_FREE_BYTES - 1, true, false),
            (LOW_FREE_BYTES, true, true),
        ] {
            let finding = room(free);
            assert_eq!((finding.ok, finding.what_to_do.is_empty()), (ok, is_quiet), "{finding:?}");
        }
        assert!(!disk(Path::new("/nowhere")).ok);
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_read_or_replace_is_named() {
        use std::fs::{Permissions, set_permissions, write};
        use std::os::unix::fs::PermissionsExt;
        // mode of the directory, mode of the database, whether it is well, whether there is nothing to do
        for (dir_mode, file_mode, ok, is_quiet) in [
            (0o700, 0o600, true, true),
            (0o700, 0o644, true, true),
            (0o755, 0o600, true, false),
            (0o755, 0o644, false, false),
            (0o750, 0o640, false, false),
            (0o770, 0o600, false, false),
            (0o777, 0o600, false, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("auction.db");
            write(&file, "").unwrap();
            set_permissions(&file, Permissions::from_mode(file_mode)).unwrap();
            set_permissions(folder.path(), Permissions::from_mode(dir_mode)).unwrap();
            let finding = modes(folder.path());
            assert_eq!(
                (finding.ok, finding.what_to_do.is_empty()),
                (ok, is_quiet),
                "{dir_mode:o} {file_mode:o}: {finding:?}"
            );
        }
        assert!(!data_directory(Path::new("/nowhere")).ok);
    }
}
