//! Completions and man pages, made from the same definitions as `--help`.

use super::out::Out;
use super::{Ending, Ran};
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
#[command(after_help = "Example:\n  auction man ~/.local/share/man/man1")]
pub struct Man {
    dir: PathBuf,
}

impl Man {
    pub fn run(&self, command: clap::Command) -> Ran {
        std::fs::create_dir_all(&self.dir).with_context(|| format!("make {}", self.dir.display()))?;
        clap_mangen::generate_to(command, &self.dir)
            .with_context(|| format!("write man pages into {}", self.dir.display()))?;
        Ok(Ending::Done)
    }
}
