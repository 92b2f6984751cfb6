//! cron, through the user's own `crontab`: one marked block for each house, and every other line untouched.
//!
//! Each write is of the whole tab: lock, read, rebuild the block, stop if nothing differs, wait until the second of the
//! last install is over, install, read back. It must never write when nothing is missing, for a needless install can
//! hide a needed one from the daemon.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::entry::{Call, Entry, Held, HeldEntry, Now, Owner, Put, Wanted};
use super::files::is_busybox;
use super::line::{Command, REBOOT, SWEEP, paths};
use super::minute::is_cron_reading;
use super::tab::Tab;
use super::window::nearest;
use super::zone::Zone;
use super::{header, lock, run};

#[derive(Clone, Debug)]
pub struct Cron {
    pub(super) program: PathBuf,
    pub(super) localtime: PathBuf,
    pub(super) lock_folder: Option<PathBuf>,
    pub(super) patience: Duration,
}

/// Of the 10,000 lines that Debian's cron and cronie take in all.
const WINDOW: usize = 5_000;

/// busybox reads this many lines of a user who is not root, and silently ignores the rest.
pub(super) const LINES_BUSYBOX: usize = 255;
const WINDOW_BUSYBOX: usize = 200;

/// How often a write is tried.
const MAX_ROUNDS: usize = 4;

const CHANGING: &str = "somebody else keeps changing the crontab; nothing in it was touched";

impl Cron {
    /// `program` is a path, or a bare name that each use looks for on PATH.
    pub(super) fn new(program: PathBuf) -> Cron {
        Cron {
            program,
            localtime: "/etc/localtime".into(),
            lock_folder: lock::state_folder(),
            patience: run::PATIENCE,
        }
    }

    pub(super) fn zone(&self) -> Result<Zone> {
        Zone::read(&self.localtime)
    }

    pub(super) fn held(&self, owner: &Owner) -> Result<Held> {
        let command = Command::of(owner)?;
        let text = self.read_tab()?;
        let tab = match Tab::read(&text, &owner.house_id) {
            Ok(tab) => tab,
            Err(damaged) => {
                return Ok(Held { damaged: Some(damaged.0), ..Held::default() });
            }
        };
        let block = Block::read(&tab, &command);
        let mut entries = Vec::new();
        for line in tab.lines() {
            for listing in line.listings {
                entries.push(HeldEntry { listing, when: line.when.into(), text: line.text.into() });
            }
        }
        let Block { sweep, reboot, moved, calls, .. } = block;
        let reboot = reboot == self.takes_reboot();
        Ok(Held { entries, sweep, reboot, damaged: None, moved, calls })
    }

