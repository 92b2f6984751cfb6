//! Completions and man pages: of the commands from the same definitions as `--help`, of the manual from its Markdown.

use super::out::Out;
use super::{Ending, Ran, man_page};
use crate::web::manual::{PAGES, index};
use anyhow::Context;
use clap::Args;
use clap_complete::Shell;
use std::io::Write;
use std::path::PathBuf;

#[derive(Args)]
#[command(
    after_help = "Example:\n  auction completions bash > ~/.local/share/bash-completion/completions/auction"
)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(&self, mut command: clap::Command, out: &Out) -> Ran {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "auction", &mut script);
        let mut printed = out.stream();
        let written = printed.write_all(&script).context("print");
        printed.end(written)?;
        Ok(Ending::Done)
    }
}

#[derive(Args)]
#[command(
    after_help = "Pages that end in .1 go into a folder man1, those that end in .7 into a folder man7 beside it.\n\nExample:\n  auction man ~/.local/share/man/man1"
)]
pub struct Man {
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
