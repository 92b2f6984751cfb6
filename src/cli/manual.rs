//! Man pages: of the commands from the same definitions as `--help`, of the manual from its Markdown.

use super::{Ending, Ran, man_page};
use crate::web::manual::{PAGES, index};
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
#[command(
    after_help = "Pages that end in .1 go into a folder man1, those that end in .7 into a folder man7 beside it.\n\nExample:\n  auction man ~/.local/share/man/man1"
)]
pub struct Man {
    /// The folder; it is made if there is none
    dir: PathBuf,
}

impl Man {
    pub fn run(&self, command: clap::Command) -> Ran {
        std::fs::create_dir_all(&self.dir).with_context(|| format!("make {}", self.dir.display()))?;
        clap_mangen::generate_to(command, &self.dir)
            .with_context(|| format!("write man pages into {}", self.dir.display()))?;
        self.write("manual", &man_page::of_index(&index()))?;
        for page in &PAGES {
            self.write(page.name, &man_page::of_page(page))?;
        }
        Ok(Ending::Done)
    }

    fn write(&self, page: &str, text: &str) -> anyhow::Result<()> {
        let path = self.dir.join(format!("{}.{}", man_page::name(page), man_page::SECTION));
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}
