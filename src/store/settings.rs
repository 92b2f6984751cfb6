//! The house's settings, as texts by their keys, and its heartbeats.

use super::clock::{Mark, TOLERANCE_MS};
use super::named::named;
use super::values::as_word;
use super::{Snapshot, Tx};
use crate::rules::time::Time;
use anyhow::{Context, Result};
use rusqlite::{OptionalExtension, named_params};
use std::collections::BTreeMap;

pub const FILE: &str = include_str!("../../sql/house.sql");
const SETTING: &str = named(FILE, "setting");
const SETTINGS: &str = named(FILE, "settings");
const PUT_SETTING: &str = named(FILE, "put_setting");
const BEAT: &str = named(FILE, "beat");
const HEARTBEAT: &str = named(FILE, "heartbeat");

/// The key of the clock's mark, which changes with each heartbeat and is no setting.
const CLOCK_MARK: &str = "clock_mark";

/// A kind of heartbeat: of the server, or of the sweep that the scheduler runs. `Canary` is when waiting for the
/// sweep began, and `Proven` its first beat after that; `Backup` is the newest backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeat {
    Server,
    Sweep,
    Canary,
    Proven,
    Backup,
}

impl Heartbeat {
    fn name(self) -> &'static str {
        match self {
            Heartbeat::Server => "server",
            Heartbeat::Sweep => "sweep",
            Heartbeat::Canary => "canary",
            Heartbeat::Proven => "proven",
            Heartbeat::Backup => "backup",
        }
    }
}

as_word!(Heartbeat);

impl Snapshot<'_> {
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        let mut statement = self.statement(SETTING)?;
        let value = statement.query_row(named_params! {":key": key}, |row| row.get(0)).optional();
        value.with_context(|| format!("read the setting {key}"))
    }

    /// All settings that were ever set; the others have their defaults.
    pub fn settings(&self) -> Result<BTreeMap<String, String>> {
        let mut statement = self.statement(SETTINGS)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().context("read the settings")
    }

    /// The mark that the clock is compared with.
    pub(super) fn clock_mark(&self) -> Result<Option<Mark>> {
        Ok(self.setting(CLOCK_MARK)?.and_then(|text| text.parse().ok()))
    }

    pub fn heartbeat(&self, heart: Heartbeat) -> Result<Option<Time>> {
        let mut statement = self.statement(HEARTBEAT)?;
        let at = statement.query_row(named_params! {":of": heart}, |row| row.get(0)).optional();
        at.context("read a heartbeat")
    }
}

impl Tx<'_> {
    pub fn put_setting(&self, key: &str, value: &str) -> Result<()> {
        self.execute(PUT_SETTING, named_params! {":key": key, ":value": value})
            .with_context(|| format!("write the setting {key}"))?;
        Ok(())
    }

    pub fn beat(&self, heart: Heartbeat) -> Result<()> {
        self.beat_at(heart, self.now)
    }

    pub fn beat_at(&self, heart: Heartbeat, at: Time) -> Result<()> {
        let parameters = named_params! {":of": heart, ":at": at};
        match heart {
            Heartbeat::Server | Heartbeat::Backup => self.execute(BEAT, parameters),
            // Each machine has its own scheduler.
            Heartbeat::Sweep | Heartbeat::Canary | Heartbeat::Proven => {
                self.execute_locally(BEAT, parameters)
            }
        }
        .context("beat")?;
        // A clock far behind the last event is wrong, and its return is no jump.
        let is_behind = self.now.ms_since(self.look.now) > TOLERANCE_MS;
        self.put_mark(self.look.mark.filter(|_| !is_behind))
    }

    /// Accepts the clock as it is.
    pub fn accept_clock(&self) -> Result<()> {
        self.put_mark(self.look.accepted)
    }

    /// Each machine has its own clock.
    fn put_mark(&self, mark: Option<Mark>) -> Result<()> {
        let Some(mark) = mark.map(|mark| mark.to_string()) else {
            return Ok(());
        };
        self.execute_locally(PUT_SETTING, named_params! {":key": CLOCK_MARK, ":value": mark})
            .context("note the clock")?;
        Ok(())
    }
}
