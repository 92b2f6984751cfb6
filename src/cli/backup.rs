//! `auction backup` and `auction restore`.

use super::out::{Out, complain};
use super::progress::Progress;
use super::{Common, Ran, finish, os_user};
use crate::house::House;
use crate::house::care::restore::restore;
use crate::scheduler::Choice;
use crate::store::clock::Clock;
use clap::Args;
use std::path::PathBuf;

/// Back up the house into one file, while bids run.
///
/// The copy is audited before the command succeeds. It holds everybody's password hashes: keep it as private as the
/// house.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction backup /mnt/disk/auction.tar\n  auction backup --replace --quiet /mnt/disk/auction.tar"
)]
pub struct Backup {
    /// The file to write; its folder must exist
    file: PathBuf,
    /// Replace a file of this name once the new one is complete
    #[arg(long)]
    replace: bool,
}

/// Restore a house from a backup; no server may run.
///
/// The whole file is checked first. The old house is kept in `before-restore-…` in the data directory.
/// All sessions end: everybody logs in again.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction restore /mnt/disk/auction.tar\n  auction --data-dir /tmp/drill restore --scheduler none \
                  /mnt/disk/auction.tar"
)]
pub struct Restore {
    /// A file that `auction backup` wrote
    file: PathBuf,
    /// The scheduler from now on: auto, cron, schtasks, none [default: as before]
    #[arg(long)]
    scheduler: Option<Choice>,
}

impl Backup {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let progress = Progress::new(out);
        let made =
            house.back_up(&self.file, self.replace, &mut |what, done, all| progress.tell(what, done, all));
        drop(progress);
        finish(made, |made| {
            for file in &made.missing {
                complain(format!("the picture {file} is not in the house, and so not in the backup"));
            }
            out.done(&made, || {
                format!(
                    "{}: {} listings, {} bids, {} files of pictures, {} KiB; all agrees",
                    made.file.display(),
                    made.n_listings,
                    made.n_bids,
                    made.n_pictures,
                    made.n_bytes.div_ceil(1_024)
                )
            })
        })
    }
}

impl Restore {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        let dir = common.dir()?;
        let progress = Progress::new(out);
        let restored =
            restore(&dir, &self.file, self.scheduler, os_user(), Clock::default(), &mut |what, done, all| {
                progress.tell(what, done, all);
            });
        drop(progress);
        finish(restored, |restored| {
            if let Some(words) = &restored.scheduler {
                complain(format!("restored, but the scheduler does not take the entries yet: {words}"));
            }
            out.done(&restored, || {
                let kept = match &restored.kept {
                    Some(kept) => format!("\nthe old house is kept in {}", kept.display()),
                    None => String::new(),
                };
                format!(
                    "{}: the house as it was at {}, {} listings, {} bids; all agrees; everybody logs in again{kept}",
                    restored.dir.display(),
                    restored.made_at,
                    restored.n_listings,
                    restored.n_bids
                )
            })
        })
    }
}
