//! What concerns a whole copy: how a house is given its journal, how a new machine fills its copy, and how one machine's copy
//! becomes the whole house again.

use super::link::Link;
use super::page::Page;
use super::{Away, Head, Keeper, replay};
use crate::files::private;
use crate::store::connection::{LOCK_WAIT, connect, roll_back, run};
use crate::store::copy::{copy, fold_log};
use crate::store::disk::read_only;
use crate::store::fault::{Answer, Unopened};
use crate::store::{Snapshot, migrate};
use anyhow::{Context, Error, Result, anyhow};
use rusqlite::Connection;
use std::path::Path;

/// Whether the house in the file at `path` has a journal, or has begun to.
pub fn has_journal(path: &Path) -> Result<bool> {
    if !path.exists() {
        return Ok(false);
    }
    let conn = read_only(path, LOCK_WAIT)?;
    let has_table: bool = conn
        .query_row("select exists (select 1 from sqlite_schema where name = 'journal')", [], |row| row.get(0))
        .with_context(|| format!("look into {}", path.display()))?;
    Ok(has_table && replay::house(&conn)?.is_some())
}

/// The last page in the copy in the file at `path`; none if it has no journal.
pub fn through(path: &Path) -> Result<Option<i64>> {
    if !has_journal(path)? {
        return Ok(None);
    }
    Ok(replay::head(&read_only(path, LOCK_WAIT)?)?.map(|head| head.seq))
}

/// Gives the house in the file at `path` the journal; whether that is news. Nobody else may have it open. Done again after it
/// was broken off, it goes on.
///
/// The copy is in the journal before the first page, which is the beginning: until then the house has no journal, but refuses
/// to be opened without one.
pub fn start(path: &Path, keeper: &dyn Keeper) -> Answer<bool> {
    let conn = connect(path, false)?;
    let house = Snapshot { conn: &conn, n_renames: 0 }.setting("house_id")?.context("the house has no id")?;
    let known = replay::house(&conn)?;
    if known.as_ref().is_some_and(|(_, is_stopped)| *is_stopped) {
        return Err(refuse("The journal of this copy was stopped: start one where the whole house is."));
    }
    let mut link = Link::new(keeper);
    link.prepare()?;
    let begun = link.take_turn()?;
    match link.house()? {
        Some(other) if other != house => {
            return Err(refuse("That journal holds another house; each house has a database of its own."));
        }
        Some(_) if known.is_none() => {
            return Err(refuse(
                "That journal has this house's pages, and this copy has none of them: it is an older one. Empty this data \
                 directory (keep auction.toml), and the copy fills itself.",
            ));
        }
        Some(_) if begun.head.seq > 0 => {
            level(&conn, &mut link, begun.head)?;
            return Ok(false);
        }
        _ => {}
    }
    if known.is_none() {
        replay::begin(&conn, &house)?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(folder).context("make a folder for the copy")?;
    let snapshot = staging.path().join("auction.db");
    copy(&conn, &snapshot, &mut |_, _| ())?;
    link.claim(&house)?;
    link.put_snapshot(0, &snapshot)?;
    let version = u32::try_from(migrate::LATEST).context("a version")?;
    let head = link.append_page(begun.head, &Page::Start { house, version })?;
    replay::set_head(&conn, head)?;
    Ok(true)
}

/// Makes a copy of the database at `path` that of a house without a journal.
pub fn detach(path: &Path) -> Result<()> {
    if has_journal(path)? {
        replay::end(&connect(path, false)?)?;
    }
    Ok(())
}

/// Fills the file at `path`, which is not there yet, from the journal's newest snapshot. Fails with [`Unopened`] if there is
/// none. The pages after it are repeated when the house is opened.
pub fn fill(path: &Path, keeper: &dyn Keeper) -> Result<()> {
    let mut session = keeper.session();
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = std::path::PathBuf::from(name);
    std::fs::remove_file(&partial).ok();
    private::create(&partial)?;
    if session.newest_snapshot(&partial)?.is_none() {
        std::fs::remove_file(&partial).ok();
        let words = "journal_url names a journal that holds no house yet: run `auction journal start` where the house is.";
        return Err(Unopened(words.into()).into());
    }
    replay::forget_own(&connect(&partial, false)?)?;
    fold_log(&partial)?;
    std::fs::rename(&partial, path).with_context(|| format!("put {} in place", path.display()))
}

/// Makes the copy in the file at `path` the whole house: the journal's last page says so to the others. False if it has no
/// journal.
pub fn stop(path: &Path, keeper: &dyn Keeper) -> Answer<bool> {
    if !has_journal(path)? {
        return Ok(false);
    }
    let conn = connect(path, false)?;
    let mut link = Link::new(keeper);
    let begun = link.take_turn()?;
    level(&conn, &mut link, begun.head)?;
    link.append_page(begun.head, &Page::Stop)?;
    replay::end(&conn)?;
    Ok(true)
}

fn level(conn: &Connection, link: &mut Link, to: Head) -> Answer<()> {
    run(conn, "begin immediate").context("begin to write")?;
    super::link::catch_up(link, conn, to).inspect_err(|_| roll_back(conn))?;
    run(conn, "commit").context("commit").inspect_err(|_| roll_back(conn))?;
    Ok(())
}

fn refuse(words: &str) -> crate::store::fault::Fault {
    Error::from(Unopened(words.to_owned())).into()
}

impl From<Away> for crate::store::fault::Fault {
    fn from(away: Away) -> crate::store::fault::Fault {
        anyhow!(away).into()
    }
}
