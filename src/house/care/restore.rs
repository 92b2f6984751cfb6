//! Restores a house from a backup: checks it completely, puts it in place in one step, keeps the old house beside it,
//! and then updates the scheduler. Until that one step, the old house is unchanged.

use crate::files::private;
use crate::house::care::archive::{self, faulty, too_new};
use crate::house::care::backup::open_audited;
use crate::house::house_lock::{HouseLock, LOCK_FILE};
use crate::house::listings::pictures;
use crate::house::{Answer, DATABASE, House, Progress};
use crate::rules::refusal::Refusal;
use crate::scheduler::Choice;
use crate::store::clock::Clock;
use crate::store::fault::Unopened;
use crate::store::journal::whole;
use crate::store::log::{Actor, LogLine};
use crate::store::{Store, copy, migrate};
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for other commands; a server would never end.
const PATIENCE: Duration = Duration::from_secs(3);
/// The prefix of the folders in which a house is prepared.
const STAGING: &str = "restoring-";
const OPEN: &str = "A server or another command has this house open. Stop the server (`systemctl stop auction`), and try \
                    again; nothing was changed.";

const HAS_JOURNAL: &str = "This house lives on several machines. Run `auction journal stop` here and take journal_url out of \
    auction.toml, restore, and give it a new journal, in an empty database, by `auction journal start`.";

/// The result of a restore.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    pub dir: PathBuf,
    /// When the backup was made.
    pub made_at: String,
    pub n_listings: u64,
    pub n_bids: u64,
    pub n_pictures: u64,
    /// Where the old house was kept; null if there was none.
    pub kept: Option<PathBuf>,
    /// Why the scheduler does not hold the entries yet; null if it does.
    pub scheduler: Option<String>,
}

/// Puts the house in `file` into `dir`, on the given `scheduler` or the one that it had.
///
/// Refuses `invalid` for a file that fails its check, and `not_allowed` if the scheduler holds the entries of the same
/// house in another directory; fails with [`Unopened`](crate::store::fault::Unopened) while a server runs. Nothing is
/// changed then.
pub fn restore(
    dir: &Path,
    file: &Path,
    scheduler: Option<Choice>,
    actor: Actor,
    clock: Clock,
    progress: Progress<'_>,
) -> Answer<Restored> {
    let seal = archive::check(file, &mut |done, all| progress("checking", done, all))?;
    if seal.version > migrate::LATEST {
        return Err(too_new(file, &seal).into());
    }
    let was_there = dir.exists();
    private::make_folder(dir)?;
    let restored = Restoring { dir, file, seal, scheduler, actor, clock }.run(progress);
    if !was_there && restored.is_err() {
        std::fs::remove_file(dir.join(LOCK_FILE)).ok();
        std::fs::remove_dir(dir).ok();
    }
    restored
}

/// A restore whose file has passed its check.
struct Restoring<'a> {
    dir: &'a Path,
    file: &'a Path,
    seal: archive::Seal,
    scheduler: Option<Choice>,
    /// Who restores it, for the log.
    actor: Actor,
    clock: Clock,
}

impl Restoring<'_> {
    fn run(&self, progress: Progress<'_>) -> Answer<Restored> {
        let (dir, file) = (self.dir, self.file);
        let alone = HouseLock::alone(dir, PATIENCE, OPEN)?;
        if whole::has_journal(&dir.join(DATABASE))? {
            return Err(anyhow::Error::from(Unopened(HAS_JOURNAL.into())).into());
        }
        let n_bytes = file.metadata().with_context(|| format!("look at {}", file.display()))?.len();
        if let Some(words) = copy::lacks_room(dir, n_bytes)? {
            return Err(Refusal::invalid("file", words).into());
        }
        clear_staging(dir)?;
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(dir);
        let staging = staging.with_context(|| format!("make a folder in {}", dir.display()))?;
        if !owned_alike(dir, staging.path())? {
            return Err(Refusal::OtherOwner.into());
        }
        private::make_folder(&staging.path().join("pictures"))?;
        let n_pictures =
            archive::unpack(file, staging.path(), &mut |done, all| progress("unpacking", done, all))?;
        let there = dir.join(DATABASE).exists();
        let audit = self.prepare(staging.path(), there, progress)?;
        let kept = if there { Some(keep_old(dir, &self.clock)?) } else { None };
        put_in_place(dir, staging.path())?;
        // Kept, so that nobody else opens the house first.
        let house = House::beside(dir, Store::open(&dir.join(DATABASE), false, self.clock.clone())?, alone)?;
        let scheduler = house.sync_entries(true).err().map(|error| format!("{error:#}"));
        Ok(Restored {
            dir: dir.to_owned(),
            made_at: self.seal.made_at.clone(),
            n_listings: audit.n_listings,
            n_bids: audit.n_bids,
            n_pictures,
            kept,
            scheduler,
        })
    }

    /// Audits the unpacked house, and prepares it to replace the other.
    fn prepare(
        &self,
        staging: &Path,
        there: bool,
        progress: Progress<'_>,
    ) -> Answer<crate::house::books::audit::Audit> {
        let (file, scheduler) = (self.file, self.scheduler);
        // Whatever is wrong with a database that somebody else wrote is the file's fault.
        let audited = open_audited(staging, self.clock.clone(), progress);
        let (house, audit) = match audited {
            Ok((_, audit)) if audit.disagreement.is_some() => {
                return Err(faulty(file, &audit.disagreement.unwrap_or_default()).into());
            }
            Ok(good) => good,
            Err(error) => return Err(faulty(file, &format!("{error:#}")).into()),
        };
        let names = house.read(|snapshot| snapshot.pictures())?;
        let files = names.iter().flat_map(|name| pictures::names::files_of(name));
        let n_missing = files.filter(|file| !staging.join("pictures").join(file).is_file()).count();
        if n_missing as u64 != self.seal.n_missing {
            return Err(faulty(file, &format!("{n_missing} pictures are missing from it.")).into());
        }
        if !there && scheduler.is_none() && house.held_elsewhere(self.dir) {
            return Err(Refusal::HeldElsewhere.into());
        }
        let house = house.acting_as(self.actor.clone());
        house.write(move |tx| {
            // A session that has since ended, or was stolen with the backup, lets nobody in.
            tx.end_all_sessions()?;
            // Nor does a pass that has since been shut, or whose tablet was lost; nor a program's token.
            tx.shut_all_passes()?;
            tx.revoke_all_api_tokens()?;
            // Nor does a link in a mail that has since been used, or voided; whoever still needs one asks again.
            tx.end_all_links()?;
            tx.restart_events()?;
            tx.disarm_all()?;
            // The backup knows this machine's clock only as it was when the backup was made, if at all.
            tx.accept_clock()?;
            Ok(tx.log(&LogLine::of("house.restore"))?)
        })?;
        if scheduler.is_some() {
            house.choose_scheduler(scheduler)?;
        }
        drop(house);
        copy::fold_log(&staging.join(DATABASE))?;
        Ok(audit)
    }
}

