//! The demo's deadlines. A demo is tried out in a container or on a laptop, often where no cron runs: its server keeps the
//! deadlines then, and says so calmly. Any other house warns.

use crate::house::House;
use crate::house::settings::IS_DEMO;
use crate::scheduler::{self, Choice};
use anyhow::Result;

/// How the deadlines of a demo are kept where cron does not keep them.
pub const BY_DEMO: &str =
    "No cron runs for this demo, so its own server keeps the deadlines for as long as it runs.";

impl House {
    /// Records whether the house is served as a demo, for the pages and for the commands beside the server.
    pub fn mark_demo(&self, is_demo: bool) -> Result<()> {
        if self.settings()?.is_demo() == is_demo {
            return Ok(());
        }
        let word = if is_demo { "yes" } else { "no" };
        Ok(self.write(move |tx| Ok(tx.put_setting(IS_DEMO, word)?))?)
    }

    /// Returns the scheduler to ask for in a demo: none where `auto` would write entries that nobody reads.
    pub fn scheduler_of_demo(&self, asked: Option<Choice>) -> Result<Option<Choice>> {
        let wanted = asked.unwrap_or(self.settings()?.scheduler);
        let is_in_vain = wanted == Choice::Auto && !scheduler::pick(wanted).0.seems_to_run();
        Ok(if is_in_vain { Some(Choice::None) } else { asked })
    }
}
