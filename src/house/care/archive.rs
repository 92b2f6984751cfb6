//! A backup's one file: a tar of `auction.db` and `pictures/…`, in this order, ended by `seal.json`, which holds the
//! SHA-256 of all bytes before it and of itself. It is read with suspicion: only these names, only plain files, no more
//! bytes than it announces.

use crate::files::private;
use crate::house::listings::pictures::{self, MAX_PICTURE_BYTES};
use crate::house::{Answer, DATABASE};
use crate::rules::hash::hex;
use crate::rules::refusal::Refusal;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use tar::{EntryType, Header};

/// The format that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;
const SEAL: &str = "seal.json";
const BLOCK: usize = 512;
/// The seal's head, the seal in one block, and the two empty blocks that end a tar.
const TAIL: usize = 4 * BLOCK;
const CHUNK: usize = 256 * 1_024;

/// The last entry, which describes the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub format: u32,
    /// In RFC 3339.
    pub made_at: String,
    /// The version of the database.
    pub version: usize,
    /// The version of the program.
    pub program: String,
    pub n_pictures: u64,
    /// The number of listings' pictures that were missing when the backup was made.
    pub n_missing: u64,
    /// The hash of everything before the seal, and of the seal with this field empty.
    pub sha256: String,
}

impl Seal {
    /// Returns the seal's hash, given the hash state of everything before it.
    fn digest(&self, before: Sha256) -> Result<String> {
        let without = Seal { sha256: String::new(), ..self.clone() };
        Ok(hex(&before.chain_update(serde_json::to_string(&without)?).finalize()))
    }
}

/// A backup being written.
pub struct Archive {
    to: BufWriter<File>,
    digest: Sha256,
    /// The Unix time of the entries.
    at_s: u64,
}

impl Archive {
    /// Begins a backup in an empty file.
    pub fn new(file: File, at_s: u64) -> Archive {
        Archive { to: BufWriter::with_capacity(CHUNK, file), digest: Sha256::new(), at_s }
    }

    /// Adds the database, which comes first. Reports to `progress` the bytes done, and of how many.
    pub fn add_database(&mut self, path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let n_bytes = file.metadata()?.len();
        self.write(header(DATABASE, n_bytes, self.at_s)?.as_bytes())?;
        let (mut chunk, mut done) = (vec![0; CHUNK], 0);
        while done < n_bytes {
            let n = file.read(&mut chunk).with_context(|| format!("read {}", path.display()))?;
            anyhow::ensure!(n > 0, "{} has become shorter", path.display());
            self.write(&chunk[..n])?;
            done += n as u64;
            progress(done, n_bytes);
        }
        self.pad(n_bytes)
    }

    /// Adds a picture by its file name.
    pub fn add_picture(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let n_bytes = bytes.len() as u64;
        self.write(header(&format!("pictures/{file}"), n_bytes, self.at_s)?.as_bytes())?;
        self.write(bytes)?;
        self.pad(n_bytes)
    }

    /// Writes the seal, and syncs the file to the disk.
    pub fn seal(mut self, made_at: String, n_pictures: u64, n_missing: u64) -> Result<()> {
        let mut seal = Seal {
            format: FORMAT,
            made_at,
            version: crate::store::migrate::LATEST,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            n_pictures,
            n_missing,
            sha256: String::new(),
        };
        seal.sha256 = seal.digest(self.digest.clone())?;
        let tail = tail(&seal, self.at_s)?;
        self.write(&tail)?;
        let file = self.to.into_inner().context("write the backup")?;
        file.sync_all().context("write the backup")
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.digest.update(bytes);
        self.to.write_all(bytes).context("write the backup")
    }

    fn pad(&mut self, n_bytes: u64) -> Result<()> {
        let rest = usize::try_from(n_bytes % BLOCK as u64)?;
        if rest > 0 { self.write(&[0; BLOCK][rest..]) } else { Ok(()) }
    }
}

