//! The journal of a house on several machines: how it begins and how it ends.

use crate::house::house_lock::HouseLock;
use crate::house::listings::pictures::names::is_file_name;
use crate::house::{Answer, DATABASE, House, Opening};
use crate::store::clock::Clock;
use crate::store::journal::{Keeper, Standby, Status, whole};
use anyhow::{Context, Result};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);
const OPEN: &str =
    "A server or a command has this house open. Stop it first: what it writes would be in this copy alone.";

/// Gives the house in `dir` the journal; false if it has it already. Fails while anybody has the house open, and on a journal
/// that holds another house.
pub fn start(dir: &Path, keeper: &dyn Keeper, clock: Clock) -> Answer<bool> {
    let file = dir.join(DATABASE);
    if !whole::has_journal(&file)? {
        // An older house is brought forward first.
        drop(House::open(dir, Opening::Existing, clock)?);
    }
    let _alone = HouseLock::alone(dir, PATIENCE, OPEN)?;
    share_pictures(&dir.join("pictures"), keeper)?;
    whole::start(&file, keeper)
}

/// Puts the files of all pictures into the journal.
fn share_pictures(dir: &Path, keeper: &dyn Keeper) -> Result<()> {
    let mut session = keeper.session();
    session.prepare()?;
    for entry in std::fs::read_dir(dir).with_context(|| format!("look into {}", dir.display()))? {
        let entry = entry?;
        let Some(file) = entry.file_name().to_str().filter(|file| is_file_name(file)).map(str::to_owned)
        else {
            continue;
        };
        session.put_picture(&file, &std::fs::read(entry.path())?)?;
    }
    Ok(())
}

/// Makes the copy in `dir` the whole house: the others repeat that, and refuse to write from then on. False if it has no
/// journal.
pub fn stop(dir: &Path, keeper: &dyn Keeper) -> Answer<bool> {
    let _alone = HouseLock::alone(dir, PATIENCE, OPEN)?;
    whole::stop(&dir.join(DATABASE), keeper)
}

/// How this copy and its journal are.
pub struct Standing {
    /// The last page in this copy.
    pub through: i64,
    pub status: Status,
}

impl Standing {
    /// How many pages this copy lacks.
    pub fn behind(&self) -> i64 {
        (self.status.head.seq - self.through).max(0)
    }

    /// Why the loss of a machine could lose what was acknowledged.
    pub fn weakness(&self) -> Option<&'static str> {
        weakness(self.status.standby)
    }
}

/// Why the loss of a machine could lose what was acknowledged: the recovery point is not 0 then.
pub fn weakness(standby: Standby) -> Option<&'static str> {
    match standby {
        Standby::InSync => None,
        Standby::NotNamed => Some(
            "The journal is on one machine alone (synchronous_standby_names is empty): if that is lost, so is what was \
             acknowledged last.",
        ),
        Standby::NotWaitedFor => Some(
            "The journal does not wait for its standby (synchronous_commit is weaker than on): if its machine is lost, so is what \
             was acknowledged last.",
        ),
        Standby::Missing => Some(
            "The journal's standby is missing: nothing is written until it is back, or another is named.",
        ),
    }
}

impl House {
    /// The last page in this copy, and how the journal is.
    pub(in crate::house) fn journal_status(&self) -> Result<(i64, Status)> {
        Ok(self.conn()?.journal_status()?)
    }
}

/// Looks at both, without a turn; the house may be open.
pub fn standing(dir: &Path, keeper: &dyn Keeper) -> Answer<Standing> {
    let through = whole::through(&dir.join(DATABASE))?.unwrap_or(0);
    Ok(Standing { through, status: keeper.session().status()? })
}