    pub(super) fn put(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Put> {
        for round in 0..MAX_ROUNDS {
            // If a second wait for cron ends in its next reading, stale lines are left to a later call.
            match self.put_once(owner, wanted, prune && round < 2, now)? {
                Some(put) => return Ok(put),
                None => wait_till_cron_has_read(now),
            }
        }
        bail!("{CHANGING}")
    }

    /// Returns `None` if it must be tried again: either there is only something to prune and cron is just reading its
    /// tabs, or somebody has changed the tab meanwhile.
    fn put_once(&self, owner: &Owner, wanted: Wanted, prune: bool, now: Now) -> Result<Option<Put>> {
        let command = Command::of(owner)?;
        let zone = self.zone()?;
        let lock = self.lock(owner)?;
        let text = self.read_tab()?;
        let tab = Tab::read(&text, &owner.house_id)?;
        let old = Block::read(&tab, &command);
        let stands = |entry: &Entry| old.slots.contains(&(zone.when(entry.fires_at), entry.listing));
        let (entries, beyond_window) = nearest(&wanted()?, now(), self.window(&tab), stands);
        let slots: Vec<(String, i64)> =
            entries.iter().map(|entry| (zone.when(entry.fires_at), entry.listing)).collect();

        let missing = !old.sweep
            || old.reboot != self.takes_reboot()
            || tab.is_below_a_setting()
            || !slots.iter().all(|slot| old.slots.contains(slot));
        let block = command.block(&owner.house_id, &slots, self.takes_reboot());
        let stale = prune && !tab.holds(&block);
        if !missing && !stale {
            let armed = entries.iter().map(|entry| entry.listing).collect();
            return Ok(Some(Put::new(armed, false, beyond_window)));
        }
        if !missing && is_cron_reading(now()) {
            return Ok(None);
        }
        if !self.install(&lock, &text, tab.with(&block), now)? {
            return Ok(None);
        }

        let text = self.read_tab()?;
        let new = Block::read(&Tab::read(&text, &owner.house_id)?, &command);
        let read_back_at = now();
        let armed = entries.iter().zip(&slots).filter(|(entry, slot)| {
            new.slots.contains(slot) && (entry.fires_at > read_back_at || old.slots.contains(slot))
        });
        let armed = armed.map(|(entry, _)| entry.listing).collect();
        Ok(Some(Put::new(armed, true, beyond_window)))
    }

    /// Installs the tab as it stands, if our block is in it.
    pub(super) fn nudge(&self, owner: &Owner, now: Now) -> Result<()> {
        let lock = self.lock(owner)?;
        let text = self.read_tab()?;
        if Tab::read(&text, &owner.house_id)?.has_block() {
            self.install(&lock, &text, text.clone(), now)?;
        }
        Ok(())
    }

    pub(super) fn clear(&self, owner: &Owner, now: Now) -> Result<()> {
        owner.check()?;
        let lock = self.lock(owner)?;
        for _ in 0..MAX_ROUNDS {
            let text = self.read_tab()?;
            let tab = Tab::read(&text, &owner.house_id)?;
            if !tab.has_block() || self.install(&lock, &text, tab.without(), now)? {
                return Ok(());
            }
        }
        bail!("{CHANGING}")
    }

    /// Reads the user's whole tab, without what `crontab` itself writes above it.
    pub(super) fn read_tab(&self) -> Result<Vec<u8>> {
        let listed = self.listed()?;
        let (header, _) = header::split(&listed);
        Ok(listed[header.len()..].to_vec())
    }

    /// Returns what `crontab -l` shows: nothing for a user without a tab. Every other failure is an error, because to
    /// take it for an empty tab would wipe out a full one.
    fn listed(&self) -> Result<Vec<u8>> {
        let ran = run::run(&self.program, &["-l"], &[], self.patience)?;
        if ran.status.success() {
            return Ok(ran.stdout);
        }
        let said = ran.said.strip_prefix("crontab: ").unwrap_or(&ran.said);
        let none = said.starts_with("no crontab for")
            || self.is_busybox()
                && said.starts_with("can't open '")
                && said.ends_with("No such file or directory");
        if ran.status.code() == Some(1) && none && ran.stdout.is_empty() {
            return Ok(Vec::new());
        }
        bail!("{} -l failed ({}): {}", self.program.display(), ran.status, ran.reason())
    }

    /// Installs a tab in a second of its own. The second is noted before the install, in case this process is killed in
    /// the middle, and after it. Returns `false`, and does nothing, if the tab is no longer as it was read: people do
    /// not know our lock.
    ///
    /// A header is left out, for most programs that show one write it themselves with each install. One that does not
    /// come back was the user's, and is put back.
    fn install(&self, lock: &lock::Lock, read: &[u8], tab: Vec<u8>, now: Now) -> Result<bool> {
        lock.wait_for_a_later_second(now)?;
        let listed = self.listed()?;
        let (header, text) = header::split(&listed);
        if text != read {
            return Ok(false);
        }
        lock.stamp(now)?;
        self.install_ended(tab.clone())?;
        if !header.is_empty() && header::split(&self.listed()?).0.is_empty() {
            self.install_ended([header, &tab].concat())?;
        }
        lock.stamp(now)?;
        Ok(true)
    }

    /// Debian's `crontab` refuses a tab whose last line has no line break; if that line is the user's, it gets one
    /// then.
    fn install_ended(&self, mut tab: Vec<u8>) -> Result<()> {
        let Err(refused) = self.install_once(&tab) else { return Ok(()) };
        // No other refusal may change the user's last line.
        if tab.is_empty() || tab.ends_with(b"\n") || !refused.to_string().contains("newline") {
            return Err(refused);
        }
        tab.push(b'\n');
        self.install_once(&tab)
    }

    fn install_once(&self, tab: &[u8]) -> Result<()> {
        let ran = run::run(&self.program, &["-"], tab, self.patience)?;
        if !ran.status.success() {
            bail!("{} refused the new tab ({}): {}", self.program.display(), ran.status, ran.reason());
        }
        Ok(())
    }

    fn lock(&self, owner: &Owner) -> Result<lock::Lock> {
        lock::Lock::take(self.lock_folder.as_deref(), &owner.data_dir, self.patience)
    }

    /// Returns how many entries it takes now.
    pub(super) fn room(&self, owner: &Owner) -> Result<usize> {
        Ok(self.window(&Tab::read(&self.read_tab()?, &owner.house_id)?))
    }

    /// The user's own lines have precedence, wherever they are.
    fn window(&self, tab: &Tab) -> usize {
        let left = LINES_BUSYBOX.saturating_sub(tab.n_others() + 1);
        if self.is_busybox() { WINDOW_BUSYBOX.min(left) } else { WINDOW }
    }

    /// busybox's daemon dies of a line that begins with `@` (1.35), or ignores it. There the sweep does the work, a
    /// minute later.
    fn takes_reboot(&self) -> bool {
        !self.is_busybox()
    }

    fn is_busybox(&self) -> bool {
        is_busybox(&self.program)
    }
}

/// What of our block is as this owner would write it.
struct Block {
    /// Each listing, with its minute.
    slots: HashSet<(String, i64)>,
    sweep: bool,
    reboot: bool,
    moved: bool,
    calls: Vec<Call>,
}

impl Block {
    fn read(tab: &Tab, command: &Command) -> Block {
        let (slots, calls) = (HashSet::new(), Vec::new());
        let mut block = Block { slots, sweep: false, reboot: false, moved: false, calls };
        let mut last = "";
        for line in tab.lines() {
            if line.command != last {
                last = line.command;
                let call = paths(last).filter(|call| !block.calls.contains(call));
                block.calls.extend(call);
            }
            if *command != line.command {
                block.moved = true;
            } else if line.listings.is_empty() {
                block.sweep |= line.when == SWEEP;
                block.reboot |= line.when == REBOOT;
            } else {
                block.slots.extend(line.listings.iter().map(|&listing| (line.when.to_owned(), listing)));
            }
        }
        block
    }
}

/// Waits from second 58 to second 03, 6 s at most. The lock is not held meanwhile.
fn wait_till_cron_has_read(now: Now) {
    let until = Instant::now() + Duration::from_secs(6);
    while is_cron_reading(now()) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
}
