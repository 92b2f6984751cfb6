//! Repeating pages on this machine's copy, and how far it has come.

use super::page::{self, Page, Steps};
use super::{Head, Stored};
use crate::store::fault::Unopened;
use crate::store::named::named;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, named_params, params_from_iter};

pub const FILE: &str = include_str!("../../../sql/journal.sql");
const HEAD: &str = named(FILE, "journal_head");
const SET_HEAD: &str = named(FILE, "set_journal_head");
const IS_STOPPED: &str = named(FILE, "journal_is_stopped");
const HOUSE: &str = named(FILE, "journal_house");
const BEGIN: &str = named(FILE, "begin_journal");
const END: &str = named(FILE, "end_journal");
const FORGET_ENTRIES: &str = named(FILE, "forget_entries_of_another");
const FORGET_BEATS: &str = named(FILE, "forget_beats_of_another");
const FORGET_CLOCK: &str = named(FILE, "forget_clock_of_another");

const STOPPED: &str = "The journal of this house was stopped: one machine holds the whole house again, and this is only a copy \
    of it. Nothing is written here. Empty this data directory when the house is safe there.";

/// How far this copy has come; none if the house has no journal. Fails with [`Unopened`] once the journal was stopped.
pub fn head(conn: &Connection) -> Result<Option<Head>> {
    let read = |row: &rusqlite::Row<'_>| Ok((Head { seq: row.get(0)?, hash: row.get(1)? }, row.get(2)?));
    match conn.prepare_cached(HEAD)?.query_row([], read).optional() {
        Ok(Some((_, true))) => Err(Unopened(STOPPED.into()).into()),
        head => Ok(head.context("read how far the copy has come")?.map(|(head, _)| head)),
    }
}

/// The house whose journal this copy follows, and whether it was stopped; none if there is no journal.
pub fn house(conn: &Connection) -> Result<Option<(String, bool)>> {
    let found = conn.prepare_cached(HOUSE)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    found.context("see whether the house has a journal")
}

/// Notes that the house has a journal, of which nothing is in this copy yet.
pub fn begin(conn: &Connection, house: &str) -> Result<()> {
    let none = Head::default();
    conn.prepare_cached(BEGIN)?
        .execute(named_params! {":house": house, ":through": none.seq, ":hash": none.hash})
        .context("note the journal")?;
    Ok(())
}

/// Notes that this copy is the whole house, without a journal.
pub fn end(conn: &Connection) -> Result<()> {
    conn.prepare_cached(END)?.execute([]).context("note the journal's end")?;
    Ok(())
}

/// Forgets what the copy says of the machine that made it: the entries and the beats of its scheduler, and its clock.
pub fn forget_own(conn: &Connection) -> Result<()> {
    for sql in [FORGET_ENTRIES, FORGET_BEATS, FORGET_CLOCK] {
        conn.prepare_cached(sql)?.execute([]).context("forget another machine's scheduler")?;
    }
    Ok(())
}

/// Fails with [`Unopened`] unless the house has a journal exactly where one is named.
pub fn check_means(conn: &Connection, is_named: bool) -> Result<()> {
    let words = match (house(conn)?.map(|(_, is_stopped)| is_stopped), is_named) {
        (None, false) | (Some(false), true) => return Ok(()),
        (Some(true), _) => STOPPED,
        (Some(false), false) => {
            "This house lives on several machines and has a journal: what is written without it would be in this copy alone. \
             Name it as journal_url in auction.toml, or as AUCTION_JOURNAL_URL."
        }
        (None, true) => {
            "journal_url names a journal, and this house has none yet. `auction journal start` gives it one; without that, \
             leave journal_url out."
        }
    };
    Err(Unopened(words.into()).into())
}

/// Notes that a page is in this copy, in the transaction that wrote it.
pub fn set_head(conn: &Connection, head: Head) -> Result<()> {
    conn.prepare_cached(SET_HEAD)?
        .execute(named_params! {":through": head.seq, ":hash": head.hash})
        .context("note the page")?;
    Ok(())
}

/// The sentence for a copy whose last page is not the journal's page of that number.
pub fn strayed(seq: i64) -> Unopened {
    Unopened(format!(
        "This copy holds a page {seq} that is not the journal's: the journal has lost pages, or is another one. Nothing is \
         written. If the journal is right, empty this data directory (keep auction.toml), and the copy fills itself again."
    ))
}

/// Repeats pages in the transaction that is open, and returns whether somebody was renamed in them. Fails with [`Unopened`]
/// where they do not follow on what this copy holds.
pub fn apply(conn: &Connection, pages: &[Stored]) -> Result<bool> {
    let mut head = head(conn)?.context("the house has no journal")?;
    let mut renames = false;
    for stored in pages {
        let doing = || format!("repeat page {} of the journal", stored.seq);
        if stored.seq != head.seq + 1 || stored.hash != page::chained(&head.hash, stored.seq, &stored.bytes) {
            return Err(strayed(head.seq).into());
        }
        match Page::decode(&stored.bytes).with_context(doing)? {
            Page::Steps(steps) => {
                renames |= steps.renames;
                repeat(conn, &steps).with_context(doing)?;
            }
            Page::Start { .. } => {}
            Page::Stop => {
                conn.prepare_cached(IS_STOPPED)?.execute([]).with_context(doing)?;
            }
        }
        head = Head { seq: stored.seq, hash: stored.hash };
    }
    set_head(conn, head)?;
    Ok(renames)
}

fn repeat(conn: &Connection, steps: &Steps) -> Result<()> {
    for step in &steps.done {
        let sql = steps.statements.get(step.statement as usize).context("no such statement in the page")?;
        let mut statement = conn.prepare_cached(sql)?;
        // Some return what they have changed.
        let mut rows = statement.query(params_from_iter(&step.values))?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}