/// Returns the seal of a file whose every byte is unchanged; checks nothing else. Refuses `invalid` for any other file.
pub fn check(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Answer<Seal> {
    let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let reading = || format!("read {}", path.display());
    let n_bytes = file.metadata().with_context(reading)?.len();
    let Some(n_body) = n_bytes.checked_sub(TAIL as u64) else {
        return Err(faulty(path, "It is no backup of a house, or was cut off.").into());
    };
    let mut end = [0; TAIL];
    file.seek(SeekFrom::Start(n_body)).with_context(reading)?;
    file.read_exact(&mut end).with_context(reading)?;
    let Some((seal, at_s)) = read_tail(&end) else {
        let words = "It has no seal at its end: it is no backup of a house, or was cut off or altered.";
        return Err(faulty(path, words).into());
    };
    if seal.format > FORMAT {
        return Err(too_new(path, &seal).into());
    }
    file.seek(SeekFrom::Start(0)).with_context(reading)?;
    let (mut digest, mut chunk, mut done) = (Sha256::new(), vec![0; CHUNK], 0);
    let mut body = file.take(n_body);
    loop {
        let n = body.read(&mut chunk).with_context(reading)?;
        if n == 0 {
            break;
        }
        digest.update(&chunk[..n]);
        done += n as u64;
        progress(done, n_body);
    }
    let whole = done == n_body
        && seal.digest(digest)? == seal.sha256
        && tail(&seal, at_s).is_ok_and(|due| due == end);
    if !whole {
        return Err(faulty(path, "It is not as it was written: its checksum does not agree.").into());
    }
    Ok(seal)
}

/// Unpacks a checked file into `folder` (`auction.db` and `pictures/`), and returns the number of picture files.
/// Refuses `invalid` for an entry that does not belong in a house.
pub fn unpack(path: &Path, folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Answer<u64> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let n_bytes = file.metadata().with_context(|| format!("read {}", path.display()))?.len();
    let n_body = n_bytes.saturating_sub(TAIL as u64);
    let mut tar = tar::Archive::new(BufReader::with_capacity(CHUNK, file.take(n_body)));
    let (mut n_done, mut n_pictures, mut has_database) = (0, 0, false);
    for entry in tar.entries().context("read the backup")?.raw(true) {
        let Ok(mut entry) = entry else {
            return Err(faulty(path, "One of its entries is unreadable.").into());
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let n_bytes = entry.header().entry_size().unwrap_or(u64::MAX);
        if let Err(words) = may_enter(&name, entry.header().entry_type(), n_bytes, n_body - n_done) {
            return Err(faulty(path, &format!("Its entry {name:?} {words}.")).into());
        }
        let to = folder.join(&name);
        let Ok(mut file) = private::create(&to) else {
            let words = format!("Its entry {name:?} comes twice, or cannot be written.");
            return Err(faulty(path, &words).into());
        };
        let n = std::io::copy(&mut entry, &mut file).with_context(|| format!("write {}", to.display()))?;
        if n != n_bytes {
            return Err(faulty(path, &format!("Its entry {name:?} was cut off.")).into());
        }
        file.sync_all().with_context(|| format!("write {}", to.display()))?;
        n_done += BLOCK as u64 + n_bytes.next_multiple_of(BLOCK as u64);
        if name == DATABASE {
            has_database = true
        } else {
            n_pictures += 1
        }
        progress(n_done.min(n_body), n_body);
    }
    if !has_database {
        return Err(faulty(path, "There is no database in it.").into());
    }
    Ok(n_pictures)
}

/// The refusal that says why a file is not restored.
pub fn faulty(file: &Path, words: &str) -> Refusal {
    Refusal::invalid("file", format!("{} is not restored. {words} Nothing was changed.", file.display()))
}

/// The refusal of a backup by a newer program, which may contain anything.
pub fn too_new(file: &Path, seal: &Seal) -> Refusal {
    faulty(file, &format!("It was made by auction {}, which is newer than this program.", seal.program))
}

/// Refuses an entry that does not belong in a backup, with the end of a sentence.
fn may_enter(name: &str, kind: EntryType, n_bytes: u64, n_left: u64) -> Result<(), &'static str> {
    let picture = name.strip_prefix("pictures/").is_some_and(pictures::names::is_file_name);
    if name != DATABASE && !picture {
        return Err("has no place in a house");
    }
    if kind != EntryType::Regular {
        return Err("is no plain file");
    }
    if n_bytes > n_left.saturating_sub(BLOCK as u64) || (picture && n_bytes > MAX_PICTURE_BYTES as u64) {
        return Err("claims to be larger than it can be");
    }
    Ok(())
}

fn header(name: &str, n_bytes: u64, at_s: u64) -> Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name).with_context(|| format!("name an entry {name}"))?;
    header.set_size(n_bytes);
    header.set_mode(0o600);
    header.set_mtime(at_s);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// The last bytes of a file with this seal.
fn tail(seal: &Seal, at_s: u64) -> Result<Vec<u8>> {
    let mut bytes = header(SEAL, BLOCK as u64, at_s)?.as_bytes().to_vec();
    let json = serde_json::to_string(seal)?;
    anyhow::ensure!(json.len() < BLOCK, "the seal is too long");
    bytes.extend_from_slice(format!("{json:<width$}\n", width = BLOCK - 1).as_bytes());
    bytes.resize(TAIL, 0);
    Ok(bytes)
}