/// Removes what a killed restore left behind: a copy of everybody's secrets. The exclusive lock proves that nobody uses
/// it.
fn clear_staging(dir: &Path) -> Result<()> {
    for file in std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(STAGING) {
            std::fs::remove_dir_all(file.path())
                .with_context(|| format!("remove {}", file.path().display()))?;
        }
    }
    Ok(())
}

/// Keeps the old house, complete, in a folder of its own; it stays in its place, too.
fn keep_old(dir: &Path, clock: &Clock) -> Result<PathBuf> {
    let kept = dir.join(format!("before-restore-{}", clock.now().utc().format("%Y%m%dT%H%M%S%3fZ")));
    private::make_folder(&kept.join("pictures"))?;
    if let Ok(files) = std::fs::read_dir(dir.join("pictures")) {
        for file in files {
            let file = file.context("read the old pictures")?;
            if file.file_type().is_ok_and(|kind| kind.is_file()) {
                keep_file(&file.path(), &kept.join("pictures").join(file.file_name()))?;
            }
        }
    }
    // The log of a broken house may not fold into its database; then it is kept as well.
    let database = dir.join(DATABASE);
    if let Err(error) = copy::fold_log(&database) {
        tracing::warn!(
            error = format!("{error:#}"),
            "the old database's log cannot be folded in and is kept beside it"
        );
    }
    for ending in ["-wal", "-shm"] {
        let name = format!("{DATABASE}{ending}");
        if dir.join(&name).exists() {
            std::fs::rename(dir.join(&name), kept.join(&name)).with_context(|| format!("keep {name}"))?;
        }
    }
    keep_file(&database, &kept.join(DATABASE))?;
    private::sync_folder(&kept)?;
    private::sync_folder(dir)?;
    Ok(kept)
}

/// Gives the file a second name, or copies it if the file system has no links.
fn keep_file(from: &Path, to: &Path) -> Result<()> {
    if std::fs::hard_link(from, to).is_err() {
        std::fs::copy(from, to).with_context(|| format!("keep {}", from.display()))?;
    }
    Ok(())
}

/// Moves the pictures first: they are named by their content, so they do not disturb the old house. The database is
/// last, in one step.
fn put_in_place(dir: &Path, staging: &Path) -> Result<()> {
    let pictures = dir.join("pictures");
    private::make_folder(&pictures)?;
    for file in std::fs::read_dir(staging.join("pictures")).context("read the new pictures")? {
        let file = file.context("read the new pictures")?;
        std::fs::rename(file.path(), pictures.join(file.file_name())).context("put a picture in place")?;
    }
    private::sync_folder(&pictures)?;
    std::fs::rename(staging.join(DATABASE), dir.join(DATABASE)).context("put the database in place")?;
    private::sync_folder(dir)
}

/// Whether files of this process belong to the directory's owner.
#[cfg(unix)]
fn owned_alike(dir: &Path, made: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(dir.metadata()?.uid() == made.metadata()?.uid())
}

#[cfg(not(unix))]
fn owned_alike(_: &Path, _: &Path) -> Result<bool> {
    Ok(true)
}