fn read_tail(end: &[u8; TAIL]) -> Option<(Seal, u64)> {
    let at_s = Header::from_byte_slice(&end[..BLOCK]).mtime().ok()?;
    let text = std::str::from_utf8(&end[BLOCK..2 * BLOCK]).ok()?;
    let seal: Seal = serde_json::from_str(text.trim_end()).ok()?;
    // Both are printed on a terminal.
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
    (is_plain(&seal.made_at) && is_plain(&seal.program)).then_some((seal, at_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::unless_refused;

    fn picture() -> String {
        format!("pictures/{}.jpg", "ab".repeat(16))
    }

    #[test]
    fn only_the_database_and_pictures_may_enter() {
        for name in [
            "../auction.db",
            "/etc/passwd",
            "pictures/../auction.db",
            "pictures/../../x.jpg",
            "./auction.db",
            "auction.toml",
            "auction.db-wal",
            "pictures/",
            "pictures/short.jpg",
            "",
        ] {
            assert!(may_enter(name, EntryType::Regular, 10, 10_000).is_err(), "{name}");
        }
        for name in [DATABASE, &picture()] {
            assert_eq!(may_enter(name, EntryType::Regular, 10, 10_000), Ok(()));
            for kind in [
                EntryType::Symlink,
                EntryType::Link,
                EntryType::Directory,
                EntryType::GNUSparse,
                EntryType::Char,
            ] {
                assert!(may_enter(name, kind, 10, 10_000).is_err(), "{name} {kind:?}");
            }
            assert!(may_enter(name, EntryType::Regular, 9_900, 10_000).is_err(), "more than is left");
            assert!(may_enter(name, EntryType::Regular, u64::MAX, 10_000).is_err());
        }
        let large = MAX_PICTURE_BYTES as u64 + 1;
        assert!(may_enter(&picture(), EntryType::Regular, large, u64::MAX).is_err());
        assert_eq!(may_enter(DATABASE, EntryType::Regular, large, u64::MAX), Ok(()));
    }

    #[test]
    fn a_seal_has_nothing_in_it_that_a_terminal_would_obey() {
        let sealed = |program: &str, made_at: &str| {
            let (program, made_at, sha256) = (program.to_owned(), made_at.to_owned(), String::new());
            let seal = Seal { format: 1, made_at, version: 1, program, n_pictures: 0, n_missing: 0, sha256 };
            let end: [u8; TAIL] = tail(&seal, 0).unwrap().try_into().unwrap();
            read_tail(&end).is_some()
        };
        assert!(sealed("0.1.0", "2026-11-23T00:00:00.000Z"));
        assert!(!sealed("0.1.0\u{1b}[2J", "2026-11-23T00:00:00.000Z"));
        assert!(!sealed("0.1.0", "\u{202e}now"));
    }

    #[test]
    fn every_byte_of_a_small_backup_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (database, file) = (folder.path().join("db"), folder.path().join("backup"));
        std::fs::write(&database, [7; 700]).unwrap();
        let mut archive = Archive::new(File::create(&file).unwrap(), 1_763_800_000);
        archive.add_database(&database, &mut |_, _| ()).unwrap();
        archive.add_picture(&picture()["pictures/".len()..], &[1; 30]).unwrap();
        archive.seal("2026-11-23T00:00:00.000Z".into(), 1, 0).unwrap();
        let looked = |bytes: &[u8]| {
            let other = folder.path().join("other");
            std::fs::write(&other, bytes).unwrap();
            unless_refused(check(&other, &mut |_, _| ())).unwrap()
        };
        let whole = std::fs::read(&file).unwrap();
        assert_eq!(looked(&whole).unwrap().n_pictures, 1);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            assert!(looked(&bytes).is_none(), "byte {at} of {}", whole.len());
        }
        for n in [0, 1, 511, TAIL, whole.len() / 2, whole.len() - 512, whole.len() - 1] {
            assert!(looked(&whole[..n]).is_none(), "cut off at {n}");
        }
        assert!(looked(&[&whole[..], &[0; 512]].concat()).is_none(), "something follows");
        let to = folder.path().join("to");
        std::fs::create_dir_all(to.join("pictures")).unwrap();
        assert_eq!(unpack(&file, &to, &mut |_, _| ()).unwrap(), 1);
        assert_eq!(std::fs::read(to.join("auction.db")).unwrap(), [7; 700]);
        assert_eq!(std::fs::read(to.join(picture())).unwrap(), [1; 30]);
    }
}
